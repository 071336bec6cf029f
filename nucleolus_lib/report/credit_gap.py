"""How much of what credit assignment could bring does a method bring?

*Oracle credit* pays every agent what the world says it took part in: independent Q-learners with the right individual
rewards. Between it and VDN, which only knows the sum, lies what credit assignment is worth in a world. With s(X) the
interquartile mean of the final scores of method X over its runs,

    closed(X) = ( s(X) - s(VDN) ) / ( s(oracle) - s(VDN) ),

at equal reward, network and budget: 0 is VDN, 1 is oracle credit; below 0 is worse than VDN.

The ratio is defined only while the oracle is above VDN. In the bootstrap VDN, X and the oracle are resampled on
their own; the share of resamples with s(oracle) <= s(VDN) is reported, and if it is more than (1 - c)/2 no
interval of confidence c is given, because one of its ends would lie in the part where the ratio means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.run_suite import Metric, RunSuite
from nucleolus_lib.report.statistics import interquartile_mean, percentiles, resampled, stratified_indices

if TYPE_CHECKING:
    import pandas as pd

BASELINE, ORACLE = "vdn", "oracle_credit"


@dataclass(frozen=True)
class CreditGap:
    """The gap closed by one method; nan where it is not defined."""

    closed: float
    low: float
    high: float
    undefined: float
    """Share of the resamples in which the oracle is not above the baseline."""


def credit_gap(
    method: ArrayLike,
    baseline: ArrayLike,
    oracle: ArrayLike,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    confidence: float = 0.95,
) -> CreditGap:
    """The credit gap closed by a method, from the final scores of the runs (R,) of the three, more is better."""
    samples = [np.asarray(x, dtype=np.float64)[:, None] for x in (method, baseline, oracle)]
    closed = float(_closed(*(interquartile_mean(x) for x in samples)))
    drawn = [resampled(x, stratified_indices(rng, n_resamples, *x.shape)) for x in samples]
    each = _closed(*(interquartile_mean(x) for x in drawn))
    undefined = float(np.isnan(each).mean())
    if np.isnan(closed) or undefined > (1 - confidence) / 2:
        return CreditGap(closed, np.nan, np.nan, undefined)
    low, high = percentiles(each[np.isfinite(each)], confidence)
    return CreditGap(closed, float(low), float(high), undefined)


def credit_gap_table(
    suite: RunSuite, world: str, metric: Metric, *, seed: int = 0, n_resamples: int = 2000
) -> pd.DataFrame:
    """The gap closed on one world by every method but the two that define it.

    Returns
    -------
    DataFrame
        ``algorithm``, ``closed``, ``low``, ``high``, ``undefined`` (share of resamples); all nan if the world has no
        run of VDN or of oracle credit, so that the gap is not known.
    """
    import pandas as pd

    names = suite.algorithms(world)
    score = {name: metric.score(suite.final(world, name, metric.column)) for name in names}
    is_known = BASELINE in names and ORACLE in names
    rng = np.random.default_rng(seed)
    rows = []
    for name in names:
        if name in (BASELINE, ORACLE):
            continue
        gap = CreditGap(np.nan, np.nan, np.nan, np.nan)
        if is_known:
            gap = credit_gap(score[name], score[BASELINE], score[ORACLE], rng, n_resamples)
        rows.append((name, gap.closed, gap.low, gap.high, gap.undefined))
    return pd.DataFrame(rows, columns=["algorithm", "closed", "low", "high", "undefined"])


def _closed(
    method: NDArray[np.float64], baseline: NDArray[np.float64], oracle: NDArray[np.float64]
) -> NDArray[np.float64]:
    gap, ahead = oracle - baseline, method - baseline
    return np.asarray(np.divide(ahead, gap, out=np.full(np.shape(gap), np.nan), where=gap > 0))

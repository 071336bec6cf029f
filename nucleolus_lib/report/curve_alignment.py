"""Learning curves of several runs on one axis, and what is read off them.

A run r was evaluated at environment steps g[r, 1] < g[r, 2] < ... with values y[r, k]. Rollouts have whole episodes, so
runs are not evaluated at exactly the same steps.

*Aligned.* On a grid h_1 < ... < h_E the run has the value of its latest evaluation,

    z[e, r] = y[r, k]    with the largest k such that g[r, k] <= h_e :

nothing later than h_e is looked at, and nothing is interpolated. The grid is h_e = max_r g[r, e], the steps by which
every run had been evaluated e times. It ends where the shortest run ends, give or take half of its interval between
two evaluations.

*Final.* The mean of y[r, k] over the last tenth of the run's evaluations, at least one.

*Steps to a threshold.* The first g[r, k] at which the mean of the run's last ``window`` evaluations is at least the
threshold (at most, for a metric of which less is better). A run that never gets there is *censored* at its last
evaluation: all that is known is that it takes longer. Censored runs count as infinitely long in the median, which
is therefore known while fewer than half of the runs are censored. (Of two middle runs the later one is taken.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.errors import StatisticsError

FINAL_SHARE = 0.1
"""The part of the evaluations, from the end, that a final score averages."""


@dataclass(frozen=True)
class AlignedCurves:
    """``steps`` (E,) environment steps; ``values`` (E, R), one column per run."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class StepsToThreshold:
    """One entry per run: ``steps``, and whether it is ``censored`` (the run ended there without getting so far)."""

    steps: NDArray[np.int64]
    censored: NDArray[np.bool_]

    @property
    def n_reached(self) -> int:
        """Runs that reached the threshold."""
        return int((~self.censored).sum())

    @property
    def median(self) -> float:
        """Median over the runs, ``inf`` where it is censored."""
        return float(np.quantile(np.where(self.censored, np.inf, self.steps), 0.5, method="higher"))


def aligned_curves(steps: Sequence[ArrayLike], values: Sequence[ArrayLike]) -> AlignedCurves:
    """Runs on one grid of environment steps.

    Parameters
    ----------
    steps, values
        One list per run, of equal length within the run; steps rise.

    Raises
    ------
    StatisticsError
        No run, an empty run, steps that do not rise, or runs that do not overlap.
    """
    grids, curves = [np.asarray(g) for g in steps], [np.asarray(y, dtype=np.float64) for y in values]
    if not grids or len(grids) != len(curves):
        raise StatisticsError(f"expected as many lists of steps as of values, at least one; got {len(grids)}")
    for g, y in zip(grids, curves, strict=True):
        if g.size == 0 or g.shape != y.shape or (np.diff(g) <= 0).any():
            raise StatisticsError(f"a run's steps must rise and fit its values; got {g.shape} steps, {y.shape} values")
    shortest = min(g.size for g in grids)
    together = np.max([g[:shortest] for g in grids], axis=0).astype(np.int64)
    last = min(g[-1] + (np.median(np.diff(g)) / 2 if g.size > 1 else 0) for g in grids)
    grid = together[together <= last]
    if grid.size == 0:
        raise StatisticsError(f"the runs do not overlap: one begins at step {together[0]}, one ends at step {last:.0f}")
    columns = [y[np.searchsorted(g, grid, side="right") - 1] for g, y in zip(grids, curves, strict=True)]
    return AlignedCurves(grid, np.stack(columns, axis=1))


def final_score(values: ArrayLike, share: float = FINAL_SHARE) -> float:
    """Mean of the last ``share`` of a run's evaluations, at least one of them."""
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1 or y.size == 0:
        raise StatisticsError(f"a final score needs a run with evaluations; got shape {y.shape}")
    return float(y[-max(1, round(share * y.size)) :].mean())


def steps_to_threshold(
    steps: Sequence[ArrayLike], values: Sequence[ArrayLike], threshold: float, *, more_is_better: bool, window: int = 3
) -> StepsToThreshold:
    """When each run first was as good as ``threshold``, on the mean of its last ``window`` evaluations.

    The mean of fewer is taken at the beginning of a run, so that a run can be good from its first evaluation on.
    """
    found, censored = [], []
    for g, y in zip(steps, values, strict=True):
        at, curve = np.asarray(g), np.asarray(y, dtype=np.float64)
        total = np.concatenate([[0.0], np.cumsum(curve)])
        count = np.minimum(np.arange(1, curve.size + 1), window)
        running = (total[1:] - total[np.arange(1, curve.size + 1) - count]) / count
        good = running >= threshold if more_is_better else running <= threshold
        censored.append(not good.any())
        found.append(at[good.argmax()] if good.any() else at[-1])
    return StepsToThreshold(np.array(found, dtype=np.int64), np.array(censored, dtype=bool))

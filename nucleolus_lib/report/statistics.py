"""What a handful of runs says, and how sure one may be: robust means, bootstrap intervals, profiles, comparisons.

A *score* x[r, m] is the result of run r = 1..R (a seed) on task m = 1..M (a world). Larger is better; a metric for
which less is better is negated first. The statistics of Agarwal et al. (2021):

*Interquartile mean.* Sort the n = R M scores. Leave out the floor(n / 4) smallest and as many of the largest, and
take the mean of the others. With n <= 3 nothing is left out: then it is the mean.

*Stratified bootstrap.* A resample keeps the tasks and draws, for every task on its own, R of its R runs with
replacement. The percentile interval of confidence c for a statistic reaches from its (1 - c)/2 quantile over the
resamples to its (1 + c)/2 quantile. There are R^(R M) equally likely resamples. If that is few, all of them are taken,
and a quantile p is the smallest value that at least the share p of them does not exceed: nothing is random. Otherwise
many are drawn, and quantiles are interpolated linearly between neighbouring values.

*Performance profile.* The share of scores above a threshold tau,

    F(tau) = 1/M sum_m 1/R #{ r : x[r, m] > tau }.

*Probability of improvement.* How often a run of X is better than a run of Y on the same task, ties counted half,

    P(X > Y) = 1/M sum_m 1/(R_X R_Y) sum_{r, q} ( [x[r, m] > y[q, m]] + 1/2 [x[r, m] = y[q, m]] ),

which is the Mann-Whitney statistic divided by the number of pairs.

Few runs. A resample consists of copies of the R scores that were seen, so no interval reaches beyond them. With R = 3
and one task, one resample of 27 is three times the lowest score, which is more than 2.5 %: the 95 % interval of
a mean is then nothing but the range from the lowest to the highest run, and for continuous scores that range misses
the median of the distribution in one study of four, :func:`range_coverage`. No statement of significance can rest on
it.

References
----------
Agarwal, Schwarzer, Castro, Courville and Bellemare (2021), Deep reinforcement learning at the edge of the statistical
precipice, Advances in Neural Information Processing Systems 34. Efron (1979), Bootstrap methods: another look at
the jackknife, The Annals of Statistics 7, 1-26. Mann and Whitney (1947), On a test of whether one of two random
variables is stochastically larger than the other, The Annals of Mathematical Statistics 18, 50-60.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.errors import StatisticsError

Statistic = Callable[..., NDArray[np.float64]]
"""A function of one or more score arrays (..., R, M) that gives (...), or (..., K) for K values at once."""


@dataclass(frozen=True)
class Interval:
    """A statistic with its percentile interval; three numbers, or three arrays of one shape."""

    estimate: Any
    low: Any
    high: Any


def interquartile_mean(scores: ArrayLike) -> NDArray[np.float64]:
    """Mean of the middle half of the scores.

    Parameters
    ----------
    scores
        (..., R, M): runs and tasks last.

    Returns
    -------
    ndarray
        (...).
    """
    x = _scores(scores)
    flat = np.sort(x.reshape(*x.shape[:-2], -1), axis=-1)
    cut = flat.shape[-1] // 4
    return np.asarray(flat[..., cut : flat.shape[-1] - cut].mean(axis=-1))


def performance_profile(scores: ArrayLike, thresholds: ArrayLike) -> NDArray[np.float64]:
    """Share of the scores strictly above each threshold.

    Parameters
    ----------
    scores
        (..., R, M).
    thresholds
        (K,) values of tau.

    Returns
    -------
    ndarray
        (..., K), falling along K when the thresholds rise.
    """
    x, tau = _scores(scores), np.asarray(thresholds, dtype=np.float64)
    if tau.ndim != 1:
        raise StatisticsError(f"thresholds are a list of numbers; got shape {tau.shape}")
    return np.asarray((x[..., None, :, :] > tau[:, None, None]).mean(axis=(-2, -1)))


def probability_of_improvement(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Share of pairs of runs in which X is better than Y, ties counted half, averaged over the tasks.

    Parameters
    ----------
    x, y
        (..., R_X, M) and (..., R_Y, M): the same tasks, any numbers of runs.

    Returns
    -------
    ndarray
        (...). Exchanging x and y gives 1 minus it.

    Raises
    ------
    StatisticsError
        If the tasks differ in number.
    """
    a, b = _scores(x), _scores(y)
    if a.shape[-1] != b.shape[-1]:
        raise StatisticsError(f"X has {a.shape[-1]} tasks and Y has {b.shape[-1]}; compare them on the same tasks")
    gap = a[..., :, None, :] - b[..., None, :, :]
    return np.asarray(((gap > 0) + 0.5 * (gap == 0)).mean(axis=(-3, -2, -1)))


def stratified_indices(rng: np.random.Generator, n_resamples: int, n_runs: int, n_tasks: int) -> NDArray[np.int64]:
    """Which run stands in each place of each resample, (n_resamples, R, M), every task on its own."""
    if n_resamples < 1:
        raise StatisticsError(f"a bootstrap needs at least one resample; got n_resamples={n_resamples}")
    return rng.integers(n_runs, size=(n_resamples, n_runs, n_tasks))


def all_indices(shapes: Sequence[tuple[int, int]]) -> list[NDArray[np.int64]]:
    """Every joint resample of samples with the given (R, M), once: for each sample its (S, R, M) indices."""
    each = [
        np.array(list(product(range(runs), repeat=runs * tasks))).reshape(-1, runs, tasks) for runs, tasks in shapes
    ]
    joint = np.indices([len(indices) for indices in each]).reshape(len(each), -1)
    return [indices[chosen] for indices, chosen in zip(each, joint, strict=True)]


def resampled(scores: ArrayLike, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    """The resamples of ``scores`` (..., R, M) by ``indices`` (S, R, M), as (S, ..., R, M).

    What stands before the runs, such as the evaluations of a learning curve, is not resampled: a run stays
    whole.
    """
    x = _scores(scores)
    drawn = x[..., indices, np.arange(x.shape[-1])]
    return np.moveaxis(drawn, -3, 0)


def bootstrap_interval(
    statistic: Statistic,
    *scores: ArrayLike,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """A statistic and its stratified bootstrap interval.

    Parameters
    ----------
    statistic
        A function of as many score arrays as are given, such as :func:`interquartile_mean`.
    *scores
        Arrays (..., R, M); each is resampled on its own, as independent methods are.
    rng
        Source of the resamples.
    n_resamples
        How many are drawn. If there are no more than that, all of them are taken instead.
    confidence
        c.

    Returns
    -------
    Interval
        Of whatever shape ``statistic`` has for ``scores``.

    Raises
    ------
    StatisticsError
        Scores that are missing or not finite, or a confidence outside (0, 1).

    Notes
    -----
    Memory is n_resamples times the scores.
    """
    _check_confidence(confidence)
    samples = [_scores(sample) for sample in scores]
    shapes = [x.shape[-2:] for x in samples]
    is_exact = math.prod(float(runs) ** (runs * tasks) for runs, tasks in shapes) <= n_resamples
    chosen = all_indices(shapes) if is_exact else [stratified_indices(rng, n_resamples, *shape) for shape in shapes]
    values = statistic(*(resampled(x, indices) for x, indices in zip(samples, chosen, strict=True)))
    return Interval(statistic(*samples), *percentiles(values, confidence, is_exact))


def percentiles(
    values: ArrayLike, confidence: float = 0.95, is_exact: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two ends of the percentile interval of ``values`` (S, ...), each (...).

    ``is_exact`` says that the values are those of all resamples rather than of a random choice of them.
    """
    _check_confidence(confidence)
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(np.asarray(values), ends, axis=0, method="inverted_cdf" if is_exact else "linear")
    return np.asarray(low), np.asarray(high)


def range_coverage(n_runs: int) -> float:
    """Probability that the median of a continuous distribution lies between the lowest and highest of R draws.

    It lies outside if all draws fall on one side, so the probability is 1 - 2 / 2^R.
    """
    if n_runs < 1:
        raise StatisticsError(f"a range needs at least one run; got {n_runs}")
    return 1 - 2.0 ** (1 - n_runs)


def _scores(scores: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(scores, dtype=np.float64)
    if x.ndim < 2 or 0 in x.shape[-2:]:
        raise StatisticsError(f"scores have runs and tasks as their last two axes, none of them empty; got {x.shape}")
    if not np.isfinite(x).all():
        raise StatisticsError(
            "scores must be finite; leave a run that has none out and say so, rather than count a nan"
        )
    return x


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise StatisticsError(f"a confidence lies between 0 and 1; got {confidence}")

"""The two-time-scale scheme: Q fast, lambda slow.

    q_{t+1}      = q_t + alpha_t * (H_{lambda_t} q_t - q_t)                                  (paper, 17 and 18)
    lambda_{t+1} = clip(lambda_t + xi_t * mean over (s, a) of [max_C e(s, a_C) - target], 0, lambda_max)    (22)

with q the totals, H_lambda of :mod:`nucleolus_lib.markov.nucleolus_operator` and Robbins-Monro steps

    alpha_t = alpha_0 / (1 + t / delay)**p,      xi_t = xi_0 / (1 + t / delay)**r,       1/2 < p < r <= 1,

so that both sums diverge, both sums of squares converge, and xi_t / alpha_t goes to 0.

Safeguards (register, I5). If some core is empty the largest excess stays positive, so with target 0 the
constraint can never be met, lambda grows for ever (like the sum of xi_t) and, once lambda passes the
multiplier at which H_lambda stops contracting, Q may be driven off. The safeguards are a target equal to
the least-core value and a ceiling lambda_max. Both are arguments, so that their absence can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.nucleolus_operator import DIVERGED, OperatorProblem, largest_excess, nucleolus_operator


@dataclass(frozen=True)
class TwoTimeScales:
    """Steps of the scheme.

    Raises
    ------
    CreditParameterError
        If the steps are not Robbins-Monro or lambda would not be the slower one.
    """

    n_steps: int = 20_000
    fast_step: float = 1.0
    """alpha_0, in (0, 1]."""
    fast_power: float = 0.6
    """p."""
    slow_step: float = 0.1
    """xi_0 > 0."""
    slow_power: float = 0.9
    """r."""
    delay: float = 100.0
    """Steps before the step sizes start to fall noticeably."""
    initial_multiplier: float = 0.0
    """lambda_0 >= 0."""
    largest_multiplier: float = np.inf
    """lambda_max; infinity is no ceiling."""
    record_every: int = 20

    def __post_init__(self) -> None:
        if not 0.5 < self.fast_power < self.slow_power <= 1.0:
            raise CreditParameterError(
                "Robbins-Monro steps on two time scales need 1/2 < fast_power < slow_power <= 1; "
                f"got {self.fast_power} and {self.slow_power}"
            )
        if not (0.0 < self.fast_step <= 1.0 and self.slow_step > 0.0 and self.delay > 0.0):
            raise CreditParameterError(
                "fast_step must be in (0, 1], slow_step and delay positive; "
                f"got {self.fast_step}, {self.slow_step}, {self.delay}"
            )
        if not 0.0 <= self.initial_multiplier <= self.largest_multiplier:
            raise CreditParameterError(
                "0 <= initial_multiplier <= largest_multiplier is needed; "
                f"got {self.initial_multiplier} and {self.largest_multiplier}"
            )
        if self.n_steps < 1 or self.record_every < 1:
            raise CreditParameterError(f"n_steps and record_every start at 1; got {self.n_steps}, {self.record_every}")


@dataclass(frozen=True, eq=False)
class TwoTimeScalesResult:
    """The end of the scheme and what happened on the way (R records)."""

    q: NDArray[np.float64]
    """(S, J, n)."""
    multiplier: float
    diverged: bool
    """Q left every bound; the scheme stopped there."""
    steps: NDArray[np.int64]
    """(R,) the steps recorded."""
    multipliers: NDArray[np.float64]
    """(R,) lambda_t."""
    violations: NDArray[np.float64]
    """(R,) mean over (s, a) of the largest excess minus its target."""
    residuals: NDArray[np.float64]
    """(R,) largest |H q - q| of the totals."""


def run_two_time_scales(
    problem: OperatorProblem,
    steps: TwoTimeScales,
    q: NDArray[np.float64] | None = None,
    visits: NDArray[np.float64] | None = None,
) -> TwoTimeScalesResult:
    """Run the scheme with exact expectations.

    Parameters
    ----------
    problem
        World, games, weights and the target of the excess.
    steps
        Step sizes and length.
    q
        (S, J, n) start; zero by default.
    visits
        (S, J) weights, adding up to one, of the mean in (22). Default: uniform over all (s, a).
    """
    q = np.zeros_like(problem.weights) if q is None else np.asarray(q, dtype=np.float64)
    shape = problem.weights.shape[:2]
    visits = np.full(shape, 1.0 / (shape[0] * shape[1])) if visits is None else np.asarray(visits, dtype=np.float64)
    if visits.shape != shape or (visits < 0).any() or not abs(visits.sum() - 1.0) <= 1e-9:
        raise CreditParameterError(
            f"visits must be probabilities of shape {shape} that add up to 1; "
            f"got shape {visits.shape} with sum {visits.sum()!r}"
        )
    multiplier = steps.initial_multiplier
    limit = DIVERGED * max(1.0, float(np.abs(problem.ecmdp.reward).max()) / (1.0 - problem.ecmdp.gamma))
    recorded: list[tuple[int, float, float, float]] = []
    diverged = False
    for t in range(steps.n_steps):
        age = 1.0 + t / steps.delay
        change = nucleolus_operator(problem, q, multiplier) - q
        violation = float((visits * (largest_excess(problem, q) - problem.excess_target)).sum())
        now = (t, multiplier, violation, float(np.abs(change.sum(axis=-1)).max()))
        if t % steps.record_every == 0 or t == steps.n_steps - 1:
            recorded.append(now)
        q = q + steps.fast_step / age**steps.fast_power * change
        multiplier += steps.slow_step / age**steps.slow_power * violation
        multiplier = min(max(0.0, multiplier), steps.largest_multiplier)
        if not np.abs(q).max() <= limit:
            diverged = True
            recorded += [now] if recorded[-1] != now else []
            break
    columns = [np.array(column) for column in zip(*recorded, strict=True)]
    return TwoTimeScalesResult(q, multiplier, diverged, *columns)

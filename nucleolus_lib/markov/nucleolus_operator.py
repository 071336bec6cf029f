"""The nucleolus Q-operator, its fixed point and when it contracts.

    (H_lambda Q)(s, a) = w(s, a) * sum_s' P(s' | s, a) [ R - lambda * (max_C e(s, a_C) - target(s, a))
                                                          + gamma * max_a' sum_i Q_i(s', a') ]

    e(s, a_C) = v(s, a_C) - sum_{i in C} x_i(s, a),     x_i = Q_i - V_empty(s) / n,     C neither N nor empty

(paper, equation 18). ``multiplier`` is lambda, ``excess_target`` the level the largest excess is
compared with: 0 in the paper, the least-core value of each game with the safeguard I5 of the
interpretation register. w is given: the nucleolus weights, which add up to one.

What is proved here, with q = sum_i Q_i and Q = w q, so that H_lambda acts on totals q (S, J):

1. Slope. e(s, a_C) falls with slope w(C | s, a) in q(s, a), so for every q, q'
       max |H q - H q'|  <=  kappa(lambda) * max |q - q'|,
       kappa(lambda) = gamma + lambda * max over s, a, C of |w(C | s, a)|.
   Where w >= 0 the bound is attained: for q low enough the coalition of largest weight has the largest
   excess everywhere, and there H(q + c) - H(q) = kappa * c at that (s, a). So H_lambda is a contraction
   in the largest norm if and only if lambda < (1 - gamma) / max w(C); with equal weights that is
   (1 - gamma) * n / (n - 1). With payoffs that are not of the form w q, and the norm
   max over s, a of sum_i |Q_i|, the same argument gives (gamma + lambda) * max sum_i |w_i|.
2. Fixed point. With q = V_N and nucleolus weights the largest excess is the least-core value of the
   game. So H_lambda leaves the nucleolus Q-value in place for every lambda if the target is the
   least-core value, and only if the target equals it wherever lambda > 0. With target 0 the fixed
   point is therefore biased, up where the core has an interior and down where it is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.markov.credit import max_excess
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.tabular import ECMDP

DIVERGED = 1e12
"""Value iteration stops as diverged when a total passes this times the largest |reward| / (1 - gamma)."""


@dataclass(frozen=True, eq=False)
class OperatorProblem:
    """Everything H_lambda needs besides Q and lambda; all of it is held fixed."""

    ecmdp: ECMDP
    games: NDArray[np.float64]
    """(S, J, 2**n) v(s, a_C)."""
    weights: NDArray[np.float64]
    """(S, J, n), adding up to one."""
    idle_value: NDArray[np.float64]
    """(S,) V_empty(s)."""
    excess_target: NDArray[np.float64] | float = 0.0
    """(S, J) or one number."""


@dataclass(frozen=True, eq=False)
class OperatorResult:
    """Value iteration with H_lambda at a fixed lambda."""

    q: NDArray[np.float64]
    """(S, J, n) the last iterate."""
    converged: bool
    """Whether the last change was at most the tolerance; False also after divergence."""
    diverged: bool
    n_sweeps: int
    last_change: float
    """Largest |H q - q| of the totals at the end."""
    error_bound: float
    """kappa / (1 - kappa) * last_change where kappa < 1, else infinity: no contraction vouches for it."""


def nucleolus_operator(problem: OperatorProblem, q: NDArray[np.float64], multiplier: float) -> NDArray[np.float64]:
    """H_lambda Q (paper, equation 18), a pure function.

    Parameters
    ----------
    problem
        World, games, weights, target.
    q
        (S, J, n) individual Q-values.
    multiplier
        lambda >= 0.

    Returns
    -------
    (S, J, n)
    """
    if not multiplier >= 0.0:
        raise CreditParameterError(f"the multiplier must be non-negative; got {multiplier!r}")
    world = problem.ecmdp
    penalty = multiplier * (largest_excess(problem, q) - problem.excess_target)
    following = q.sum(axis=-1).max(axis=1)
    total = world.reward - penalty
    total += world.gamma * world.transition.expectation(following)
    return np.asarray(problem.weights * total[..., None])


def largest_excess(problem: OperatorProblem, q: NDArray[np.float64]) -> NDArray[np.float64]:
    """max over C of e(s, a_C) at every (s, a), shape (S, J) (paper, equation 11 and the constraint of 16)."""
    return max_excess(problem.games, q - problem.idle_value[:, None, None] / problem.weights.shape[-1])


def contraction_bound(problem: OperatorProblem, multiplier: float) -> float:
    """kappa(lambda) = gamma + lambda * max |w(C | s, a)|, C neither N nor empty."""
    return problem.ecmdp.gamma + multiplier * _largest_weight(problem)


def largest_contracting_multiplier(problem: OperatorProblem) -> float:
    """The lambda at which kappa reaches 1: (1 - gamma) / max |w(C | s, a)|."""
    heaviest = _largest_weight(problem)
    return (1.0 - problem.ecmdp.gamma) / heaviest if heaviest > 0 else np.inf


def measured_contraction(
    problem: OperatorProblem, multiplier: float, rng: np.random.Generator, n_pairs: int = 64
) -> float:
    """The largest max |H q - H q'| / max |q - q'| found over pairs of totals.

    A third of the pairs differ by independent noise, a third by one constant, and a third by one
    constant far below the games' values, where the bound is attained when w >= 0. It is a lower
    estimate of the contraction factor.
    """
    scale = float(np.abs(problem.games).max()) + 1.0
    shape = problem.weights.shape[:2]
    largest = 0.0
    for pair in range(n_pairs):
        first = rng.normal(size=shape) * scale
        if pair % 3 == 2:
            first -= 1e4 * scale
        second = first + (rng.normal(size=shape) if pair % 3 == 0 else rng.uniform(0.1, 1.0)) * scale
        images = [
            nucleolus_operator(problem, problem.weights * total[..., None], multiplier).sum(axis=-1)
            for total in (first, second)
        ]
        largest = max(largest, float(np.abs(images[1] - images[0]).max() / np.abs(second - first).max()))
    return largest


def iterate_operator(
    problem: OperatorProblem,
    multiplier: float,
    q: NDArray[np.float64] | None = None,
    tolerance: float = 1e-8,
    max_sweeps: int = 20_000,
) -> OperatorResult:
    """Value iteration Q <- H_lambda Q at fixed lambda, from Q = 0 by default.

    It stops when the totals change by at most ``tolerance`` * (1 - kappa) / kappa, which bounds their error
    by ``tolerance``; where kappa >= 1 nothing bounds it, and the change itself must fall below
    ``tolerance`` * (1 - gamma). Divergence is a result, not an exception: it is what happens for large lambda.
    """
    world = problem.ecmdp
    q = np.zeros_like(problem.weights) if q is None else np.asarray(q, dtype=np.float64)
    kappa = contraction_bound(problem, multiplier)
    needed = tolerance * ((1.0 - kappa) / max(kappa, 1e-300) if kappa < 1.0 else 1.0 - world.gamma)
    limit = DIVERGED * max(1.0, float(np.abs(world.reward).max()) / (1.0 - world.gamma))
    change = np.inf
    sweep = 0
    diverged = False
    while sweep < max_sweeps and change > needed and not diverged:
        following = nucleolus_operator(problem, q, multiplier)
        # Compared as totals: after the first sweep every iterate is w times its total.
        change = float(np.abs(following.sum(axis=-1) - q.sum(axis=-1)).max())
        q = following
        diverged = not change <= limit
        sweep += 1
    error = kappa / (1.0 - kappa) * change if kappa < 1.0 else np.inf
    return OperatorResult(q, change <= needed, diverged, sweep, change, error)


def _largest_weight(problem: OperatorProblem) -> float:
    member = member_matrix(problem.weights.shape[-1])[1:-1].astype(np.float64)
    return float(np.abs(problem.weights @ member.T).max(initial=0.0))

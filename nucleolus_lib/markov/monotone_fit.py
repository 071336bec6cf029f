"""The best monotone table for a matrix game: what a monotonic mixture could reach at most.

A table f(a_1, .., a_n) is *monotone* if every agent i has an order of its actions along which f never falls, whatever
the others do. These are the tables that Q_tot can be when it rises in every individual value: the order is that of
q_i. The joint action of the highest actions in all orders is then greedy.

For a game R and a joint action a*, the best monotone table with greedy action a* minimises

    L(f) = sum_a w(a) (f(a) - R(a))^2,    w(a) = 1 if f(a) < R(a), else ``weight_above``,

over all orders that end in a*. With ``weight_above`` = 1 this is least squares; with less it is the loss of
optimistically weighted QMIX (Rashid et al. 2020). For given orders the problem is convex: the loss is convex and
monotonicity is a set of linear inequalities between neighbours.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.markov.errors import TableShapeError

MOST_PROBLEMS = 10_000
"""More choices of orders than this are refused; each is one convex problem."""


@dataclass(frozen=True)
class MonotoneFit:
    """A monotone table and its loss."""

    table: NDArray[np.float64]
    loss: float


def best_monotone_tables(payoff: ArrayLike, weight_above: float = 1.0) -> dict[tuple[int, ...], MonotoneFit]:
    """The best monotone table for every joint action that is to be greedy.

    Parameters
    ----------
    payoff
        R, one axis per agent.
    weight_above
        Weight of the entries where the table is above the payoff, in (0, 1].

    Returns
    -------
    dict
        By greedy joint action, counted from 0. The smallest loss of all is that of the best monotone table.

    Raises
    ------
    TableShapeError
        If the table is empty or has too many orders, or the weight is out of range.

    Notes
    -----
    prod_i |A_i|! convex problems of prod_i |A_i| unknowns.
    """
    table = np.asarray(payoff, dtype=np.float64)
    if table.ndim < 1 or table.size == 0 or not np.isfinite(table).all() or not 0 < weight_above <= 1:
        raise TableShapeError(
            f"expected a table of finite payoffs and 0 < weight_above <= 1; got shape {table.shape}, {weight_above}"
        )
    orders = [list(itertools.permutations(range(size))) for size in table.shape]
    n_problems = int(np.prod([len(choices) for choices in orders]))
    if n_problems > MOST_PROBLEMS:
        raise TableShapeError(f"{n_problems} choices of orders are more than {MOST_PROBLEMS}; take a smaller game")
    best: dict[tuple[int, ...], MonotoneFit] = {}
    for chosen in itertools.product(*orders):
        greedy = tuple(order[-1] for order in chosen)
        fit = monotone_fit(table[np.ix_(*chosen)], weight_above)
        if greedy not in best or fit.loss < best[greedy].loss:
            back = tuple(np.argsort(order) for order in chosen)
            best[greedy] = MonotoneFit(fit.table[np.ix_(*back)], fit.loss)
    return dict(sorted(best.items()))


def monotone_fit(payoff: ArrayLike, weight_above: float = 1.0) -> MonotoneFit:
    """The best table that never falls along any axis, for orders as they are."""
    from scipy.optimize import minimize

    target = np.asarray(payoff, dtype=np.float64)
    steps = _neighbours(target.shape)
    scale = max(float(np.abs(target).max()), 1e-12)
    unit = target.ravel() / scale

    def weights(f: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(f < unit, 1.0, weight_above)

    found = minimize(
        lambda f: float((weights(f) * (f - unit) ** 2).sum()),
        np.full(target.size, unit.mean()),
        jac=lambda f: 2 * weights(f) * (f - unit),
        constraints=[{"type": "ineq", "fun": lambda f: steps @ f, "jac": lambda f: steps}] if len(steps) else [],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    if not found.success:
        raise TableShapeError(f"no monotone fit was found: {found.message}")
    return MonotoneFit(found.x.reshape(target.shape) * scale, float(found.fun) * scale**2)


def _neighbours(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One row per pair of neighbours along an axis, +1 at the later and -1 at the earlier one."""
    index = np.arange(int(np.prod(shape))).reshape(shape)
    pairs = [
        np.stack([np.take(index, range(1, n), axis).ravel(), np.take(index, range(n - 1), axis).ravel()], axis=1)
        for axis, n in enumerate(shape)
    ]
    later_earlier = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=int)
    rows = np.zeros((len(later_earlier), index.size))
    rows[np.arange(len(rows)), later_earlier[:, 0]] = 1.0
    rows[np.arange(len(rows)), later_earlier[:, 1]] = -1.0
    return rows

"""One level of the nucleolus in rational arithmetic.

    min t   subject to   x(S) + t >= d(S)  for S in F  (the free coalitions),
                         x(S) = c_S        for the equations,
                         x_i >= b_i        for the bounds,
                         t >= floor.

A dual simplex on (x, t): a basis is n + 1 of these rows, the duals of its inequalities are never
negative, and a violated row enters until none is left. It starts from the basis in which t >= floor
carries the whole dual. The most violated row enters; when the objective has not moved for
``PATIENCE`` pivots Bland's rule takes over, which cannot cycle. All numbers are fractions, so the
weights it returns *prove* the optimum by duality:

    sum_S weight_S (1_S, 1) + sum_i bound_weight_i (e_i, 0) + sum_S equation_weight_S (1_S, 0) = (0, 1).

Slow and obvious on purpose: it is what the fast kernel is checked against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import ConvergenceError
from nucleolus_lib.games.rational import coalition_row, reduced_row_echelon

PATIENCE = 40
MAX_PIVOTS = 20_000

Kind = Literal["excess", "equation", "bound", "floor"]


@dataclass(frozen=True)
class LevelSolution:
    """The optimum of a level and the weights that prove it."""

    t: Fraction
    payoff: tuple[Fraction, ...]
    """A minimiser x, (n,)."""
    weights: dict[int, Fraction]
    """Positive duals of free coalitions; they sum to 1 unless the floor is reached."""
    bound_weights: dict[int, Fraction]
    """Positive duals of bounds, by player."""
    equation_weights: dict[int, Fraction]
    """Non-zero duals of equations, by coalition; any sign."""
    at_floor: bool
    """The optimum is the floor itself: t could fall further."""


@dataclass
class _Row:
    kind: Kind
    coalition: int
    target: Fraction


def solve_level(
    n_players: int,
    free: NDArray[np.int64],
    demands: NDArray[Any],
    equations: Mapping[int, Fraction],
    bounds: Mapping[int, Fraction],
    floor: Fraction,
) -> LevelSolution:
    """Solve one level.

    Parameters
    ----------
    free
        Bitmasks of the free coalitions, ascending.
    demands
        d(S) for every coalition, shape (2**n,), fractions; read at ``free`` only.
    equations, bounds
        c_S by coalition and b_i by player. Equations, free singletons and bounds together must have rank n.
    floor
        A lower bound of t.
    """
    state = _start(n_players, free, demands, equations, bounds, floor)
    scale = lcm(*(Fraction(demands[s]).denominator for s in free)) if len(free) else 1
    scaled_demands = np.array([int(demands[s] * scale) for s in free], dtype=object)
    stalled, objective = 0, state.vertex[n_players]
    for _ in range(MAX_PIVOTS):
        entering = state.violated_row(free, scaled_demands, scale, demands, bounds, bland=stalled > PATIENCE)
        if entering is None:
            return state.solution()
        state.pivot(entering)
        stalled = 0 if state.vertex[n_players] > objective else stalled + 1
        objective = state.vertex[n_players]
    raise ConvergenceError(f"the exact simplex made {MAX_PIVOTS} pivots at one level of a {n_players}-player game")


def _start(
    n: int,
    free: NDArray[np.int64],
    demands: NDArray[Any],
    equations: Mapping[int, Fraction],
    bounds: Mapping[int, Fraction],
    floor: Fraction,
) -> _Simplex:
    rows = [_Row("equation", coalition, target) for coalition, target in equations.items()]
    candidates = [_Row("bound", 1 << i, lower) for i, lower in bounds.items()]
    is_free = set(free[(free & (free - 1)) == 0].tolist())
    candidates += [_Row("excess", 1 << i, Fraction(demands[1 << i])) for i in range(n) if 1 << i in is_free]
    for candidate in candidates:
        if len(rows) == n:
            break
        trial = [coalition_row(row.coalition, n) for row in (*rows, candidate)]
        if len(reduced_row_echelon(trial)[1]) == len(trial):
            rows.append(candidate)
    if len(rows) < n:
        raise ConvergenceError("equations, bounds and free singletons do not determine a vertex; add bounds")
    return _Simplex(n, [*rows, _Row("floor", 0, floor)])


class _Simplex:
    """A basis: ``inverse[j]`` is column j of the inverse of the matrix of its rows, its last entry row j's dual."""

    def __init__(self, n_players: int, rows: list[_Row]) -> None:
        self.n = n_players
        self.rows = rows
        d = n_players + 1
        augmented = [
            [*_vector(row, n_players), *(Fraction(int(i == j)) for i in range(d))] for j, row in enumerate(rows)
        ]
        echelon, pivots = reduced_row_echelon(augmented)
        by_pivot = {pivot: row for pivot, row in zip(pivots, echelon, strict=True)}
        self.inverse = [[by_pivot[i][d + j] for i in range(d)] for j in range(d)]
        self.vertex = [sum((rows[j].target * self.inverse[j][i] for j in range(d)), Fraction(0)) for i in range(d)]

    def violated_row(
        self,
        free: NDArray[np.int64],
        scaled_demands: NDArray[Any],
        scale: int,
        demands: NDArray[Any],
        bounds: Mapping[int, Fraction],
        bland: bool,
    ) -> _Row | None:
        """The most violated row (Bland: the first in a fixed order), or None at the optimum."""
        common = lcm(scale, *(entry.denominator for entry in self.vertex))
        numerators = np.array([int(entry * common) for entry in self.vertex], dtype=object)
        gap, entering = Fraction(0), None
        for i, lower in bounds.items():
            if lower - self.vertex[i] > gap:
                gap, entering = lower - self.vertex[i], _Row("bound", 1 << i, lower)
                if bland:
                    return entering
        if len(free):
            shortfall = (
                scaled_demands * (common // scale) - subset_sums(numerators[: self.n])[free] - numerators[self.n]
            )
            if bland:
                place = next((k for k, value in enumerate(shortfall) if value > 0), None)
            else:
                place = int(np.argmax(shortfall))
            if place is not None and Fraction(int(shortfall[place]), common) > gap:
                coalition = int(free[place])
                entering = _Row("excess", coalition, Fraction(demands[coalition]))
        return entering

    def pivot(self, entering: _Row) -> None:
        """Let the entering row replace the inequality whose dual reaches zero first (lowest coalition on ties)."""
        d = self.n + 1
        vector = _vector(entering, self.n)
        combination = [
            sum((a * b for a, b in zip(vector, column, strict=True) if a), Fraction(0)) for column in self.inverse
        ]
        ratios = [
            (self.inverse[j][self.n] / combination[j], self.rows[j].kind, self.rows[j].coalition, j)
            for j in range(d)
            if self.rows[j].kind != "equation" and combination[j] > 0
        ]
        if not ratios:
            raise ConvergenceError(
                "the level has no feasible point: equations and bounds contradict each other (empty imputation set?)"
            )
        leaving = min(ratios)[3]
        pivot = combination[leaving]
        gap = entering.target - sum((a * b for a, b in zip(vector, self.vertex, strict=True)), Fraction(0))
        incoming = [entry / pivot for entry in self.inverse[leaving]]
        self.vertex = [a + gap * b for a, b in zip(self.vertex, incoming, strict=True)]
        for j in range(d):
            if j != leaving and combination[j]:
                factor = combination[j]
                self.inverse[j] = [a - factor * b if b else a for a, b in zip(self.inverse[j], incoming, strict=True)]
        self.inverse[leaving] = incoming
        self.rows[leaving] = entering

    def solution(self) -> LevelSolution:
        """Read the optimum off the basis."""
        weights: dict[Kind, dict[int, Fraction]] = {"excess": {}, "equation": {}, "bound": {}, "floor": {}}
        for row, column in zip(self.rows, self.inverse, strict=True):
            if column[self.n]:
                weights[row.kind][row.coalition] = column[self.n]
        return LevelSolution(
            t=self.vertex[self.n],
            payoff=tuple(self.vertex[: self.n]),
            weights=weights["excess"],
            bound_weights={coalition.bit_length() - 1: weight for coalition, weight in weights["bound"].items()},
            equation_weights=weights["equation"],
            at_floor=bool(weights["floor"]),
        )


def _vector(row: _Row, n: int) -> Sequence[Fraction]:
    has_t = row.kind in ("excess", "floor")
    return [*coalition_row(row.coalition, n), Fraction(int(has_t))]

"""Kohlberg's criterion: is this payoff the nucleolus?

For a level t let D_t = {S : e(S, x) >= t}. A collection D is balanced when some weights, all positive,
make sum_{S in D} weight_S 1_S a multiple of 1_N; singletons of players with x_i = v({i}) may take part
with weight zero or more. Kohlberg (1971): an imputation x is the nucleolus exactly when D_t is balanced
for every t with D_t not empty. The prenucleolus has no such singletons (Sobolev 1975).

Balance is tested by its dual. With E the coalitions already known to be balanced and T those of the next
excess outside span(E), look for a direction y that keeps every total of E, lowers no x_i at its bound
and raises the total of *every* coalition in T:

    min t   subject to   y(S) + t >= 0 for S in T,   y(S) = 0 for S in E,   y_i >= 0 at a bound,
                         y_i >= -1 elsewhere,   t >= -1.

If t < 0 there is such a y: moving along it lowers the largest excess that is left, so x is not the
nucleolus, and y is the evidence. If t = 0 the coalitions with positive dual are balanced together with
E and join it; the rest of T is tried again. Everything is rational, so the verdict is exact: floats
enter only through the tolerance that says which excesses are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import check_partition, grand_coalition
from nucleolus_lib.games.exact_simplex import solve_level
from nucleolus_lib.games.excess import excesses
from nucleolus_lib.games.rational import in_span, independent_rows
from nucleolus_lib.games.tu_game import TUGame, check_n_players, check_payoff

MAX_KOHLBERG_PLAYERS = 14
"""Largest game checked in rational arithmetic."""


@dataclass(frozen=True)
class KohlbergResult:
    """The verdict, true or false, with evidence when it is false."""

    holds: bool
    reason: str
    """Empty if it holds; else the condition that fails, in words."""
    excess: Any = None
    """The excess at whose level balance fails."""
    coalitions: tuple[int, ...] = ()
    """The coalitions of that level that can all be made better off, as bitmasks."""
    direction: tuple[Fraction, ...] = ()
    """y: a small step along it lowers the excess of all of them and raises no larger one."""

    def __bool__(self) -> bool:
        return self.holds


def is_nucleolus(
    game: TUGame, payoff: ArrayLike, structure: Sequence[int] | None = None, tolerance: float = 1e-8
) -> KohlbergResult:
    """Whether ``payoff`` is the nucleolus, by Kohlberg's criterion.

    Parameters
    ----------
    structure
        A coalition structure (Aumann and Dreze); default: the grand coalition.
    tolerance
        Excesses closer than this, relative to the largest absolute value, count as equal. An exact game
        with an exact payoff is decided exactly and ignores it.

    Raises
    ------
    PayoffShapeError, NotAPartitionError, TooManyPlayersError
    """
    return _kohlberg(game, payoff, structure, tolerance, individually_rational=True)


def is_prenucleolus(
    game: TUGame, payoff: ArrayLike, structure: Sequence[int] | None = None, tolerance: float = 1e-8
) -> KohlbergResult:
    """Whether ``payoff`` is the prenucleolus; parameters and errors as :func:`is_nucleolus`."""
    return _kohlberg(game, payoff, structure, tolerance, individually_rational=False)


def _kohlberg(
    game: TUGame, payoff: ArrayLike, structure: Sequence[int] | None, tolerance: float, individually_rational: bool
) -> KohlbergResult:
    n = game.n_players
    check_n_players(n, limit=MAX_KOHLBERG_PLAYERS, bytes_per_coalition=256)
    x = check_payoff(game, payoff)
    equations = (grand_coalition(n),) if structure is None else check_partition(structure, n)
    exact = game.is_exact and x.dtype == object
    slack = 0 if exact else tolerance * max(float(np.max(np.abs(game.values.astype(np.float64)))), 1e-300)
    excess = excesses(game, x)
    for block in equations:
        if abs(excess[block]) > slack:
            return KohlbergResult(
                False, f"not efficient: {game.name_of(block)} has v - x = {excess[block]}", excess[block], (block,)
            )
    below = x - game.singleton_values
    if individually_rational and min(below) < -slack:
        worst = int(np.argmin(below))
        return KohlbergResult(
            False,
            f"not individually rational: player {game.players[worst]!r} gets {x[worst]} but has "
            f"{game.values[1 << worst]} alone",
            -below[worst],
            (1 << worst,),
        )
    at_bound = {i for i in range(n) if individually_rational and below[i] <= slack}
    return _descend(game, excess, list(equations), at_bound, slack)


def _descend(game: TUGame, excess: NDArray[Any], settled: list[int], at_bound: set[int], slack: Any) -> KohlbergResult:
    n = game.n_players
    order = np.argsort(-excess, kind="stable")
    spanned = in_span(settled, n)
    zeros = np.full(1 << n, Fraction(0), dtype=object)
    position = 0
    while len(settled) < n:
        while position < len(order) and spanned[order[position]]:
            position += 1
        level = excess[order[position]]
        tied = np.sort(order[(excess[order] >= level - slack) & ~spanned[order]])
        while len(tied):
            bounds = {i: Fraction(0 if i in at_bound else -1) for i in range(n) if not spanned[1 << i]}
            solution = solve_level(n, tied, zeros, dict.fromkeys(settled, Fraction(0)), bounds, Fraction(-1))
            if solution.t < 0:
                names = ", ".join(game.name_of(int(s)) for s in tied[:4])
                return KohlbergResult(
                    False,
                    f"the coalitions of excess {level} are not balanced: {names}{', ...' if len(tied) > 4 else ''} "
                    "can all gain at once",
                    level,
                    tuple(int(s) for s in tied),
                    solution.payoff,
                )
            # Bounds with a positive dual are only weakly balanced with the rest, yet no y can leave them any more.
            joined = [*solution.weights, *(1 << i for i in solution.bound_weights)]
            settled = independent_rows([*settled, *joined], n)
            spanned = in_span(settled, n)
            tied = tied[~spanned[tied]]
    return KohlbergResult(True, "")

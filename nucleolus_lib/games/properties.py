"""Properties of a game, each with the coalitions that break it.

monotone        v(S) <= v(T)                          for all S subset of T
superadditive   v(S) + v(T) <= v(S + T)               for all disjoint S, T
convex          v(S) + v(T) <= v(S or T) + v(S and T) for all S, T               (Shapley 1971)
balanced        the core is non-empty                                            (Bondareva-Shapley)

Convex implies superadditive and balanced. Two of them need not be checked on every pair:

- monotone: it is enough that no single player lowers any coalition, v(S) <= v(S + i);
- convex: it is enough that v(S + i) + v(S + j) <= v(S + i + j) + v(S) for all i, j outside S.

References
----------
Shapley (1971), Cores of convex games, International Journal of Game Theory 1, 11-26.
Shapley (1967), On balanced sets and cores, Naval Research Logistics Quarterly 14, 453-460.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.integer_scale import to_integers
from nucleolus_lib.games.subset_convolution import max_plus_convolution, submasks
from nucleolus_lib.games.tu_game import TUGame, check_n_players

RELATIVE_TOLERANCE = 1e-9
"""Floats: a violation counts when it exceeds this fraction of max \\|v\\|. Exact games: any violation."""

MAX_SUPERADDITIVE_PLAYERS = 20
"""Largest game tested for superadditivity: 3**20 / 2 pairs of coalitions, some seconds."""


@dataclass(frozen=True)
class Evidence:
    """Whether a property holds; if not, where it fails worst.

    Truthy when the property holds, so that ``if is_convex(game):`` reads as it should.
    """

    holds: bool
    coalitions: tuple[int, ...] = ()
    """The violating coalitions as bitmasks; empty when the property holds."""
    amount: Any = 0.0
    """By how much they violate it (positive), a Fraction for an exact game; zero when it holds."""

    def __bool__(self) -> bool:
        return self.holds


def is_monotone(game: TUGame, tolerance: float | None = None) -> Evidence:
    """Whether v(S) <= v(S + i) for every S and i. Cost O(n 2**n).

    The evidence is (S, S + i) with the largest drop v(S) - v(S + i).

    Parameters
    ----------
    tolerance
        Largest violation forgiven, in the units of v. Default 0 for exact games, else 1e-9 max \\|v\\|.
    """
    values, scale = _numbers(game)
    worst: Any = 0
    where: tuple[int, ...] = ()
    for i in range(game.n_players):
        cut = values.reshape(-1, 2, 1 << i)
        drops = cut[:, 0] - cut[:, 1]
        k = int(np.argmax(drops))
        if drops.flat[k] > worst:
            worst = drops.flat[k]
            without = _insert_bit(k, i, 0)
            where = (without, without | 1 << i)
    return _verdict(game, where, worst, scale, tolerance)


def is_convex(game: TUGame, tolerance: float | None = None) -> Evidence:
    """Whether the game is convex (supermodular). Cost O(n**2 2**n): 0.4 s at n = 20 in floats.

    The evidence is (S + i, S + j) with the largest v(S + i) + v(S + j) - v(S + i + j) - v(S).
    ``tolerance`` as in :func:`is_monotone`.
    """
    values, scale = _numbers(game)
    worst: Any = 0
    where: tuple[int, ...] = ()
    for j in range(game.n_players):
        for i in range(j):
            cut = values.reshape(-1, 2, 1 << (j - i - 1), 2, 1 << i)
            excess = cut[:, 0, :, 1] + cut[:, 1, :, 0] - cut[:, 1, :, 1] - cut[:, 0, :, 0]
            k = int(np.argmax(excess))
            if excess.flat[k] > worst:
                worst = excess.flat[k]
                neither = _insert_bit(_insert_bit(k, i, 0), j, 0)
                where = (neither | 1 << i, neither | 1 << j)
    return _verdict(game, where, worst, scale, tolerance)


def is_superadditive(game: TUGame, tolerance: float | None = None) -> Evidence:
    """Whether no coalition earns more in two parts. Cost O(3**n): 0.1 s at n = 16, seconds at n = 20.

    The evidence is disjoint (S, T) with the largest v(S) + v(T) - v(S + T).
    ``tolerance`` as in :func:`is_monotone`.

    Raises
    ------
    TooManyPlayersError
        For more than 20 players.
    """
    check_n_players(game.n_players, MAX_SUPERADDITIVE_PLAYERS)
    values, scale = _numbers(game)
    worst: Any = 0
    where: tuple[int, ...] = ()
    for k in range(game.n_players):
        top = 1 << k
        best_split = max_plus_convolution(values[top : 2 * top], values[:top])
        excess = best_split - values[top : 2 * top]
        rest = int(np.argmax(excess))
        if excess[rest] > worst:
            worst = excess[rest]
            parts = submasks(rest)
            part = int(parts[np.argmax(values[top | parts] + values[rest ^ parts])])
            where = (top | part, rest ^ part)
    return _verdict(game, where, worst, scale, tolerance)


def is_balanced(game: TUGame, tolerance: float | None = None) -> Evidence:
    """Whether the core is non-empty, which is the same as v being balanced (Bondareva, Shapley).

    The evidence is a balanced collection of coalitions with weights w_S >= 0, sum over S containing i of
    w_S = 1 for every i, that earns more than N: ``amount`` is the sum of w_S v(S), minus v(N). The weights
    are in :func:`nucleolus_lib.games.core.balancing_weights`. Cost: one linear programme over all
    coalitions.

    Parameters
    ----------
    tolerance
        Largest least-core value forgiven, in the units of v. Floats only; default 1e-9 max \\|v\\|.

    Raises
    ------
    ConvergenceError
    """
    from nucleolus_lib.games.core import balancing_weights

    scale = float(np.abs(game.to_float().values).max())
    relative = RELATIVE_TOLERANCE if tolerance is None or scale == 0 else tolerance / scale
    found = balancing_weights(game, relative)
    if found is None:
        return Evidence(True, (), Fraction(0) if game.is_exact else 0.0)
    return Evidence(False, tuple(sorted(found.weights)), found.total - found.grand_value)


def _numbers(game: TUGame) -> tuple[NDArray[Any], int]:
    """The values to compute with and what they were multiplied by: integers for an exact game."""
    return to_integers(game.values, headroom=4) if game.is_exact else (game.values, 1)


def _verdict(game: TUGame, where: tuple[int, ...], worst: Any, scale: int, tolerance: float | None) -> Evidence:
    amount: Any = Fraction(int(worst), scale) if game.is_exact else float(worst)
    if tolerance is None:
        tolerance = 0.0 if game.is_exact else RELATIVE_TOLERANCE * float(np.abs(game.values).max())
    if amount <= tolerance:
        return Evidence(True, (), Fraction(0) if game.is_exact else 0.0)
    return Evidence(False, where, amount)


def _insert_bit(mask: int, position: int, bit: int) -> int:
    """``mask`` with ``bit`` put in at ``position``, the higher bits moved up."""
    low = mask & ((1 << position) - 1)
    return (mask >> position) << (position + 1) | bit << position | low

"""Simple games: v(S) = 1 if the coalition S wins, 0 if it loses.

weighted voting [q; w_1, ..., w_n]     S wins if w(S) >= q
several quotas at once                 S wins if w^r(S) >= q^r for every rule r = 1, ..., m
apex                                   S wins if it holds the apex and someone else, or everyone but the apex
intersection, union                    S wins if it wins in all, in any, of some simple games

Rules of real councils are built from these. A qualified majority of states *and* of population is two
quotas; "or opposed by fewer than four states" is a union with a third rule.

References
----------
Apex games are treated in Davis and Maschler (1965), The kernel of a cooperative game. The other
definitions are textbook ones, for example Peleg and Sudholter (2007), Introduction to the Theory of
Cooperative Games.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import check_count, check_not_negative, player_names, read_numbers
from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.integer_scale import to_integers
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def weighted_voting_game(quota: Any, weights: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """[q; w]: a coalition wins when its weight reaches the quota, or every quota if there are several.

    Parameters
    ----------
    quota
        q with 0 < q <= w(N), or a row of m quotas.
    weights
        w, shape (n,), not negative; with m quotas one row of weights for each, shape (m, n). Integer
        weights below 2**53 are compared exactly. Weights such as 0.1 are rounded before they are added:
        give them as fractions. Exact if any number is a Fraction.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError

    Notes
    -----
    In floats the peak is 13 bytes a coalition, measured at n = 22: 1.6 GiB at n = 27.
    """
    q, w = read_numbers(quota=quota, weights=weights)
    quotas, rows = q.reshape(-1), w if w.ndim == 2 else w[None]
    if w.ndim not in (1, 2) or q.ndim > 1 or q.ndim != w.ndim - 1 or len(quotas) != len(rows) or rows.shape[1] < 1:
        raise CatalogueParameterError(
            "one quota goes with a row of n weights, m quotas with a table of m rows of n weights; "
            f"got quota of shape {q.shape} and weights of shape {w.shape}"
        )
    check_not_negative("weights", w)
    check_n_players(rows.shape[1])
    for number, row in zip(quotas, rows, strict=True):
        if not 0 < number <= row.sum():
            raise CatalogueParameterError(
                f"a quota must be above 0 and at most the total weight, {row.sum()}, or nobody could win; got {number}"
            )
    is_exact = w.dtype == object
    wins = np.ones(1 << rows.shape[1], dtype=np.bool_)
    for number, row in zip(quotas, rows, strict=True):
        table = np.append(row, number)
        table = to_integers(table, headroom=len(table))[0] if is_exact else table
        wins &= subset_sums(table[:-1]) >= table[-1]
    return _simple_game(wins, is_exact, player_names(players))


def apex_game(n_players: int, apex: int = 0, players: Sequence[str] | None = None) -> TUGame:
    """The apex player needs one partner; without the apex all the others must stand together.

    Parameters
    ----------
    n_players
        n >= 3.
    apex
        Index of the apex player.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    n = check_count("n_players", n_players, 3)
    check_n_players(n)
    apex = check_count("apex", apex, 0, n - 1)
    weights = np.ones(n)
    weights[apex] = n - 2
    return weighted_voting_game(n - 1, weights, players)


def intersection_game(*games: TUGame) -> TUGame:
    """A coalition wins when it wins in every one of the simple ``games``."""
    _check_simple(games)
    return TUGame(np.minimum.reduce([game.values for game in games]), games[0].players)


def union_game(*games: TUGame) -> TUGame:
    """A coalition wins when it wins in at least one of the simple ``games``."""
    _check_simple(games)
    return TUGame(np.maximum.reduce([game.values for game in games]), games[0].players)


def _simple_game(wins: NDArray[np.bool_], is_exact: bool, players: tuple[str, ...]) -> TUGame:
    if is_exact:
        return TUGame(np.where(wins, np.array(Fraction(1)), np.array(Fraction(0))), players)
    return TUGame(wins, players)


def _check_simple(games: Sequence[TUGame]) -> None:
    if not games:
        raise CatalogueParameterError("give at least one simple game to combine; got none")
    for game in games:
        if game.players != games[0].players or game.is_exact != games[0].is_exact:
            raise CatalogueParameterError(
                f"simple games combine over the same players, all exact or all in floats; got {games[0]} and {game}"
            )
        odd = np.flatnonzero((game.values != 0) & (game.values != 1))
        if len(odd):
            where = int(odd[0])
            raise CatalogueParameterError(
                f"a simple game has values 0 and 1 only; got v{game.name_of(where)} = {game.values[where]}"
            )

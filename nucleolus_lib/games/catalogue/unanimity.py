"""Unanimity games and Harsanyi dividends.

The unanimity game of T needs all of T: u_T(S) = 1 if T is a subset of S, else 0. These games are a basis
of all games; the coordinates of v are its dividends,

    v = sum over T of m(T) u_T,     m(T) = sum over S subset of T of (-1)**(|T| - |S|) v(S)

A dividend is what T creates as a group beyond what its subsets create. The Shapley value shares every
m(T) equally among T. If m(T) >= 0 for all |T| >= 2, the game is convex.

Going from m to v adds up over subsets, going back subtracts: n passes over the table, O(n 2**n).

References
----------
Shapley (1953), A value for n-person games, where unanimity games serve as the basis. "Dividend" is
Harsanyi's word; the place where he coined it was not checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import check_count, player_names
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def unanimity_game(n_players: int, coalition: int, players: Sequence[str] | None = None) -> TUGame:
    """u_T for the bitmask T = ``coalition``, not empty.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    n = check_count("n_players", n_players, 1)
    check_n_players(n)
    needed = check_count("coalition (a bitmask)", coalition, 1, (1 << n) - 1)
    everyone = np.arange(1 << n)
    return TUGame((everyone & needed) == needed, player_names(players))


def game_from_dividends(dividends: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """The game with the given dividends: v(S) = sum of m(T) over T subset of S.

    Parameters
    ----------
    dividends
        m, shape (2**n,), indexed by bitmask, m(empty) = 0. Exact if any entry is a Fraction.

    Raises
    ------
    ValuesLengthError, NonFiniteValueError, EmptyCoalitionValueError
        The dividends are checked as the values of a game are.
    """
    table = TUGame(np.asarray(dividends), player_names(players))
    values = table.values.copy()
    for i in range(table.n_players):
        cut = values.reshape(-1, 2, 1 << i)
        cut[:, 1] += cut[:, 0]
    return TUGame(values, table.players)


def harsanyi_dividends(game: TUGame) -> NDArray[Any]:
    """m(T) for every coalition T, shape (2**n,): the inverse of :func:`game_from_dividends`."""
    dividends = game.values.copy()
    for i in range(game.n_players):
        cut = dividends.reshape(-1, 2, 1 << i)
        cut[:, 1] -= cut[:, 0]
    return dividends


def game_from_terms(n_players: int, terms: Sequence[tuple[int, Any]], players: Sequence[str] | None = None) -> TUGame:
    """The game sum of m u_T over the pairs (T, m) in ``terms``, T a bitmask; repeated T add up.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    n = check_count("n_players", n_players, 1)
    check_n_players(n)
    if not len(terms):
        raise CatalogueParameterError("give at least one pair (coalition, dividend); got none")
    dividends: list[Any] = [0] * (1 << n)
    for coalition, dividend in terms:
        dividends[check_count("coalition (a bitmask)", coalition, 1, (1 << n) - 1)] += dividend
    return game_from_dividends(np.array(dividends, dtype=object), players)

"""The five game types of Benedek, Fliege and Nguyen, a common test bed for nucleolus solvers.

All have v(S) = 0 for |S| = 1. "Integer in [a, b]" is uniform, both ends included, independent for
each coalition.

    type 1   v(S) integer in [1, 100 |S|] for 2 <= |S| < n;  v(N) integer in [100 (n - 2), 100 n]
    type 2   v(S) integer in [1, 50 n] for |S| >= 2, N included
    type 3   v(S) = 0 for |S| < n - 2;  1 with probability 0.9 for n - 2 <= |S| <= n - 1;  v(N) = 1
    type 4   v(S) integer in [1, n] for |S| >= 2, N included
    type 5   weighted voting, n >= 7, not random: w = floor((n - 3) / 2) for the first five players, 1 for
             the others, quota 4 w + n - 4

Types 1, 2 and 4 differ in how often values tie; types 3 and 5 are simple games, type 3 with nearly all
large coalitions winning.

References
----------
Benedek, Fliege and Nguyen (2021), Finding and verifying the nucleolus of cooperative games, Mathematical
Programming 190, 135-170. The definitions are those of the README of the authors' public code
(https://github.com/blrzsvrzs/nucleolus). The random numbers are not theirs: the same type and n give
games of the same distribution, not the same games.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.catalogue.parameters import check_count, player_names
from nucleolus_lib.games.catalogue.random_games import check_generator
from nucleolus_lib.games.catalogue.voting import weighted_voting_game
from nucleolus_lib.games.coalitions import coalition_sizes
from nucleolus_lib.games.tu_game import TUGame, check_n_players

_FEWEST_PLAYERS = {1: 2, 2: 2, 3: 4, 4: 2, 5: 7}
_WINNING_PROBABILITY = 0.9


def bfn_game(
    kind: int, n_players: int, rng: np.random.Generator | None = None, players: Sequence[str] | None = None
) -> TUGame:
    """A game of type ``kind`` (1 to 5) with float64 values that are whole numbers.

    Parameters
    ----------
    kind
        1 to 5, see the module's docstring.
    n_players
        At least 2, 2, 4, 2 and 7 for the five types. With fewer, the definition does not make sense or
        clashes with v({i}) = 0.
    rng
        Source of the numbers; type 5 needs none.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    kind = check_count("kind", kind, 1, 5)
    n = check_count(f"n_players of a type {kind} game", n_players, _FEWEST_PLAYERS[kind])
    check_n_players(n)
    if kind == 5:
        heavy = (n - 3) // 2
        return weighted_voting_game(4 * heavy + n - 4, [heavy] * 5 + [1] * (n - 5), players)
    generator = check_generator(rng)
    sizes = coalition_sizes(n)
    if kind == 3:
        return TUGame(_nearly_all_large_coalitions_win(sizes, generator), player_names(players))
    values = _integers(kind, sizes, generator)
    values[sizes < 2] = 0
    return TUGame(values, player_names(players))


def _integers(kind: int, sizes: NDArray[np.int8], generator: np.random.Generator) -> NDArray[np.int64]:
    """Types 1, 2 and 4 before the single players are set to zero."""
    n = int(sizes[-1])
    if kind != 1:
        return generator.integers(1, 50 * n if kind == 2 else n, size=len(sizes), endpoint=True)
    values = np.asarray(generator.integers(1, np.maximum(100 * sizes.astype(np.int64), 1), endpoint=True))
    values[-1] = generator.integers(100 * (n - 2), 100 * n, endpoint=True)
    return values


def _nearly_all_large_coalitions_win(sizes: NDArray[np.int8], generator: np.random.Generator) -> NDArray[np.float64]:
    n = int(sizes[-1])
    values = np.zeros(len(sizes))
    large = np.flatnonzero(sizes >= n - 2)
    values[large] = generator.random(len(large)) < _WINNING_PROBABILITY
    values[-1] = 1
    return values

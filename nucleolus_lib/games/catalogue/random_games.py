"""Random games with a stated property. Values are whole numbers, stored as float64.

monotone        w(S) integer in [0, 100 |S|];   v(S) = max of w over the subsets of S
superadditive   w(S) integer in [0, 100 |S|];   v = superadditive cover of w (the best partition of S)
convex          v = sum of m(T) u_T over the coalitions T, dividends m(T) integer in [1, 100] with
                probability ``density`` and zero otherwise, for |T| >= 2;  v({i}) integer in [0, 100]

The first two constructions reach every monotone or superadditive game with values in range (a game with
the property is its own cover). The third does not: games with non-negative dividends ("totally
positive") are convex, but not every convex game has non-negative dividends.

The same generator state gives the same game. Call ``.to_exact()`` for fractions; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.catalogue.parameters import check_count, player_names
from nucleolus_lib.games.catalogue.unanimity import game_from_dividends
from nucleolus_lib.games.coalition_structure import superadditive_cover
from nucleolus_lib.games.coalitions import coalition_sizes
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame, check_n_players

_PER_PLAYER = 100


def random_monotone_game(n_players: int, rng: np.random.Generator, players: Sequence[str] | None = None) -> TUGame:
    """A random monotone game: no coalition loses by a new member. Cost O(n 2**n).

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    values = _random_values(n_players, rng)
    for i in range(n_players):
        cut = values.reshape(-1, 2, 1 << i)
        np.maximum(cut[:, 1], cut[:, 0], out=cut[:, 1])
    return TUGame(values, player_names(players))


def random_superadditive_game(n_players: int, rng: np.random.Generator, players: Sequence[str] | None = None) -> TUGame:
    """A random superadditive game. Cost O(3**n): 0.1 s at n = 16, seconds at n = 20, which is the limit.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    return superadditive_cover(TUGame(_random_values(n_players, rng), player_names(players)))


def random_convex_game(
    n_players: int, rng: np.random.Generator, *, density: float = 0.5, players: Sequence[str] | None = None
) -> TUGame:
    """A random totally positive, hence convex game. Cost O(n 2**n).

    Parameters
    ----------
    density
        Probability, in [0, 1], that a coalition of two or more has a positive dividend.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    n = check_count("n_players", n_players, 1)
    check_n_players(n)
    generator = check_generator(rng)
    if not 0 <= density <= 1:
        raise CatalogueParameterError(f"density is a probability between 0 and 1; got {density}")
    dividends = generator.integers(1, _PER_PLAYER, size=1 << n, endpoint=True)
    dividends[generator.random(1 << n) >= density] = 0
    singletons = 1 << np.arange(n)
    dividends[singletons] = generator.integers(0, _PER_PLAYER, size=n, endpoint=True)
    dividends[0] = 0
    return game_from_dividends(dividends, players)


def _random_values(n_players: int, rng: np.random.Generator) -> NDArray[np.float64]:
    n = check_count("n_players", n_players, 1)
    check_n_players(n)
    highest = _PER_PLAYER * coalition_sizes(n).astype(np.int64)
    return check_generator(rng).integers(0, highest, endpoint=True).astype(np.float64)


def check_generator(rng: Any) -> np.random.Generator:
    """``rng`` if it is a numpy Generator, else :class:`CatalogueParameterError`."""
    if not isinstance(rng, np.random.Generator):
        raise CatalogueParameterError(
            f"rng must be a numpy Generator, so that the game can be drawn again; got {rng!r}. "
            "Pass numpy.random.default_rng(seed)"
        )
    return rng

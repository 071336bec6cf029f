"""Glove games: a left and a right glove are worth 1 together, nothing apart.

    v(S) = min( left(S), right(S) ),    left(S), right(S) the gloves of each hand that S holds

If one hand is scarcer in N than the other, the core is a single point: every glove of the scarce hand
earns 1, the others nothing. The Shapley value gives the others something and so leaves the core.

References
----------
Games of this kind are studied in Shapley and Shubik, Pure competition, coalitional power, and fair
division (RAND memorandum 1966). That the glove story itself starts there was not confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.games.catalogue.parameters import (
    check_count,
    check_not_negative,
    check_row,
    player_names,
    read_numbers,
)
from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def glove_game(n_left: int, n_right: int, players: Sequence[str] | None = None) -> TUGame:
    """Players 0, ..., n_left - 1 hold a left glove each, the next n_right a right glove.

    Names default to ``"L1", ..., "R1", ...``.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    check_count("n_left", n_left, 1)
    check_count("n_right", n_right, 1)
    names = [f"L{i + 1}" for i in range(n_left)] + [f"R{i + 1}" for i in range(n_right)]
    is_left = np.arange(n_left + n_right) < n_left
    return glove_market_game(is_left.astype(float), (~is_left).astype(float), players or names)


def glove_market_game(left: ArrayLike, right: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """v(S) = min(left(S), right(S)) when player i holds ``left[i]`` and ``right[i]`` gloves.

    Parameters
    ----------
    left, right
        Shape (n,), not negative, any amounts. Exact if any number is a Fraction.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    lefts, rights = read_numbers(left=left, right=right)
    n = check_row("left", lefts)
    if rights.shape != lefts.shape:
        raise CatalogueParameterError(f"left and right need one number per player; got {lefts.shape}, {rights.shape}")
    check_not_negative("left", lefts)
    check_not_negative("right", rights)
    check_n_players(n)
    return TUGame(np.minimum(subset_sums(lefts), subset_sums(rights)), player_names(players))

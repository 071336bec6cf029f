"""Excess, the dissatisfaction of a coalition.

e(S, x) = v(S) - x(S) with x(S) = sum_{i in S} x_i                      (paper, equation 1)
theta(x) = all excesses, largest first                                   (paper, equation 3)

The sign is the same everywhere in this project: a positive excess is a coalition that would earn
more on its own than the payoff gives it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.tu_game import TUGame, check_payoff


def excesses(game: TUGame, payoff: ArrayLike) -> NDArray[Any]:
    """e(S, x) for every coalition, shape (2**n,), indexed by bitmask (paper, equation 1).

    The empty coalition is included (its excess is 0), and so is N, whose excess is 0 when the payoff
    is efficient. Fractions in, fractions out.
    """
    return np.asarray(game.values - subset_sums(check_payoff(game, payoff)))


def theta(game: TUGame, payoff: ArrayLike) -> NDArray[Any]:
    """All 2**n excesses, largest first (paper, equation 3).

    Of two payoffs the one whose ``theta`` is lexicographically smaller is the fairer; the nucleolus
    has the smallest of all imputations (equation 4).
    """
    return np.asarray(np.sort(excesses(game, payoff))[::-1])

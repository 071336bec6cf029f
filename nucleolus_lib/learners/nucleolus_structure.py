"""Which coalitions form: the structure read off learned coalition values (register, row I7).

At a state s with the greedy joint action a,

    CS(s) = the partition of N that maximises sum over its blocks C of v(C),     v(C) = V(s, a_C) - V(s, empty),

found exactly by the dynamic programme of :mod:`nucleolus_lib.games.coalition_structure`. Ties, up to ``tolerance`` of
the largest |v|, go to fewer coalitions. A learned V is never exactly additive, so without a tolerance its noise alone
would split or join coalitions.

It is a way of looking at a learner, used for figures; nothing is learned from it.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from nucleolus_lib.games.coalition_structure import optimal_coalition_structure
from nucleolus_lib.games.tu_game import TUGame


def optimal_structures(values: Tensor, tolerance: float = 0.0) -> list[tuple[int, ...]]:
    """The best partition of every state as bitmasks, from V(s, a_C) (R, 2**n) in the order of the bitmasks.

    Parameters
    ----------
    values
        (R, 2**n). The empty coalition's value is subtracted here. Reads the host: for figures, not for training.
    tolerance
        Every coalition must be worth more than this fraction of the largest |v|; 0 takes the exact optimum.
    """
    games = values.detach().double().cpu().numpy()
    games = games - games[:, :1]
    toll = tolerance * np.abs(games).max(axis=1, keepdims=True)
    games[:, 1:] -= toll
    return [optimal_coalition_structure(TUGame(game)).structure for game in games]

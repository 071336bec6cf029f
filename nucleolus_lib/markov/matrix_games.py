"""The one-step matrix games of the cooperative learning literature, as worlds with a no-op.

A matrix game pays R(a) once and ends. The literature's games have no no-op; here every agent gets one
more action, its action 0, and a joint action in which somebody plays it pays nothing: the games
are about doing something *together*. So a single agent earns nothing alone, V_{i} = 0.

    climbing   (11, -30, 0 / -30, 7, 6 / 0, 0, 5): the best joint action is surrounded by punishment
    penalty    (10, 0, k / 0, 2, 0 / k, 0, 10) with k <= 0: two equal optima, and a fine for mixing them
    qtran      (8, -12, -12 / -12, 0, 0 / -12, 0, 0): not monotone, so that VDN and QMIX prefer (0)

References
----------
Claus and Boutilier (1998), The dynamics of reinforcement learning in cooperative multiagent systems,
AAAI (climbing, penalty). Son, Kim, Kang, Hostallero and Yi (2019), QTRAN: learning to factorize with
transformation for cooperative multi-agent reinforcement learning, ICML (the 8 / -12 payoff).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.markov.ec_pomdp import Subtask
from nucleolus_lib.markov.errors import TableShapeError
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.transitions import DenseTransition


def matrix_game(payoffs: ArrayLike, gamma: float = 0.9, name: str = "act together") -> ECMDP:
    """A one-step game with a no-op added as action 0 of every agent.

    Parameters
    ----------
    payoffs
        One axis per agent; ``payoffs[a_0 - 1, a_1 - 1, ...]`` is paid for the actions a_i >= 1.
    gamma
        Discount; it has no effect on a game of one step.
    name
        Name of the one subtask, which needs every agent at once.

    Returns
    -------
    ECMDP
        State 0 is the game, state 1 the end.
    """
    table = np.asarray(payoffs, dtype=np.float64)
    if table.ndim < 1 or table.size == 0:
        raise TableShapeError(f"a matrix game has one axis per agent and at least one action each; got {table.shape}")
    padded = np.zeros(tuple(count + 1 for count in table.shape))
    padded[(slice(1, None),) * table.ndim] = table
    n_joint, n_agents = padded.size, table.ndim
    rewards = np.zeros((2, n_joint, 1))
    # Joint actions are numbered with agent 0 fastest, which is Fortran order of the payoff table.
    rewards[0, :, 0] = padded.ravel(order="F")
    transition = np.zeros((2, n_joint, 2))
    transition[:, :, 1] = 1.0
    return ECMDP(
        transition=DenseTransition(transition),
        subtask_rewards=rewards,
        gamma=gamma,
        n_actions=tuple(padded.shape),
        noop=(0,) * n_agents,
        subtasks=(Subtask(name, required=n_agents, reward=float(table.max())),),
        terminal=np.array([False, True]),
        state_names=("game", "over"),
    )


def climbing(gamma: float = 0.9) -> ECMDP:
    """The climbing game, 2 agents with 3 actions each beside the no-op."""
    return matrix_game([[11, -30, 0], [-30, 7, 6], [0, 0, 5]], gamma)


def penalty(fine: float = -10.0, gamma: float = 0.9) -> ECMDP:
    """The penalty game with k = ``fine``, at most 0."""
    if not fine <= 0.0:
        raise TableShapeError(f"the fine k of the penalty game must not be positive; got {fine}")
    return matrix_game(np.array([[10, 0, fine], [0, 2, 0], [fine, 0, 10]]), gamma)


def qtran(gamma: float = 0.9) -> ECMDP:
    """QTRAN's non-monotonic game, 8 / -12."""
    return matrix_game([[8, -12, -12], [-12, 0, 0], [-12, 0, 0]], gamma)

"""Two tiny worlds of three agents in which the Markov core can be drawn, and its two readings compared.

*The rescue crew.* Ann, Ben and Cleo each rest (0, the no-op), do small work (1) or big work (2). The world
is *calm* or in *alarm*.

    calm     drill     all three on big work                       pays 1
             repairs   any two (or all) on small work              pay p (Ann and Ben), p - d (Ann and Cleo),
                                                                   p - 2d (Ben and Cleo), p (all three)
             whatever they do, the alarm goes off with probability ``alarm``
    alarm    blaze     two on big work put it out, and are paid 1, with probability ``pair_success``
                       all three do for certain; then it is calm again

Nobody earns anything alone, so v({i}) = 0 and V_empty = 0. The dial is p: a pair that repairs gives up
the drill for something that it can do without the third.

*Partner choice.* One step, reward 1 if two agents choose each other, 0 otherwise. Action 0 is the no-op,
action k of agent i means its k-th other agent in order.
"""

from __future__ import annotations

import numpy as np

from nucleolus_lib.markov.ec_pomdp import Subtask
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.joint_actions import actions_of_joint
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.transitions import as_transition

CREW = ("Ann", "Ben", "Cleo")
CREW_STATES = ("calm", "alarm")
CREW_ACTIONS = ("rest", "small", "big")
N_ACTIONS = (3, 3, 3)
NOOP = (0, 0, 0)
EVERYONE = 0b111


def rescue_crew(pair: float, gamma: float, *, gap: float = 0.2, alarm: float = 0.3, pair_success: float = 0.5) -> ECMDP:
    """The rescue crew as exact tables.

    Parameters
    ----------
    pair
        p, what repairs pay Ann and Ben, at most 1.
    gamma
        Discount in [0, 1).
    gap
        d >= 0, how much less the next pair is paid; 2 d <= p.
    alarm
        Probability that the alarm goes off.
    pair_success
        Probability that two put the blaze out.

    Raises
    ------
    CreditParameterError, DiscountError
    """
    if not 0 <= 2 * gap <= pair <= 1:
        raise CreditParameterError(f"repairs pay p, p - d, p - 2d with 0 <= 2d <= p <= 1; got p={pair}, d={gap}")
    for name, probability in {"alarm": alarm, "pair_success": pair_success}.items():
        if not 0 <= probability <= 1:
            raise CreditParameterError(f"{name} is a probability, 0 to 1; got {probability}")
    small, big = _working(1), _working(2)
    repairs = np.array([0, 0, 0, pair, 0, pair - gap, pair - 2 * gap, pair])
    put_out = np.array([0, 0, 0, pair_success, 0, pair_success, pair_success, 1.0])[big]
    rewards = np.zeros((2, len(big), 3))
    participants = np.zeros((2, len(big), 3), dtype=np.int32)
    rewards[0, :, 0], participants[0, :, 0] = big == EVERYONE, big
    rewards[0, :, 1], participants[0, :, 1] = repairs[small], small
    rewards[1, :, 2], participants[1, :, 2] = put_out, big
    transition = np.empty((2, len(big), 2))
    transition[0] = 1 - alarm, alarm
    transition[1] = np.stack([put_out, 1 - put_out], axis=1)
    by_big, by_small = ((2,),) * 3, ((1,),) * 3
    return ECMDP(
        as_transition(transition),
        rewards,
        gamma,
        N_ACTIONS,
        NOOP,
        subtasks=(
            Subtask("drill", required=3, actions=by_big, reward=1.0),
            Subtask("repairs", required=2, actions=by_small, reward=pair),
            Subtask("blaze", required=2, actions=by_big, reward=1.0),
        ),
        participants=participants,
        agent_names=CREW,
        state_names=CREW_STATES,
    )


def partner_choice() -> ECMDP:
    """Three agents choose a partner, once (gamma = 0): at most one pair can match."""
    actions = actions_of_joint(N_ACTIONS)
    others = np.array([[i, *(j for j in range(3) if j != i)] for i in range(3)])
    chosen = others[np.arange(3), actions]
    pairs = ((0, 1), (0, 2), (1, 2))
    matched = np.stack([(chosen[:, i] == j) & (chosen[:, j] == i) for i, j in pairs], axis=1)
    return ECMDP(
        as_transition(np.ones((1, len(actions), 1))),
        matched[None].astype(np.float64),
        0.0,
        N_ACTIONS,
        NOOP,
        subtasks=tuple(
            Subtask(f"{CREW[i]} and {CREW[j]}", agents=(i, j), required=2, roles=(i, j), reward=1.0) for i, j in pairs
        ),
        participants=np.stack([m * (1 << i | 1 << j) for m, (i, j) in zip(matched.T, pairs, strict=True)], axis=1)[
            None
        ].astype(np.int32),
        agent_names=CREW,
        state_names=("the choice",),
    )


def crew_action_name(joint: int) -> str:
    """A joint action of the crew in words, such as ``small small rest``."""
    return " ".join(CREW_ACTIONS[a] for a in actions_of_joint(N_ACTIONS)[joint])


def _working(action: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(J,) bitmask of the agents that do this work at every joint action."""
    return np.asarray((actions_of_joint(N_ACTIONS) == action) @ (1 << np.arange(3)))

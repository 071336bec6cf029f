"""Joint actions as integers.

Agent i has the actions 0, ..., A_i - 1. The joint action a = (a_0, ..., a_{n-1}) is the integer

    j(a) = a_0 + A_0 * (a_1 + A_1 * (a_2 + ...)),          0 <= j < J = A_0 * ... * A_{n-1},

so agent 0 moves fastest. The action a_C of a coalition C is numbered the same way over its members
alone (the member of lowest index fastest), from 0 to |A_C| - 1. When C acts and everybody outside
plays its no-op, the joint action is written (a_C, noop).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import players_of


def n_joint_actions(n_actions: Sequence[int]) -> int:
    """J, the number of joint actions."""
    product = 1
    for count in n_actions:
        product *= int(count)
    return product


def n_coalition_columns(n_actions: Sequence[int]) -> int:
    """The number of pairs (C, a_C) over all 2**n coalitions: the product of A_i + 1."""
    product = 1
    for count in n_actions:
        product *= int(count) + 1
    return product


def strides(n_actions: Sequence[int]) -> NDArray[np.int64]:
    """By how much j grows when agent i's action grows by one, shape (n,)."""
    return np.concatenate(([1], np.cumprod(np.asarray(n_actions[:-1], dtype=np.int64)))).astype(np.int64)


def joint_index(actions: Sequence[int], n_actions: Sequence[int]) -> int:
    """j(a) of one joint action given as one integer per agent."""
    return int(np.dot(np.asarray(actions, dtype=np.int64), strides(n_actions)))


def actions_of_joint(n_actions: Sequence[int]) -> NDArray[np.int64]:
    """Every joint action spelt out, shape (J, n): row j is (a_0, ..., a_{n-1})."""
    joint = np.arange(n_joint_actions(n_actions), dtype=np.int64)
    return joint[:, None] // strides(n_actions) % np.asarray(n_actions, dtype=np.int64)


def joint_of_coalition(coalition: int, n_actions: Sequence[int], noop: Sequence[int]) -> NDArray[np.int64]:
    """j(a_C, noop) for every action of the coalition, shape (|A_C|,)."""
    step = strides(n_actions)
    outside = [i for i in range(len(n_actions)) if not coalition >> i & 1]
    joint = np.array([sum(int(step[i]) * noop[i] for i in outside)], dtype=np.int64)
    for i in players_of(coalition):
        joint = (joint[None, :] + step[i] * np.arange(n_actions[i], dtype=np.int64)[:, None]).ravel()
    return joint


def coalition_of_joint(coalition: int, n_actions: Sequence[int]) -> NDArray[np.int64]:
    """The number of a_C, the coalition's part of every joint action, shape (J,)."""
    actions = actions_of_joint(n_actions)
    column = np.zeros(len(actions), dtype=np.int64)
    stride = 1
    for i in players_of(coalition):
        column += stride * actions[:, i]
        stride *= int(n_actions[i])
    return column

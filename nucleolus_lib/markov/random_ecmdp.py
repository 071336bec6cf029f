"""Seeded random worlds.

:func:`random_ecmdp` makes one world with any numbers of actions. :func:`draw_worlds` makes W tiny worlds of
two-action agents at once, from one of these families (f_s(T): reward when exactly the agents T act):

``general``        rewards uniform on [0, 1], transitions uniform on the simplex: nothing assumed
``integer``        rewards 0..3 and deterministic transitions: small numbers, many ties
``one_step``       one state, gamma = 0, integer rewards: the game is the reward table itself
``shared_reward``  R = sum_k r_k, subtask k rewarded by its own group of agents alone; transitions general
``separate``       as ``shared_reward``, and transitions do not depend on what is done. Then
                   v(C) = sum over groups G of v(C and G): the world decomposes
``superadditive``  f_s superadditive, transitions independent of actions; then every game at (s, a) is
                   superadditive, because f_s(a & C) is, sums of such games are, and a superadditive
                   f_s >= 0 is monotone, so that each coalition's best is that all of it acts
``convex``         f_s convex and non-negative, transitions independent of actions: every game is convex

Rewards are not negative, which loses nothing: a constant added to all rewards changes no game
V_C(s, a_C) - V_empty(s).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.joint_actions import n_joint_actions
from nucleolus_lib.markov.tabular import ECMDP, check_fits
from nucleolus_lib.markov.transitions import DenseTransition, SparseTransition, Transition
from nucleolus_lib.markov.world_batch import WorldBatch

Family = Literal["general", "integer", "one_step", "shared_reward", "separate", "superadditive", "convex"]
FAMILIES: tuple[Family, ...] = (
    "general",
    "integer",
    "one_step",
    "shared_reward",
    "separate",
    "superadditive",
    "convex",
)


def random_ecmdp(
    rng: np.random.Generator,
    n_agents: int = 3,
    n_states: int = 4,
    n_actions: int = 2,
    n_subtasks: int = 1,
    gamma: float = 0.9,
    n_successors: int | None = None,
) -> ECMDP:
    """One world with uniform rewards and transitions; the no-op is action 0.

    Parameters
    ----------
    rng
        The generator; the same state gives the same world.
    n_successors
        K successors per (s, a) in a sparse transition; None makes it dense.

    Raises
    ------
    TableTooLargeError
        Before anything is allocated.
    """
    actions = (n_actions,) * n_agents
    check_fits(n_states, actions, n_subtasks, n_successors)
    n_joint = n_joint_actions(actions)
    rewards = rng.random((n_states, n_joint, n_subtasks))
    if n_successors is None:
        transition: Transition = DenseTransition(rng.dirichlet(np.ones(n_states), (n_states, n_joint)))
    else:
        transition = SparseTransition(
            rng.integers(0, n_states, (n_states, n_joint, n_successors), dtype=np.int32),
            rng.dirichlet(np.ones(n_successors), (n_states, n_joint)),
        )
    return ECMDP(transition, rewards, gamma, actions, (0,) * n_agents)


def draw_worlds(
    family: Family, n_worlds: int, n_agents: int, n_states: int, gamma: float, rng: np.random.Generator
) -> WorldBatch:
    """W worlds of one family. ``one_step`` takes one state and no discount, whatever is asked."""
    if family not in FAMILIES:
        raise CreditParameterError(f"family must be one of {FAMILIES}; got {family!r}")
    if family == "one_step":
        n_states, gamma = 1, 0.0
    shape = (n_worlds, n_states, 1 << n_agents)
    groups: tuple[int, ...] = ((1 << n_agents) - 1,)
    if family in ("general", "integer", "one_step"):
        reward = rng.random(shape) if family == "general" else rng.integers(0, 4, shape).astype(np.float64)
    elif family in ("shared_reward", "separate"):
        groups = _random_groups(n_agents, rng)
        reward = np.stack([_of_group(rng.random(shape), group) for group in groups], axis=-1)
    elif family == "superadditive":
        reward = superadditive_cover(rng.random(shape) ** 2)
    else:
        reward = _random_convex(shape, rng)
    reward = reward.reshape(*shape, len(groups))
    if family in ("separate", "superadditive", "convex"):
        transition = np.repeat(rng.dirichlet(np.ones(n_states), (n_worlds, n_states))[:, :, None], shape[2], axis=2)
    elif family == "integer":
        transition = np.eye(n_states)[rng.integers(0, n_states, shape)]
    else:
        transition = rng.dirichlet(np.ones(n_states), shape)
    return WorldBatch(transition, reward, gamma, groups)


def superadditive_cover(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least superadditive game above every game (..., 2**n) with v(empty) set to 0.

    Coalitions in order of their bitmask have all their parts before them, so one pass over the pairs of
    complementary parts is enough.
    """
    cover = values.copy()
    cover[..., 0] = 0.0
    for coalition in range(1, values.shape[-1]):
        part = (coalition - 1) & coalition
        while part:
            cover[..., coalition] = np.maximum(cover[..., coalition], cover[..., part] + cover[..., coalition ^ part])
            part = (part - 1) & coalition
    return cover


def _random_groups(n_agents: int, rng: np.random.Generator) -> tuple[int, ...]:
    """A random partition of the agents into at least two groups (one, for a single agent)."""
    label = rng.integers(0, n_agents, n_agents)
    if n_agents > 1 and len(np.unique(label)) == 1:
        label[0] += 1
    return tuple(int((1 << np.flatnonzero(label == k)).sum()) for k in np.unique(label))


def _of_group(reward: NDArray[np.float64], group: int) -> NDArray[np.float64]:
    """The reward table that looks only at which members of the group act."""
    return reward[..., np.arange(reward.shape[-1]) & group]


def _random_convex(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Convex games: powers at least one of additive games, plus unanimity games."""
    n_agents = shape[2].bit_length() - 1
    member = member_matrix(n_agents).astype(np.float64)
    power = rng.uniform(1.0, 3.0, (*shape[:2], 1))
    weights = rng.random((*shape[:2], n_agents))
    masks = np.arange(shape[2])
    contains = ((masks[None, :] & masks[:, None]) == masks[:, None]).astype(np.float64)
    contains[0] = 0.0
    unanimity = rng.random(shape) * (rng.random(shape) < 0.3)
    return np.asarray((weights @ member.T) ** power + unanimity @ contains)

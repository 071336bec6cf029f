"""Small worlds for the tests."""

import numpy as np

from nucleolus_lib.markov.ec_pomdp import Subtask
from nucleolus_lib.markov.random_ecmdp import random_ecmdp
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.transitions import DenseTransition, SparseTransition


def random_world(seed=0, **shape):
    return random_ecmdp(np.random.default_rng(seed), **shape)


def uneven_world(seed=0, gamma=0.8):
    """Two agents with 2 and 3 actions whose no-ops are 1 and 2, so that no numbering is symmetric."""
    rng = np.random.default_rng(seed)
    transition = DenseTransition(rng.dirichlet(np.ones(4), (4, 6)))
    return ECMDP(transition, rng.random((4, 6, 2)) - 0.5, gamma, (2, 3), (1, 2))


def made_sparse(world):
    """The same world with its transition as a padded sparse table."""
    table = world.transition.dense().table
    successors = np.broadcast_to(np.arange(world.n_states), table.shape).copy()
    order = np.argsort(-table, axis=-1)
    padded = np.concatenate([np.take_along_axis(table, order, -1), np.zeros((*table.shape[:2], 1))], axis=-1)
    names = np.concatenate([np.take_along_axis(successors, order, -1), order[:, :, :1]], axis=-1)
    transition = SparseTransition(names.astype(np.int32), padded)
    return ECMDP(transition, world.subtask_rewards, world.gamma, world.n_actions, world.noop)


def two_fires(gamma=0.9, need_both=False):
    """Two agents, two fires, two states: burning, out. Action 0 waits, 1 fights fire 1, 2 fights fire 2.

    Each fire pays 1 once; everything is over when both were fought at once. With ``need_both`` each fire needs both
    agents.
    """
    actions = [(a, b) for b in range(3) for a in range(3)]
    rewards = np.zeros((2, 9, 2))
    transition = np.zeros((2, 9, 2))
    transition[1, :, 1] = 1.0
    for j, chosen in enumerate(actions):
        fought = [sum(a == k + 1 for a in chosen) >= (2 if need_both else 1) for k in range(2)]
        rewards[0, j] = fought
        transition[0, j, int(any(fought))] = 1.0
    required = 2 if need_both else 1
    return ECMDP(
        DenseTransition(transition),
        rewards,
        gamma,
        (3, 3),
        (0, 0),
        subtasks=(
            Subtask("fire 1", ("left",), required=required, actions=((1,), (1,)), reward=1.0),
            Subtask("fire 2", ("right",), required=required, actions=((2,), (2,)), reward=1.0),
        ),
        terminal=np.array([False, True]),
        agent_names=("ann", "bob"),
        state_names=("burning", "out"),
    )

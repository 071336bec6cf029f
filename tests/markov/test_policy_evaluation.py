"""The value of given policies: a linear solve as the twin, and what structures really earn."""

import numpy as np
import pytest

from nucleolus_lib.games.errors import NotAPartitionError
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import TableShapeError, UnreachableToleranceError
from nucleolus_lib.markov.joint_actions import actions_of_joint
from nucleolus_lib.markov.policy_evaluation import coalition_policies, policy_values, structure_policy
from nucleolus_lib.markov.structures import all_structures
from tests.markov.worlds import made_sparse, random_world, two_fires, uneven_world


def _by_linear_solve(world, policy):
    states = np.arange(world.n_states)
    chain = world.transition.dense().table[states, policy]
    return np.linalg.solve(np.eye(world.n_states) - world.gamma * chain, world.reward[states, policy])


@pytest.mark.parametrize("world", [uneven_world(), made_sparse(uneven_world(1)), random_world(5, n_states=5)])
def test_equals_the_linear_solve(world):
    policies = np.random.default_rng(0).integers(0, world.n_joint, (world.n_states, 3))
    solved = policy_values(world, policies, tolerance=1e-10)
    assert solved.error_bound <= 1e-10
    expected = np.stack([_by_linear_solve(world, policy) for policy in policies.T], axis=1)
    np.testing.assert_allclose(solved.state_values, expected, atol=1e-10)
    np.testing.assert_allclose(policy_values(world, policies[:, 0]).state_values[:, 0], expected[:, 0], atol=1e-8)


def test_optimal_policies_have_the_optimal_values():
    world = random_world(6, n_agents=3, n_states=4)
    values = coalition_values(world, 1e-9)
    earned = policy_values(world, values.policies, 1e-9).state_values
    np.testing.assert_allclose(earned, values.state_values, atol=3e-9)


def test_every_coalitions_part_of_a_policy():
    world = uneven_world()
    policy = np.array([0, 5, 2, 3])
    parts = coalition_policies(world, policy)
    spelt = actions_of_joint(world.n_actions)
    np.testing.assert_array_equal(parts[:, 3], policy)
    np.testing.assert_array_equal(spelt[parts[:, 0]], np.broadcast_to([1, 2], (4, 2)))
    np.testing.assert_array_equal(spelt[parts[:, 1]], np.stack([spelt[policy][:, 0], np.full(4, 2)], axis=1))
    assert policy_values(world, parts).state_values.shape == (4, 4)


def test_structures_earn_at_most_what_the_grand_coalition_does():
    for seed in range(5):
        world = random_world(seed, n_agents=3, n_states=3)
        values = coalition_values(world, 1e-9)
        policies = np.stack([structure_policy(values, blocks) for blocks in all_structures(3)], axis=1)
        earned = policy_values(world, policies, 1e-9).state_values
        assert (earned <= values.state_values[:, [-1]] + 1e-8).all()
        np.testing.assert_allclose(earned[:, 0], values.state_values[:, -1], atol=1e-8)


def test_blocks_act_on_their_own():
    # Alone each agent fights fire 1 (the first of two equal ones), so together they leave fire 2.
    values = coalition_values(two_fires())
    assert structure_policy(values, (0b01, 0b10))[0] == 1 + 3 * 1
    earned = policy_values(values.ecmdp, structure_policy(values, (0b01, 0b10))).state_values
    np.testing.assert_allclose(earned[0], 1.0, atol=1e-8)
    with pytest.raises(NotAPartitionError, match="more than one coalition"):
        structure_policy(values, (0b01, 0b11))


@pytest.mark.parametrize(
    "policies", [np.zeros(3, int), np.full(4, 6), np.full(4, -1), np.zeros(4), np.zeros((4, 1, 1), int)]
)
def test_bad_policies(policies):
    with pytest.raises(TableShapeError, match=r"joint actions 0\.\.5"):
        policy_values(uneven_world(), policies)


@pytest.mark.parametrize("options", [{"tolerance": 1e-20}, {"tolerance": 1e-9, "max_sweeps": 2}])
def test_unreachable_tolerance(options):
    with pytest.raises(UnreachableToleranceError, match="not reached"):
        policy_values(uneven_world(), np.zeros(4, int), **options)

"""What every coalition earns alone: the slow twin, the Bellman residual, and certificates that can fail."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.markov.coalition_values import coalition_values, rounding_error
from nucleolus_lib.markov.errors import UnreachableToleranceError
from nucleolus_lib.markov.joint_actions import actions_of_joint, joint_of_coalition
from nucleolus_lib.markov.matrix_games import qtran
from nucleolus_lib.markov.tabular import ECMDP
from tests.markov.worlds import made_sparse, random_world, two_fires, uneven_world
from tests.reference.coalition_values_by_loops import PlainWorld, coalition_value_by_loops

WORLDS = {
    "uneven": uneven_world(),
    "three agents": random_world(1, n_agents=3, n_states=3, gamma=0.7),
    "sparse": random_world(2, n_agents=2, n_states=6, n_actions=3, n_successors=2, gamma=0.7),
    "two fires": two_fires(),
}


def residual(values):
    """Largest violation of V_C(s, a_C) = R + gamma P V_C and V_C = max V_C(s, .), over all coalitions."""
    world, worst = values.ecmdp, 0.0
    for coalition, table in enumerate(values.action_values):
        joint = joint_of_coalition(coalition, world.n_actions, world.noop)
        expected = world.transition.dense().table[:, joint] @ values.state_values[:, coalition]
        expected = world.reward[:, joint] + world.gamma * expected
        worst = max(worst, np.abs(table - expected).max())
        worst = max(worst, np.abs(table.max(axis=1) - values.state_values[:, coalition]).max())
    return worst


@pytest.mark.parametrize("name", WORLDS)
def test_equals_the_slow_twin(name):
    world = WORLDS[name]
    values = coalition_values(world, tolerance=1e-9)
    plain = PlainWorld.of(world)
    spelt = [tuple(int(x) for x in a) for a in actions_of_joint(world.n_actions)]
    for coalition in range(1 << world.n_agents):
        state_value, q = coalition_value_by_loops(plain, set(players_of(coalition)), 250)
        np.testing.assert_allclose(values.state_values[:, coalition], list(state_value.values()), atol=1e-8)
        for column, j in enumerate(joint_of_coalition(coalition, world.n_actions, world.noop)):
            expected = [q[s, spelt[j]] for s in range(world.n_states)]
            np.testing.assert_allclose(values.action_values[coalition][:, column], expected, atol=1e-8)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("evaluation_sweeps", [0, 5, 64])
def test_bellman_residual_and_stated_error(name, evaluation_sweeps):
    world = WORLDS[name]
    values = coalition_values(world, tolerance=1e-7, evaluation_sweeps=evaluation_sweeps)
    assert values.error_bound <= 1e-7
    assert residual(values) <= 2 * values.error_bound
    exact = coalition_values(world, tolerance=1e-12)
    assert np.abs(values.state_values - exact.state_values).max() <= values.error_bound + exact.error_bound


def test_the_residual_notices_a_wrong_value():
    values = coalition_values(WORLDS["three agents"], tolerance=1e-9)
    assert residual(values) < 1e-8
    values.state_values[1, 5] += 1e-3
    assert residual(values) > 1e-4
    values.state_values[1, 5] -= 1e-3
    values.action_values[3][0, 0] -= 1e-3
    assert residual(values) > 1e-4


def test_evaluation_between_sweeps_saves_sweeps():
    world = random_world(3, n_agents=3, n_states=10, gamma=0.95)
    plain, quick = (coalition_values(world, 1e-6, evaluation_sweeps=count) for count in (0, 64))
    assert quick.n_sweeps * 10 < plain.n_sweeps


def test_policies_are_greedy_and_keep_outsiders_idle():
    world = WORLDS["three agents"]
    values = coalition_values(world)
    spelt = actions_of_joint(world.n_actions)
    for coalition in range(8):
        chosen = values.policies[:, coalition]
        idle = [i for i in range(3) if not coalition >> i & 1]
        assert (spelt[chosen][:, idle] == 0).all()
    np.testing.assert_array_equal(values.greedy_joint, values.at_joint_actions()[:, :, -1].argmax(axis=1))


def test_games_are_zero_normalised_and_monotone_in_state():
    values = coalition_values(uneven_world(), tolerance=1e-10)
    games = values.action_games()
    assert games.shape == (4, 6, 4)
    assert (games[:, :, 0] == 0).all()
    # At a joint action the coalition's column is its own part of it: agent 0 of two actions alternates.
    np.testing.assert_allclose(games[:, 0, 1], games[:, 2, 1])
    assert not np.allclose(games[:, 0, 1], games[:, 1, 1])
    np.testing.assert_array_equal(values.action_games(np.array([5, 2])), games[:, [5, 2]])
    states = values.state_games()
    # A coalition can always let a member idle.
    assert (states[:, 3] >= states[:, 1] - 1e-9).all()
    assert (states[:, 3] >= states[:, 2] - 1e-9).all()
    np.testing.assert_allclose(games.max(axis=1)[:, 3], states[:, 3], atol=1e-9)


def test_known_values():
    values = coalition_values(two_fires(gamma=0.9))
    np.testing.assert_allclose(values.state_values[0], [0, 1, 1, 2], atol=1e-8)
    assert values.greedy_joint[0] in (1 + 3 * 2, 2 + 3 * 1)
    together = coalition_values(two_fires(need_both=True))
    np.testing.assert_allclose(together.state_values[0], [0, 0, 0, 1], atol=1e-8)
    one_step = coalition_values(qtran())
    np.testing.assert_allclose(one_step.state_values, [[0, 0, 0, 8], [0, 0, 0, 0]], atol=1e-8)


def test_dense_and_sparse_worlds_have_the_same_values():
    dense, sparse = (coalition_values(world, 1e-11) for world in (uneven_world(), made_sparse(uneven_world())))
    np.testing.assert_allclose(dense.state_values, sparse.state_values, atol=3e-11)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 1e-18}, "below what float64 can certify"),
        ({"tolerance": 0.0}, "below what float64"),
        ({"tolerance": np.nan}, "below what float64"),
        ({"tolerance": 1e-9, "max_sweeps": 3, "evaluation_sweeps": 0}, "not reached in max_sweeps=3"),
    ],
)
def test_unreachable_tolerance(options, message):
    with pytest.raises(UnreachableToleranceError, match=message):
        coalition_values(random_world(), **options)


def test_no_discount_is_one_sweep():
    world = random_world(4, n_agents=2, n_states=2, gamma=0.0)
    values = coalition_values(world)
    assert values.n_sweeps == 1
    np.testing.assert_allclose(values.at_joint_actions()[:, :, 3], world.reward)
    nothing = ECMDP(world.transition, np.zeros((2, 4, 1)), 0.5, (2, 2), (0, 0))
    assert not coalition_values(nothing).state_values.any()


def test_the_rounding_allowance_is_the_stated_one():
    world = random_world(5, n_agents=2, n_states=4, gamma=0.75)
    expected = (world.transition.n_terms + 3) * 2.0**-52 * 10.0 / 0.25
    assert rounding_error(world, 10.0) == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert coalition_values(world).error_bound >= rounding_error(world, float(np.abs(world.reward).max()) / 0.25)


def test_the_tolerance_may_be_met_exactly_but_must_lie_above_the_rounding():
    world = WORLDS["three agents"]
    values = coalition_values(world, tolerance=1e-9, evaluation_sweeps=0)
    again = coalition_values(world, tolerance=values.error_bound, evaluation_sweeps=0)
    assert again.n_sweeps == values.n_sweeps
    assert coalition_values(world, 1e-9, evaluation_sweeps=0, max_sweeps=values.n_sweeps).n_sweeps == values.n_sweeps
    with pytest.raises(UnreachableToleranceError, match="not reached in max_sweeps"):
        coalition_values(world, 1e-9, evaluation_sweeps=0, max_sweeps=values.n_sweeps - 1)
    floor = rounding_error(world, float(np.abs(world.reward).max()) / (1.0 - world.gamma))
    with pytest.raises(UnreachableToleranceError, match="below what float64"):
        coalition_values(world, tolerance=floor, max_sweeps=50)


def test_a_world_that_always_pays_the_same_is_known_at_the_start():
    world = random_world(6, n_agents=2, n_states=3, gamma=0.5)
    even = ECMDP(world.transition, np.ones((3, 4, 1)), 0.5, (2, 2), (0, 0))
    values = coalition_values(even)
    assert values.n_sweeps == 1
    np.testing.assert_allclose(values.state_values, 2.0, rtol=1e-14)


def test_values_cannot_be_exchanged_and_can_be_keys():
    values = coalition_values(two_fires())
    assert len({values, coalition_values(two_fires())}) == 2
    with pytest.raises(FrozenInstanceError):
        values.error_bound = 0.0

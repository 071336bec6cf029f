"""Tabular nucleolus Q-learning reaches what value iteration computes."""

import numpy as np
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.joint_actions import actions_of_joint
from nucleolus_lib.markov.matrix_games import qtran
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.nucleolus_q_learning import QLearningConfig, learn_nucleolus_q
from tests.markov.worlds import random_world, two_fires, uneven_world

WORLDS = {
    "uneven": uneven_world(gamma=0.5),
    "three agents": random_world(1, n_agents=3, n_states=2, gamma=0.6),
    "two fires": two_fires(),
    "qtran": qtran(),
}


@pytest.mark.parametrize("name", WORLDS)
def test_converges_to_the_exact_answer(name):
    world = WORLDS[name]
    exact = coalition_values(world, 1e-10)
    shares = nucleolus_q(exact, "prenucleolus")
    short, long = (learn_nucleolus_q(world, QLearningConfig(n_steps=steps, seed=3)) for steps in (2, 2000))
    scale = np.abs(shares.q).max()
    error = np.abs(long.values.state_values - exact.state_values).max()
    assert error <= 0.03 * scale
    assert np.abs(long.nucleolus.q - shares.q).max() <= 0.03 * scale
    # The test can fail: a short run does not pass it.
    assert np.abs(short.values.state_values - exact.state_values).max() > 2 * error
    np.testing.assert_array_equal(long.values.greedy_joint[0], exact.greedy_joint[0])
    assert long.values.error_bound == np.inf


def test_more_steps_come_closer():
    world = WORLDS["three agents"]
    exact = coalition_values(world, 1e-10).state_values
    errors = []
    for n in (30, 300, 2000):
        learned = [learn_nucleolus_q(world, QLearningConfig(n_steps=n, seed=seed)).values for seed in range(2)]
        errors.append(np.mean([np.abs(values.state_values - exact).max() for values in learned]))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_every_pair_is_visited_and_outsiders_teach_supersets():
    result = learn_nucleolus_q(uneven_world(), QLearningConfig(n_steps=300))
    for coalition, visits in enumerate(result.visits):
        assert visits.min() > 0, coalition
    # Whatever teaches a coalition also teaches everybody together.
    spelt = actions_of_joint((2, 3))
    idle = [j for j in range(6) if (spelt[j] == [1, 2]).all()]
    assert (result.visits[3][:, idle[0]] >= result.visits[0][:, 0]).all()


def test_the_seed_decides():
    first, second, other = (
        learn_nucleolus_q(uneven_world(), QLearningConfig(n_steps=50, seed=seed)).values.state_values
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"power": 0.5}, "Robbins-Monro"),
        ({"exploration_rate": 0.0}, "never seen"),
        ({"n_steps": 0}, "start at 1"),
        ({"n_actors": 0}, "start at 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(CreditParameterError, match=message):
        QLearningConfig(**options)

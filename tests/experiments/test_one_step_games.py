"""Factorisation methods on matrix games: who represents what, and who finds the best joint action."""

import numpy as np
import pytest
import torch

from nucleolus_lib.envs.matrix_game_world import MatrixGameWorld, qtran
from nucleolus_lib.experiments.lambda_return_example import lambda_return_rows
from nucleolus_lib.experiments.mixing_probe import probe_mixer
from nucleolus_lib.experiments.one_step_games import every_joint_action, learn_game
from nucleolus_lib.experiments.update_cost import full_random_batch, update_costs
from nucleolus_lib.learners.episode_batch import check_batch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.markov.monotone_fit import best_monotone_tables

SIZES = Sizes(n_agents=3, n_actions=4, observation_size=5, state_size=7, n_subtasks=2, horizon=6)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def quick(algorithm, **settings):
    given = {"agent": "feed_forward", "hidden_size": 32, "learning_rate": 5e-3, "shapley_learning_rate": 5e-3}
    return LearnerConfig(algorithm=algorithm, **given | settings)


def test_every_joint_action_is_played_once_and_paid():
    payoff = np.arange(6.0).reshape(2, 3)
    batch = every_joint_action(MatrixGameWorld(payoff))
    assert batch.action[:, 0].tolist() == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]
    assert batch.reward[:, 0].tolist() == payoff.ravel().tolist()
    assert batch.terminated.all()
    assert not batch.available[0, 0, :, 0].any()  # the no-op is masked in the game
    assert not batch.available[0, 0, 0, 3]  # agent 0 has two actions


def test_vdn_finds_the_additive_table():
    learned = learn_game(qtran(), quick("vdn"), 250)
    payoff = learned.payoff
    rows, columns = payoff.mean(1, keepdims=True), payoff.mean(0, keepdims=True)
    np.testing.assert_allclose(learned.team, rows + columns - payoff.mean(), atol=0.3)  # least squares
    assert learned.regret == 8
    assert learned.central is None
    assert learned.weight is None


def test_qmix_prefers_a_wrong_action_and_optimism_mends_it():
    """As Son et al. and Rashid et al. report; the table found is a monotone one, and not the best of them."""
    qmix, optimistic = (learn_game(qtran(), quick(name), 250) for name in ("qmix", "ow_qmix"))
    assert qmix.greedy != (0, 0)
    assert qmix.regret == 8
    fits = best_monotone_tables(qmix.payoff)
    found = float(((qmix.team - qmix.payoff) ** 2).sum())
    assert found == pytest.approx(fits[1, 1].loss, rel=0.05)
    assert found > fits[0, 0].loss + 10
    assert optimistic.greedy == (0, 0)
    np.testing.assert_allclose(optimistic.central, optimistic.payoff, atol=0.5)
    # the one entry above its payoff weighs a tenth and takes long to settle
    best = best_monotone_tables(qmix.payoff, 0.1)[0, 0].table
    np.testing.assert_allclose(optimistic.team.ravel()[1:], best.ravel()[1:], atol=0.5)
    assert optimistic.team[0, 0] > 5


def test_shapley_weights_are_at_least_one_and_make_the_table():
    learned = learn_game(qtran(), quick("shaq"), 30, seed=1)
    assert learned.weight.shape == (3, 3, 2)
    assert (learned.weight >= 1).all()
    greedy = np.array(learned.greedy)
    for a in np.ndindex(3, 3):
        q = np.array([learned.individual[i][a[i]] for i in range(2)])
        delta = np.where(np.array(a) == greedy, 1.0, learned.weight[a])
        assert learned.team[a] == pytest.approx((delta * q).sum(), abs=1e-5)


def test_nucleolus_holds_a_weighted_sum_of_its_individual_values():
    learned = learn_game(qtran(), quick("nucleolus"), 30, seed=1)
    # w_1 q_1(a_1) + w_2 q_2(a_2) + b: rows differ by a constant, and the constant is w_1 times the difference of q_1
    rows = learned.team - learned.team[:1]
    np.testing.assert_allclose(rows, rows[:, :1].repeat(3, 1), atol=1e-5)
    q = learned.individual[0]
    weight = rows[1:, 0] / (q[1:] - q[0])
    np.testing.assert_allclose(weight, weight[0], rtol=1e-3)
    assert weight[0] > 0
    assert weight[0] != pytest.approx(1.0, abs=1e-6), "a plain sum would have been told from this"


def test_same_seed_same_tables_and_another_seed_others():
    first, again, other = (learn_game(qtran(), quick("shaq"), 5, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.team, again.team)
    assert not np.array_equal(first.team, other.team)


@pytest.mark.parametrize("function", ["abs", "softplus", "square"])
def test_slopes_of_qmix_are_not_negative_and_those_of_the_central_network_are(function):
    probe = probe_mixer("qmix", SIZES, positive_function=function, n_points=300)
    assert probe.slopes.shape == (300, 3)
    assert probe.slopes.min() >= 0
    assert (np.diff(probe.curves, axis=1) >= 0).all()
    central = probe_mixer("central", SIZES, n_points=300)
    assert (central.slopes < 0).mean() > 0.1


def test_slopes_are_those_of_the_curves():
    """The slope of agent 0 is the derivative along its curve."""
    probe = probe_mixer("qmix", SIZES, n_states=4, n_points=4, reach=2.0)
    by_difference = np.gradient(probe.curves, probe.grid, axis=1)
    assert (by_difference.min(1) <= probe.slopes[:, 0] + 1e-6).all()
    assert (by_difference.max(1) >= probe.slopes[:, 0] - 1e-6).all()


def test_lambda_returns_of_a_hand_episode():
    ended = lambda_return_rows([0, 0, 10], [3, 6, 5], [0, 0.5, 1], 0.9, terminated=True)
    np.testing.assert_allclose(ended[0], [2.7, 5.4, 10])
    np.testing.assert_allclose(ended[2], [8.1, 9, 10])
    # 0.9 (6 / 2 + 10 / 2) = 7.2, then 0.9 (3 / 2 + 7.2 / 2) = 4.59
    np.testing.assert_allclose(ended[1], [4.59, 7.2, 10])
    cut = lambda_return_rows([0, 0, 10], [3, 6, 5], [0, 1], 0.9, terminated=False)
    np.testing.assert_allclose(cut[0], [2.7, 5.4, 14.5])
    np.testing.assert_allclose(cut[1], [0.81 * 14.5, 0.9 * 14.5, 14.5])


def test_costs_are_of_every_learner_and_count_what_is_trained():
    batch = full_random_batch(SIZES, 4)
    check_batch(batch, SIZES)
    costs = update_costs([LearnerConfig(algorithm=name) for name in ("vdn", "ow_qmix")], SIZES, 4, n_repeats=1)
    assert [cost.algorithm for cost in costs] == ["vdn", "ow_qmix"]
    assert all(cost.milliseconds > 0 for cost in costs)
    inputs = SIZES.observation_size + SIZES.n_actions + SIZES.n_agents
    agent = (inputs + 1) * 64 + 2 * 3 * 64 * 65 + 65 * SIZES.n_actions
    assert costs[0].parameters == agent
    assert costs[1].parameters > 2 * agent

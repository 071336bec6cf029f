"""Q fast, lambda slow: with the safeguards it converges, without them it runs away where a core is empty."""

import numpy as np
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.markov_core import least_markov_core
from nucleolus_lib.markov.nucleolus_operator import largest_contracting_multiplier
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.random_ecmdp import draw_worlds
from nucleolus_lib.markov.theorem_operator import operator_problem
from nucleolus_lib.markov.two_time_scales import TwoTimeScales, run_two_time_scales
from tests.markov.worlds import random_world


@pytest.fixture(scope="module")
def empty():
    values = coalition_values(random_world(1, n_agents=3, n_states=2), 1e-11)
    assert least_markov_core(values, "per_action").is_state_empty.all()
    return values, nucleolus_q(values)


@pytest.fixture(scope="module")
def convex():
    values = coalition_values(draw_worlds("convex", 1, 3, 2, 0.9, np.random.default_rng(0)).world(0), 1e-11)
    return values, nucleolus_q(values)


def test_with_both_safeguards_q_reaches_the_nucleolus_q(empty):
    values, result = empty
    problem = operator_problem(values, result, least_core_target=True)
    ceiling = 0.9 * largest_contracting_multiplier(problem)
    end = run_two_time_scales(problem, TwoTimeScales(n_steps=4000, largest_multiplier=ceiling))
    assert not end.diverged
    assert end.multiplier <= ceiling
    assert np.abs(end.q - result.q).max() <= 1e-5
    assert end.residuals[-1] < 1e-5 < end.residuals[0]
    assert end.violations[-1] == pytest.approx(0.0, abs=1e-5)


def test_an_empty_core_without_safeguards_drives_lambda_and_q_away(empty):
    values, result = empty
    end = run_two_time_scales(operator_problem(values, result), TwoTimeScales(n_steps=4000), q=result.q)
    assert end.diverged
    assert end.multiplier > 100 * largest_contracting_multiplier(operator_problem(values, result))
    assert (np.diff(end.multipliers) > 0).all()
    assert end.steps[-1] < 4000


def test_the_ceiling_alone_stops_the_runaway_but_leaves_a_bias(empty):
    values, result = empty
    problem = operator_problem(values, result)
    ceiling = 0.5 * largest_contracting_multiplier(problem)
    end = run_two_time_scales(problem, TwoTimeScales(n_steps=4000, largest_multiplier=ceiling))
    assert not end.diverged
    assert end.multiplier == ceiling
    assert np.abs(end.q.sum(axis=-1) - result.total).max() > 0.01


def test_with_a_core_lambda_returns_to_zero(convex):
    values, result = convex
    end = run_two_time_scales(operator_problem(values, result), TwoTimeScales(n_steps=3000), q=result.q)
    assert not end.diverged
    assert end.multiplier == 0.0
    np.testing.assert_allclose(end.q, result.q, atol=1e-8)


def test_the_mean_of_22_uses_the_given_visits(empty):
    values, result = empty
    problem = operator_problem(values, result)
    visits = np.zeros(result.q.shape[:2])
    visits[1, 3] = 1.0
    end = run_two_time_scales(problem, TwoTimeScales(n_steps=1), q=result.q, visits=visits)
    from nucleolus_lib.markov.nucleolus_operator import largest_excess

    assert end.violations[0] == pytest.approx(largest_excess(problem, result.q)[1, 3])
    with pytest.raises(CreditParameterError, match="add up to 1"):
        run_two_time_scales(problem, TwoTimeScales(n_steps=1), visits=visits * 2)
    with pytest.raises(CreditParameterError, match="shape"):
        run_two_time_scales(problem, TwoTimeScales(n_steps=1), visits=visits[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fast_power": 0.5}, "1/2 < fast_power"),
        ({"fast_power": 0.9, "slow_power": 0.9}, "fast_power < slow_power"),
        ({"slow_power": 1.1}, "slow_power <= 1"),
        ({"fast_step": 0.0}, "fast_step"),
        ({"slow_step": 0.0}, "slow_step"),
        ({"initial_multiplier": 2.0, "largest_multiplier": 1.0}, "initial_multiplier"),
        ({"n_steps": 0}, "n_steps"),
    ],
)
def test_steps_that_are_not_two_time_scales(options, message):
    with pytest.raises(CreditParameterError, match=message):
        TwoTimeScales(**options)

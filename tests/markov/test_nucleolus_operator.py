"""H_lambda: the slow twin, the contraction bound attained, the fixed point, and divergence beyond it."""

import numpy as np
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.credit import max_excess
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.nucleolus_operator import (
    OperatorProblem,
    contraction_bound,
    iterate_operator,
    largest_contracting_multiplier,
    largest_excess,
    measured_contraction,
    nucleolus_operator,
)
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.theorem_operator import operator_problem
from tests.markov.worlds import random_world
from tests.reference.operator_by_loops import operator_by_loops


@pytest.fixture(scope="module", params=[2, 3, 4])
def solved(request):
    values = coalition_values(random_world(request.param, n_agents=request.param, n_states=3), 1e-11)
    return values, nucleolus_q(values)


@pytest.mark.parametrize("multiplier", [0.0, 0.3])
@pytest.mark.parametrize("with_target", [False, True])
def test_equals_the_slow_twin(solved, multiplier, with_target):
    values, result = solved
    problem = operator_problem(values, result, least_core_target=with_target)
    q = np.random.default_rng(0).normal(size=result.q.shape)
    target = np.broadcast_to(problem.excess_target, q.shape[:2])
    world = values.ecmdp
    expected = operator_by_loops(
        world.transition.dense().table.tolist(),
        world.reward.tolist(),
        world.gamma,
        problem.games.tolist(),
        problem.weights.tolist(),
        problem.idle_value.tolist(),
        q.tolist(),
        multiplier,
        target.tolist(),
    )
    np.testing.assert_allclose(nucleolus_operator(problem, q, multiplier), expected, atol=1e-11)


@pytest.mark.parametrize("equal_weights", [False, True])
@pytest.mark.parametrize("multiplier", [0.0, 0.05, 0.3, 1.0])
def test_the_contraction_bound_is_attained_and_never_passed(solved, multiplier, equal_weights):
    values, result = solved
    problem = operator_problem(values, result, equal_weights)
    assert (problem.weights >= 0).all()
    measured = measured_contraction(problem, multiplier, np.random.default_rng(1), n_pairs=30)
    bound = contraction_bound(problem, multiplier)
    assert measured == pytest.approx(bound, abs=1e-9)
    if equal_weights:
        n = result.weights.shape[-1]
        assert bound == pytest.approx(0.9 + multiplier * (n - 1) / n)
        assert largest_contracting_multiplier(problem) == pytest.approx(0.1 * n / (n - 1))
    assert contraction_bound(problem, largest_contracting_multiplier(problem)) == pytest.approx(1.0)


def test_the_bound_holds_for_weights_of_both_signs():
    values = coalition_values(random_world(3, n_agents=3, n_states=3), 1e-10)
    result = nucleolus_q(values)
    weights = np.random.default_rng(0).normal(size=result.weights.shape)
    weights[..., -1] = 1 - weights[..., :-1].sum(axis=-1)
    problem = OperatorProblem(values.ecmdp, result.games, weights, values.state_values[:, 0])
    measured = measured_contraction(problem, 0.2, np.random.default_rng(1), n_pairs=60)
    assert 0.9 < measured <= contraction_bound(problem, 0.2) + 1e-9


def test_without_the_penalty_the_fixed_point_is_the_nucleolus_q(solved):
    values, result = solved
    end = iterate_operator(operator_problem(values, result), 0.0, tolerance=1e-9)
    assert end.converged
    assert np.abs(end.q - result.q).max() <= 2e-9


def test_with_the_least_core_target_every_lambda_keeps_it(solved):
    values, result = solved
    problem = operator_problem(values, result, least_core_target=True)
    for multiplier in (0.02, 0.9 * largest_contracting_multiplier(problem)):
        end = iterate_operator(problem, multiplier, tolerance=1e-8)
        assert end.converged
        assert end.error_bound <= 1e-8
        assert np.abs(end.q.sum(axis=-1) - result.total).max() <= 2e-8
    fixed = nucleolus_operator(problem, result.q, 5.0)
    np.testing.assert_allclose(fixed, result.q, atol=1e-9)


def test_with_target_zero_the_fixed_point_is_biased_by_what_the_nucleolus_leaves(solved):
    values, result = solved
    problem = operator_problem(values, result)
    left = max_excess(result.games, result.credit)
    moved = nucleolus_operator(problem, result.q, 0.3).sum(axis=-1) - result.total
    np.testing.assert_allclose(moved, -0.3 * left, atol=1e-9)
    end = iterate_operator(problem, 0.5 * largest_contracting_multiplier(problem))
    assert end.converged
    assert np.abs(end.q.sum(axis=-1) - result.total).max() > 0.01


def test_far_beyond_the_bound_value_iteration_diverges(solved):
    values, result = solved
    end = iterate_operator(operator_problem(values, result), 2.0, max_sweeps=2000)
    assert end.diverged
    assert not end.converged
    assert end.error_bound == np.inf


def test_too_few_sweeps_are_not_called_converged(solved):
    values, result = solved
    end = iterate_operator(operator_problem(values, result), 0.02, max_sweeps=3)
    assert not end.converged
    assert not end.diverged
    assert end.n_sweeps == 3


def test_the_largest_excess_at_the_nucleolus_is_what_it_leaves(solved):
    values, result = solved
    problem = operator_problem(values, result)
    np.testing.assert_allclose(largest_excess(problem, result.q), max_excess(result.games, result.credit), atol=1e-10)


def test_one_agent_has_no_proper_coalition():
    values = coalition_values(random_world(0, n_agents=1, n_states=2), 1e-10)
    problem = operator_problem(values, nucleolus_q(values))
    assert largest_contracting_multiplier(problem) == np.inf


def test_a_negative_multiplier_is_refused(solved):
    values, result = solved
    with pytest.raises(CreditParameterError, match="non-negative"):
        nucleolus_operator(operator_problem(values, result), result.q, -0.1)

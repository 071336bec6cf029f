"""Curves on one axis: nothing from the future, censoring that is not forgotten."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.report.curve_alignment import aligned_curves, final_score, steps_to_threshold
from nucleolus_lib.report.errors import StatisticsError

runs = st.lists(
    st.lists(st.tuples(st.integers(1, 12), st.integers(-5, 5)), min_size=1, max_size=12), min_size=1, max_size=4
)


def test_a_grid_point_has_the_latest_value_not_a_later_one():
    curves = aligned_curves([[0, 10, 20, 30], [3, 13, 23, 33]], [[0, 1, 2, 3], [5, 6, 7, 8]])
    assert curves.steps.tolist() == [3, 13, 23, 33]
    assert curves.values.tolist() == [[0, 5], [1, 6], [2, 7], [3, 8]]


def test_runs_evaluated_at_different_rates_meet_at_the_slower_ones_steps():
    often, seldom = [0, 5, 10, 15, 20, 25, 30], [0, 10, 20]
    curves = aligned_curves([often, seldom], [often, seldom])
    assert curves.steps.tolist() == [0, 10, 20]
    assert curves.values.tolist() == [[0, 0], [10, 10], [20, 20]]


def test_a_curve_ends_with_its_shortest_run():
    curves = aligned_curves([[0, 10, 20, 30], [0, 10]], [[0, 1, 2, 3], [5, 6]])
    assert curves.steps.tolist() == [0, 10]


@settings(deadline=None, max_examples=50)
@given(runs)
def test_slow_twin_agrees(drawn):
    steps = [np.cumsum([gap for gap, _ in run]) for run in drawn]
    values = [[value for _, value in run] for run in drawn]
    ends = [g[-1] + (np.median(np.diff(g)) / 2 if len(g) > 1 else 0) for g in steps]
    if max(g[0] for g in steps) > min(ends):
        with pytest.raises(StatisticsError, match="do not overlap"):
            aligned_curves(steps, values)
        return
    curves = aligned_curves(steps, values)
    assert (np.diff(curves.steps) > 0).all()
    for h, row in zip(curves.steps, curves.values, strict=True):
        for g, y, found in zip(steps, values, row, strict=True):
            assert found == [value for at, value in zip(g, y, strict=True) if at <= h][-1]


def test_final_score_is_of_the_last_tenth():
    assert final_score(range(30)) == 28
    assert final_score([1, 2, 9]) == 9


def test_steps_to_threshold_by_hand():
    grid = [0, 10, 20, 30]
    found = steps_to_threshold(
        [grid] * 3, [[0, 1, 1, 1], [0, 0, 0, 0.5], [1, 0, 0, 0]], 1.0, more_is_better=True, window=2
    )
    assert found.steps.tolist() == [20, 30, 0]
    assert found.censored.tolist() == [False, True, False]
    assert found.n_reached == 2
    assert found.median == 20
    falling = steps_to_threshold([grid], [[90, 60, 40, 30]], 50, more_is_better=False, window=1)
    assert falling.steps.tolist() == [20]


def test_a_median_of_censored_runs_is_not_a_number_of_steps():
    one_of_three = steps_to_threshold([[5], [7], [9]], [[0], [0], [1]], 1, more_is_better=True)
    assert one_of_three.median == np.inf
    one_of_two = steps_to_threshold([[5], [9]], [[0], [1]], 1, more_is_better=True)
    assert one_of_two.median == np.inf  # between the two middle runs the later one counts


@pytest.mark.parametrize(
    ("steps", "values"), [([], []), ([[]], [[]]), ([[2, 2]], [[0, 0]]), ([[1, 2]], [[0]]), ([[1]], [[0], [1]])]
)
def test_runs_that_make_no_curve_are_refused(steps, values):
    with pytest.raises(StatisticsError):
        aligned_curves(steps, values)
    with pytest.raises(StatisticsError):
        final_score([])

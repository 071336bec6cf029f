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
    curves = aligned_curves([[0, 10, 20, 30], [3, 13, 23, 33]], [[0, 1, 2, 3], [5, 6, 7, 8]], spacing=10)
    assert curves.steps.tolist() == [3, 13, 23]  # from where both have a value to where the first ends
    assert curves.values.tolist() == [[0, 5], [1, 6], [2, 7]]


@settings(deadline=None, max_examples=50)
@given(runs, st.integers(1, 7))
def test_slow_twin_agrees(drawn, spacing):
    steps = [np.cumsum([gap for gap, _ in run]) for run in drawn]
    values = [[value for _, value in run] for run in drawn]
    if max(g[0] for g in steps) > min(g[-1] for g in steps):
        with pytest.raises(StatisticsError, match="do not overlap"):
            aligned_curves(steps, values, spacing)
        return
    curves = aligned_curves(steps, values, spacing)
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

"""Statistics of runs: hand cases, slow twins, what rliable says, and whether intervals cover."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.statistics import (
    all_indices,
    bootstrap_interval,
    interquartile_mean,
    percentiles,
    performance_profile,
    probability_of_improvement,
    range_coverage,
    resampled,
    stratified_indices,
)
from tests.reference import statistics_by_loops as slow

STORED = json.loads((Path(__file__).parent / "data" / "rliable_reference.json").read_text(encoding="utf-8"))
RNG = np.random.default_rng(0)
CLOSE = {"rtol": 0, "atol": 1e-9}

scores = st.integers(1, 7).flatmap(
    lambda runs: st.integers(1, 4).flatmap(
        lambda tasks: st.lists(
            # few different values, so that ties are common
            st.lists(st.integers(-4, 4).map(lambda k: k / 2), min_size=tasks, max_size=tasks),
            min_size=runs,
            max_size=runs,
        )
    )
)


def test_interquartile_mean_by_hand():
    assert interquartile_mean([[k] for k in range(1, 9)]) == 4.5  # 3, 4, 5, 6
    assert interquartile_mean([[1], [2], [90]]) == 31  # three runs: the mean
    assert interquartile_mean([[0], [1], [2], [3], [100]]) == 2  # one left out at each end
    assert interquartile_mean([[1, 2], [3, 100]]) == 2.5  # runs and tasks together
    assert interquartile_mean(np.arange(8)[None, :, None] + [[[0]], [[10]]]) == pytest.approx([3.5, 13.5])


def test_probability_of_improvement_by_hand():
    assert probability_of_improvement([[1], [2]], [[0], [0]]) == 1
    assert probability_of_improvement([[1], [2]], [[1], [2]]) == 0.5
    assert probability_of_improvement([[1]], [[1]]) == 0.5  # a tie is half an improvement
    assert probability_of_improvement([[1], [1]], [[1], [0]]) == 0.75
    assert probability_of_improvement([[1, 0]], [[0, 1]]) == 0.5  # one task each


def test_performance_profile_is_strict():
    profile = performance_profile([[1.0], [2.0]], [0.5, 1.0, 1.5, 2.0])
    assert profile.tolist() == [1.0, 0.5, 0.5, 0.0]


@settings(deadline=None, max_examples=60)
@given(scores, st.integers(0, 99))
def test_slow_twins_agree(rows, seed):
    rng = np.random.default_rng(seed)
    other = rng.integers(-2, 3, (4, len(rows[0]))).tolist()
    thresholds = [-1.0, 0.0, 0.7]
    assert interquartile_mean(rows) == pytest.approx(slow.interquartile_mean(rows), abs=1e-12)
    np.testing.assert_allclose(performance_profile(rows, thresholds), slow.performance_profile(rows, thresholds))
    improvement = probability_of_improvement(rows, other)
    assert improvement == pytest.approx(slow.probability_of_improvement(rows, other), abs=1e-12)
    assert probability_of_improvement(other, rows) == pytest.approx(1 - improvement, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(scores, st.integers(0, 99))
def test_interval_is_that_of_the_slow_twin(rows, seed):
    found = bootstrap_interval(interquartile_mean, rows, rng=np.random.default_rng(seed), n_resamples=40)
    places = len(rows) * len(rows[0])
    if len(rows) ** places <= 40:
        flat = product(range(len(rows)), repeat=places)
        resamples = [np.reshape(picked, (len(rows), -1)).tolist() for picked in flat]
        quantile = slow.smallest_reaching
    else:
        resamples = stratified_indices(np.random.default_rng(seed), 40, len(rows), len(rows[0])).tolist()
        quantile = slow.percentile
    each = [slow.interquartile_mean(slow.resample(rows, picked)) for picked in resamples]
    assert found.low == pytest.approx(quantile(each, 0.025), abs=1e-12)
    assert found.high == pytest.approx(quantile(each, 0.975), abs=1e-12)
    assert found.estimate == interquartile_mean(rows)
    assert found.low <= found.high


def test_resamples_stay_in_their_task_and_keep_a_run_whole():
    curves = np.arange(4)[:, None, None] * 100 + np.arange(3)[:, None] * 10 + np.arange(2)  # evaluation, run, task
    drawn = resampled(curves, stratified_indices(np.random.default_rng(0), 500, 3, 2))
    assert drawn.shape == (500, 4, 3, 2)
    assert (drawn % 10 == np.arange(2)).all()
    # the same run stands in the same place at every evaluation
    assert (drawn // 10 % 10 == (drawn // 10 % 10)[:, :1]).all()
    # and every run of every task is drawn about a third of the time
    share = [(drawn[:, 0, :, m] // 10 == r).mean() for m in range(2) for r in range(3)]
    np.testing.assert_allclose(share, 1 / 3, atol=0.05)


def test_a_curve_has_the_interval_of_each_of_its_points():
    curves = np.random.default_rng(3).normal(size=(5, 4, 2))
    together = bootstrap_interval(interquartile_mean, curves, rng=np.random.default_rng(8), n_resamples=100)
    assert together.low.shape == (5,)
    for k, scores_then in enumerate(curves):
        alone = bootstrap_interval(interquartile_mean, scores_then, rng=np.random.default_rng(8), n_resamples=100)
        assert (together.low[k], together.high[k]) == (alone.low, alone.high)


def old_indices(seed, *shapes):
    """Resamples as rliable draws them: for every resample, one draw per score array."""
    old = np.random.RandomState(seed)
    draws = [[old.choice(shape[0], shape) for shape in shapes] for _ in range(STORED["n_resamples"])]
    return [np.array(each) for each in zip(*draws, strict=True)]


@pytest.mark.parametrize("case", STORED["cases"], ids=lambda case: f"{len(case['x'])}x{len(case['x'][0])}")
def test_statistics_are_those_of_rliable(case):
    x, y = np.array(case["x"]), np.array(case["y"])
    np.testing.assert_allclose(interquartile_mean(x), case["iqm"], **CLOSE)
    np.testing.assert_allclose(probability_of_improvement(x, y), case["improvement"], **CLOSE)
    np.testing.assert_allclose(performance_profile(x, STORED["thresholds"]), case["profile"], **CLOSE)

    (indices,) = old_indices(case["seed"], x.shape)
    drawn = resampled(x, indices)
    np.testing.assert_allclose(percentiles(interquartile_mean(drawn)), case["iqm_interval"], **CLOSE)
    profiles = performance_profile(drawn, STORED["thresholds"])
    np.testing.assert_allclose(percentiles(profiles), case["profile_interval"], **CLOSE)
    of_x, of_y = old_indices(case["seed"], x.shape, y.shape)
    improved = probability_of_improvement(resampled(x, of_x), resampled(y, of_y))
    np.testing.assert_allclose(percentiles(improved), case["improvement_interval"], **CLOSE)


def test_the_reference_can_tell_a_wrong_statistic():
    case = STORED["cases"][2]
    x = np.array(case["x"])
    assert abs(x.mean() - case["iqm"]) > 1e-3
    assert abs((x[:, None] > np.array(case["y"])[None]).mean() - case["improvement"]) > 1e-3  # ties not counted
    profile = [(x >= tau).mean() for tau in STORED["thresholds"]]
    assert np.abs(np.array(profile) - case["profile"]).max() > 1e-3


@pytest.mark.slow
def test_rliable_still_says_so():
    pytest.importorskip("rliable")
    from tests.report.rliable_reference import reference

    now = reference()
    for stored, case in zip(STORED["cases"], now["cases"], strict=True):
        for key, value in stored.items():
            np.testing.assert_allclose(case[key], value, **CLOSE)


def test_few_resamples_are_all_taken_and_nothing_is_random():
    rows, other = [[4.0], [7.0], [5.5]], [[5.0], [6.0], [9.0]]
    first, second = (
        bootstrap_interval(probability_of_improvement, rows, other, rng=np.random.default_rng(k)) for k in (0, 1)
    )
    assert (first.low, first.high) == (second.low, second.high)
    mine, theirs = all_indices([(3, 1), (3, 1)])
    assert len(mine) == len(theirs) == 27 * 27
    assert len({(*a.ravel(), *b.ravel()) for a, b in zip(mine, theirs, strict=True)}) == 27 * 27
    drawn = bootstrap_interval(probability_of_improvement, rows, other, rng=RNG, n_resamples=728)
    assert drawn.low == pytest.approx(first.low, abs=0.15)


def coverage(n_runs, n_resamples, confidence=0.95, n_studies=1000):
    rng = np.random.default_rng(n_runs)
    draws = rng.normal(size=(n_studies, n_runs, 1))
    interval = bootstrap_interval(interquartile_mean, draws, rng=rng, n_resamples=n_resamples, confidence=confidence)
    return float(np.mean((interval.low <= 0) & (interval.high >= 0)))


def test_an_interval_from_many_runs_covers_as_promised():
    assert coverage(40, 300) == pytest.approx(0.95, abs=0.03)
    assert coverage(40, 300, confidence=0.5) == pytest.approx(0.5, abs=0.04)


def test_an_interval_from_three_runs_is_their_range_and_covers_too_seldom():
    rows = [[4.0], [7.0], [5.5]]
    for n_resamples in (27, 4000):
        interval = bootstrap_interval(interquartile_mean, rows, rng=RNG, n_resamples=n_resamples)
        assert (interval.low, interval.high) == (4.0, 7.0)
    assert coverage(3, 2000) == pytest.approx(range_coverage(3), abs=0.03)
    assert range_coverage(3) == 0.75
    assert range_coverage(1) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interquartile_mean([1.0, 2.0]), "runs and tasks"),
        (lambda: interquartile_mean(np.empty((0, 1))), "none of them empty"),
        (lambda: interquartile_mean([[np.nan]]), "finite"),
        (lambda: probability_of_improvement([[1, 2]], [[1]]), "X has 2 tasks and Y has 1"),
        (lambda: performance_profile([[1]], 3.0), "list of numbers"),
        (lambda: bootstrap_interval(interquartile_mean, [[1]], rng=RNG, confidence=95), "95"),
        (
            lambda: bootstrap_interval(interquartile_mean, [[1], [2]], rng=RNG, n_resamples=0),
            "at least",
        ),
        (lambda: range_coverage(0), "at least one run"),
    ],
)
def test_what_cannot_be_computed_is_refused(call, message):
    with pytest.raises(StatisticsError, match=message):
        call()

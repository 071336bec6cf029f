"""The measured thresholds of split-the-task against their closed forms."""

from __future__ import annotations

import pytest

from nucleolus_lib.envs import SplitTheTask
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.split_the_task import coalition_value, threshold
from nucleolus_lib.envs.split_thresholds import measured_thresholds, splits_by_values, splits_by_work, value_threshold
from nucleolus_lib.markov.coalition_values import coalition_values


@pytest.mark.parametrize("gamma", [0.3, 0.9])
def test_both_thresholds(gamma: float) -> None:
    found = measured_thresholds(gamma, steps=12)
    assert abs(found.work - threshold(gamma)) <= found.error
    assert abs(found.values - value_threshold(gamma)) <= found.error
    assert found.values > found.work


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.99])
def test_two_small_coalitions_meet_the_whole(gamma: float) -> None:
    dial = value_threshold(gamma)
    assert 2 * coalition_value(1, 1, dial, gamma) == pytest.approx(coalition_value(2, 1, dial, gamma))


def test_the_closed_form_needs_a_future() -> None:
    with pytest.raises(WorldParameterError, match="strictly between"):
        value_threshold(0.0)


def test_between_the_thresholds_the_two_answers_differ() -> None:
    values = coalition_values(SplitTheTask(0.6).to_ecmdp(0.9))
    assert splits_by_values(values)
    assert not splits_by_work(values)


def test_larger_teams_have_the_same_threshold() -> None:
    found = measured_thresholds(0.5, team_size=2, steps=5)
    assert abs(found.work - threshold(0.5)) <= found.error


def test_no_steps_are_refused() -> None:
    with pytest.raises(WorldParameterError, match="at least one step"):
        measured_thresholds(0.5, steps=0)

"""Small battles under ``rules="smaclite"``, step by step, against traces measured there."""

from __future__ import annotations

import copy

import pytest

from nucleolus_lib.envs.battle_trials import closest_replay, read_battle_data, replay_trace

TRACES = {trace["name"]: trace for trace in read_battle_data("smaclite_traces")["traces"]}


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("name", TRACES)
def test_traces_are_followed(name: str, compiled: bool) -> None:
    result = closest_replay(TRACES[name], compiled)
    assert result.position <= 1e-4
    assert result.points <= 1e-4, "beyond one loop's regeneration"
    assert result.exact_points <= 0.024, "a zergling regenerates 0.02375 a loop"
    assert result.cooldown <= 1e-3, "beyond one loop"
    assert result.exact_cooldown <= 1e-3
    assert result.deaths_agree
    assert result.holds


def test_who_is_first_decides_a_duel_and_nothing_else() -> None:
    trace = TRACES["zealot_vs_zealot_attack"]
    assert [replay_trace(trace, draw).deaths_agree for draw in (0.0, 0.999)] == [True, False]


@pytest.mark.parametrize(("field", "change"), [("x", 0.001), ("health", 1.0), ("cooldown", 0.13)])
def test_a_changed_trace_is_not_followed(field: str, change: float) -> None:
    trace = copy.deepcopy(TRACES["zealot_vs_2zergling_attack"])
    trace["trace"][9]["allies"][0][field] += change
    assert not closest_replay(trace).holds

"""Scripted policies under ``rules="smaclite"`` against statistics measured there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nucleolus_lib.envs.battle_trials import read_battle_data
from nucleolus_lib.envs.battle_validation import compare_script

STATISTICS = read_battle_data("smaclite_statistics")["maps"]
NOISY = [(name, script) for name in STATISTICS for script in STATISTICS[name] if "eps" in script or script == "random"]


def test_a_script_does_as_well_as_measured_and_a_wrong_statistic_is_refused() -> None:
    expected = STATISTICS["5m_vs_6m"]["nearest_eps0.2"]
    row = compare_script("5m_vs_6m", "nearest_eps0.2", expected, episodes=48)
    assert row.holds, row
    assert not replace(row, expected_return=2 * row.expected_return).holds
    assert not replace(row, expected_length=2 * row.expected_length).holds


@pytest.mark.slow
@pytest.mark.parametrize(("name", "script"), NOISY)
def test_all_scripts_do_as_well_as_measured(name: str, script: str) -> None:
    row = compare_script(name, script, STATISTICS[name][script], episodes=256)
    assert row.holds, row


@pytest.mark.slow
def test_on_2s3z_the_nearest_wins_and_focus_loses() -> None:
    nearest = compare_script("2s3z", "nearest", STATISTICS["2s3z"]["nearest"], episodes=2)
    focus = compare_script("2s3z", "focus", STATISTICS["2s3z"]["focus"], episodes=2)
    assert (nearest.win_rate, focus.win_rate) == (1.0, 0.0)
    assert focus.return_mean == pytest.approx(10.118, abs=0.01)

"""The validation command: what it prints, writes and returns; and what is stored of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nucleolus_lib.envs import battle_validation
from nucleolus_lib.envs.battle_trials import read_battle_data


@pytest.mark.parametrize(("holds", "status"), [(True, 0), (False, 1)])
def test_a_missed_bar_is_said_and_stored(
    holds: bool,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(battle_validation, "trace_rows", lambda: iter([("duel", "0", "0", True)]))
    monkeypatch.setattr(battle_validation, "analytic_rows", lambda: iter([("speed", "1", "2", holds)]))
    monkeypatch.setattr(battle_validation, "script_rows", lambda *_: iter([]))
    target = tmp_path / "validation.json"
    assert battle_validation.main(["--json", str(target)]) == status
    assert ("MISSED" in capsys.readouterr().out) is not holds
    record = json.loads(target.read_text(encoding="utf-8"))
    assert [row["holds"] for row in record["rows"]] == [True, holds]
    assert {"date", "commit", "packages", "platform", "episodes", "cpu_seconds"} <= record.keys()


def test_a_script_that_does_otherwise_misses_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {"return_mean": 20.0, "return_se": 0.0, "len_mean": 50.0, "win_rate": 1.0}
    maps = {"2s3z": {"nearest": expected, "random": expected}, "3s_vs_5z": {"nearest": expected}}
    monkeypatch.setattr(battle_validation, "read_battle_data", lambda _: {"maps": maps})
    far_off = battle_validation.ScriptComparison(1.0, 0.1, 10.0, 0.0, 20.0, 50.0, 3.0, 7.5)
    monkeypatch.setattr(battle_validation, "compare_script", lambda *_, **__: far_off)
    who_wins, statistics = battle_validation.script_rows(8)
    assert not who_wins[3]
    assert not statistics[3]


def test_what_is_stored_covers_every_statistic() -> None:
    stored = read_battle_data("validation")
    rows = {row["what"]: row for row in stored["rows"]}
    for name, scripts in read_battle_data("smaclite_statistics")["maps"].items():
        for script, expected in scripts.items():
            if "eps" in script or script == "random":
                assert f"{expected['return_mean']:.2f}" in rows[f"{name} {script}"]["bar"]
    assert all(row["holds"] for row in rows.values())
    assert stored["episodes"] >= 256

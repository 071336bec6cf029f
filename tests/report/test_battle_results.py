"""Win rates of the battle suite, from made-up runs."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.envs.battle_scenarios import MAP_NAMES
from nucleolus_lib.experiments.runs import write
from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.battle_results import (
    PAPER_FINALS,
    battle_curves,
    paper_table,
    plan_table,
    planned_battles,
    reached_sentence,
    read_battles,
    stored_sentence,
    unfinished,
    win_table,
)
from nucleolus_lib.report.figure_two import PAPER_METHODS
from nucleolus_lib.report.run_suite import RunSuite
from tests.report.run_fixture import made_up_run

EMPTY = RunSuite(())


def battle(world, algorithm, seed, wins):
    """A made-up run with these win rates."""
    run = made_up_run(world, algorithm, seed, n_evaluations=len(wins))
    return replace(run, table=run.table.assign(won_mean=np.array(wins, dtype=float)))


WINS = [0.0, 0.2, 0.9, 1.0, 0.9, 0.7, 0.6, 0.6, 0.6, 0.5]
TWO = RunSuite((battle("2s3z", "vdn", 0, WINS), battle("2s3z", "vdn", 1, np.array(WINS) / 2)))
PLAN = planned_battles()


def test_the_paper_speaks_of_six_maps_and_five_methods():
    assert set(PAPER_FINALS) == set(MAP_NAMES[:6])
    assert all(set(finals) == set(PAPER_METHODS) for finals in PAPER_FINALS.values())


def test_final_is_not_best():
    row = win_table(TWO, n_resamples=50).iloc[0]
    assert (row["map"], row["algorithm"], row["seeds"], row["env steps"]) == ("2s3z", "vdn", "0, 1", 100_000)
    assert row["final"] == pytest.approx((0.5 + 0.25) / 2)
    assert (row["best"], row["best at"]) == (1.0, "40k, seed 0")
    assert row["low"] <= row["final"] <= row["high"]


def test_one_seed_has_no_interval():
    row = win_table(RunSuite(TWO.trained[:1])).iloc[0]
    assert row["final"] == pytest.approx(0.5)
    assert np.isnan([row["low"], row["high"]]).all()


def test_the_text_beside_what_was_run():
    table = paper_table(TWO).set_index(["map", "method"])
    assert len(table) == 30
    assert table.loc[("2s3z", "VDN"), "here"] == "38% (2 seeds, 100k steps)"
    others = table.drop(index=("2s3z", "VDN"))
    assert set(others["here"]) == {"not run"}
    assert set(paper_table(EMPTY)["here"]) == {"not run"}


def test_what_is_missing_is_counted():
    whole = len(PLAN.worlds) * len(PLAN.algorithms) * len(PLAN.seeds)
    assert unfinished(EMPTY, PLAN) == whole
    # The two stored runs are shorter than planned, so they still count as unfinished.
    assert unfinished(TWO, PLAN) == whole
    long_enough = replace(TWO.trained[0], table=TWO.trained[0].table.assign(env_steps=PLAN.total_steps))
    assert unfinished(RunSuite((long_enough,)), PLAN) == whole - 1
    table = plan_table(TWO, PLAN).set_index("map")
    assert list(table.index) == list(PLAN.worlds)
    assert table.loc["2s3z", "VDN"] == f"2 of {len(PLAN.seeds)}, 100k"
    assert table.loc["2s3z", style_of("qmix").label] == f"0 of {len(PLAN.seeds)}"


def test_sentences():
    assert stored_sentence(EMPTY, PLAN).startswith("No run is stored yet.")
    assert stored_sentence(TWO, PLAN).startswith("Two runs are stored, on 2s3z.")
    assert stored_sentence(RunSuite(TWO.trained[:1]), PLAN).startswith("One run is stored")
    # The mean of three evaluations is first above .8 at 50k: (.9 + 1 + .9) / 3.
    said = reached_sentence(TWO, 0.8, 500_000, ["3m", "2s3z"])
    assert said == "3m: not run; 2s3z: yes, first VDN, seed 0, after 50k steps."
    assert reached_sentence(TWO, 0.8, 40_000, ["2s3z"]) == "2s3z: not by 40k steps."
    assert reached_sentence(RunSuite(TWO.trained[1:]), 0.8, 500_000, ["2s3z"]) == "2s3z: not by 100k steps."


def test_curves_and_the_empty_figure():
    figure = battle_curves(TWO, n_resamples=20)
    assert [(axes.get_title() or axes.get_title(loc="left")) for axes in figure.axes] == ["2s3z"]
    plt.close(figure)
    figure = battle_curves(EMPTY)
    assert figure.axes[0].texts[0].get_text() == "no battle has been stored yet"
    plt.close(figure)


def test_reading_without_and_with_runs(tmp_path):
    assert read_battles(tmp_path).trained == ()
    write(TWO.trained[0], tmp_path / "battle" / "2s3z" / "vdn" / "seed0")
    assert read_battles(tmp_path).worlds == ["2s3z"]

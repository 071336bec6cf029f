"""Tables over the worlds of the predator-prey suite, from made-up runs."""

import numpy as np
import pytest

from nucleolus_lib.report import predator_prey_results
from nucleolus_lib.report.predator_prey_results import (
    CAPTURES,
    FIRST_CAPTURE,
    RETURN,
    capture_shares,
    claims_by_world,
    common_seeds,
    counted_metric,
    efficiency_by_scripts,
    facts_of,
    finals,
    gap_tables,
    labelled_configs,
    ordered_worlds,
    planned_runs,
    pooled_worlds,
    script_table,
    seed_range,
    shaping_table,
    untrained_levels,
)
from nucleolus_lib.report.run_suite import RunSuite
from tests.report.run_fixture import LEVELS, SCRIPTS, made_up_run, made_up_suite

PLANES = ("pp-8v4-paper", "pp-8v4-progress")
SUITE = made_up_suite(worlds=("pp-grid", "pp-8v4-progress", "pp-8v4-paper"))


def test_each_world_has_the_outcome_that_counts_there():
    worlds = ["pp-8v4-paper", "pp-8v4", "pp-8v4-progress", "pp-8v4,prey=random", "pp-grid", "pp-grid,penalty=-2"]
    expected = [FIRST_CAPTURE, CAPTURES, CAPTURES, CAPTURES, RETURN, RETURN]
    assert [counted_metric(world) for world in worlds] == expected
    assert ordered_worlds(SUITE) == ["pp-8v4-paper", "pp-8v4-progress", "pp-grid"]


def test_finals_of_all_worlds():
    table = finals(SUITE, PLANES, n_resamples=100).set_index(["world", "algorithm"])
    assert table.loc[("pp-8v4-progress", "qmix"), "iqm"] == pytest.approx(2.1)
    assert table.loc[("pp-8v4-paper", "qmix"), "iqm"] == pytest.approx(100 - 42)
    assert table.loc[("pp-8v4-paper", "qmix"), "outcome"] == FIRST_CAPTURE.label


def test_scripts_stand_in_a_table():
    table = script_table(SUITE, PLANES)
    assert len(table) == 2 * len(SCRIPTS)
    row = table[(table["world"] == "pp-8v4-paper") & (table["script"] == "chase nearest")].iloc[0]
    assert (row[CAPTURES.label], row[FIRST_CAPTURE.label], row["episodes"]) == (4, 20, 3)


def test_efficiency_in_units_of_the_scripts():
    table = efficiency_by_scripts(SUITE, PLANES, [0.5, 1.0]).set_index(["world", "algorithm"])
    half = table["50% of the best script"]
    # half of the way from 0.5 to 4 is 2.25: only nucleolus and oracle credit get there, on either scale
    for world in PLANES:
        assert half[world, "nucleolus"] == half["pp-8v4-paper", "nucleolus"]
        assert half[world, "QMIX"] == "> 300k (0/3)"
    assert table.loc[("pp-8v4-paper", "oracle credit"), "100% of the best script"].endswith("(3/3)")
    assert efficiency_by_scripts(RunSuite(SUITE.trained), PLANES).empty


def test_claims_and_facts_by_world():
    claims = claims_by_world({world: facts_of(SUITE, world) for world in PLANES})
    assert list(claims.columns) == ["the text", "read as", *PLANES]
    # turns are a falling line of captures, so that everything but the (equal) spreads is in the same order
    other = claims[~claims["read as"].str.contains("spread")]
    assert (other[PLANES[0]] == other[PLANES[1]]).all()
    best = claims[claims["read as"] == "best level of the five"].iloc[0]
    assert best[PLANES[0]] == "does not"
    assert facts_of(SUITE, "pp-8v4-paper")["vdn"].level == pytest.approx(-(100 - 22))


def test_gaps_are_not_known_everywhere():
    without = RunSuite(tuple(run for run in SUITE.trained if (run.world, run.name) != ("pp-grid", "vdn")))
    tables = gap_tables(without, ordered_worlds(without), n_resamples=50)
    assert {world: bool(table["closed"].isna().all()) for world, table in tables.items()} == {
        "pp-8v4-paper": False,
        "pp-8v4-progress": False,
        "pp-grid": True,
    }
    two = RunSuite(tuple(run for run in SUITE.trained if run.name in ("vdn", "oracle_credit")))
    assert gap_tables(two, PLANES, n_resamples=50) == {}


def test_worlds_are_pooled_where_every_method_was_run():
    assert pooled_worlds(SUITE, PLANES) == list(PLANES)
    without = RunSuite(tuple(run for run in SUITE.trained if (run.world, run.name) != ("pp-8v4-paper", "shaq")))
    assert pooled_worlds(without, PLANES) == ["pp-8v4-progress"]
    fewer = tuple(run for run in without.trained if (run.world, run.name) != ("pp-8v4-paper", "qmix"))
    nowhere = RunSuite((*fewer, made_up_run("pp-8v4-paper", "new", 0, level=1, settings_of="vdn")))
    assert pooled_worlds(nowhere, PLANES) == ["pp-8v4-progress"]


def test_planned_runs_are_those_of_the_suites(tmp_path, monkeypatch):
    text = """
[pp]
worlds = ["pp-8v4", "pp-8v4-paper"]
algorithms = ["vdn", "qmix"]
seeds = [0, 1, 2]
total_steps = 5

[other]
worlds = ["3m"]
algorithms = ["vdn"]
seeds = [0]
total_steps = 5
"""
    (tmp_path / "data" / "runs").mkdir(parents=True)
    (tmp_path / "data" / "runs" / "suites.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(predator_prey_results, "repository_root", lambda: tmp_path)
    assert planned_runs(["pp", "absent"]) == {"pp-8v4": 6, "pp-8v4-paper": 6}
    assert planned_runs(["pp", "other"])["3m"] == 1


def test_seeds_that_all_worlds_have():
    more = RunSuite(
        (
            *SUITE.trained,
            made_up_run("pp-8v4-paper", "vdn", 9),
            made_up_run("pp-8v4-paper", "new", 0, level=1, settings_of="vdn"),
        )
    )
    seeds = common_seeds(more, PLANES)
    assert seeds == {name: [0, 1, 2] for name in LEVELS}
    assert seed_range(more, PLANES) == (1, 4)
    assert seed_range(SUITE, PLANES) == (3, 3)
    assert next(iter(labelled_configs(SUITE, "pp-grid"))) == "VDN"
    assert np.all([config["seed"] == 0 for config in labelled_configs(SUITE, "pp-grid").values()])


def test_two_shapings_are_compared_method_by_method():
    low = tuple(made_up_run("pp-8v4", name, seed, level=1.0) for name in ("vdn", "qmix") for seed in range(2))
    high = tuple(made_up_run("pp-8v4-progress", name, seed, level=2.5) for name in ("vdn", "shaq") for seed in range(2))
    table = shaping_table(RunSuite(low + high))
    assert list(table["method"]) == ["VDN"]
    # the mean of two seeds, 0.05 above the level
    assert table[["pp-8v4", "pp-8v4-progress", "difference"]].iloc[0].tolist() == pytest.approx([1.05, 2.55, 1.5])
    assert shaping_table(RunSuite(high)).empty


def test_capture_shares_of_the_papers_world():
    runs = tuple(made_up_run("pp-8v4-paper", "vdn", seed, level=0.5) for seed in range(2))
    assert capture_shares(RunSuite(runs)) == {"VDN": pytest.approx(0.55)}
    assert capture_shares(RunSuite((made_up_run("pp-8v4", "vdn", 0),))) == {}


def test_untrained_levels_are_those_before_the_first_gradient_step():
    trained = made_up_run("pp-8v4", "vdn", 1)
    runs = [made_up_run("pp-8v4", name, seed) for name in ("vdn", "qmix") for seed in (1, 0)]
    for run in runs:
        run.table.loc[0, ["gradient_steps", "captures_mean"]] = [0, 0.25 + run.seed]
    assert untrained_levels(RunSuite((*runs, made_up_run("pp-grid", "vdn", 0))), ["pp-8v4", "pp-grid"]) == {
        "pp-8v4": [0.25, 1.25]
    }
    assert untrained_levels(RunSuite((trained,)), ["pp-8v4"]) == {}

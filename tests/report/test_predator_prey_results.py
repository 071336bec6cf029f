"""Tables over the worlds of the predator-prey suite, from made-up runs."""

import numpy as np
import pytest

from nucleolus_lib.report.predator_prey_results import (
    CAPTURES,
    FIRST_CAPTURE,
    RETURN,
    claims_by_world,
    common_seeds,
    counted_metric,
    efficiency_by_scripts,
    facts_of,
    finals,
    gap_tables,
    labelled_configs,
    ordered_worlds,
    script_table,
    seed_range,
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


def test_gaps_only_where_they_exist():
    without = RunSuite(tuple(run for run in SUITE.trained if (run.world, run.name) != ("pp-grid", "vdn")))
    assert list(gap_tables(without, ordered_worlds(without), n_resamples=50)) == list(PLANES)


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

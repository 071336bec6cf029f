"""The paper's world with one rule changed: the table, from made-up runs."""

import pytest

from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.rule_changes import CHANGES, change_of, change_table, order_table
from nucleolus_lib.report.run_suite import RunSuite
from tests.report.run_fixture import made_up_run, made_up_script

PAPER = RunSuite(
    tuple(made_up_run("pp-8v4-paper", "vdn", seed, level=0.5) for seed in range(3)),
    (made_up_script("pp-8v4-paper", "random", 0.5),),
)
CHANGED = RunSuite(
    (
        made_up_run("pp-8v4-paper,n_prey=1", "vdn", 0, n_evaluations=15, level=2.0),
        made_up_run("pp-8v4-paper,wall=1.0", "vdn", 0, n_evaluations=15, level=1.0),
        made_up_run("pp-8v4-progress,prey_order=nearest", "vdn", 0),
    ),
    (made_up_script("pp-8v4-paper,wall=1.0", "random", 1.0),),
)


def test_every_change_stands_beside_the_world_itself():
    table = change_table(CHANGED, PAPER)
    assert table["changed"].tolist() == ["nothing", "walls at ±1", "one prey"]
    assert table["seeds"].tolist() == [3, 1, 1]
    # captures rise along a line to their level at 80 % of the run; evaluations at 130k, 140k and 150k are taken
    mean = (13 + 14 + 15) / 3 / 24
    nothing = table.iloc[0]
    assert nothing["captured prey"] == pytest.approx(0.6 * mean)
    assert nothing["turns"] == pytest.approx(100 - 20 * 0.6 * mean)
    assert (nothing["best"], nothing["worst"]) == pytest.approx((100 - 14 * mean, 100 - 10 * mean))
    assert table.iloc[2]["captured prey"] == pytest.approx(2.0)
    assert table["turns at random"].tolist()[:2] == pytest.approx([90.0, 80.0])
    assert table["turns at random"].isna().tolist() == [False, False, True]


def test_only_known_changes_of_the_paper_world_are_compared():
    assert change_of("pp-8v4-paper") == ""
    assert change_of("pp-8v4-paper,n_predators=2,n_prey=1") in CHANGES
    for other in ("pp-8v4,wall=1.0", "pp-8v4-paper,horizon=3"):
        with pytest.raises(StoredRunError, match="no change of 'pp-8v4-paper' that has a name"):
            change_of(other)


def test_orders_are_compared_after_equally_many_steps():
    """VDN with the nearest first ran for half as long: captures of the other rise to half of what they end at."""
    near = "pp-8v4-progress,prey_order=nearest"
    nearest = RunSuite(
        (
            made_up_run(near, "vdn", 0, n_evaluations=15, level=3.0),
            made_up_run(near, "shaq", 0, level=3.0),
            made_up_run("pp-8v4-paper,prey_order=nearest", "vdn", 0, level=2.0),
        )
    )
    fixed = RunSuite((*PAPER.trained, made_up_run("pp-8v4-progress", "vdn", 0, level=2.4)))
    table = order_table(nearest, fixed)
    assert table[["world", "method", "env steps"]].to_numpy().tolist() == [
        ["pp-8v4-paper", "VDN", 300_000],
        ["pp-8v4-progress", "VDN", 150_000],
    ]
    # of 15 evaluations the last two are taken: 140k and 150k
    assert table.iloc[1]["fixed order"] == pytest.approx(2.4 * (14 / 24 + 15 / 24) / 2)
    assert table.iloc[1]["nearest first"] == pytest.approx(3.0)
    assert table.iloc[0]["fixed order"] == pytest.approx(100 - 20 * 0.6)
    assert list(order_table(nearest, RunSuite(())).columns) == list(table.columns)

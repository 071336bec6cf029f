"""What was tried before settings were fixed, from made-up runs."""

import numpy as np
import pytest

from nucleolus_lib.report.run_suite import RunSuite
from nucleolus_lib.report.setting_trials import sweep_table, tried_table
from tests.report.run_fixture import made_up_run, made_up_suite

SUITE = made_up_suite(worlds=("pp-8v4-progress",))


def test_a_sweep_stands_beside_what_is_used():
    tried = [made_up_run("pp-8v4-progress", "qmix", 100, level=level) for level in (1.0, 2.0)]
    for run, rate in zip(tried, (0.0005, 0.001), strict=True):
        run.record["config"]["learner"]["learning_rate"] = rate
    table = sweep_table(RunSuite(tuple(tried)), SUITE, "pp-8v4-progress")
    (row,) = table.to_dict("records")
    assert (row["method"], row["used"]) == ("QMIX", "0.001")
    assert row["0.001"] - row["0.0005"] == pytest.approx(np.minimum(np.arange(16, 31) / 24, 1).mean())
    assert sweep_table(RunSuite(tuple(tried)), RunSuite(()), "pp-8v4-progress")["used"].tolist() == ["not run"]


def test_settings_that_were_tried_stand_beside_each_other_at_one_budget():
    plain = made_up_run("pp-8v4", "vdn", 0, level=1.0)
    larger = made_up_run("pp-8v4", "vdn", 0, level=2.0)
    larger.record["config"]["batch_size"] = 99
    other = made_up_run("pp-8v4", "qmix", 0)
    table = tried_table(RunSuite((plain, larger, other)), budget=100_000)
    assert list(table.columns) == ["world", "episodes per gradient step", "captured prey"]
    assert table["episodes per gradient step"].tolist() == [99, plain.config["batch_size"]]
    # captures rise along a line to the level at 240,000 steps; the last half of 100,000 is 60,000 to 100,000
    assert table["captured prey"].tolist() == pytest.approx([2 * 8 / 24, 8 / 24])

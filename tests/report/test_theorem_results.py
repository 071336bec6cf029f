"""Reading the stored study: only its own schema, shares counted right, and a comparison that can fail."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.markov.theorem_study import Cell, evaluate_chunk
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.theorem_results import (
    COLUMNS,
    RECORD,
    agreement,
    cases_by_world,
    claim_shares,
    provenance_table,
    read_counterexample,
    read_theorem_study,
    share_text,
    trajectory_ends,
)


@pytest.fixture
def folder(tmp_path):
    record = {name: name for name in RECORD} | {
        "random_worlds": 1200,
        "cpu_seconds": {"a": 60.0, "b": 120.0},
        "packages": {"numpy": "2.4"},
    }
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    for name, columns in COLUMNS.items():
        pd.DataFrame([dict.fromkeys(columns, 1)]).to_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


@pytest.fixture(scope="module")
def counted():
    cell = Cell("general", 3, 2, 0.9, 60)
    return pd.DataFrame(evaluate_chunk(cell, 60, np.random.default_rng(4)))


def test_a_study_is_read_with_its_provenance(folder):
    study = read_theorem_study(folder)
    assert set(study.claims.columns) == set(COLUMNS["claims"])
    rows = dict(provenance_table(study.provenance).itertuples(index=False))
    assert rows["random worlds"] == "1,200"
    assert rows["CPU time"] == "3 minutes"
    assert rows["packages"] == "numpy 2.4"


@pytest.mark.parametrize("name", list(COLUMNS))
def test_another_schema_is_refused_with_the_remedy(folder, name):
    frame = pd.read_parquet(folder / f"{name}.parquet")
    frame.drop(columns=COLUMNS[name][-1]).to_parquet(folder / f"{name}.parquet")
    with pytest.raises(StoredRunError, match=r"another schema.*python -m nucleolus_lib\.markov\.theorem_study"):
        read_theorem_study(folder)
    frame.assign(new=1).to_parquet(folder / f"{name}.parquet")
    with pytest.raises(StoredRunError, match="another schema"):
        read_theorem_study(folder)


def test_what_is_missing_is_named(folder, tmp_path):
    (folder / "claims.parquet").unlink()
    with pytest.raises(StoredRunError, match=r"claims\.parquet does not exist\. Make the study again"):
        read_theorem_study(folder)
    (folder / "provenance.json").write_text("{}")
    with pytest.raises(StoredRunError, match="lacks"):
        read_theorem_study(folder)
    shutil.rmtree(folder)
    with pytest.raises(StoredRunError):
        read_counterexample("no_such_claim", tmp_path)


def test_shares_are_those_of_the_counts(counted):
    shares = claim_shares(counted)
    row = shares[(shares["claim"] == "1(2) bellman") & (shares["condition"] == "any")].iloc[0]
    own = counted[(counted["rule"] == "either") & (counted["claim"] == "1(2) bellman")]
    own = own[own["condition"] == "any"].iloc[0]
    assert row["worlds"] == 60
    assert row["worlds_hold"] == own["worlds_hold"]
    assert row["low"] <= row["share"] == own["worlds_hold"] / 60 <= row["high"]
    doubled = claim_shares(pd.concat([counted, counted]))
    assert (doubled["worlds"] == 2 * shares["worlds"]).all()


def test_a_condition_that_no_world_meets_has_no_share(counted):
    none = counted[counted["condition"] == "any"].assign(worlds=0, worlds_hold=0)
    shares = claim_shares(none)
    assert shares["share"].isna().all()
    assert share_text(shares, claim="1(2) joint", condition="any") == "no such world was drawn"


def test_shares_in_words_pick_one_row(counted):
    shares = claim_shares(counted)
    text = share_text(shares, claim="core, per action", condition="balanced")
    assert text.startswith(tuple("0123456789n"))
    with pytest.raises(StoredRunError, match="picks"):
        share_text(shares, condition="any")


def test_two_studies_of_the_same_worlds_agree_and_others_do_not(counted):
    cell = Cell("general", 3, 2, 0.9, 60)
    again = pd.DataFrame(evaluate_chunk(cell, 60, np.random.default_rng(5)))
    assert (agreement(counted, again)["z"].abs() < 4).all()
    convex = Cell("convex", 3, 2, 0.9, 60)
    other = pd.DataFrame(evaluate_chunk(convex, 60, np.random.default_rng(5))).assign(family="general")
    assert (agreement(counted, other)["z"].abs() > 4).any()
    with pytest.raises(StoredRunError, match="no worlds like"):
        agreement(counted, again.assign(gamma=0.7))


def test_the_standard_error_is_that_of_repeated_counts():
    rng = np.random.default_rng(0)
    columns = {"family": "general", "n_agents": 3, "n_states": 2, "gamma": 0.9}
    base = pd.DataFrame([{**columns, "rule": "either", "condition": "any", "claim": f"c{k}"} for k in range(600)])
    stored = base.assign(worlds=400, worlds_hold=rng.binomial(400, 0.3, 600))
    live = base.assign(worlds=100, worlds_hold=rng.binomial(100, 0.3, 600))
    scores = agreement(stored, live)["z"]
    assert len(scores) == 600
    assert abs(np.mean(scores)) < 0.15
    assert 0.9 < np.std(scores) < 1.1


def test_the_end_of_a_run_is_its_last_record():
    common = {"core": "empty", "start": "zero", "violation": 0.0, "residual": 0.0, "final_relative_error": 0.5}
    runs = [
        {**common, "target": target, "ceiling": ceiling, "step": step, "multiplier": 10.0 * step, "diverged": False}
        for target in ("zero", "least core")
        for ceiling in (np.inf, 0.1)
        for step in (7, 3)
    ]
    ends = trajectory_ends(pd.DataFrame(runs))
    assert list(ends["safeguards"]) == ["none", "ceiling", "target", "both"]
    assert (ends["multiplier"] == 70.0).all()


def test_core_claims_are_counted_where_there_is_a_core():
    rows = [
        ("a", "1(2) joint", "any", 4, 3),
        ("a", "1(2) joint", "balanced", 2, 2),
        ("a", "core, per action", "any", 4, 1),
        ("a", "core, per action", "balanced", 1, 1),
        ("b", "1(2) joint", "any", 5, 5),
        ("b", "1(2) joint", "balanced", 0, 0),
        ("b", "core, per action", "any", 5, 0),
        ("b", "core, per action", "balanced", 0, 0),
    ]
    counted = pd.DataFrame(rows, columns=["world", "claim", "condition", "cases", "holds"])
    shown = cases_by_world(counted).set_index("claim")
    assert shown["a"].to_dict() == {"1(2) joint": "3 of 4", "core, per action": "1 of 1"}
    assert shown["b"].to_dict() == {"1(2) joint": "5 of 5", "core, per action": "no case"}

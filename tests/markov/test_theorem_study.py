"""The study: counterexamples that survive exact arithmetic, runs that continue, measurements that agree with proofs."""

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.markov import theorem_counterexamples, theorem_study
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.theorem_counterexamples import Found, exact_record, smallest_counterexamples
from nucleolus_lib.markov.theorem_operator import (
    contraction_rows,
    least_core_extremes,
    least_core_rows,
    trajectory_rows,
)
from nucleolus_lib.markov.theorem_study import StudyConfig, cells, main, run_study
from nucleolus_lib.markov.theorem_two_state_examples import two_state_counterexamples

SMALL = StudyConfig(
    worlds=40,
    chunk=5,
    gammas=(0.9,),
    states=(2,),
    operator_worlds=1,
    operator_agents=(2,),
    least_core_games=3,
    least_core_agents=(3,),
    trajectory_steps=30,
)


@pytest.fixture(scope="module")
def found():
    return smallest_counterexamples(largest_of_three=1)


def test_every_counterexample_survives_fractions(found):
    assert len(found) > 20
    for (claim, condition), item in found.items():
        if theorem_study._is_claimed(claim, condition):
            record = exact_record(item)
            assert Fraction(record["violation"]) > 0
            json.dumps(record)


def test_the_smallest_ones(found):
    one = exact_record(found["1(1) at every joint action", "superadditive"])
    assert one["n_agents"] == 3
    assert one["game"]["{1, 2}"] == one["game"]["{1, 3}"] == one["game"]["{2, 3}"] == one["game"]["{1, 2, 3}"] == "1"
    assert one["payoff_in_optimal_structure"] == ["1/3", "1/3", "1/3"]
    assert one["violation"] == "1/6"
    convex = exact_record(found["1(1) at an optimal joint action", "convex"])
    assert convex["n_agents"] == 4
    two = exact_record(found["1(2) bellman", "any"])
    assert (two["n_agents"], two["violation"]) == (2, "1")


@pytest.mark.slow
def test_the_whole_search_contradicts_nothing_either():
    test_nothing_contradicts_what_is_proved(smallest_counterexamples())


def test_nothing_contradicts_what_is_proved(found):
    assert ("1(2) bellman", "cohesive") not in found
    assert ("1(2) joint", "cohesive") not in found
    assert ("core, per action", "balanced") not in found
    assert ("core, max, state nucleolus", "balanced") not in found
    for (claim, condition), item in found.items():
        if claim.startswith("1(1)") and condition in ("stable", "balanced", "convex"):
            assert len(item.table) == 16


@pytest.mark.parametrize(
    ("claim", "table"),
    [
        ("1(1) at every joint action", (0, 1, 2, 3)),
        ("1(2) bellman", (0, 1, 1, 2)),
        ("1(2) joint", (0, 1, 1, 2)),
        ("1(2) induced", (0, 0, 0, 1)),
        ("core, max, credit at a*", (0, 1, 1, 2)),
        ("core, max, credit at any a", (0, 1, 1, 2)),
    ],
)
def test_a_false_counterexample_is_refused(claim, table):
    with pytest.raises(ArithmeticError, match="in floats but not in fractions"):
        exact_record(Found(claim, "any", "by hand", table, 3))


def test_core_records_in_fractions():
    table = (0, 0, 0, 0, 0, 1, 1, 0)
    record = exact_record(Found("core, max, credit at a*", "balanced", "by hand", table, 0))
    assert record["violation"] == "1/2"
    assert record["could_earn"] == "1"


def test_two_state_counterexamples():
    records = two_state_counterexamples(seed=0, n_worlds=4000)
    record = records["core, max, credit at a*", "balanced"]
    assert record["violation"] > 0.01
    # The stored values solve the stored world.
    for s, (values, rewards, following) in enumerate(
        zip(record["state_values"], record["reward"], record["next_state"], strict=True)
    ):
        both = max(rewards[a] + record["gamma"] * record["state_values"][following[a]]["{1, 2}"] for a in rewards)
        assert values["{1, 2}"] == pytest.approx(both), s
    every = records["core, per action", "any"]
    assert "acting" in every
    assert ("1(1) in the state game", "any") not in records


def test_cells_share_out_the_worlds():
    for total in (1000, 100_000):
        config = StudyConfig(worlds=total)
        drawn = sum(cell.worlds for cell in cells(config))
        assert total <= drawn <= total + len(cells(config))
    assert sum(cell.family == "one_step" for cell in cells(config)) == 3


def test_an_interrupted_study_continues_with_the_same_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(theorem_counterexamples, "_stages", lambda largest: iter([next(_all_stages(largest))]))
    monkeypatch.setattr(theorem_study, "AGENT_SHARES", {2: 0.5, 3: 0.5})
    monkeypatch.setattr(theorem_study, "FAMILIES", ("general", "one_step"))
    monkeypatch.setattr(theorem_study, "two_state_counterexamples", lambda seed: two_state_counterexamples(seed, 300))
    run_study(SMALL, tmp_path / "whole", tmp_path / "examples", progress=False)

    original = theorem_study.evaluate_chunk
    calls = []

    def stops_after_three(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(theorem_study, "evaluate_chunk", stops_after_three)
    with pytest.raises(KeyboardInterrupt):
        run_study(SMALL, tmp_path / "broken", tmp_path / "examples", progress=False)
    assert len(list((tmp_path / "broken" / "parts").glob("*.parquet"))) == 3
    assert not (tmp_path / "broken" / "claims.parquet").exists()
    run_study(SMALL, tmp_path / "broken", tmp_path / "examples", progress=False)
    n_chunks = sum(-(-cell.worlds // SMALL.chunk) for cell in cells(SMALL))
    assert len(calls) == 4 + n_chunks - 3

    for name in ("claims", "named_worlds", "contraction", "trajectories", "least_core"):
        whole, broken = (pd.read_parquet(tmp_path / run / f"{name}.parquet") for run in ("whole", "broken"))
        pd.testing.assert_frame_equal(whole, broken)
    claims = pd.read_parquet(tmp_path / "whole" / "claims.parquet")
    proved = claims[(claims.claim == "core, per action") & (claims.condition == "balanced")]
    assert proved.cases.sum() > 0
    assert (proved.cases == proved.holds).all()
    record = json.loads((tmp_path / "whole" / "provenance.json").read_text())
    assert record["seed"] == 0
    assert record["random_worlds"] >= 40
    assert set(record["cpu_seconds"]) >= {"claims.parquet", "counterexamples"}
    assert not (tmp_path / "whole" / "parts").exists()
    assert list((tmp_path / "examples").glob("theorem_1_2_bellman__any.json"))
    with pytest.raises(CreditParameterError, match="another --out"):
        run_study(StudyConfig(worlds=50), tmp_path / "whole", tmp_path / "examples", progress=False)


_all_stages = theorem_counterexamples._stages


def test_the_command_line(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(theorem_study, "run_study", lambda *arguments: seen.update(arguments=arguments))
    main(["--worlds", "123", "--seed", "4", "--out", str(tmp_path), "--quiet"])
    config, out, _, progress = seen["arguments"]
    assert (config.worlds, config.seed, out, progress) == (123, 4, tmp_path, False)


def test_measured_contraction_equals_the_bound():
    rows = pd.DataFrame(contraction_rows(np.random.default_rng(0), 1, agents=(2, 3)))
    assert (rows.measured <= rows.bound + 1e-8).all()
    assert (rows.measured >= rows.bound - 1e-8).all()
    assert rows[rows.bound < 0.98].converged.all()
    right = rows[(rows.target == "least core") & (rows.weights == "nucleolus") & rows.converged]
    assert right.relative_error.max() < 1e-5
    biased = rows[(rows.target == "zero") & (rows.multiplier == 0.05)]
    assert biased.relative_error.min() > 1e-4


def test_trajectories_show_what_the_safeguards_do():
    rows = pd.DataFrame(trajectory_rows(0, n_steps=3000))
    last = rows.groupby(["core", "start", "target", "ceiling"], as_index=False).last()
    free, held = last[last.ceiling == np.inf], last[last.ceiling < 1]
    run = {(r.core, r.start, r.target): r for r in free.itertuples()}
    assert run["empty", "solved", "zero"].diverged
    assert not run["not empty", "solved", "zero"].diverged
    assert not held.diverged.any()
    safe = held[held.target == "least core"]
    assert safe.final_relative_error.max() < 1e-4
    bare = held[(held.target == "zero") & (held.core == "empty")]
    assert bare.final_relative_error.min() > 0.01


def test_least_core_distances():
    rows = pd.DataFrame(least_core_rows(np.random.default_rng(0), 4, agents=(3,)))
    assert set(rows.kind) == {"uniform", "Markov, general", "Markov, convex"}
    assert rows.distance.min() >= 0
    # Two agents without a bond to the third: the least core only limits x_1 + x_2.
    game = np.array([0.0, 0, 0, 0, 0, 1, 1, 1])
    ends = least_core_extremes(game, np.array([0.0, 0.0, 1.0]), True, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(ends, [[0, 0, 1], [0, 0, 1]], atol=1e-6)
    wide = np.array([0.0, 0, 0, 2, 0, 0, 0, 2])
    ends = least_core_extremes(wide, np.array([1.0, 1.0, 0.0]), True, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(ends[:, 0], [0.0, 2.0], atol=1e-6)
    with pytest.raises(ArithmeticError, match="was not found"):
        least_core_extremes(wide, np.array([50.0, 50.0, 50.0]), True, np.ones(3))

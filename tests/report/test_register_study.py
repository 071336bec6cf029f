"""The ablation of the interpretation register: which differences are told from chance, and the words made of them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.experiments import runs as run_files
from nucleolus_lib.experiments.config import preset, with_settings
from nucleolus_lib.experiments.runs import RunResult
from nucleolus_lib.report import nucleolus_learning_plots as plots
from nucleolus_lib.report import register_sentences as say
from nucleolus_lib.report.constraint_price import constraint_table, episode_price, uneven_ratio
from nucleolus_lib.report.errors import SharePlotError, StatisticsError
from nucleolus_lib.report.register_readings import DEFAULT, READINGS, STRONG, reading_label
from nucleolus_lib.report.register_study import (
    VALUE_BOUND,
    comparisons,
    detectable_difference,
    inside_table,
    outcome_table,
    pooled_noise,
    register_plan,
    register_runs,
    run_facts,
    stored_readings,
    tables_on_common_seeds,
)
from nucleolus_lib.report.run_suite import RunSuite
from tests.report.run_fixture import made_up_run

WORLD = "pp-8v4-progress"


def facts_of(areas, diverged=()):
    """Facts of runs by reading and seed, with areas as given."""
    rows = [
        {
            "reading": name,
            "seed": seed,
            "area": area,
            "end": area + 1,
            "multiplier": 0.01,
            "largest excess": 0.1,
            "empty core": 0.2,
            "distance": 0.3,
            "spread": 0.3,
            "team value": 5.0,
            "diverged": (name, seed) in diverged,
        }
        for name, by_seed in areas.items()
        for seed, area in enumerate(by_seed)
    ]
    return pd.DataFrame(rows)


def learner_run(seed=0, *, complete=True, target="relaxed", name="i0_default", **columns):
    """A run of four evaluations with the metrics of the nucleolus learner."""
    run = made_up_run(WORLD, name, seed, n_evaluations=4, level=2.0, settings_of="nucleolus")
    settings = {"learner.nucleolus.constraint_target": target}
    metrics = {
        "length_mean": 100.0,
        "train/return": [np.nan, 5.0, 10.0, 20.0],
        "train/multiplier": [np.nan, 0.01, 0.005, 0.0],
        "train/excess_max": [np.nan, 0.3, 0.1, -0.2],
        "train/least_core": [np.nan, 0.1, -0.1, -0.4],
        "train/empty_core": [np.nan, 0.5, 0.4, 0.3],
        "train/nucleolus_distance": [np.nan, 0.1, 0.2, 0.3],
        "train/payoff_spread": [np.nan, 0.2, 0.3, 0.4],
        "train/q_taken": [np.nan, 1.0, 2.0, 3.0],
    }
    config = with_settings(preset(WORLD, "nucleolus", seed=seed), settings).to_dict()
    record = run.record | {"complete": complete, "config": config}
    return RunResult(run.table.assign(**(metrics | columns)), record)


def test_every_planned_reading_is_named_and_the_other_way_round():
    plan = register_plan()
    assert set(plan.algorithms) == set(READINGS)
    assert {reading.against for reading in READINGS.values()} <= {None, DEFAULT, STRONG}
    # Every row that touches learning is read in another way at least once.
    rows = {row for reading in READINGS.values() for row in reading.row.split("/")}
    assert rows - {""} == {f"I{k}" for k in (1, 2, 3, 4, 5, 6, 8, 9)}


def test_readings_held_against_the_strong_price_differ_from_it_in_one_row():
    plan = register_plan()
    strong = plan.variants[STRONG].settings
    for name, reading in READINGS.items():
        if reading.against == STRONG:
            settings = plan.variants[name].settings
            assert len(set(strong.items()) ^ set(settings.items())) == 1, name


def test_stored_runs_have_the_settings_of_their_reading():
    plan = register_plan()
    (world,) = plan.worlds
    stored = register_runs(world).trained
    assert {run.seed for run in stored if run.name == DEFAULT} >= set(plan.seeds)
    for run in stored:
        wanted = with_settings(preset("pp-8v4-progress", "nucleolus"), plan.variants[run.name].settings).to_dict()
        assert run.config["learner"] == wanted["learner"], run.name
        assert 0.98 * plan.total_steps < run.table["env_steps"].iloc[-1] < 1.02 * plan.total_steps


def test_a_default_that_lacks_is_the_beginning_of_a_longer_run(tmp_path):
    def store(suite, name, seed, evaluations, level):
        run = made_up_run(WORLD, name, seed, n_evaluations=evaluations, level=level, settings_of="nucleolus")
        run_files.write(run, tmp_path / suite / WORLD / name / f"seed{seed}")

    store("pp-nearest", "nucleolus", 0, 30, 4.0)
    store("pp-nearest", "nucleolus", 1, 30, 4.0)
    store("pp-nearest", "nucleolus", 2, 30, 4.0)
    store("pp-register", DEFAULT, 1, 10, 2.0)
    found = register_runs(WORLD, folder=tmp_path).of(WORLD, DEFAULT)
    assert [(run.seed, len(run.table)) for run in found] == [(0, 10), (1, 10), (2, 10)]
    assert found[1].table["captures_mean"].iloc[-1] == pytest.approx(2.1)
    assert register_runs(WORLD, folder=tmp_path / "nothing").trained == ()


def test_area_is_the_mean_over_steps_and_later_steps_can_be_left_out():
    run = learner_run(captures_mean=[0.0, 1.0, 1.0, 4.0])
    # trapezoids 0.5, 1, 2.5 of equal width
    facts = run_facts(RunSuite((run,)), WORLD)
    assert facts.loc[0, "area"] == pytest.approx(4.0 / 3)
    assert facts.loc[0, "end"] == pytest.approx(2.0)
    cut = run_facts(RunSuite((run,)), WORLD, steps=30_000)
    assert cut.loc[0, "area"] == pytest.approx(0.75)
    assert cut.loc[0, "multiplier"] == 0.005
    with pytest.raises(StatisticsError, match="needs two evaluations"):
        run_facts(RunSuite((run,)), WORLD, steps=10_000)
    assert run_facts(RunSuite((run,)), "elsewhere").empty


@pytest.mark.parametrize(
    ("run", "diverged"),
    [
        (learner_run(), False),
        (learner_run(complete=False), True),
        (learner_run(**{"train/q_taken": [np.nan, 1.0, -2 * VALUE_BOUND, 3.0]}), True),
    ],
)
def test_divergence_is_a_value_that_no_world_pays_or_a_run_that_stopped(run, diverged):
    assert run_facts(RunSuite((run,)), WORLD).loc[0, "diverged"] == diverged


def test_noise_is_what_neither_reading_nor_seed_explains():
    # Reading effects 1, 2, 4 and a seed effect of 0.5 leave nothing, also where a seed lacks.
    exact = facts_of({DEFAULT: [1.0, 1.5], STRONG: [2.0, 2.5], "i8_pull": [4.0]})
    assert pooled_noise(exact).deviation == pytest.approx(0.0, abs=1e-12)
    assert pooled_noise(exact).freedom == 1
    rng = np.random.default_rng(0)
    noisy = facts_of({name: 0.3 * rng.standard_normal(60) + np.linspace(0, 3, 60) for name in READINGS})
    noise = pooled_noise(noisy)
    assert noise.freedom == (len(READINGS) - 1) * 59
    assert noise.deviation == pytest.approx(0.3, rel=0.05)


def test_other_methods_help_to_know_the_noise_and_diverged_runs_do_not():
    facts = facts_of({DEFAULT: [1.0, 1.5], STRONG: [2.0, 2.4]}, diverged={(STRONG, 1)})
    assert pooled_noise(facts).freedom == 0
    helped = pooled_noise(facts, {"VDN": facts_of({"vdn": [1.0, 1.7]})})
    # residuals of +-0.05 in two methods by two seeds
    assert helped.freedom == 1
    assert helped.deviation == pytest.approx(0.1)


def test_readings_are_compared_on_the_seeds_that_both_have():
    facts = facts_of({DEFAULT: [1.0, 5.0], STRONG: [1.5], "i8_pull": [1.0, 6.0], "i5_lmax_1": [9.0]})
    facts.loc[facts["reading"] == "i5_lmax_1", "diverged"] = True
    table = comparisons(facts).set_index("reading")
    assert table["seeds"].to_dict() == {STRONG: 1, "i8_pull": 2}
    assert table["difference"].to_dict() == {STRONG: 0.5, "i8_pull": 0.5}
    assert np.isclose(table.loc[STRONG, "limit"], np.sqrt(2) * table.loc["i8_pull", "limit"])
    assert np.isnan(detectable_difference(pooled_noise(facts), 0, 1))


def test_chance_alone_is_told_apart_in_at_most_one_study_of_twenty():
    rng = np.random.default_rng(1)
    studies = 60
    wrong = sum(
        comparisons(facts_of({name: rng.standard_normal(2) for name in READINGS}))["told"].any() for _ in range(studies)
    )
    # 5 % and its binomial chance; without Bonferroni it would be far more than half.
    assert wrong <= 0.05 * studies + 3 * np.sqrt(0.05 * 0.95 * studies)


def test_a_large_effect_is_told_apart_and_said():
    # Noise of one size and no effect at all, but for one reading.
    areas = {name: 1.5 + 0.1 * (-1) ** k * np.array([1.0, -1.0]) for k, name in enumerate(READINGS)}
    areas["i9_own"] = areas["i9_own"] + 2
    facts, other = facts_of(areas), {"VDN": facts_of({"vdn": [1.0, 2.0]})}
    table = comparisons(facts).set_index("reading")
    assert list(table.index[table["told"]]) == ["i9_own"]
    assert len(table) == len(READINGS) - 1
    assert "I9 own rewards (+" in say.told_sentence(facts, {})
    assert "for two seeds" in say.noise_sentence(facts, {})
    shown = outcome_table(facts, other)
    assert shown.set_index("reading").loc["own rewards", "told apart"] == "yes"
    assert shown.iloc[-1][["reading", "seeds", "area", "told apart"]].tolist() == ["VDN", "0, 1", 1.5, ""]


def test_without_noise_nothing_is_judged():
    facts = facts_of({DEFAULT: [1.0], STRONG: [2.0]})
    assert outcome_table(facts)["told apart"].tolist() == ["", "not known"]
    assert "too few runs" in say.noise_sentence(facts, {})
    assert say.told_sentence(facts, {}) == "No reading can be told from its reference."


def test_sentences_follow_the_runs():
    facts = facts_of({DEFAULT: [1.0, 1.5], "i5_lmax_0": [2.0, 2.4], STRONG: [3.0, 3.3]}, diverged={(STRONG, 1)})
    assert say.divergence_sentence(facts) == "Diverged: I5 λ ≤ 0.1 (1 of 2 runs)."
    assert say.divergence_sentence(facts[~facts["diverged"]]) == "No run diverged."
    sides = say.without_constraint_sentence(facts, {"VDN": facts_of({"vdn": [1.0, 7.0]})})
    # Seed 1 of the strong price diverged, so all are compared on seed 0.
    assert sides.startswith(
        "On seed 0, nucleolus Q-learning catches 1.00 with its constraint, 2.00 without it and 3.00"
    )
    assert "VDN 1.00" in sides
    assert "not stored yet" in say.without_constraint_sentence(facts_of({DEFAULT: [1.0]}), {})
    stored = say.stored_sentence(facts, {DEFAULT: [0, 1], STRONG: [0, 1, 2]})
    assert stored == "4 of 5 planned runs are stored; runs are lacking of I5 λ ≤ 0.1."
    assert say.stored_sentence(facts, {DEFAULT: [0, 1]}) == "All 2 planned runs are stored."


def test_own_rewards_are_ordered_beside_the_best_of_the_others():
    facts = facts_of(
        {DEFAULT: [1.0], STRONG: [1.2], "i9_own": [0.5], "i9_additive_own": [2.0], "i8_shares_own": [3.0]},
        diverged={("i8_shares_own", 0)},
    )
    words = say.own_rewards_sentence(facts, {"VDN": facts_of({"vdn": [1.1, 9.0]})})
    assert "VDN with own rewards (control) 2.00 and own rewards 0.50" in words
    assert words.endswith("Without that: the default 1.00 and VDN 1.10.")
    assert "not stored" in say.own_rewards_sentence(facts_of({DEFAULT: [1.0]}), {})


def test_curves_are_of_the_seeds_that_all_have():
    suite = RunSuite(tuple(learner_run(seed, name=name) for name, seed in ((DEFAULT, 0), (DEFAULT, 1), (STRONG, 1))))
    tables = tables_on_common_seeds(suite, WORLD, {DEFAULT: "a", STRONG: "b", "i5_lmax_1": "c"})
    assert {label: len(same) for label, same in tables.items()} == {"a": 1, "b": 1}
    assert tables["a"][0] is suite.of(WORLD, DEFAULT)[1].table
    assert tables_on_common_seeds(suite, WORLD, {"i5_lmax_1": "c"}) == {}


def test_the_pull_is_judged_on_common_seeds():
    facts = facts_of({DEFAULT: [1.0, 1.0], "i8_pull": [1.0]})
    facts["distance"] = [0.2, 0.9, 0.1]
    assert say.pull_sentence(facts) == (
        "On seed 0, the distance to the nucleolus at the end is 0.100 with the pull of row I8 and 0.200 without it."
    )
    assert "not stored" in say.pull_sentence(facts_of({DEFAULT: [1.0]}))


def test_seeds_of_a_method_span_a_range():
    references = {"VDN": facts_of({"vdn": [1.0, 1.5]}), "QMIX": facts_of({"qmix": [1.0]})}
    assert say.span_sentence(references).endswith("captures over training: VDN 1.00 to 1.50 (two seeds).")
    assert "No method" in say.span_sentence({})


def test_price_is_length_times_multiplier_times_violation():
    for target, level in (("zero", 0.0), ("least_core", 0.1), ("relaxed", 0.1)):
        price = episode_price(learner_run(target=target))
        assert np.isnan(price[0])
        assert price[1] == pytest.approx(100 * 0.01 * (0.3 - level))
    assert episode_price(learner_run(target="relaxed"))[2] == pytest.approx(100 * 0.005 * 0.1)
    assert episode_price(learner_run(target="least_core"))[2] == pytest.approx(100 * 0.005 * 0.2)


def test_ratio_is_one_where_the_nucleolus_is_the_equal_division():
    payoff = np.array([3.0, 1.0, 0.5, -0.5])
    distance = np.sqrt(np.mean((payoff - payoff.mean()) ** 2))
    run = learner_run(**{"train/nucleolus_distance": distance, "train/payoff_spread": payoff.std(ddof=1)})
    assert uneven_ratio(run, 4) == pytest.approx(1.0)


def test_constraint_table_and_its_words():
    table = constraint_table([learner_run(0), learner_run(1)], 8)
    assert table["active until"].tolist() == [30_000, 30_000]
    assert table["largest price"].tolist() == pytest.approx([0.2, 0.2])
    assert table["return then"].tolist() == [5.0, 5.0]
    assert table[["distance, early", "distance, late"]].iloc[0].tolist() == [0.1, 0.3]
    words = say.price_sentence(table)
    assert "price of an episode was 0.20" in words
    assert "paid 5.0" in words
    assert "after 30k steps" in words
    assert "grew in all two runs" in say.distance_sentence(table)
    idle = learner_run(**{"train/multiplier": [np.nan, 0.0, 0.0, 0.0]})
    assert constraint_table([idle], 8)["active until"].tolist() == [0]


def test_dots_stand_where_the_facts_are():
    facts = facts_of({STRONG: [3.0, 3.3], DEFAULT: [1.0, 1.5]}, diverged={(STRONG, 1)})
    figure = plots.register_dots(facts, {"VDN": facts_of({"vdn": [1.0, 2.0]})})
    first = figure.axes[0]
    assert [label.get_text() for label in first.get_yticklabels()] == [reading_label(DEFAULT), "I5 λ ≤ 0.1", "VDN"]
    dots = [(line.get_marker(), *line.get_xdata()) for line in first.lines if line.get_marker() != "None"]
    assert dots == [("o", 1.0), ("s", 1.5), ("o", 3.0), ("o", 1.0), ("s", 2.0)]
    assert [list(line.get_xdata()) for line in first.lines if line.get_linestyle() == "--"] == [[1.0] * 2, [1.5] * 2]
    assert [text.get_text() for text in first.texts] == ["diverged: 1 of 2"]
    assert stored_readings(facts) == [DEFAULT, STRONG]
    assert inside_table(facts)["seeds"].tolist() == [2, 1]
    plt.close(figure)
    with pytest.raises(SharePlotError, match="none of these runs"):
        plots.register_dots(facts_of({"vdn": [1.0]}))

"""Sentences made from results say what the results say, also when that is little."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.report.credit_gap import credit_gap_table
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.figure_two import CurveFacts, claim_table
from nucleolus_lib.report.reference_settings import shared_settings_table
from nucleolus_lib.report.result_sentences import (
    agreement_sentence,
    band_sentence,
    capture_share_sentence,
    constraint_sentence,
    count_word,
    few_seeds_sentence,
    gap_sentence,
    length_sentence,
    listed,
    order_sentence,
    plan_sentence,
    script_sentence,
    separation_sentence,
    shaping_sentence,
    standing_sentences,
    turns_sentence,
    untrained_sentence,
)
from nucleolus_lib.report.run_suite import RunSuite
from nucleolus_lib.report.training_metrics import NUCLEOLUS_METRICS, last_values, metric_curves, metric_panels
from tests.report.run_fixture import CAPTURES, TURNS, made_up_run, made_up_suite
from tests.report.test_figure_two import PAPER


def fact(level, low=None, high=None):
    return CurveFacts(level, level if low is None else low, level if high is None else high, 1.0, 1.0, 1.0)


def test_few_seeds():
    assert few_seeds_sentence(3).startswith("With three seeds the 95% interval is the range")
    assert "75.0%" in few_seeds_sentence(3)
    five = few_seeds_sentence(5)
    assert "lies within the range" in five
    assert "93.8%" in five
    assert "no interval" in few_seeds_sentence(1)
    assert band_sentence(3).startswith("With three seeds the band is the range of the runs")
    assert "narrower" in band_sentence(5)
    assert band_sentence(1) == "With one seed there is no band."
    # four resamples of four are 1/256, less than 2.5 %
    assert "lies within" in few_seeds_sentence(4)


def test_order_is_by_score_and_levels_are_shown_as_counted():
    assert order_sentence({"vdn": fact(-40.0), "qmix": fact(-25.0)}, TURNS) == "From best to worst: QMIX 25, VDN 40."
    assert order_sentence({"vdn": fact(3.0), "qmix": fact(2.0)}, CAPTURES) == "From best to worst: VDN 3, QMIX 2."


def test_separation():
    apart = {"vdn": fact(1, 0.9, 1.1), "qmix": fact(2, 1.9, 2.1), "shaq": fact(1.05, 0.8, 1.3)}
    assert separation_sentence(apart) == (
        "Intervals are apart in two of three pairs: QMIX above VDN and QMIX above SHAQ."
    )
    assert separation_sentence({"vdn": fact(1)}) == "There is nothing to compare."
    alone = {name: CurveFacts(level, level, level, 1.0, np.nan, 1.0) for name, level in (("vdn", 1), ("qmix", 2))}
    assert separation_sentence(alone) == "With one seed each there are no intervals to compare."
    touching = {"vdn": fact(1, 0, 2), "qmix": fact(2, 1, 3)}
    assert separation_sentence(touching) == "The intervals overlap."
    assert separation_sentence(touching | {"shaq": fact(1, 0, 2)}) == "The intervals of all three pairs overlap."


def test_agreement():
    assert agreement_sentence(claim_table(PAPER)) == "11 of 11 comparisons agree with the text."
    without = {name: facts for name, facts in PAPER.items() if name != "shaq"}
    assert agreement_sentence(claim_table(without)).endswith("cannot be told.")
    assert agreement_sentence(claim_table({})).startswith("None of the comparisons")


def test_what_is_planned_and_not_there():
    suite = made_up_suite()
    assert plan_sentence(suite, {"first": 18, "second": 18}) == "All planned runs are stored."
    assert plan_sentence(suite, {"first": 30, "third": 6}) == (
        "Not all planned runs are stored: first has 18 of 30 and third has 0 of 6."
    )


def test_constraint():
    unknown = {"train/multiplier": np.nan, "train/excess_max": np.nan}
    assert constraint_sentence({"a": unknown}) == "No run of the nucleolus learner is stored."
    found = constraint_sentence(
        {
            "a": {"train/multiplier": 0.0, "train/excess_max": -0.47},
            "b": {"train/multiplier": 0.01, "train/excess_max": 0.2},
            "c": unknown,
        }
    )
    assert found.endswith(
        "on a it was idle (multiplier 0, largest excess -0.47) and on b it was at work (multiplier 0.01, largest "
        "excess 0.2)."
    )


def test_turns():
    assert turns_sentence({"qmix": fact(-27.04)}).endswith("QMIX ends at 27.0 turns, within 5 of 25.")
    assert "not within" in turns_sentence({"qmix": fact(-60.0)})
    assert "not run" in turns_sentence({"vdn": fact(-60.0)})


def test_length():
    whole = RunSuite(tuple(made_up_run("first", "vdn", seed) for seed in (0, 1)))
    assert length_sentence(whole) == "All runs have the same length."
    cut = RunSuite((*whole.trained, made_up_run("first", "vdn", 2, n_evaluations=10)))
    assert length_sentence(cut).startswith("The runs are of different length, 100k to 300k environment steps")
    assert length_sentence(cut).endswith("1 of 3 are not complete: they end before the step they were given.")


def test_scripts():
    references = {"random": 0.5, "pairs": 3.0, "chase_nearest": 4.0}
    below = {"vdn": fact(1.0), "qmix": fact(0.4)}
    assert script_sentence(below, references, CAPTURES) == (
        "No method reaches the best script (chase nearest, 4); QMIX ends no better than random play (0.5)."
    )
    above = {"vdn": fact(4.0), "qmix": fact(3.0)}
    assert script_sentence(above, references, CAPTURES) == (
        "VDN reaches the best script (chase nearest, 4); all end better than random play (0.5)."
    )
    assert "No scripted reference" in script_sentence(above, {"random": 1.0}, CAPTURES)
    assert script_sentence({"vdn": fact(-30.0)}, {"random": 90.0, "chase_nearest": 20.0}, TURNS).startswith("No method")


def test_gap():
    suite = made_up_suite()
    assert gap_sentence(credit_gap_table(suite, "first", CAPTURES)) == (
        "Gap closed: QMIX 0.33, OW-QMIX 0.17, SHAQ -0.17, nucleolus 0.67."
    )
    empty = credit_gap_table(made_up_suite(algorithms=("vdn",)), "first", CAPTURES)
    assert "not known" in gap_sentence(empty)
    none = pd.DataFrame({"algorithm": ["qmix"], "closed": np.nan, "low": np.nan, "high": np.nan, "undefined": 1.0})
    assert "no gap to close" in gap_sentence(none)
    assert "not known" in gap_sentence(none.assign(undefined=np.nan))
    unsure = none.assign(closed=0.5, undefined=0.4)
    assert "no interval is given" in gap_sentence(unsure)


def test_captures_in_the_paper_s_world_in_words():
    assert capture_share_sentence({"VDN": 0.5, "QMIX": 0.754}) == (
        "At the end of training the prey is caught in this share of the episodes: QMIX 75%, VDN 50%."
    )
    assert capture_share_sentence({}) == "No method was run in the paper's world."


def test_shapings_in_words():
    table = pd.DataFrame({"method": ["VDN", "QMIX"], "difference": [0.5, 1.25]})
    assert shaping_sentence(table) == (
        "All methods that were run with both shapings catch more prey when they are paid for progress, by 0.50 to 1.25 "
        "on average over their seeds."
    )
    one = table.assign(difference=[0.5, -0.1])
    assert shaping_sentence(one).startswith("1 of 2 methods catch more prey when they are paid for progress (VDN)")
    assert "No method catches more" in shaping_sentence(table.assign(difference=-1.0))
    assert "No method was run" in shaping_sentence(table.iloc[:0])


def test_words():
    assert [count_word(n) for n in (0, 3, 10, 11)] == ["no", "three", "ten", "11"]
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def with_metric(run, values, column="train/multiplier"):
    run.table[column] = values
    return run


def test_training_metrics_begin_where_learning_does():
    values = np.where(np.arange(30) < 4, np.nan, np.arange(30.0))
    suite = RunSuite(tuple(with_metric(made_up_run("first", "nucleolus", seed), values + seed) for seed in (0, 1)))
    curves = metric_curves(suite, "first", "nucleolus", "train/multiplier")
    assert curves.steps[0] == 50_000
    assert curves.values[0].tolist() == [4, 5]
    assert metric_curves(suite, "first", "nucleolus", "train/excess_max") is None
    last = last_values(suite, ["first"], "nucleolus")["first"]
    assert last["train/multiplier"] == 29.5
    assert np.isnan(last["train/excess_max"])
    figure = metric_panels(suite, ["first"], "nucleolus")
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == list(NUCLEOLUS_METRICS.values())
    thick = [line for line in figure.axes[1].lines if line.get_label() == "first"]
    assert np.asarray(thick[0].get_ydata())[-1] == 29.5
    plt.close(figure)
    without = metric_panels(made_up_suite(), ["first"], "nucleolus", {"train/excess_max": "largest excess"})
    assert [text.get_text() for text in without.axes[0].texts] == ["no run has this"]
    plt.close(without)
    assert metric_curves(made_up_suite(algorithms=("vdn",)), "first", "nucleolus", "train/multiplier") is None
    with pytest.raises(StatisticsError, match="at most 4 worlds"):
        metric_panels(suite, ["first"] * 5, "nucleolus")


def test_settings_that_differ_name_who_has_them():
    from nucleolus_lib.experiments.config import preset

    configs = {"VDN": preset("pp-8v4", "vdn").to_dict(), "QMIX": preset("pp-8v4", "qmix").to_dict()}
    configs["QMIX"]["batch_size"] = 77
    table = shared_settings_table(configs).set_index("setting")
    assert table.loc["episodes per gradient step", "here"].endswith("(VDN); 77 (QMIX)")
    assert table.loc["discount", "here"] == "0.99"


def test_the_standing_is_told_in_three_sentences():
    facts = {"vdn": fact(-40.0), "qmix": fact(-25.0)}
    words = standing_sentences(facts, {"random": 90.0, "chase_nearest": 10.0}, TURNS)
    assert words.startswith("From best to worst: QMIX 25, VDN 40. ")
    assert words.endswith(
        "No method reaches the best script (chase nearest, 10); all end better than random play (90)."
    )


def test_untrained_networks():
    assert untrained_sentence({"a": [0.25, 0.5], "b": [200.0, 200.0]}) == (
        "Before the first gradient step the greedy policies of the seeds reach 0.25 to 0.5 on a and 200 on b."
    )
    assert "No run was evaluated" in untrained_sentence({})

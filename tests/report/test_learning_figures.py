"""Figures of runs: what is drawn is what was given, every algorithm in its own colour."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from nucleolus_lib.report.algorithm_styles import ORDER, STYLES, in_order, style_of
from nucleolus_lib.report.comparison_plots import (
    gap_bars,
    improvement_matrix,
    improvement_table,
    profile_figure,
    score_thresholds,
)
from nucleolus_lib.report.credit_gap import credit_gap_table
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.learning_curves import CurvePanel, curve_interval, curve_panel, learning_curves, spread_out
from nucleolus_lib.report.run_suite import score_matrix
from tests.report.run_fixture import CAPTURES, LEVELS, made_up_suite

SUITE = made_up_suite()
SCORES = {name: score_matrix(SUITE, ["first"], name, {"first": CAPTURES})[0] for name in LEVELS}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_every_algorithm_has_a_look_of_its_own():
    colors = [style.color for style in STYLES.values()]
    assert len(set(colors)) == len(ORDER)
    looks = {(style.color, str(style.dash)) for style in STYLES.values()}
    assert len(looks) == len(ORDER)
    red, green, blue = to_rgb(style_of("oracle_credit").color)
    assert red == green == blue  # a reference is grey
    assert style_of("something_new").label == "something new"
    assert in_order(["zeta", "nucleolus", "vdn", "alpha", "vdn"]) == ["vdn", "nucleolus", "alpha", "zeta"]


def test_learning_curves_draw_mean_band_and_every_seed():
    panel = curve_panel(SUITE, "first", CAPTURES, {"chase_nearest": 4.0, "pairs": 3.95})
    figure = learning_curves([panel, curve_panel(SUITE, "second", CAPTURES, algorithms=["vdn"])], n_resamples=50)
    above, below = figure.axes
    thick = {line.get_label(): line for line in above.lines if line.get_linewidth() == 2.0}
    assert set(thick) == {STYLES[name].label for name in LEVELS}
    vdn = thick["VDN"]
    assert to_hex(vdn.get_color()).lower() == STYLES["vdn"].color.lower()
    np.testing.assert_allclose(vdn.get_ydata(), curve_interval(panel.curves["vdn"], np.random.default_rng(0)).estimate)
    assert np.asarray(vdn.get_xdata())[-1] == 300  # thousands
    assert sum(line.get_linewidth() == 0.6 for line in above.lines) == 3 * len(LEVELS)
    texts = [text.get_text() for text in above.texts]
    assert texts == ["pairs: 3.95", "chase nearest: 4"]
    heights = sorted(text.get_position()[1] for text in above.texts)
    assert heights[1] - heights[0] > 0.05  # labels of near lines are moved apart
    assert [line.get_label() for line in below.lines if line.get_linewidth() == 2.0] == ["VDN"]
    assert len(figure.legends[0].get_texts()) == len(LEVELS)


def test_labels_of_lines_are_spread_out_below_the_top():
    assert spread_out([0.0, 3.8, 3.99, 4.0], 0.3, 4.2) == pytest.approx([0.0, 3.6, 3.9, 4.2])
    assert spread_out([1.0, 2.0], 0.3, 4.0) == [1.0, 2.0]
    assert spread_out([], 1.0, 1.0) == []


def test_the_band_holds_the_mean_and_stays_within_the_seeds():
    curves = curve_panel(SUITE, "first", CAPTURES).curves["qmix"]
    interval = curve_interval(curves, np.random.default_rng(1))
    assert (interval.low <= interval.estimate).all()
    assert (interval.estimate <= interval.high).all()
    np.testing.assert_allclose(interval.low, curves.values.min(axis=1))


def test_curves_without_anything_to_draw_are_refused():
    with pytest.raises(StatisticsError, match="at least one panel"):
        learning_curves([])
    with pytest.raises(StatisticsError, match="at least one"):
        learning_curves([CurvePanel("empty", "y", {})])


def test_profiles_fall_from_one_to_zero():
    tau = score_thresholds(SCORES, extra=[5.0])
    assert tau[0] < 0.5 < 5.0 < tau[-1]
    figure = profile_figure(SCORES, tau, "captures", {"script": 5.0}, n_resamples=50)
    (axes,) = figure.axes
    for line in axes.lines[: len(LEVELS)]:
        shares = np.asarray(line.get_ydata())
        assert (shares[0], shares[-1]) == (1, 0)
        assert (np.diff(shares) <= 0).all()
    assert [text.get_text() for text in axes.texts] == ["script"]


def test_improvements_are_those_of_separate_runs():
    table = improvement_table(SCORES, n_resamples=50)
    assert len(table) == len(LEVELS) * (len(LEVELS) - 1)
    better = table.set_index(["x", "y"])["probability"]
    assert better["nucleolus", "vdn"] == 1
    assert better["vdn", "nucleolus"] == 0
    only = improvement_table(SCORES, of="nucleolus", n_resamples=50)
    assert set(only["x"]) == {"nucleolus"}
    figure = improvement_matrix(table)
    assert any(text.get_text() == "1.00\n1.00 to 1.00" for text in figure.axes[0].texts)
    with pytest.raises(StatisticsError, match="two methods"):
        improvement_matrix(table[:0])


def test_gap_bars_reach_as_far_as_the_gap_is_closed():
    table = credit_gap_table(SUITE, "first", CAPTURES, n_resamples=200)
    undefined = table.assign(closed=np.nan, low=np.nan, high=np.nan)
    figure = gap_bars({"first": table, "second": undefined})
    (axes,) = figure.axes
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], table["closed"])
    notes = [text.get_text() for text in axes.texts]
    assert sum("not defined" in note for note in notes) == len(table)
    unknown = gap_bars({"first": undefined.assign(undefined=np.nan)})
    assert sum("not known" in text.get_text() for text in unknown.axes[0].texts) == len(table)
    with pytest.raises(StatisticsError, match="no world"):
        gap_bars({})

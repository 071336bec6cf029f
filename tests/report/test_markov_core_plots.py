"""Figures of Markov cores and of split-the-task: what is drawn is what was given."""

from __future__ import annotations

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.games import TUGame
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.markov_core_plots import (
    core_triangles,
    game_to_draw,
    least_core_curves,
    least_core_dots,
)
from nucleolus_lib.report.markov_core_slider import SPACING, TRACES_PER_STATE, markov_core_slider
from nucleolus_lib.report.split_plots import dial_figure, threshold_figure

NAMES = ("Ann", "Ben", "Cleo")


def pairs(value: float) -> TUGame:
    return game_to_draw([0, 0, 0, value, 0, value, value, 1], NAMES)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_values_are_rounded_and_exact():
    game = game_to_draw([0, 0, 0, 2 / 3 + 1e-13, 0, 2 / 3, 2 / 3, 1], NAMES)
    assert game.is_exact
    assert game.values[3] == Fraction(666666667, 10**9)


def test_one_triangle_per_state():
    games = {"calm": pairs(0.5), "alarm": pairs(0.9)}
    figure = core_triangles(games, {"calm": {"nucleolus": [1 / 3] * 3}})
    assert [axes.get_title(loc="left") + axes.get_title() for axes in figure.axes] == ["calm", "alarm"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"core", "core: empty", "nucleolus", "least core"} <= set(labels)
    with pytest.raises(CoalitionPlotError, match="no game"):
        core_triangles({})


def test_an_odd_number_of_triangles_leaves_an_empty_place():
    figure = core_triangles({str(k): pairs(0.1 * k) for k in range(1, 4)})
    assert len(figure.axes) == 4
    assert not figure.axes[3].axison


def test_dots_are_sorted_and_the_empty_ones_crossed():
    values = np.array([[0.3, -0.2, 1e-12], [-1.0, -2.0, -3.0]])
    figure = least_core_dots(values, ("calm", "alarm"), [1, 0], tolerance=1e-9)
    full, empty, optimal = figure.axes[0].get_lines()[1:]
    assert full.get_ydata().tolist() == [-0.2, 1e-12]
    assert empty.get_xydata().tolist() == [[2, 0.3]]
    assert optimal.get_xydata().tolist() == [[0, -0.2]]
    assert "core empty" in [text.get_text() for text in figure.legends[0].get_texts()]
    figure = least_core_dots(-np.ones((2, 3)), ("calm", "alarm"), [1, 0], tolerance=1e-9)
    assert "core empty" not in [text.get_text() for text in figure.legends[0].get_texts()]
    with pytest.raises(CoalitionPlotError, match="S names"):
        least_core_dots(values, ("calm",), [1, 0], tolerance=0)


def test_curves_keep_their_values_and_marks():
    figure = least_core_curves([0, 1, 2], {"a": [-1, 0, 1], "b": [-2, -1, 0]}, "dial", {"here": 1.0})
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].get_lines()}
    assert lines["a"] == [-1, 0, 1]
    assert lines["b"] == [-2, -1, 0]
    assert [text.get_text() for text in figure.axes[0].texts] == ["here"]


def test_the_slider_moves_every_state_at_once():
    frames = {str(p): {"calm": pairs(p), "alarm": pairs(p / 2)} for p in (0.5, 0.9)}
    figure = markov_core_slider(frames, "pay", start=1)
    per_frame = 2 * TRACES_PER_STATE
    assert [trace.visible for trace in figure.data] == [False] * per_frame + [True] * per_frame
    steps = figure.layout.sliders[0].steps
    assert [sum(step.args[0]["visible"]) for step in steps] == [per_frame] * 2
    first, second = steps[1].args[1]["title.text"].split("<br>")
    assert first == "calm: core empty, least-core value 0.233"
    assert second.startswith("alarm: core not empty")
    assert figure.data[per_frame + 1].x == (None,)  # the calm core is empty, but stays in the legend
    assert min(figure.data[TRACES_PER_STATE].x) == pytest.approx(SPACING)
    assert sum(bool(trace.showlegend) for trace in figure.data if trace.visible) == TRACES_PER_STATE


def test_frames_that_do_not_match_are_refused():
    frames = {"1": {"calm": pairs(0.5)}, "2": {"alarm": pairs(0.5)}}
    with pytest.raises(CoalitionPlotError, match="every frame needs"):
        markov_core_slider(frames, "pay")
    with pytest.raises(CoalitionPlotError, match="start is the number"):
        markov_core_slider(frames, "pay", start=2)


def test_dial_and_threshold_figures():
    dials = [0.0, 0.5, 1.0]
    figure = dial_figure(dials, {"W": [2, 1.6, 1], "G": [1.5] * 3}, {"tables": ([0.0, 1.0], [2.0, 1.5])}, 0.45)
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["W"].get_ydata().tolist() == [2, 1.6, 1]
    assert lines["tables"].get_xdata().tolist() == [0.0, 1.0]
    figure = threshold_figure(dials, {"work": [0.5, 0.45, 0.41]}, [0.5], {"work": [0.45]})
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["work: measured"].get_ydata() == [0.45]
    assert lines["work: derived"].get_xdata().tolist() == dials

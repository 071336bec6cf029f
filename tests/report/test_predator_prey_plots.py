"""The figures of chapter 07 show the numbers they are given."""

import matplotlib.pyplot as plt
import numpy as np

from nucleolus_lib.report.predator_prey_plots import captures_figure, catch_value_figure


def drawn(axes):
    return {line.get_label(): line.get_ydata() for line in axes.get_lines()}


def test_captures_over_time():
    first, second = np.array([0, 1, 2.0]), np.array([0, 0, 4.0])
    figure = captures_figure({"flee": {"pairs": first, "random": second}, "random": {"pairs": second}}, 4)
    left, right = figure.axes
    np.testing.assert_array_equal(drawn(left)["pairs"], first)
    np.testing.assert_array_equal(drawn(left)["random"], second)
    np.testing.assert_array_equal(drawn(right)["pairs"], second)
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["flee", "random"]
    assert left.get_ylim()[1] >= 4
    plt.close(figure)


def test_catch_values_have_marks_in_the_colour_of_their_line():
    chances = np.array([0.0, 0.5])
    lines = {"p = 0": 10 * chances, "p = -2": 12 * chances - 2}
    figure = catch_value_figure(chances, lines, [0.25], {"p = 0": [2.4], "p = -2": [1.1]}, 1 / 6)
    found = figure.axes[0].get_lines()
    colors = {line.get_label(): line.get_color() for line in found}
    marks = {line.get_color(): line.get_ydata()[0] for line in found if line.get_marker() == "o"}
    assert marks == {colors["p = 0"]: 2.4, colors["p = -2"]: 1.1}
    assert any(np.allclose(line.get_xdata(), 1 / 6) for line in figure.axes[0].get_lines())
    plt.close(figure)

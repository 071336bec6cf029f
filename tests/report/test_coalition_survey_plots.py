"""Figures of the survey: what is drawn is what was given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.report.coalition_survey_plots import agreement_figure, size_figure, stakes_figure, tolerance_figure
from nucleolus_lib.report.errors import CoalitionPlotError


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_areas_fill_the_panel():
    shares = np.array([[0.25, 0.75, 0], [0, 0, 1.0]])
    figure = size_figure({"one": shares, "two": shares[:, ::-1]})
    assert [axes.get_title() or axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]
    largest, middle, smallest = (area.get_paths()[0].vertices for area in figure.axes[0].collections)
    # From the largest coalition below to agents that are alone on top; the first step ends at 0.5.
    assert largest[largest[:, 0] > 0.6][:, 1].max() == 1
    assert middle[middle[:, 0] < 0.4][:, 1].max() == 0.75
    assert smallest[smallest[:, 0] < 0.4][:, 1].max() == 1
    with pytest.raises(CoalitionPlotError, match="one shape"):
        size_figure({"one": shares, "two": shares[:1]})


def test_agreement_has_a_point_and_an_interval_for_each_reading():
    table = pd.DataFrame(
        {"reading": ["learned", "other"], "above": [0.1, -0.1], "low": [0.0, -0.2], "high": [0.2, 0.0]}
    )
    figure = agreement_figure({"attacks": table, "damage": table}, {"attacks": 0.3, "damage": 0.4})
    lines = figure.axes[0].get_lines()
    assert lines[0].get_xdata().tolist() == [0.0, 0.2]
    assert lines[1].get_xdata().tolist() == [0.1]
    assert [axes.get_lines()[-1].get_xdata()[0] for axes in figure.axes] == [0.3, 0.4]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["learned", "other"]


def test_stakes_are_distributions():
    line = stakes_figure({"gain": [1.0, 0.0, 10.0]}, smallest=0.01).axes[0].get_lines()[0]
    assert line.get_xdata().tolist() == [0.01, 1, 10]
    np.testing.assert_allclose(line.get_ydata(), [1 / 3, 2 / 3, 1])


def test_tolerances_are_stacked():
    table = pd.DataFrame(
        {
            "reading": ["a", "a"],
            "tolerance": [0.0, 0.1],
            "grand": [0.2, 0.7],
            "between": [0.5, 0.3],
            "alone": [0.3, 0.0],
        }
    )
    axes = tolerance_figure(table).axes[0]
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([0.2, 0.7, 0.5, 0.3, 0.3, 0.0])
    assert axes.patches[4].get_y() == pytest.approx(0.7)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0%", "10%"]

"""Curves of a learner's metrics."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.nucleolus_learning_plots import training_panels

COLUMNS = {"train/excess_max": "largest excess", "captures_mean": "captures"}


def run(offset: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "env_steps": [0, 10_000, 20_000],
            "train/excess_max": [np.nan, 1.0 + offset, 2.0 + offset],
            "captures_mean": [0.0, 1.0, 2.0],
        }
    )


def test_every_label_is_a_line_without_the_rows_before_learning() -> None:
    figure = training_panels({"a": [run(0.0), run(1.0)], "b": [run(5.0)]}, COLUMNS)
    first = figure.axes[0]
    means = {line.get_label(): line for line in first.lines if line.get_label() in ("a", "b")}
    assert list(means["a"].get_xdata()) == [10, 20]
    assert list(means["a"].get_ydata()) == [1.5, 2.5]
    assert list(means["b"].get_ydata()) == [6.0, 7.0]
    assert means["a"].get_color() != means["b"].get_color()
    # two single seeds of a, none of b, whose mean is its only run
    assert len(first.lines) == 4
    assert list(figure.axes[1].lines[-1].get_xdata()) == [0, 10, 20]
    plt.close(figure)


def test_a_label_that_lacks_a_metric_is_left_out_of_its_panel() -> None:
    bare = run(0.0).drop(columns="train/excess_max")
    figure = training_panels({"bare": [bare], "b": [run(5.0)]}, COLUMNS)
    assert [len(axes.lines) for axes in figure.axes] == [1, 2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["bare", "b"]
    plt.close(figure)


def test_a_wide_metric_has_a_wide_scale() -> None:
    figure = training_panels({"a": [run(1000.0)]}, COLUMNS, wide=("train/excess_max",))
    assert [axes.get_yscale() for axes in figure.axes] == ["symlog", "linear"]
    plt.close(figure)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(SharePlotError, match="1 to 6 labels"):
        training_panels({}, COLUMNS)
    with pytest.raises(SharePlotError, match="at least a run each"):
        training_panels({"a": []}, COLUMNS)
    with pytest.raises(SharePlotError, match="no run has the metric 'train/no'"):
        training_panels({"a": [run(0.0)]}, {"train/no": "nothing"})

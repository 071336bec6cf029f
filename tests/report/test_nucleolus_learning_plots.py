"""Curves of the constraint and its multiplier."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.nucleolus_learning_plots import constraint_curves


def run(offset: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"env_steps": [0, 10, 20], "train/excess_max": [np.nan, 1.0 + offset, 2.0], "train/multiplier": [np.nan, 0, 1]}
    )


def test_every_run_is_a_line_without_the_rows_before_learning() -> None:
    figure = constraint_curves({"a": run(0.0), "b": run(0.5)})
    lines = [line for line in figure.axes[0].lines if line.get_label() in ("a", "b")]
    assert [list(line.get_xdata()) for line in lines] == [[10, 20], [10, 20]]
    assert [list(line.get_ydata()) for line in lines] == [[1.0, 2.0], [1.5, 2.0]]
    assert lines[0].get_color() != lines[1].get_color()
    plt.close(figure)


def test_a_run_without_a_multiplier_is_refused_by_name() -> None:
    with pytest.raises(SharePlotError, match=r"'vdn' lacks train/excess_max, train/multiplier"):
        constraint_curves({"vdn": pd.DataFrame({"env_steps": [0]})})
    with pytest.raises(SharePlotError, match="at least one run"):
        constraint_curves({})

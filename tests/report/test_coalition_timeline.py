"""The timeline of an episode's coalitions."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nucleolus_lib.report.coalition_timeline import coalition_timeline, completion_steps, number_of_coalitions
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.rescue_animation import RESIDUAL, task_color

STRUCTURE = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 2], [0, 0, 0]])
PARTICIPANTS = np.zeros((4, 2, 3), dtype=bool)
PARTICIPANTS[1, 0, 0] = PARTICIPANTS[2, 0, 0] = PARTICIPANTS[2, 1, 1] = True


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_the_number_of_coalitions_is_drawn():
    assert number_of_coalitions(STRUCTURE).tolist() == [1, 2, 3, 1]
    figure = coalition_timeline(PARTICIPANTS, STRUCTURE, ("fire", "well"), (2, None))
    line = figure.axes[1].get_lines()[0]
    assert line.get_ydata().tolist() == [1, 2, 3, 1, 1]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["fire", "well", "on no task"]


def test_agents_have_the_colour_of_their_task():
    colors = coalition_timeline(PARTICIPANTS, STRUCTURE, ("fire", "well")).axes[0].images[0].get_array()
    np.testing.assert_allclose(colors[:, 2], [to_rgb(c) for c in (task_color(0), task_color(1), RESIDUAL)])


def test_when_tasks_were_completed():
    assert completion_steps(np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 2.0]])) == [None, 1]


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(CoalitionPlotError, match="structure must be"):
        coalition_timeline(PARTICIPANTS, STRUCTURE[:-1], ("fire", "well"))
    with pytest.raises(CoalitionPlotError, match="task names"):
        coalition_timeline(PARTICIPANTS, STRUCTURE, ("fire",))

"""Figures of coalitions: what is drawn is what was computed, in the right order."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.games import TUGame, excesses
from nucleolus_lib.report.coalition_plots import coalition_lattice, excess_bars, most_dissatisfied
from nucleolus_lib.report.errors import CoalitionPlotError

GLOVES = TUGame([0, 0, 0, 0, 0, 1, 1, 1], ("left 1", "left 2", "right"))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def bar_lengths(figure) -> list[list[float]]:
    return [[bar.get_width() for bar in container] for container in figure.axes[0].containers]


def test_bars_are_the_excesses_of_the_named_coalitions() -> None:
    payoff = [0.5, 0.2, 0.3]
    figure = excess_bars(GLOVES, {"some": payoff})
    expected = {GLOVES.name_of(S): excesses(GLOVES, payoff)[S] for S in range(1, 7)}
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    drawn = dict(zip(names, bar_lengths(figure)[0], strict=True))
    assert drawn == pytest.approx(expected)


def test_coalitions_come_in_the_order_of_their_largest_excess() -> None:
    table = np.array([[0.0, 1.0, 5.0, 2.0, 2.0, -3.0, 0.0, 0.0], [0.0, 4.0, -9.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert most_dissatisfied(table).tolist() == [2, 1, 3, 4, 5, 6]
    assert most_dissatisfied(table, 2).tolist() == [2, 1]


def test_ties_that_differ_by_rounding_keep_the_order_of_the_bitmasks() -> None:
    table = np.array([[0.0, 0.1 + 0.2, 0.3 + 1e-15, 0.3, 0.0, 0.0, 0.0, 9.0]])
    assert most_dissatisfied(table, 3).tolist() == [1, 2, 3]


def test_one_group_of_bars_per_payoff() -> None:
    figure = excess_bars(GLOVES, {"a": [0, 0, 1], "b": [1 / 3] * 3}, largest=4, units="gloves")
    assert [len(bars) for bars in bar_lengths(figure)] == [4, 4]
    assert figure.axes[0].get_xlabel().endswith("gloves")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_the_lattice_has_a_box_per_coalition_and_a_line_per_new_member() -> None:
    for n in (2, 3, 4):
        axes = coalition_lattice(TUGame(np.arange(1 << n, dtype=float))).axes[0]
        boxes = [artist for artist in axes.artists if artist.__class__.__name__ == "AnnotationBbox"]
        assert len(boxes) == 1 << n
        assert len(axes.lines) == n << (n - 1)


@pytest.mark.parametrize("payoffs", [{}, {name: [0, 0, 1] for name in "abcde"}])
def test_no_payoff_or_too_many_are_refused(payoffs) -> None:
    with pytest.raises(CoalitionPlotError, match="1 to 4 payoffs"):
        excess_bars(GLOVES, payoffs)


def test_games_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(CoalitionPlotError, match="at most 4 players"):
        coalition_lattice(TUGame(np.zeros(32)))
    with pytest.raises(CoalitionPlotError, match="one player"):
        excess_bars(TUGame([0.0, 1.0]), {"all": [1.0]})

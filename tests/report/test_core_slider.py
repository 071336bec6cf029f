"""The slider over games: one game visible at a time, headings that are true."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from nucleolus_lib.games import TUGame
from nucleolus_lib.report.core_slider import TRACES_PER_GAME, core_slider
from nucleolus_lib.report.errors import CoalitionPlotError


def pairs(value: Fraction) -> TUGame:
    zero = Fraction(0)
    return TUGame([zero, zero, zero, value, zero, value, value, Fraction(1)], ("a", "b", "c"))


GAMES = {str(value): pairs(value) for value in (Fraction(0), Fraction(2, 3), Fraction(9, 10))}


def test_each_step_shows_one_game() -> None:
    figure = core_slider(GAMES, "value of a pair", start=1)
    assert [trace.visible for trace in figure.data] == [False] * 3 + [True] * 3 + [False] * 3
    for number, step in enumerate(figure.layout.sliders[0].steps):
        shown = step.args[0]["visible"]
        assert sum(shown) == TRACES_PER_GAME
        assert all(shown[TRACES_PER_GAME * number : TRACES_PER_GAME * (number + 1)])


def test_headings_say_whether_the_core_is_empty() -> None:
    steps = core_slider(GAMES, "value of a pair").layout.sliders[0].steps
    headings = [step.args[1]["title.text"] for step in steps]
    assert "not empty" in headings[0]
    assert headings[0].endswith("\N{MINUS SIGN}0.333")
    assert "not empty" in headings[1]
    assert headings[1].endswith(": 0.000")
    assert "is empty" in headings[2]
    assert headings[2].endswith(": 0.233")


def test_the_core_is_a_triangle_a_point_or_nothing() -> None:
    cores = core_slider(GAMES, "value of a pair").data[1::TRACES_PER_GAME]
    assert [len(core.x) for core in cores] == [4, 1, 0]
    assert np.isclose(cores[1].x[0], 0.5)


def test_a_start_that_is_no_game_is_refused() -> None:
    with pytest.raises(CoalitionPlotError, match="0 to 2; got 3"):
        core_slider(GAMES, "value of a pair", start=3)
    with pytest.raises(CoalitionPlotError):
        core_slider({}, "value of a pair")

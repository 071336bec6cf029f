"""The slider ends at the nucleolus and changes only the region."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from nucleolus_lib.games import nucleolus
from nucleolus_lib.games.catalogue import bankruptcy_game, glove_game
from nucleolus_lib.report.triangle_geometry import plane_points
from nucleolus_lib.report.triangle_slider import REGION_TRACE, descent_slider

TALMUD = bankruptcy_game(Fraction(200), [Fraction(claim) for claim in (100, 200, 300)])


def steps_of(figure):
    return figure.to_plotly_json()["layout"]["sliders"][0]["steps"]


def test_the_last_step_is_the_nucleolus_alone():
    step = steps_of(descent_slider(TALMUD, 4))[-1]
    changes, heading, traces = step["args"]
    assert traces == [REGION_TRACE]
    assert changes["mode"] == ["markers"]
    x, y = plane_points(TALMUD, [nucleolus(TALMUD).payoff])[0]
    assert (changes["x"][0][0], changes["y"][0][0]) == pytest.approx((x, y), abs=1e-6)
    assert "(50, 75, 75)" in heading["title.text"]


def test_the_steps_pass_the_core_and_the_least_core():
    headings = [step["args"][1]["title.text"] for step in steps_of(descent_slider(TALMUD, 4))]
    assert sum("This is the core" in heading for heading in headings) == 1
    assert sum("Least core" in heading for heading in headings) == 1
    assert headings[0].startswith("Level 1: every free excess at most 100")
    assert ["No imputation is ruled out" in heading for heading in headings] == [True] + [False] * (len(headings) - 1)
    assert "{1}" in next(heading for heading in headings if "Least core" in heading)


def test_the_first_region_is_the_whole_triangle_and_regions_shrink():
    figure = descent_slider(TALMUD, 5)
    np.testing.assert_allclose(figure.data[REGION_TRACE].x, figure.data[0].x)
    widths = [np.ptp(step["args"][0]["x"][0]) for step in steps_of(figure)]
    assert all(after <= before + 1e-9 for before, after in pairwise(widths))
    assert widths[-1] == 0


def test_a_core_of_one_point_and_a_game_of_one_level():
    figure = descent_slider(glove_game(1, 2), 3)
    assert figure.data[1].mode == "markers"
    assert "(1, 0, 0)" in steps_of(figure)[-1]["args"][1]["title.text"]

"""What the triangle's drawings contain."""

from fractions import Fraction

import matplotlib.pyplot as plt
import pytest

from nucleolus_lib.games import TUGame, nucleolus, shapley_value
from nucleolus_lib.games.catalogue import bankruptcy_game, glove_game
from nucleolus_lib.report.errors import TriangleError
from nucleolus_lib.report.triangle import core_triangle
from nucleolus_lib.report.triangle_geometry import plane_points

TALMUD = bankruptcy_game(200, [100, 200, 300])
EMPTY_CORE = TUGame([0, 0, 0, 60, 0, 70, 80, 100])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def legend_of(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_the_legend_names_what_is_drawn():
    points = {"nucleolus": nucleolus(TALMUD).payoff, "Shapley value": shapley_value(TALMUD)}
    figure = core_triangle(TALMUD, points, show_least_core=True)
    assert legend_of(figure) == ["imputations", "core", "least core", "nucleolus", "Shapley value"]


def test_an_empty_core_is_said_to_be_empty():
    assert legend_of(core_triangle(EMPTY_CORE)) == ["imputations", "core: empty"]


def test_points_are_drawn_where_they_are():
    payoff = nucleolus(TALMUD).payoff
    figure = core_triangle(TALMUD, {"nucleolus": payoff})
    drawn = [line for line in figure.axes[0].get_lines() if line.get_label() == "nucleolus"]
    assert [*drawn[0].get_xydata()[0]] == pytest.approx([*plane_points(TALMUD, [payoff])[0]])


def test_constraints_and_levels_are_named():
    figure = core_triangle(EMPTY_CORE, levels=(20,), show_constraints=True)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"{1, 2}", "{1, 3}", "{2, 3}", "t = 20"} <= set(texts)
    assert "3 gets 100" in texts


def test_a_core_of_one_point_is_a_dot():
    figure = core_triangle(glove_game(1, 2))
    dots = [line for line in figure.axes[0].get_lines() if line.get_label() == "core"]
    assert len(dots) == 1
    assert len(dots[0].get_xydata()) == 1


def test_exact_and_float_games_look_the_same():
    exact = bankruptcy_game(Fraction(200), [Fraction(claim) for claim in (100, 200, 300)])
    one, two = core_triangle(TALMUD), core_triangle(exact)
    pairs = list(zip(one.axes[0].patches, two.axes[0].patches, strict=True))
    assert len(pairs) == 2
    assert all((patch.get_xy() == twin.get_xy()).all() for patch, twin in pairs)


def test_a_payoff_that_is_not_efficient_is_refused():
    with pytest.raises(TriangleError, match="sum to v"):
        core_triangle(TALMUD, {"wrong": [50, 75, 70]})


def test_it_draws_into_given_axes():
    figure, axes = plt.subplots(1, 2)
    assert core_triangle(TALMUD, axes=axes[1], legend=False, title="right") is figure
    assert axes[1].get_legend() is None
    assert axes[1].get_title(loc="left") + axes[1].get_title() == "right"

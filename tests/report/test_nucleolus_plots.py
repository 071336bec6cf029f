"""Staircase, estate lines, share rows, core bars and sampling errors show what they are given."""

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.games import TUGame, nucleolus, sampled_shapley_value, shapley_value
from nucleolus_lib.games.catalogue import bankruptcy_game, random_superadditive_game
from nucleolus_lib.report.core_survey import CoreCounts
from nucleolus_lib.report.errors import SharePlotError, SurveyError
from nucleolus_lib.report.nucleolus_plots import estate_lines, excess_staircase, settled_levels
from nucleolus_lib.report.shapley_plots import core_bars, sampling_errors
from nucleolus_lib.report.share_plots import share_rows

TALMUD = bankruptcy_game(Fraction(200), [Fraction(claim) for claim in (100, 200, 300)])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_settled_levels_of_the_talmuds_estate_of_200():
    # level 1 fixes x_1, hence {1} and {2, 3}; level 2 all the rest
    assert settled_levels(TALMUD, nucleolus(TALMUD)).tolist() == [-1, 0, 1, 1, 1, 1, 0, -1]


def test_a_single_imputation_is_settled_by_no_level():
    game = TUGame([0.0, 1, 2, 3, 3, 4, 5, 6])
    assert set(settled_levels(game, nucleolus(game))[1:-1]) == {0}


def test_the_staircase_descends_and_holds_every_proper_coalition():
    game = random_superadditive_game(5, np.random.default_rng(1))
    figure = excess_staircase(game, nucleolus(game))
    points = np.vstack([collection.get_offsets() for collection in figure.axes[0].collections])
    points = points[np.argsort(points[:, 0])]
    assert len(points) == 30
    assert (np.diff(points[:, 1]) <= 1e-9).all()


def test_estate_lines_end_at_the_claims():
    figure = estate_lines([100, 200, 300], [200], [[50, 75, 75]])
    lines = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 2]
    assert [line.get_ydata()[-1] for line in lines] == [100, 200, 300]
    dots = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 1]
    assert [float(dot.get_ydata()[0]) for dot in dots] == [50, 75, 75]


def test_share_rows_draw_one_mark_per_player_and_rule():
    figure = share_rows(["a", "b"], {"one": [1, 2], "two": [2, 1]}, quantity="share", errors={"two": [0.1, 0.2]})
    marks = {line.get_label(): line.get_xdata() for line in figure.axes[0].get_lines()}
    assert list(marks["one"]) == [1, 2]
    assert list(marks["two"]) == [2, 1]
    with pytest.raises(SharePlotError, match="one share for each of 2"):
        share_rows(["a", "b"], {"one": [1]}, quantity="share")
    with pytest.raises(SharePlotError, match="nothing to draw"):
        share_rows(["a"], {}, quantity="share")
    with pytest.raises(SharePlotError, match="got 5"):
        share_rows(["a"], {str(k): [k] for k in range(5)}, quantity="share")


def test_core_bars_add_up_to_one():
    counts = {"some": CoreCounts(10, 6, {"Shapley value": 2}), "all": CoreCounts(10, 10, {"Shapley value": 10})}
    figure = core_bars(counts, "Shapley value")
    widths = np.array([bar.get_width() for bar in figure.axes[0].patches]).reshape(3, 2)
    np.testing.assert_allclose(widths, [[0.2, 1.0], [0.4, 0.0], [0.4, 0.0]])
    with pytest.raises(SurveyError, match="'nucleolus'"):
        core_bars(counts, "nucleolus")


def test_sampling_errors_show_the_true_error():
    game = random_superadditive_game(4, np.random.default_rng(1))
    estimates = [sampled_shapley_value(game, size, np.random.default_rng(size)) for size in (8, 64)]
    figure = sampling_errors(shapley_value(game), estimates)
    dots = figure.axes[0].get_lines()[0]
    expected = [np.sqrt(np.mean((estimate.payoff - shapley_value(game)) ** 2)) for estimate in estimates]
    np.testing.assert_allclose(dots.get_ydata(), expected)

"""Counting over random games, and Wilson's interval."""

import numpy as np
import pytest

from nucleolus_lib.games import is_core_empty, is_in_core, nucleolus, shapley_value
from nucleolus_lib.games.catalogue import glove_game, random_convex_game, random_superadditive_game
from nucleolus_lib.report.core_survey import count_in_core, wilson_interval
from nucleolus_lib.report.errors import SurveyError

RULES = {"Shapley value": shapley_value, "nucleolus": lambda game: nucleolus(game).payoff}


def test_counts_agree_with_a_count_by_hand():
    counted = count_in_core(random_superadditive_game, RULES, 4, 25, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    games = [random_superadditive_game(4, rng) for _ in range(25)]
    assert counted.n_balanced == sum(not is_core_empty(game) for game in games)
    assert counted.n_inside["Shapley value"] == sum(bool(is_in_core(game, shapley_value(game))) for game in games)
    assert 0 < counted.n_empty < 25


def test_the_nucleolus_is_in_every_core_and_shapley_in_every_convex_one():
    any_game = count_in_core(random_superadditive_game, RULES, 4, 40, np.random.default_rng(1))
    assert any_game.n_inside["nucleolus"] == any_game.n_balanced > any_game.n_inside["Shapley value"]
    convex = count_in_core(random_convex_game, RULES, 4, 40, np.random.default_rng(1))
    assert convex.n_inside["Shapley value"] == convex.n_balanced == 40


def test_a_glove_game_is_counted_as_outside():
    counted = count_in_core(lambda n, rng: glove_game(1, n - 1), RULES, 3, 2, np.random.default_rng(0))
    assert (counted.n_balanced, counted.n_inside["Shapley value"], counted.n_inside["nucleolus"]) == (2, 0, 2)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (57, 400), (1, 1)])
def test_wilsons_bounds_solve_their_equation(successes, trials):
    z = 1.959963984540054
    share = successes / trials
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:
            assert abs(share - bound) == pytest.approx(z * np.sqrt(bound * (1 - bound) / trials))


def test_wilsons_interval_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    hits = rng.binomial(50, 0.2, size=4000)
    bounds = {k: wilson_interval(int(k), 50) for k in np.unique(hits)}
    covered = np.mean([bounds[k][0] <= 0.2 <= bounds[k][1] for k in hits])
    assert 0.93 < covered < 0.97
    narrow = {k: wilson_interval(int(k), 50, 0.5) for k in np.unique(hits)}
    assert np.mean([narrow[k][0] <= 0.2 <= narrow[k][1] for k in hits]) < 0.7


def test_nothing_counted_is_nothing_known_and_bad_counts_are_refused():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    for wrong in ((3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)):
        with pytest.raises(SurveyError):
            wilson_interval(*wrong)
    with pytest.raises(SurveyError, match="n_games=0"):
        count_in_core(random_convex_game, RULES, 3, 0, np.random.default_rng(0))

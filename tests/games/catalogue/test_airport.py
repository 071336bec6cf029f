"""Airport games: Littlechild's stages against linear programmes and the certified cases."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.catalogue import (
    airport_cost_game,
    airport_game,
    airport_shapley_value,
    littlechild_nucleolus,
)
from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.kohlberg import is_nucleolus
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.shapley import shapley_value
from nucleolus_lib.games.transforms import savings_game
from tests.games.golden import cases

COSTS = st.lists(st.integers(0, 12).map(lambda k: Fraction(k, 2)), min_size=1, max_size=5)


@pytest.mark.parametrize("name", ["airport_4", "airport_6_ties"])
def test_certified_cases(name):
    case = cases()[name]
    costs = -case["game"].singleton_values
    assert (airport_game(costs).values == case["game"].values).all()
    assert list(-littlechild_nucleolus(costs)) == case["nucleolus"]
    assert list(-airport_shapley_value(costs)) == case["shapley"]


@given(COSTS)
@settings(max_examples=30, deadline=None)
def test_the_stages_give_the_nucleolus_exactly(costs):
    shares = littlechild_nucleolus(costs)
    assert list(-nucleolus(airport_game(costs)).payoff) == list(shares)
    assert shares.sum() == max(costs)


def test_the_stages_give_the_nucleolus_of_larger_games():
    rng = np.random.default_rng(0)
    for n in (7, 9, 11):
        for costs in (rng.random(n), rng.integers(0, 4, n), rng.random(n) ** 6, np.ones(n)):
            shares = littlechild_nucleolus(costs)
            np.testing.assert_allclose(-nucleolus(airport_game(costs)).payoff, shares, atol=1e-9 * max(costs.max(), 1))


def test_a_perturbed_share_is_not_the_nucleolus():
    costs = [Fraction(8), 11, 13, 18]
    shares = littlechild_nucleolus(costs)
    assert is_nucleolus(airport_game(costs), -shares)
    assert not is_nucleolus(airport_game(costs), -shares + np.array([1, 0, 0, -1]) * Fraction(1, 1000))
    assert not is_nucleolus(airport_game(costs), -airport_shapley_value(costs))


@given(COSTS)
@settings(max_examples=40, deadline=None)
def test_shapley_in_closed_form(costs):
    assert list(airport_shapley_value(costs)) == list(shapley_value(airport_cost_game(costs)))


@given(COSTS)
@settings(max_examples=40, deadline=None)
def test_the_cost_of_a_coalition_is_its_longest_runway(costs):
    game = airport_cost_game(costs)
    for coalition in range(1, len(game.values)):
        assert game.values[coalition] == max(costs[i] for i in players_of(coalition))


def test_cost_shares_by_way_of_the_savings_game():
    costs = [Fraction(3), 7, 7, 10]
    cost = airport_cost_game(costs, ["a", "b", "c", "d"])
    assert cost.players == ("a", "b", "c", "d")
    payoff = nucleolus(savings_game(cost)).payoff
    assert list(cost.singleton_values - payoff) == list(littlechild_nucleolus(costs))


def test_thousands_of_movements():
    costs = np.sort(np.random.default_rng(1).integers(1, 100, 13_000)).astype(float)
    shares = littlechild_nucleolus(costs)
    assert shares.sum() == pytest.approx(costs.max())
    assert (np.diff(shares) >= -1e-9).all()


@pytest.mark.parametrize(
    ("costs", "message"), [([], "at least 1"), ([1, -1], "negative"), ([1, np.inf], "finite"), (3, "row")]
)
def test_bad_parameters(costs, message):
    for function in (airport_cost_game, airport_game, littlechild_nucleolus, airport_shapley_value):
        with pytest.raises(CatalogueParameterError, match=message):
            function(costs)

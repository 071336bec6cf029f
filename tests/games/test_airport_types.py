"""The closed forms by type against slow solvers on games small enough to list every coalition."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.airport_types import AirportTypes
from nucleolus_lib.games.catalogue import airport_cost_game
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.shapley import shapley_value


@st.composite
def small_airports(draw) -> AirportTypes:
    costs = sorted(draw(st.lists(st.integers(0, 30), min_size=1, max_size=4)))
    counts = [draw(st.integers(1, 3)) for _ in costs]
    while sum(counts) > 7:
        counts[counts.index(max(counts))] -= 1
    return AirportTypes(tuple(f"type {k}" for k in range(len(costs))), tuple(costs), tuple(counts))


@settings(deadline=None, max_examples=60)
@given(small_airports())
def test_closed_forms_are_the_nucleolus_and_shapley_value_of_the_game_with_all_movements(types: AirportTypes) -> None:
    game = types.to_game()
    alone = np.repeat(np.array(types.costs, dtype=float), types.counts)
    first = np.cumsum((0, *types.counts[:-1]))
    solved = nucleolus(game.to_float())
    np.testing.assert_allclose(
        types.nucleolus_per_movement().astype(float), (alone - solved.payoff)[first], atol=1e-9 * (1 + alone.max())
    )
    charges = alone - shapley_value(game.to_float())
    np.testing.assert_allclose(
        types.shapley_per_movement().astype(float), charges[first], atol=1e-9 * (1 + alone.max())
    )


def test_the_comparison_rejects_a_wrong_count() -> None:
    types = AirportTypes(("small", "large"), (4, 10), (2, 1))
    other = AirportTypes(("small", "large"), (4, 10), (1, 2))
    assert types.nucleolus_per_movement().tolist() != other.nucleolus_per_movement().tolist()
    assert types.shapley_per_movement().tolist() != other.shapley_per_movement().tolist()


def test_savings_game_is_stand_alone_cost_less_the_dearest() -> None:
    types = AirportTypes(("small", "large"), (4, 10), (2, 1))
    game = types.to_game()
    assert game.players == ("small #1", "small #2", "large #1")
    cost = airport_cost_game([4, 4, 10])
    sums = np.array([0, 4, 4, 8, 10, 14, 14, 18])
    np.testing.assert_array_equal(game.values.astype(float), sums - cost.values)


def test_integers_and_fractions_stay_exact_and_floats_stay_floats() -> None:
    exact = AirportTypes(("a", "b"), (Fraction(1, 3), 1), (2, 3))
    assert sum(exact.nucleolus_per_movement() * np.array([2, 3])) == 1
    assert all(isinstance(share, Fraction) for share in exact.shapley_per_movement())
    assert exact.to_game().is_exact
    rounded = AirportTypes(("a", "b"), (0.5, 1.0), (2, 3))
    assert rounded.shapley_per_movement().dtype == np.float64
    assert not rounded.to_game().is_exact


def test_one_type_shares_equally() -> None:
    types = AirportTypes(("only",), (12,), (8,))
    assert types.nucleolus_per_movement().tolist() == types.shapley_per_movement().tolist() == [Fraction(3, 2)]


@pytest.mark.parametrize(
    ("names", "costs", "counts", "message"),
    [
        ((), (), (), "at least one type"),
        (("a",), (1, 2), (1, 1), "one name"),
        (("a",), (-1,), (1,), "not negative"),
        (("a",), (float("nan"),), (1,), "finite"),
        (("a",), (1,), (0,), "whole number"),
        (("a",), (1,), (1.5,), "whole number"),
        (("a", "b"), (2, 1), (1, 1), "order the types"),
    ],
)
def test_bad_types_are_refused(names, costs, counts, message: str) -> None:
    with pytest.raises(CatalogueParameterError, match=message):
        AirportTypes(names, costs, counts)


def test_thousands_of_movements_are_refused_as_a_table() -> None:
    with pytest.raises(TooManyPlayersError, match="nucleolus_per_movement"):
        AirportTypes(("a",), (1,), (13572,)).to_game()

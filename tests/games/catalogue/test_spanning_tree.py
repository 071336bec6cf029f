"""Minimum-cost spanning tree games, against scipy's trees coalition by coalition."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree

from nucleolus_lib.games.catalogue import bird_allocation, spanning_tree, spanning_tree_cost_game, spanning_tree_game
from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.core import is_in_core
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.transforms import negative_game


def link_costs(seed: int, n: int, highest: int) -> np.ndarray:
    """Symmetric costs from 1 (scipy reads a zero as no link), with many ties if ``highest`` is small."""
    upper = np.triu(np.random.default_rng(seed).integers(1, highest, (n + 1, n + 1)), k=1)
    return upper + upper.T


@given(st.integers(1, 6), st.integers(2, 9), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_every_coalition_is_a_cheapest_tree(n, highest, seed):
    costs = link_costs(seed, n, highest)
    game = spanning_tree_cost_game(costs)
    for coalition in range(1, 1 << n):
        nodes = [0, *(i + 1 for i in players_of(coalition))]
        assert game.values[coalition] == minimum_spanning_tree(costs[np.ix_(nodes, nodes)]).sum()
    shares = bird_allocation(costs)
    assert shares.sum() == game.grand_value
    assert is_in_core(negative_game(game), -shares)


def test_chunks_change_nothing(monkeypatch):
    costs = link_costs(0, 7, 50)
    whole = spanning_tree_cost_game(costs).values
    monkeypatch.setattr(spanning_tree, "_CHUNK", 13)
    assert (spanning_tree_cost_game(costs).values == whole).all()


def test_fractions():
    costs = [[Fraction(int(c), 3) for c in row] for row in link_costs(1, 4, 20)]
    game = spanning_tree_cost_game(costs)
    assert game.is_exact
    assert isinstance(bird_allocation(costs)[0], Fraction)
    floats = spanning_tree_cost_game([[float(c) for c in row] for row in costs])
    np.testing.assert_allclose(game.to_float().values, floats.values, rtol=1e-14)
    savings = spanning_tree_game(costs, "abcd")
    assert savings.players == tuple("abcd")
    assert savings.grand_value == game.singleton_values.sum() - game.grand_value


def test_bird_on_a_line():
    """Source - 1 - 2 - 3, each link 1: everybody pays one link, and nobody could do better alone."""
    place = np.arange(4)
    costs = np.abs(place[:, None] - place)
    assert bird_allocation(costs).tolist() == [1, 1, 1]
    assert spanning_tree_cost_game(costs).values.tolist() == [0, 1, 2, 2, 3, 3, 3, 3]


def test_shares_outside_the_core_are_rejected():
    costs = link_costs(2, 5, 30)
    game = negative_game(spanning_tree_cost_game(costs))
    # The player nearest to the source pays no more than the direct link, so it objects to paying above it.
    i = int(np.argmin(costs[0, 1:]))
    shares = np.full(5, 0.0)
    shares[i] = -game.grand_value
    assert not is_in_core(game, -shares)


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ([[0, 1], [2, 0]], "symmetric; the link 0-1 costs 1.0 one way and 2.0"),
        ([[0]], "n \\+ 1 >= 2"),
        ([[0, 1, 2], [1, 0, 2]], "square"),
        ([[0, -1], [-1, 0]], "negative"),
    ],
)
def test_bad_tables(costs, message):
    for function in (spanning_tree_cost_game, bird_allocation):
        with pytest.raises(CatalogueParameterError, match=message):
            function(costs)

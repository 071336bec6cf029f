"""Distances against known ones, the cheapest network against every other, and what is drawn."""

from __future__ import annotations

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.games.catalogue import spanning_tree_cost_game
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.network_map import EARTH_RADIUS_KM, cheapest_links, great_circle_km, network_figure

QUARTER = np.pi / 2 * EARTH_RADIUS_KM


def random_costs(n_places: int, seed: int) -> np.ndarray:
    costs = np.random.default_rng(seed).integers(1, 30, (n_places, n_places))
    return np.triu(costs, 1) + np.triu(costs, 1).T


def test_distances_of_poles_and_equator() -> None:
    km = great_circle_km([(90, 0), (0, 0), (0, 90), (-90, 17)])
    expected = np.array([[0, 1, 1, 2], [1, 0, 1, 1], [1, 1, 0, 1], [2, 1, 1, 0]]) * QUARTER
    np.testing.assert_allclose(km, expected, atol=1e-6)


def test_a_degree_of_longitude_shrinks_with_the_latitude() -> None:
    degree = np.radians(1) * EARTH_RADIUS_KM
    assert great_circle_km([(60, 10), (60, 11)])[0, 1] == pytest.approx(degree * np.cos(np.radians(60)), rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_no_tree_is_cheaper(seed) -> None:
    costs = random_costs(5, seed)
    pairs = list(combinations(range(5), 2))
    trees = [tree for tree in combinations(pairs, 4) if is_connected(tree, 5)]
    assert len(trees) == 5**3
    found = sum(costs[link] for link in cheapest_links(costs))
    assert found == min(sum(costs[link] for link in tree) for tree in trees)
    assert found == spanning_tree_cost_game(costs).grand_value


def is_connected(links: tuple[tuple[int, int], ...], n_places: int) -> bool:
    reached = {0}
    for _ in range(n_places):
        reached |= {place for link in links if reached & set(link) for place in link}
    return len(reached) == n_places


def test_the_map_shows_places_links_and_notes() -> None:
    places = {"source": (50.0, 8.0), "a": (51.0, 9.0), "b": (50.5, 10.0)}
    figure = network_figure(places, [(0, 1), (1, 2)], {"a": "pays 1"}, ["3 km"], {"b": "below"})
    axes = figure.axes[0]
    assert {text.get_text() for text in axes.texts} == {"source", "a\npays 1", "b", "3 km"}
    assert len(axes.lines) == 2 + 3
    assert figure.axes[0].xaxis.get_major_formatter()(-8.5, 0) == "8.5°\N{NO-BREAK SPACE}W"
    plt.close(figure)


def test_an_unknown_side_is_refused() -> None:
    with pytest.raises(CoalitionPlotError, match="'nowhere'"):
        network_figure({"a": (0.0, 0.0), "b": (1.0, 1.0)}, [(0, 1)], sides={"b": "nowhere"})
    plt.close("all")

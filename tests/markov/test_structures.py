"""Coalition structures of batches, against the single-game solver and by hand."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, optimal_coalition_structure
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.structures import all_structures, best_structure, structure_values


@pytest.mark.parametrize(("n_agents", "bell"), [(1, 1), (2, 2), (3, 5), (4, 15), (5, 52)])
def test_all_structures(n_agents, bell):
    structures = all_structures(n_agents)
    assert len(set(structures)) == bell
    assert structures[0] == ((1 << n_agents) - 1,)
    assert all(sum(blocks) == (1 << n_agents) - 1 for blocks in structures)


@pytest.mark.parametrize("n_agents", [2, 3, 4, 5])
def test_best_structure_equals_the_dynamic_programme(n_agents):
    games = np.random.default_rng(n_agents).normal(size=(20, 1 << n_agents))
    games[:, 0] = 0.0
    best = best_structure(games)
    for game, number, value, gain in zip(games, best.number, best.value, best.gain, strict=True):
        single = optimal_coalition_structure(TUGame(game))
        assert value == pytest.approx(single.value)
        assert set(all_structures(n_agents)[number]) == set(single.structure)
        assert gain == pytest.approx(single.value - game[-1])


def test_ties_go_to_the_grand_coalition():
    additive = np.array([0.0, 0.1, 0.2, 0.1 + 0.2, 0.7, 0.8, 0.9, 1.0])
    assert best_structure(additive).number == 0
    assert best_structure(additive + np.array([0, 0, 0, 1e-3, 0, 0, 0, 0])).number != 0


def test_values_by_hand():
    game = np.array([0.0, 1, 2, 4, 8, 16, 32, 64])
    by_structure = dict(zip(all_structures(3), structure_values(game), strict=True))
    assert by_structure[(0b111,)] == 64
    assert by_structure[(0b011, 0b100)] == 12
    assert by_structure[(0b001, 0b010, 0b100)] == 11


@pytest.mark.parametrize("n_agents", [0, 9])
def test_too_many_agents(n_agents):
    with pytest.raises(CreditParameterError, match="optimal_coalition_structure"):
        all_structures(n_agents)

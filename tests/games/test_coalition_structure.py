"""The best coalition structure against every partition; the superadditive cover; the convolution."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games import coalition_structure, subset_convolution
from nucleolus_lib.games.catalogue import random_superadditive_game
from nucleolus_lib.games.coalition_structure import optimal_coalition_structure, superadditive_cover
from nucleolus_lib.games.coalitions import check_partition, subset_sums
from nucleolus_lib.games.errors import TooManyPlayersError
from nucleolus_lib.games.properties import is_superadditive
from nucleolus_lib.games.subset_convolution import max_plus_convolution, submasks
from nucleolus_lib.games.transforms import subgame
from nucleolus_lib.games.tu_game import TUGame
from tests.games.golden import cases
from tests.games.strategies import games
from tests.reference.structures_by_enumeration import best_structures

QUICK = settings(max_examples=80, deadline=None)


def from_the_top(structure: tuple[int, ...]) -> list[int]:
    """The blocks in the order in which the tie-break looks at them."""
    return sorted(structure, reverse=True)


@given(games(max_players=5))
@QUICK
def test_equals_the_best_of_all_partitions(game):
    found = optimal_coalition_structure(game)
    check_partition(found.structure, game.n_players)
    assert list(found.structure) == sorted(found.structure, key=lambda block: block & -block)
    largest, winners = best_structures(game)
    assert sum(game.values[block] for block in found.structure) == found.value
    assert found.value == pytest.approx(float(largest), abs=1e-9)
    if game.is_exact:
        assert found.value == largest
        fewest = min(len(winner) for winner in winners)
        best = min((winner for winner in winners if len(winner) == fewest), key=from_the_top)
        assert set(found.structure) == set(best)


@pytest.mark.parametrize("case", [c for c in cases().values() if c["n"] <= 7], ids=lambda c: c["name"])
def test_golden_games(case):
    largest, winners = best_structures(case["game"])
    found = optimal_coalition_structure(case["game"])
    assert found.value == largest
    assert len(found.structure) == min(len(winner) for winner in winners)
    assert optimal_coalition_structure(case["game"].to_float()).structure == found.structure


def test_a_worse_structure_is_told_apart():
    game = TUGame(np.array([0.0, 1, 1, 2 - 1e-6]))
    assert optimal_coalition_structure(game) == ((1, 2), 2.0)
    assert optimal_coalition_structure(TUGame(np.array([0.0, 1, 1, 2]))) == ((3,), 2.0)


def test_round_off_does_not_split_an_additive_game():
    payoff = np.random.default_rng(0).normal(size=10)
    game = TUGame(subset_sums(payoff))
    assert optimal_coalition_structure(game).structure == (1023,)
    scaled = TUGame(1e12 * subset_sums(payoff))
    assert optimal_coalition_structure(scaled).structure == (1023,)


def test_zero_game_stays_together():
    assert optimal_coalition_structure(TUGame(np.zeros(16))) == ((15,), 0.0)


def test_large_fractions_leave_machine_words():
    big = Fraction(10**25, 3)
    game = TUGame(np.array([Fraction(0), big, big, 2 * big - Fraction(1, 10**9)], dtype=object))
    assert optimal_coalition_structure(game) == ((1, 2), 2 * big)


@given(games(max_players=4))
@QUICK
def test_the_cover_is_the_best_structure_of_every_coalition(game):
    cover = superadditive_cover(game)
    assert cover.is_exact == game.is_exact
    assert is_superadditive(cover)
    for coalition in range(1, len(game.values)):
        largest, _ = best_structures(subgame(game, coalition))
        assert cover.values[coalition] == (largest if game.is_exact else pytest.approx(float(largest), abs=1e-9))


def test_a_superadditive_game_is_its_own_cover():
    game = random_superadditive_game(7, np.random.default_rng(1))
    assert (superadditive_cover(game).values == game.values).all()
    assert optimal_coalition_structure(game).structure == (127,)


@pytest.mark.parametrize("block", [1, 4, 512])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, object])
def test_convolution_as_defined(monkeypatch, block, dtype):
    monkeypatch.setattr(subset_convolution, "_BLOCK", block)
    rng = np.random.default_rng(2)
    f, g = (rng.integers(-50, 50, 64).astype(dtype) for _ in range(2))
    slow = [max(f[a] + g[r ^ a] for a in range(64) if a & r == a) for r in range(64)]
    assert list(max_plus_convolution(f, g)) == slow


@given(st.integers(0, 2**12 - 1))
def test_submasks_are_all_and_ascending(coalition):
    assert submasks(coalition).tolist() == [k for k in range(coalition + 1) if k & coalition == k]


def test_too_many_players(monkeypatch):
    monkeypatch.setattr(coalition_structure, "MAX_STRUCTURE_PLAYERS", 2)
    game = TUGame(np.zeros(8))
    with pytest.raises(TooManyPlayersError, match="limit here is 2"):
        optimal_coalition_structure(game)
    with pytest.raises(TooManyPlayersError):
        superadditive_cover(game)

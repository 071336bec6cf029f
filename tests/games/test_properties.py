"""Monotone, superadditive, convex, balanced: against the definitions, with evidence that is checked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games import properties
from nucleolus_lib.games.catalogue import (
    bankruptcy_game,
    bfn_game,
    fano_game,
    glove_game,
    random_convex_game,
    random_monotone_game,
    random_superadditive_game,
)
from nucleolus_lib.games.core import balancing_weights, is_in_core
from nucleolus_lib.games.errors import TooManyPlayersError
from nucleolus_lib.games.nucleolus import prenucleolus
from nucleolus_lib.games.properties import Evidence, is_balanced, is_convex, is_monotone, is_superadditive
from nucleolus_lib.games.shapley import shapley_value
from nucleolus_lib.games.tu_game import TUGame
from tests.games.golden import cases
from tests.games.strategies import games
from tests.reference.properties_by_loops import is_supermodular, worst_drop, worst_split_gain

QUICK = settings(max_examples=80, deadline=None)


@given(games())
@QUICK
def test_monotone_as_defined(game):
    found = is_monotone(game)
    assert bool(found) == (worst_drop(game) <= 1e-12)
    if not found:
        smaller, larger = found.coalitions
        assert smaller & larger == smaller
        assert game.values[smaller] - game.values[larger] == pytest.approx(
            found.amount, abs=0 if game.is_exact else 1e-12
        )


@given(games())
@QUICK
def test_superadditive_as_defined(game):
    found, worst = is_superadditive(game), worst_split_gain(game)
    assert bool(found) == (worst <= 1e-12)
    if not found:
        left, right = found.coalitions
        assert left & right == 0
        gain = game.values[left] + game.values[right] - game.values[left | right]
        assert gain == pytest.approx(found.amount, abs=1e-12)
        assert found.amount == pytest.approx(worst, abs=1e-12)
        if game.is_exact:
            assert (gain, found.amount) == (worst, worst)


@given(games(), st.booleans())
@QUICK
def test_convex_as_defined(game, make_convex):
    if make_convex:
        sizes = np.array([int(k).bit_count() for k in range(len(game.values))])
        game = TUGame(game.values + 20 * sizes**2)
    found = is_convex(game)
    assert bool(found) == is_supermodular(game)
    if make_convex:
        assert found
    if not found:
        one, other = found.coalitions
        assert (one ^ other).bit_count() == 2
        gain = game.values[one] + game.values[other] - game.values[one | other] - game.values[one & other]
        assert gain == pytest.approx(found.amount, abs=1e-12)
        assert found.amount > 0


@given(games(min_players=2))
@QUICK
def test_balanced_is_a_nonempty_core(game):
    found = is_balanced(game)
    if found:
        assert is_in_core(game, prenucleolus(game).payoff)
        return
    weights = balancing_weights(game).weights
    assert found.coalitions == tuple(sorted(weights))
    for i in range(game.n_players):
        assert sum(w for coalition, w in weights.items() if coalition >> i & 1) == pytest.approx(1)
    worth = sum(w * game.values[coalition] for coalition, w in weights.items())
    assert worth - game.grand_value == pytest.approx(found.amount)
    assert found.amount > 0


@pytest.mark.parametrize("case", cases().values(), ids=cases().keys())
def test_balanced_on_the_golden_cases(case):
    assert bool(is_balanced(case["game"])) == (not case["core_empty"])
    assert bool(is_balanced(case["game"].to_float())) == (not case["core_empty"])


@given(st.integers(1, 6), st.integers(0, 10**6))
@QUICK
def test_the_implications(n, seed):
    rng = np.random.default_rng(seed)
    convex = random_convex_game(n, rng)
    assert is_convex(convex)
    assert is_superadditive(convex)
    assert is_in_core(convex, shapley_value(convex))
    assert is_superadditive(random_superadditive_game(n, rng))
    assert is_monotone(random_monotone_game(n, rng))


def test_each_property_is_missed_somewhere():
    rng = np.random.default_rng(0)
    assert not is_monotone(bfn_game(1, 6, rng))
    assert not is_superadditive(random_monotone_game(6, rng))
    assert not is_convex(random_superadditive_game(6, rng))
    assert not is_balanced(fano_game())
    assert is_superadditive(glove_game(2, 1))
    assert is_balanced(glove_game(2, 1))
    assert not is_convex(glove_game(2, 1))


def test_a_nudge_past_the_tolerance_is_seen():
    game = bankruptcy_game(600, [100, 200, 300])
    assert is_convex(game)
    values = game.values.copy()
    values[-1] -= 1e-6
    found = is_convex(TUGame(values))
    assert not found
    assert found.amount == pytest.approx(1e-6, rel=1e-3)
    assert is_convex(TUGame(values), tolerance=1e-5)
    values[-1] += 1e-6 - 1e-9
    assert is_convex(TUGame(values))


def test_tolerance_follows_the_scale():
    game = TUGame(1e-15 * np.array([0, 1, 1, 1.0]))
    assert not is_superadditive(game)
    assert is_superadditive(game, tolerance=1e-14)


def test_exact_games_forgive_nothing():
    tiny = Fraction(1, 10**40)
    game = TUGame(np.array([Fraction(0), Fraction(1), Fraction(1), 2 - tiny], dtype=object))
    assert is_superadditive(game) == Evidence(False, (2, 1), tiny)
    assert is_convex(game) == Evidence(False, (1, 2), tiny)
    assert is_balanced(game) == Evidence(False, (1, 2), tiny)
    assert is_monotone(game) == Evidence(True, (), Fraction(0))


def test_one_player_has_every_property():
    for value in (-3.0, 0.0, 5.0):
        game = TUGame(np.array([0.0, value]))
        assert is_convex(game)
        assert is_superadditive(game)
        assert is_balanced(game)
        assert bool(is_monotone(game)) == (value >= 0)


def test_superadditivity_refuses_too_many_players(monkeypatch):
    monkeypatch.setattr(properties, "MAX_SUPERADDITIVE_PLAYERS", 2)
    with pytest.raises(TooManyPlayersError, match="3 players"):
        is_superadditive(glove_game(2, 1))

"""Simple games: weights, quotas, apex, and their combinations."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.catalogue import (
    apex_game,
    glove_game,
    intersection_game,
    unanimity_game,
    union_game,
    weighted_voting_game,
)
from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError
from nucleolus_lib.games.properties import is_monotone
from nucleolus_lib.games.tu_game import TUGame
from tests.games.golden import cases


@pytest.mark.parametrize(
    ("name", "quota", "weights"),
    [
        ("majority_3", 2, [1, 1, 1]),
        ("apex_5", 4, [3, 1, 1, 1, 1]),
        ("homog_43", 4, [2, 2, 1, 1, 1]),
        ("voting_51", 5, [3, 2, 2, 1]),
        ("wvg_bfn_type5_8", 12, [2, 2, 2, 2, 2, 1, 1, 1]),
    ],
)
def test_certified_cases(name, quota, weights):
    game = weighted_voting_game(Fraction(quota), weights)
    assert game.is_exact
    assert (game.values == cases()[name]["game"].values).all()
    assert (weighted_voting_game(quota, weights).values == game.to_float().values).all()


def test_apex():
    assert (apex_game(5).values == cases()["apex_5"]["game"].to_float().values).all()
    game = apex_game(4, apex=2, players="abcd")
    winning = {game.name_of(k) for k in range(16) if game.values[k]}
    assert winning >= {"{a, c}", "{b, c}", "{c, d}", "{a, b, d}"}
    assert len(winning) == 8


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any), min_size=1, max_size=3),
    st.lists(st.integers(1, 20), min_size=3, max_size=3),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_several_quotas_as_defined(rows, limits, exact):
    quotas = [min(limit, sum(row)) for limit, row in zip(limits, rows, strict=False)]
    game = weighted_voting_game([Fraction(q) for q in quotas] if exact else quotas, rows)
    assert game.is_exact == exact
    assert is_monotone(game)
    for coalition in range(16):
        wins = all(sum(row[i] for i in players_of(coalition)) >= q for row, q in zip(rows, quotas, strict=True))
        assert game.values[coalition] == wins
    single = [weighted_voting_game(q, row) for q, row in zip(quotas, rows, strict=True)]
    assert (intersection_game(*single).values == game.to_float().values).all()
    assert (union_game(*single).values == np.max([one.values for one in single], axis=0)).all()


def test_a_council_of_states():
    """Three states and 65 of 100 people, unless fewer than two oppose (the form of the EU's rule)."""
    people = [50, 30, 10, 10]
    by_rule = intersection_game(weighted_voting_game(3, [1] * 4), weighted_voting_game(65, people))
    council = union_game(by_rule, weighted_voting_game(3, [1] * 4))
    assert by_rule.values[0b1110] == 0
    assert council.values[0b1110] == 1
    assert council.values[0b0011] == 0


def test_fractions_are_compared_without_rounding():
    tenths = [Fraction(1, 10)] * 3
    assert weighted_voting_game(Fraction(3, 10), tenths).values[7] == 1
    # In floats 0.1 + 0.2 is above 0.3, and the same comparison with fractions shows the coalition loses.
    assert weighted_voting_game(0.1 + 0.2, [0.1, 0.2, 1]).values[3] == 1
    assert weighted_voting_game(Fraction(0.1 + 0.2), [Fraction(1, 10), Fraction(1, 5), Fraction(1)]).values[3] == 0


def test_large_integer_weights_are_exact():
    big = 2**52
    assert weighted_voting_game(big + 1, [big, 1, 1]).values.tolist() == [0, 0, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("quota", "weights", "message"),
    [
        (0, [1, 1], "above 0"),
        (3, [1, 1], "at most the total weight, 2.0"),
        (1, [1, -1], "negative"),
        ([1, 1], [1, 1], "one quota goes with a row"),
        ([1, 1], [[1, 1]], "m quotas with a table"),
        (1, [], "one quota"),
        ([1, 5], [[1, 1], [2, 2]], "above 0 and at most the total weight, 4.0"),
    ],
)
def test_bad_weights(quota, weights, message):
    with pytest.raises(CatalogueParameterError, match=message):
        weighted_voting_game(quota, weights)


def test_bad_combinations():
    with pytest.raises(CatalogueParameterError, match="at least one"):
        union_game()
    with pytest.raises(CatalogueParameterError, match="same players"):
        union_game(apex_game(3), apex_game(4))
    with pytest.raises(CatalogueParameterError, match="all exact or all in floats"):
        union_game(apex_game(3), apex_game(3).to_exact())
    with pytest.raises(CatalogueParameterError, match="0 and 1 only"):
        intersection_game(unanimity_game(3, 1), TUGame(2 * unanimity_game(3, 1).values))
    with pytest.raises(CatalogueParameterError, match="n_players must be a whole number, at least 3; got 2"):
        apex_game(2)
    with pytest.raises(CatalogueParameterError, match="apex"):
        apex_game(3, apex=3)
    with pytest.raises(TooManyPlayersError):
        weighted_voting_game(1, [1] * 40)
    assert intersection_game(glove_game(1, 1)).players == ("L1", "R1")

"""Building games, and every way of building one wrongly."""

from fractions import Fraction

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, excesses, theta
from nucleolus_lib.games.coalitions import (
    check_partition,
    coalition_of,
    coalition_sizes,
    member_matrix,
    partitions,
    players_of,
    subset_sums,
)
from nucleolus_lib.games.errors import (
    EmptyCoalitionValueError,
    GameError,
    NonFiniteValueError,
    NotAPartitionError,
    PayoffShapeError,
    TooManyPlayersError,
    UnknownPlayerError,
    ValuesLengthError,
)
from nucleolus_lib.games.tu_game import check_n_players

GLOVE = [0, 0, 0, 0, 0, 1, 1, 1]  # players 1 and 2 own a left glove, player 3 a right one


def test_values_are_indexed_by_bitmask():
    game = TUGame(GLOVE)
    assert game.n_players == 3
    assert game.values[coalition_of([0, 2])] == 1
    assert game.values[coalition_of([0, 1])] == 0
    assert game.name_of(0b101) == "{1, 3}"
    assert "n_players=3" in repr(game)


def test_values_cannot_be_changed_afterwards():
    source = np.array(GLOVE, dtype=float)
    game = TUGame(source)
    source[7] = 5
    assert game.grand_value == 1
    with pytest.raises(ValueError, match="read-only"):
        game.values[7] = 2


def test_three_constructors_agree():
    by_function = TUGame.from_function(["a", "b", "c"], lambda coalition: float(len(coalition) ** 2))
    by_mapping = TUGame.from_mapping(
        ["a", "b", "c"],
        {"a": 1, "b": 1, 2: 1, ("a", "b"): 4, ("a", "c"): 4, (1, "c"): 4, frozenset("abc"): 9},
    )
    by_values = TUGame([0, 1, 1, 4, 1, 4, 4, 9], players=("a", "b", "c"))
    for game in (by_function, by_mapping):
        np.testing.assert_array_equal(game.values, by_values.values)
        assert game.players == by_values.players


def test_mapping_default_fills_missing_coalitions():
    game = TUGame.from_mapping(3, {(0, 1, 2): 6}, default=0)
    np.testing.assert_array_equal(game.values, [0, 0, 0, 0, 0, 0, 0, 6])


def test_fractions_stay_fractions():
    game = TUGame([0, Fraction(1, 3), Fraction(1, 3), 1])
    assert game.is_exact
    assert all(isinstance(value, Fraction) for value in game.values)
    assert sum(game.singleton_values) == Fraction(2, 3)
    assert not game.to_float().is_exact
    assert game.to_float().to_exact().grand_value == 1
    assert game.to_exact() is game
    assert TUGame(GLOVE).to_float().values.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ([0, 1, 2], ValuesLengthError, r"2\*\*n values"),
        ([0], ValuesLengthError, "shape"),
        ([[0, 1]], ValuesLengthError, "one row"),
        ([0, 1, np.nan, 2], NonFiniteValueError, "bitmask 2"),
        ([0, np.inf], NonFiniteValueError, "inf"),
        ([1, 1, 1, 2], EmptyCoalitionValueError, "must be 0"),
        ([0, "x"], NonFiniteValueError, "numbers"),
        ([0, Fraction(1, 2), 0.5, 1], NonFiniteValueError, "fractions"),
    ],
)
def test_bad_values_name_the_fault(values, error, words):
    with pytest.raises(error, match=words) as caught:
        TUGame(values)
    assert isinstance(caught.value, GameError)
    assert isinstance(caught.value, ValueError)


def test_too_many_players_says_how_much_memory_before_taking_it():
    with pytest.raises(TooManyPlayersError, match=r"2\*\*28 coalitions, 2.0 GiB"):
        TUGame.from_function(28, len)
    with pytest.raises(TooManyPlayersError, match="13572 players"):
        check_n_players(13572)
    check_n_players(27)


@pytest.mark.parametrize("players", [("a",), ("a", "a"), ("a", "b", "c")])
def test_names_must_match_the_players(players):
    with pytest.raises(UnknownPlayerError, match="2 different names"):
        TUGame([0, 1, 1, 2], players=players)


def test_unknown_players_and_missing_coalitions_are_named():
    with pytest.raises(UnknownPlayerError, match="'z'"):
        TUGame.from_mapping("ab", {"z": 1}, default=0)
    with pytest.raises(ValuesLengthError, match="2 of 4 coalitions"):
        TUGame.from_mapping("ab", {"a": 1})
    with pytest.raises(UnknownPlayerError, match="at least one"):
        TUGame.from_function(0, len)
    with pytest.raises(UnknownPlayerError, match="start at 0"):
        coalition_of([-1])


def test_excess_has_the_papers_sign_and_theta_is_sorted():
    game = TUGame(GLOVE)
    excess = excesses(game, [0.2, 0.2, 0.6])
    assert excess[coalition_of([0, 2])] == pytest.approx(0.2)  # v = 1, gets 0.8: dissatisfied is positive
    assert excess[0] == 0
    assert excess[-1] == pytest.approx(0)
    ordered = theta(game, [0.2, 0.2, 0.6])
    assert len(ordered) == 8
    assert (np.diff(ordered) <= 0).all()
    assert excesses(game.to_exact(), [Fraction(1, 3)] * 3)[0b101] == Fraction(1, 3)


@pytest.mark.parametrize("payoff", [[1, 2], [[1, 2, 3]], [1, np.nan, 0]])
def test_bad_payoffs_are_refused(payoff):
    with pytest.raises(PayoffShapeError, match=r"one number per player|finite"):
        excesses(TUGame(GLOVE), payoff)


def test_coalition_tables_agree_with_counting():
    member = member_matrix(5)
    np.testing.assert_array_equal(member.sum(1), coalition_sizes(5))
    payoff = np.arange(5) + 0.5
    np.testing.assert_allclose(subset_sums(payoff), member @ payoff)
    assert all(players_of(s) == tuple(np.flatnonzero(member[s])) for s in range(32))


def test_partitions_are_bell_many_and_all_valid():
    found = list(partitions(5))
    assert len(found) == len({frozenset(p) for p in found}) == 52  # Bell(5)
    assert all(check_partition(p, 5) == p for p in found)


@pytest.mark.parametrize(
    ("structure", "words"),
    [((0b011, 0b110), "more than one"), ((0b001,), "in no coalition"), ((0b111, 0), "non-empty"), ((0b1111,), "0..2")],
)
def test_structures_that_are_no_partition(structure, words):
    with pytest.raises(NotAPartitionError, match=words):
        check_partition(structure, 3)

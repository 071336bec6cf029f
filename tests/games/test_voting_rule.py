"""Voting rules against the catalogue's tables and against the definition, coalition by coalition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.catalogue import union_game, weighted_voting_game
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError, UnknownPlayerError
from nucleolus_lib.games.voting_rule import Condition, VotingRule


@st.composite
def small_rules(draw) -> VotingRule:
    n = draw(st.integers(1, 7))
    conditions = []
    for c in range(draw(st.integers(1, 3))):
        weights = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n).filter(any))
        conditions.append(Condition(f"condition {c}", tuple(weights), draw(st.integers(1, sum(weights)))))
    sure = draw(st.none() | st.integers(1, n))
    return VotingRule(tuple(f"p{i}" for i in range(n)), tuple(conditions), sure)


def by_definition(rule: VotingRule, coalition: int) -> bool:
    inside = [i for i in range(rule.n_players) if coalition >> i & 1]
    if rule.sure_size is not None and len(inside) >= rule.sure_size:
        return True
    return all(sum(condition.weights[i] for i in inside) >= condition.quota for condition in rule.conditions)


@settings(deadline=None, max_examples=80)
@given(small_rules())
def test_rule_table_and_count_follow_the_definition(rule: VotingRule) -> None:
    everything = np.arange(1 << rule.n_players)
    expected = [by_definition(rule, coalition) for coalition in everything.tolist()]
    assert rule.wins(everything).tolist() == expected
    game = rule.to_game()
    np.testing.assert_array_equal(game.values, expected)
    assert game.players == rule.players
    assert rule.n_winning() == sum(expected)


def test_agrees_with_the_catalogue() -> None:
    players = ("a", "b", "c", "d", "e")
    rule = VotingRule(
        players, (Condition("members", (1,) * 5, 3), Condition("people", (50, 20, 15, 10, 5), 65)), sure_size=4
    )
    both = weighted_voting_game([3, 65], [[1] * 5, [50, 20, 15, 10, 5]], players)
    expected = union_game(both, weighted_voting_game(4, [1] * 5, players))
    np.testing.assert_array_equal(rule.to_game().values, expected.values)
    without = VotingRule(players, rule.conditions)
    np.testing.assert_array_equal(without.to_game().values, both.values)
    assert not np.array_equal(without.to_game().values, expected.values)


def test_any_shape_of_coalitions_and_none() -> None:
    rule = VotingRule(("a", "b", "c"), (Condition("votes", (2, 1, 1), 3),))
    assert rule.wins([[0b011, 0b110], [0b111, 0]]).tolist() == [[True, False], [True, False]]
    assert rule.wins(0b101).tolist() is True
    assert rule.wins(np.empty(0, dtype=int)).shape == (0,)


@pytest.mark.parametrize("coalition", [-1, 8])
def test_unknown_players_are_refused(coalition: int) -> None:
    with pytest.raises(UnknownPlayerError, match="0 to 7"):
        VotingRule(("a", "b", "c"), (Condition("votes", (2, 1, 1), 3),)).wins(coalition)


@pytest.mark.parametrize(
    ("weights", "quota", "sure", "message"),
    [
        ((1, 1), 1, None, "one weight for each"),
        ((1, -1, 1), 1, None, "whole numbers"),
        ((1, 0.5, 1), 1, None, "whole numbers"),
        ((1, 1, 1), 0, None, "quota"),
        ((1, 1, 1), 4, None, "quota"),
        ((1, 1, 1), 2, 0, "sure_size"),
        ((1, 1, 1), 2, 4, "sure_size"),
    ],
)
def test_bad_rules_are_refused(weights, quota, sure, message: str) -> None:
    with pytest.raises(CatalogueParameterError, match=message):
        VotingRule(("a", "b", "c"), (Condition("votes", weights, quota),), sure)


def test_no_condition_is_refused() -> None:
    with pytest.raises(CatalogueParameterError, match="at least one condition"):
        VotingRule(("a",), ())


def test_large_votes_have_a_rule_but_no_table() -> None:
    rule = VotingRule(tuple(map(str, range(30))), (Condition("votes", (1,) * 30, 16),))
    assert rule.wins([(1 << 16) - 1, (1 << 15) - 1]).tolist() == [True, False]
    with pytest.raises(TooManyPlayersError):
        rule.to_game()
    with pytest.raises(TooManyPlayersError):
        VotingRule(tuple(map(str, range(41))), (Condition("votes", (1,) * 41, 16),))

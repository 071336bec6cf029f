"""Interactions of pairs, by hand."""

import numpy as np
import pytest

from nucleolus_lib.report.battle_readings import read_battles
from nucleolus_lib.report.coalition_interactions import interaction_gap, interaction_table, pair_interactions
from tests.report.coalition_battles import ADDITIVE, PAIR, made_up


def test_interactions_by_hand():
    """Agents 0 and 1 are worth 5 - 2 more together; the largest value is 5.5, and 5 once agent 2 is dead."""
    pairs = pair_interactions(read_battles([made_up()])[0], "learned").set_index(["step", "first", "second"])
    assert len(pairs) == 3 + 3 + 1
    assert pairs.loc[(1, 0, 1), "interaction"] == pytest.approx(3 / 5.5)
    assert pairs.loc[(1, 0, 2), "interaction"] == 0
    assert pairs.loc[(2, 0, 1), "interaction"] == pytest.approx(3 / 5)
    assert pairs["beside"].tolist() == [False] * 3 + [True, False, False] + [False]


def test_the_gap_is_between_pairs_of_the_same_steps():
    """Only step 1 has pairs of both kinds."""
    battle = read_battles([made_up()])[0]
    assert interaction_gap(battle, "learned") == (pytest.approx(3 / 5.5), 0)
    row = interaction_table([battle], ["learned"]).iloc[0]
    assert row["gap"] == row["low"] == row["high"] == pytest.approx(3 / 5.5)


def test_those_who_stand_in_for_one_another_have_a_negative_gap():
    overlap = PAIR.copy()
    overlap[0b011] = 1
    assert interaction_table(read_battles([made_up(overlap)]), ["learned"]).iloc[0]["gap"] < 0


def test_an_additive_game_has_no_interactions():
    battle = read_battles([made_up(ADDITIVE)])[0]
    np.testing.assert_allclose(pair_interactions(battle, "learned")["interaction"], 0, atol=1e-12)


def test_without_fighting_or_values_there_is_nothing_to_compare():
    quiet = read_battles([made_up(targets=np.full((3, 5), -1))])
    assert np.isnan(interaction_table(quiet, ["learned"]).iloc[0]["gap"])
    assert pair_interactions(read_battles([made_up(np.zeros(8))])[0], "learned").empty

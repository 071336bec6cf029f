"""The numbers of a survey, by hand."""

import numpy as np
import pytest

from nucleolus_lib.report.battle_coalition_survey import (
    above_chance,
    agreement_table,
    battle_mean,
    ceiling,
    changes,
    company,
    other_networks,
    over_battles,
    size_shares,
    size_table,
    stability_table,
)
from nucleolus_lib.report.battle_readings import read_battles
from tests.report.coalition_battles import ADDITIVE, PAIR, made_up

OTHER = np.array([0, 1, 1, 2, 1, 9, 2, 9.5], dtype=np.float32)
"""Agents 0 and 2 are the pair."""


def test_sizes_of_one_battle():
    row = size_table(read_battles([made_up()]), ["learned"]).iloc[0]
    assert row["reading"] == "learned values"
    assert row["coalitions"] == pytest.approx((2 + 2 + 1) / 3)
    assert row["largest"] == 2
    assert row["grand"] == pytest.approx(1 / 3)
    assert row["alone"] == 0
    # From step 1 to 2 the partition changes by a death only.
    assert row["changes"] == 0


def test_changes_of_the_partition_are_counted():
    rows = np.array([PAIR, OTHER, PAIR])
    assert size_table(read_battles([made_up(rows)]), ["learned"]).iloc[0]["changes"] == 1


def test_a_single_survivor_has_no_partition_to_change():
    """Agents 0 and 1 part from step 0 to 1; then 1 dies, so that nothing is left to part."""
    health = np.ones((4, 5), dtype=np.float32)
    health[:, 2] = 0
    health[2:, 1] = 0
    rows = np.array([PAIR, [0, 3, 3, 5, 1, 2, 2, 5.5], PAIR])
    battle = read_battles([made_up(), made_up(rows, health=health)])[1]
    assert battle.several.tolist() == [True, True, False]
    assert changes(battle, "learned") == 1
    # With 0 alone from step 1 on there are two steps without a death and no partition in them.
    health[1:, 1] = 0
    battle = read_battles([made_up(), made_up(rows, health=health)])[1]
    assert np.isnan(changes(battle, "learned"))


def test_company_counts_the_living():
    battle = read_battles([made_up()])[0]
    assert company(battle, "learned").tolist() == [[2, 2, 1], [2, 2, 1], [2, 2, 0]]
    assert company(battle, "alone").tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 0]]


def test_shares_of_agents_by_size_of_their_coalition():
    battles = read_battles([made_up(), made_up(ADDITIVE)])
    shares = size_shares(battles, ["learned"])
    # The additive game is a tie, which goes to the grand coalition.
    np.testing.assert_allclose(shares[0], [1 / 6, 2 / 6, 3 / 6])
    np.testing.assert_allclose(shares[2], [0, 1, 0])
    np.testing.assert_allclose(shares.sum(1), 1)
    np.testing.assert_allclose(size_shares(battles, ["alone"])[0], [1, 0, 0])


def test_agreement_with_who_attacks_whom():
    battles = read_battles([made_up()])
    table = agreement_table(battles, ["learned", "grand", "alone", "attacks"]).set_index("reading")
    # Step 1: 0 and 1 attack one enemy, 2 another. Step 2: 0 and 1 attack different ones. In step 0 nobody attacks.
    assert table.loc["learned values", "rand"] == pytest.approx((1 + 0) / 2)
    # Step 1: one of three pairs together in both; step 2: the only pair is together in one and apart in the other.
    chance = ((1 / 9 + 4 / 9) + 0) / 2
    assert table.loc["learned values", "chance"] == pytest.approx(chance)
    assert table.loc["learned values", "above"] == pytest.approx(0.5 - chance)
    assert table.loc["all together", "above"] == pytest.approx(0)
    assert table.loc["all alone", "above"] == pytest.approx(0)
    assert table.loc["who attacks whom", "above"] == pytest.approx(ceiling(battles))
    assert ceiling(battles) == pytest.approx(((1 - 5 / 9) + 0) / 2)


def test_an_agreement_below_chance_is_seen():
    """Agents 0 and 2 together, while 0 and 1 attack the same enemy."""
    right, wrong = read_battles([made_up()])[0], read_battles([made_up(OTHER)])[0]
    assert above_chance(wrong, "learned", "attacks") < 0 < above_chance(right, "learned", "attacks")


def test_where_nobody_fights_there_is_no_agreement():
    quiet = made_up(targets=np.full((3, 5), -1))
    assert np.isnan(agreement_table(read_battles([quiet]), ["learned"]).iloc[0]["above"])
    # Such a battle does not count beside others.
    both = read_battles([quiet, made_up()])
    assert agreement_table(both, ["learned"]).iloc[0]["rand"] == pytest.approx(0.5)


def test_stability_against_other_networks():
    episode = made_up(others={"target": np.tile(PAIR, (3, 1)), "untrained 1": np.tile(OTHER, (3, 1))})
    battles = read_battles([episode])
    assert other_networks(battles) == ["target", "untrained 1"]
    table = stability_table(battles, other_networks(battles)).set_index("reading")
    assert table.loc["target network", ["same", "rand"]].tolist() == [1, 1]
    # Alive 0 and 1 in the last step: apart in the other game (1 + 1 = 2 is a tie, which goes to fewer coalitions).
    assert table.loc["untrained network 1", "same"] == pytest.approx(1 / 3)
    assert table.loc["untrained network 1", "rand"] == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)


def test_means_are_over_battles():
    battles = read_battles([made_up(), made_up(won=False), made_up(won=False)])
    assert battle_mean(battles, lambda b: float(b.episode.won)) == pytest.approx(1 / 3)
    found = over_battles(battles, lambda b: float(b.episode.won), n_resamples=500)
    assert (found.low, found.high) == (0, 1)
    assert np.isnan(over_battles(battles, lambda b: float("nan")).estimate)

"""What the best partition is decided by, on games whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.report.battle_coalitions import learned_structures
from nucleolus_lib.report.battle_readings import read_battles
from nucleolus_lib.report.coalition_sensitivity import (
    gains,
    literal_alone,
    misses,
    stakes_table,
    tolerance_table,
)
from tests.report.coalition_battles import ADDITIVE, PAIR, made_up, small_2s3z


def test_gains_by_hand():
    """{0, 1}, {2} is worth 5 + 1, the grand coalition 5.5, apart 3; next best is the grand coalition."""
    first = gains(read_battles([made_up()])[0]).iloc[0]
    assert first[["over_grand", "over_alone", "lead", "largest"]].tolist() == [0.5, 3, 0.5, 5.5]
    # With 0 and 1 left: together 5, apart 2.
    last = gains(read_battles([made_up()])[0]).iloc[2]
    assert last[["over_grand", "over_alone", "lead", "largest"]].tolist() == [0, 3, 3, 5]


def test_an_additive_game_decides_nothing():
    found = gains(read_battles([made_up(ADDITIVE)])[0])
    assert np.allclose(found[["over_grand", "over_alone", "lead"]], 0)
    battles = read_battles([made_up(ADDITIVE)])
    assert tolerance_table(battles, {"learned": ["learned"]}, (0.0,)).iloc[0]["grand"] == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_largest_value_is_that_of_the_best_partition(seed):
    """Enumeration here, the dynamic programme there."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([np.zeros((2, 1)), rng.normal(size=(2, 31))], 1).astype(np.float32)
    battle = read_battles([small_2s3z(values)])[0]
    structure = learned_structures(battle.episode.values, battle.living)
    for t, row in enumerate(structure.tolist()):
        masks = [sum(1 << i for i in range(5) if row[i] == block) for block in set(row)]
        found = gains(battle).iloc[t]
        assert found["over_grand"] == pytest.approx(values[t, masks].sum() - values[t, -1], abs=1e-5)
        assert found["lead"] >= 0


def test_the_miss_of_the_return():
    found = misses(read_battles([made_up()])[0], 0.5)
    assert found["followed"].tolist() == [1 + 0.25 * 2, 0.5 * 2, 2]
    # V(s, a_N) = v(N) + V(s, empty).
    assert found["predicted"].tolist() == [15.5] * 3


def test_stakes_stand_beside_the_miss():
    table = stakes_table(read_battles([made_up()]), 0.5).set_index("quantity")
    # Steps 1 and 2, with gains of 0.5 and 0 and returns of 1 and 2.
    assert table.loc["gain over the grand coalition", "median"] == 0.25
    assert table.loc["miss of the return", "median"] == 14
    assert table.loc["gain over the grand coalition", "share"] == pytest.approx(0.25 / 14)


def test_stakes_are_those_of_the_steps_with_fighting():
    """The first step, in which nobody attacks, has a game that no other step has."""
    rows = np.array([100 * PAIR, PAIR, PAIR])
    battle = read_battles([made_up(rows)])[0]
    assert gains(battle)["fighting"].tolist() == [False, True, True]
    table = stakes_table([battle], 0.5).set_index("quantity")
    assert table.loc["largest value of a coalition", "median"] == pytest.approx((5.5 + 5) / 2)


def test_a_tolerance_leads_to_the_grand_coalition():
    battles = read_battles([made_up(others={"untrained 1": np.tile(ADDITIVE, (3, 1))})])
    groups = {"learned": ["learned"], "untrained": ["untrained 1"]}
    table = tolerance_table(battles, groups, (0.0, 0.2)).set_index(["reading", "tolerance"])
    assert table.loc[("learned", 0.0), "grand"] == pytest.approx(1 / 3)
    assert table.loc[("learned", 0.0), "between"] == pytest.approx(2 / 3)
    assert table.loc[("learned", 0.2), "grand"] == 1
    assert table.loc[("untrained", 0.0), "grand"] == 1
    assert table.loc[("learned", 0.0), "coalitions"] == pytest.approx(5 / 3)


def test_without_normalisation_everybody_is_alone():
    """V(s, empty) = 10 is earned once for each coalition."""
    assert literal_alone(read_battles([made_up(PAIR)])) == 1
    below = made_up(PAIR)
    below.empty_value[:] = -10
    assert literal_alone(read_battles([below])) == 0

"""Readings of coalitions, side by side."""

import numpy as np
import pytest

from nucleolus_lib.report.battle_coalitions import (
    among_the_living,
    chance_rand_index,
    rand_index,
    with_structure,
)
from nucleolus_lib.report.battle_map import BattleScene
from nucleolus_lib.report.battle_readings import read_battles, title_of, untrained_names
from nucleolus_lib.report.errors import CoalitionPlotError
from tests.report.battle_scenes import scene_arrays
from tests.report.coalition_battles import PAIR, made_up


def test_every_reading_is_a_partition_of_the_living():
    others = {"target": np.tile(PAIR, (3, 1)), "untrained 1": np.zeros((3, 8), dtype=np.float32)}
    battle = read_battles([made_up(others=others)])[0]
    structures = {name: rows.tolist() for name, rows in battle.structures.items()}
    assert structures == {
        "learned": [[0, 0, 2], [0, 0, 2], [0, 0, 2]],
        "target": [[0, 0, 2], [0, 0, 2], [0, 0, 2]],
        "untrained 1": [[0, 0, 0], [0, 0, 0], [0, 0, 2]],
        "attacks": [[0, 1, 2], [0, 0, 2], [0, 1, 2]],
        # In step 2 the scene has the dead agent 2 in one coalition with 1.
        "damage": [[0, 0, 0], [0, 0, 2], [0, 1, 2]],
        "types": [[0, 0, 2], [0, 0, 2], [0, 0, 2]],
        "grand": [[0, 0, 0], [0, 0, 0], [0, 0, 2]],
        "alone": [[0, 1, 2], [0, 1, 2], [0, 1, 2]],
        "fixed": [[0, 0, 2], [0, 0, 2], [0, 0, 2]],
    }
    assert battle.several.tolist() == [True] * 3
    assert battle.fighting.tolist() == [False, True, True]
    assert untrained_names([battle]) == ["untrained 1"]


def test_the_fixed_partition_is_the_most_frequent_one():
    """Over all battles: the pair of 0 and 2 in three steps with everybody, the pair of 0 and 1 in one."""
    other = np.array([0, 1, 1, 2, 1, 9, 2, 9.5], dtype=np.float32)
    battles = read_battles([made_up(other), made_up(np.array([PAIR, other, PAIR]))])
    assert battles[1].structures["fixed"].tolist() == [[0, 1, 0], [0, 1, 0], [0, 1, 2]]


def test_the_dead_leave_their_coalition():
    rows, living = np.array([[0, 0, 0], [0, 0, 2]]), np.array([[False, True, True], [True, True, False]])
    assert among_the_living(rows, living).tolist() == [[0, 1, 1], [0, 0, 2]]


def test_chance_is_the_mean_over_all_orders_of_the_names():
    from itertools import permutations

    first, second = np.array([[0, 0, 2, 2]]), np.array([[0, 0, 0, 3]])
    living = np.ones((1, 4), dtype=bool)
    every = [rand_index(first[:, list(order)], second, living)[0] for order in permutations(range(4))]
    assert chance_rand_index(first, second, living)[0] == pytest.approx(np.mean(every))
    assert np.isnan(chance_rand_index(first, second, np.array([[True, False, False, False]]))[0])


def test_pictures_take_a_reading():
    scene = BattleScene(**scene_arrays())
    shown = with_structure(scene, np.array([[0, 0, 2], [0, 1, 2], [0, 0, 2]]))
    assert shown.working.tolist() == [[True, True, False], [False] * 3, [True, True, False]]
    with pytest.raises(CoalitionPlotError, match="steps and agents"):
        with_structure(scene, np.zeros((2, 3), dtype=int))


def test_titles():
    assert title_of("untrained 2") == "untrained network 2"
    assert title_of("attacks") == "who attacks whom"

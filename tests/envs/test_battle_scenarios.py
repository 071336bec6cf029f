"""Named maps, the starting layout, and scenarios that cannot be played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleolus_lib.envs.battle_scenarios import MAP_NAMES, Scenario, ground, scenario, square_layout
from nucleolus_lib.envs.battle_units import unit_type
from nucleolus_lib.envs.errors import ScenarioError

SIZES = {  # agents, enemies, episode limit, races: smac_maps.py of SMAC @ d6aab33
    "2s3z": (5, 5, 120, "PP"),
    "2c_vs_64zg": (2, 64, 400, "PZ"),
    "3s_vs_5z": (3, 5, 250, "PP"),
    "5m_vs_6m": (5, 6, 70, "TT"),
    "8m_vs_9m": (8, 9, 120, "TT"),
    "corridor": (6, 24, 400, "PZ"),
    "3m": (3, 3, 60, "TT"),
    "8m": (8, 8, 120, "TT"),
    "25m": (25, 25, 150, "TT"),
    "10m_vs_11m": (10, 11, 150, "TT"),
    "3s5z": (8, 8, 150, "PP"),
    "3s5z_vs_3s6z": (8, 9, 170, "PP"),
    "6h_vs_8z": (6, 8, 150, "ZP"),
}


@pytest.mark.parametrize("name", MAP_NAMES)
def test_named_maps_have_smacs_sizes(name: str) -> None:
    battle = scenario(name)
    races = battle.ally_race + battle.enemy_race
    assert (battle.n_allies, battle.n_enemies, battle.episode_limit, races) == SIZES[name]
    assert {unit.race for unit in battle.ally_types} == {battle.ally_race}
    assert {unit.race for unit in battle.enemy_types} == {battle.enemy_race}


def test_the_layout_is_the_measured_one() -> None:
    battle = scenario("5m_vs_6m")
    xs, ys = zip(*battle.ally_positions, strict=True)
    assert sorted(set(np.round(xs, 6))) == [8.25, 9.05, 9.85]
    assert sorted(set(np.round(ys, 6))) == [15.575, 16.375]
    xs, ys = zip(*battle.enemy_positions, strict=True)
    assert sorted(set(np.round(xs, 6))) == [22.15, 22.95, 23.75]
    assert sorted(set(np.round(ys, 6))) == [15.625, 16.425]
    zealot = unit_type("zealot")
    assert square_layout((zealot,), (9.0, 16.0), enemy=False) == ((9.0, 16.0),)


def test_allies_are_numbered_by_type_and_place() -> None:
    battle = scenario("3s5z")
    assert battle.allies == ("stalker",) * 3 + ("zealot",) * 5
    for group in (battle.ally_positions[:3], battle.ally_positions[3:]):
        assert list(group) == sorted(group)


def test_grounds_have_the_published_shape() -> None:
    band, cliff = ground("band")
    assert int(band.sum()) == 28 * 18
    assert not cliff.any()
    assert band[2:30, 7:25].all()
    plateau, cliff = ground("2c_vs_64zg")
    assert int(plateau.sum()) == 396
    assert int(cliff.sum()) == 48
    assert int(ground("corridor")[0].sum()) == 418


def test_an_unknown_map_is_answered_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean '5m_vs_6m'"):
        scenario("5m_vs6m")


def custom(**changes) -> Scenario:
    walkable = np.zeros((16, 12), dtype=np.bool_)
    walkable[2:14, 2:10] = True
    whole = {
        "name": "mine",
        "allies": ("marine", "zealot"),
        "enemies": ("zergling",),
        "ally_positions": ((4.0, 5.0), (4.0, 6.5)),
        "enemy_positions": ((10.0, 5.0),),
        "walkable": walkable,
        "episode_limit": 50,
    }
    return Scenario(**{**whole, **changes})


def test_a_scenario_of_ones_own() -> None:
    assert custom().size == (16, 12)
    assert replace(custom(), rules="lotv").ally_types[0].scan == 5.5
    over_a_ground_unit = custom(allies=("colossus", "zealot"), ally_positions=((4.0, 5.0), (4.0, 5.5)))
    assert over_a_ground_unit.n_allies == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"allies": ()}, "needs units on both sides; allies is empty"),
        ({"ally_positions": ((4.0, 5.0),)}, "allies has 2 units and 1 points"),
        ({"enemies": ("zerglin",)}, "did you mean 'zergling'"),
        ({"enemy_positions": ((15.0, 5.0),)}, r"enemy 0 \(zergling\) starts at \(15, 5\).*centre at \(13.5, [45].5\)"),
        ({"enemy_positions": ((40.0, 5.0),)}, "outside the walkable area"),
        ({"ally_positions": ((4.0, 5.0), (4.0, 5.5))}, r"ally 1 \(zealot\) and ally 0 \(marine\) overlap.*need 0.75"),
        ({"episode_limit": 0}, "episode_limit counts environment steps"),
        ({"enemy_race": "X"}, "enemy_race is 'P'"),
        ({"walkable": np.ones((16, 12))}, "walkable is a bool array"),
        ({"cliff": np.ones((16, 12), dtype=np.bool_)}, "marks no walkable cell"),
        ({"attack_point": (20.0, 5.0)}, "attack_point lies on the map"),
        ({"rules": "wol"}, "rules is one of"),
    ],
)
def test_bad_scenarios_say_what_is_wrong(changes: dict, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        custom(**changes)

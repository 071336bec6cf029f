"""The unit rows: what the sources say, and names that are not there."""

from __future__ import annotations

import pytest

from nucleolus_lib.envs.battle_rules import RULESETS
from nucleolus_lib.envs.battle_units import UNIT_TYPES, unit_type
from nucleolus_lib.envs.errors import ScenarioError

PER_SECOND = {  # speed and period at game speed "normal", in seconds: SC2GameData @ 07a3f022, liberty.sc2mod
    "marine": (2.25, 0.8608),
    "zealot": (2.25, 1.2),
    "stalker": (2.9531, 1.44),
    "zergling": (2.9531, 0.696),
    "colossus": (2.25, 2.2),
    "hydralisk": (2.25, 0.83),
}


@pytest.mark.parametrize("name", PER_SECOND)
def test_loops_are_sixteenths_of_a_second(name: str) -> None:
    unit = unit_type(name)
    speed, period = PER_SECOND[name]
    assert unit.speed * 16 == pytest.approx(speed, rel=1e-4)
    assert unit.period == pytest.approx(16 * period, rel=1e-4)
    assert unit.jitter == (-1.0, 2.0)


def test_rulesets_differ_where_they_should() -> None:
    damage = {rules: unit_type("stalker", rules).damage for rules in UNIT_TYPES}
    assert damage == {"liberty": 10.0, "lotv": 13.0, "smaclite": 13.0}
    sweep = {
        rules: unit_type("colossus", rules).hits
        * (unit_type("colossus", rules).damage + unit_type("colossus", rules).bonus_light)
        for rules in UNIT_TYPES
    }
    assert sweep == {"liberty": 40.0, "lotv": 30.0, "smaclite": 30.0}
    assert unit_type("marine", "smaclite").speed == pytest.approx(1.4 * unit_type("marine").speed)
    assert set(RULESETS) == set(UNIT_TYPES)


@pytest.mark.parametrize("rules", UNIT_TYPES)
def test_every_row_makes_sense(rules: str) -> None:
    for name, unit in UNIT_TYPES[rules].items():
        assert unit.name == name
        assert 0 < unit.speed < 1, "the walls are looked up one cell ahead"
        assert unit.strikes in (1, 2)
        last = unit.hit_delay + (unit.strikes - 1) * unit.strike_gap
        flight = 0.0 if unit.missile_speed is None else (unit.range + 2) / unit.missile_speed
        assert last + flight + 1 < unit.period + unit.jitter[0], "a shot is over before the next begins"
        assert unit.period + unit.jitter[0] > 7, "one number per step is enough for the jitter"
        assert (unit.shield > 0) == (unit.race == "P")


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'zealot'"):
        unit_type("zealott")
    with pytest.raises(ScenarioError, match=r"rules is one of .*did you mean 'liberty'"):
        unit_type("marine", "libery")
    with pytest.raises(ScenarioError, match="'lotv' has the unit types"):
        unit_type("hydralisk", "lotv")

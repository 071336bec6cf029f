"""Unit types: every number of a fighting unit, one row per type and ruleset.

*Time.* One game loop is 1/16 of a second at game speed "normal". SMAC plays 8 loops per environment step. All rates
here are per loop and all durations are in loops.

*Rulesets.*

``liberty``
    The default: the data the SMAC maps load. Each of them depends on ``Liberty.SC2Mod`` alone, so units and weapons
    have the numbers of that mod, whatever the version of the game.
``lotv``
    The ladder of game version 4.x. Other numbers for the stalker, the colossus and the marine's scan range.
``smaclite``
    What SMAClite plays: ticks of 1/16 s with the speeds and periods of game speed "faster", no chance in the periods,
    hits that land at once. For comparison with figures measured there, not for training.

*A shot.* A weapon in range and ready begins a shot. It is ready again after P = ``period`` + J loops, J uniform on
``jitter``. The shot strikes ``strikes`` times: first after ``hit_delay`` loops (for a missile plus the distance
divided by ``missile_speed``), then every ``strike_gap`` loops. A strike is ``hits`` hits of w = ``damage`` + bonus
each; the bonus counts if the victim has the attribute. A hit takes from the shield first. What is left, less the
armour, but at least ``least_damage``, is taken from the health.

Sources: SC2GameData @ 07a3f022 (data export of game version 4.11.4; liberty.sc2mod and voidmulti), read for facts only;
SMAC @ d6aab33 (cooldown table of ``StarCraft2Env``); ``smaclite``: measured on SMAClite @ 0d6abbe.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

from nucleolus_lib.envs.errors import ScenarioError

LOOPS_PER_STEP = 8
"""Game loops per environment step (SMAC's ``step_mul``)."""
LOOPS_PER_SECOND = 16
"""Game loops per second at game speed "normal"."""
SHIELD_DELAY = 160.0
"""Loops without damage after which a shield regenerates."""
SHIELD_REGENERATION = 0.125
"""Shield points per loop."""
ATTACK_ORDER_RANGE = 6.0
"""SMAC offers an attack on enemies up to this distance between centres, for every unit type."""


@dataclass(frozen=True)
class UnitType:
    """One row: a unit type under one ruleset.

    Parameters
    ----------
    name
        In lower case.
    race
        "P", "T" or "Z".
    sc2_id
        Type number of the game's interface (of the ordinary unit, not of SMAC's clone).
    smac_max_cooldown
        SMAC divides the weapon cooldown by this in the global state.
    health, shield, armour
        Points.
    health_regeneration
        Points per loop.
    radius
        For ranges.
    separation
        Radius for collisions.
    speed
        Distance per loop.
    damage, bonus_armoured, bonus_light
        Per hit.
    hits, strikes, strike_gap, hit_delay, missile_speed
        See the module's docstring; ``missile_speed`` per loop, None for no missile.
    range
        From edge to edge.
    period
        Loops between shots, without the jitter.
    jitter
        Least and greatest loops added to ``period`` at each shot.
    scan
        An idle enemy looks for targets up to here.
    armoured, light
        Attributes.
    beam
        None, or (half length, half width) of the strip across the line of fire, centred on the target. Every enemy
        that touches it with its ``radius`` is hit.
    collides_with_ground
        False for a unit that steps over the others.
    crosses_cliffs
        Whether it may walk on cells marked as cliff.
    """

    name: str
    race: str
    sc2_id: int
    smac_max_cooldown: float
    health: float
    radius: float
    separation: float
    speed: float
    damage: float
    range: float
    period: float
    scan: float
    shield: float = 0.0
    armour: float = 0.0
    health_regeneration: float = 0.0
    bonus_armoured: float = 0.0
    bonus_light: float = 0.0
    hits: int = 1
    strikes: int = 1
    strike_gap: float = 0.0
    hit_delay: float = 0.0
    missile_speed: float | None = None
    jitter: tuple[float, float] = (-1.0, 2.0)
    armoured: bool = False
    light: bool = False
    beam: tuple[float, float] | None = None
    collides_with_ground: bool = True
    crosses_cliffs: bool = False


_MARINE = UnitType(
    name="marine",
    race="T",
    sc2_id=48,
    smac_max_cooldown=15.0,
    health=45.0,
    radius=0.375,
    separation=0.375,
    speed=0.140625,
    damage=6.0,
    range=5.0,
    period=13.7728,
    scan=5.0,
    hit_delay=0.8,
    light=True,
)
_ZEALOT = UnitType(
    name="zealot",
    race="P",
    sc2_id=73,
    smac_max_cooldown=22.0,
    health=100.0,
    shield=50.0,
    armour=1.0,
    radius=0.5,
    separation=0.375,
    speed=0.140625,
    damage=8.0,
    strikes=2,
    strike_gap=4.48,
    range=0.1,
    period=19.2,
    scan=5.0,
    light=True,
)
_STALKER = UnitType(
    name="stalker",
    race="P",
    sc2_id=74,
    smac_max_cooldown=35.0,
    health=80.0,
    shield=80.0,
    armour=1.0,
    radius=0.625,
    separation=0.625,
    speed=0.18456875,
    damage=10.0,
    bonus_armoured=4.0,
    range=6.0,
    period=23.04,
    scan=6.0,
    hit_delay=2.672,
    missile_speed=1.171875,
    armoured=True,
)
_ZERGLING = UnitType(
    name="zergling",
    race="Z",
    sc2_id=105,
    smac_max_cooldown=11.0,
    health=35.0,
    health_regeneration=0.0170875,
    radius=0.375,
    separation=0.375,
    speed=0.18456875,
    damage=5.0,
    range=0.1,
    period=11.136,
    scan=5.0,
    hit_delay=2.672,
    light=True,
)
_COLOSSUS = UnitType(
    name="colossus",
    race="P",
    sc2_id=4,
    smac_max_cooldown=24.0,
    health=200.0,
    shield=150.0,
    armour=1.0,
    radius=1.0,
    separation=0.75,
    speed=0.140625,
    damage=20.0,
    hits=2,
    range=6.0,
    period=35.2,
    scan=6.0,
    # The damage point, .0832 s, and the sweep, .375 s until the target is hit.
    hit_delay=7.3312,
    armoured=True,
    beam=(1.4, 0.15),
    collides_with_ground=False,
    crosses_cliffs=True,
)

_HYDRALISK = UnitType(
    name="hydralisk",
    race="Z",
    sc2_id=107,
    smac_max_cooldown=10.0,
    health=80.0,
    health_regeneration=0.0170875,
    radius=0.625,
    separation=0.5,
    speed=0.140625,
    damage=12.0,
    range=5.0,
    period=13.28,
    scan=5.0,
    hit_delay=3.328,
    missile_speed=2.5,
    light=True,
)


def _at_once(unit: UnitType) -> UnitType:
    """SMAClite: damage in the tick of the shot, and no chance in the period."""
    return replace(unit, hit_delay=0.0, missile_speed=None, jitter=(0.0, 0.0))


def _rows(*units: UnitType) -> dict[str, UnitType]:
    return {unit.name: unit for unit in units}


UNIT_TYPES: dict[str, dict[str, UnitType]] = {
    "liberty": _rows(_MARINE, _ZEALOT, _STALKER, _ZERGLING, _COLOSSUS, _HYDRALISK),
    "lotv": _rows(
        replace(_MARINE, scan=5.5),
        _ZEALOT,
        replace(_STALKER, damage=13.0, bonus_armoured=5.0, period=29.92, scan=6.5),
        _ZERGLING,
        replace(_COLOSSUS, damage=10.0, bonus_light=5.0, period=24.0, range=7.0, scan=7.5),
    ),
    "smaclite": _rows(
        *map(
            _at_once,
            (
                replace(_MARINE, speed=0.196875, period=9.76),
                replace(_ZEALOT, speed=0.196875, period=13.76, separation=0.5, hits=2, strikes=1, strike_gap=0.0),
                replace(_STALKER, speed=0.258125, damage=13.0, bonus_armoured=5.0, period=21.44, scan=5.0),
                replace(_ZERGLING, speed=0.258125, period=7.952, health_regeneration=0.02375),
                replace(
                    _COLOSSUS,
                    speed=0.196875,
                    damage=10.0,
                    bonus_light=5.0,
                    period=17.12,
                    range=7.0,
                    scan=5.0,
                    separation=1.0,
                    collides_with_ground=True,
                    crosses_cliffs=False,
                ),
            ),
        )
    ),
}
"""Ruleset, then unit name, to its row."""


def unit_type(name: str, rules: str = "liberty") -> UnitType:
    """The row of a unit type under a ruleset.

    Raises
    ------
    ScenarioError
        If the ruleset or the type is unknown, with the nearest name.
    """
    rows = UNIT_TYPES.get(rules)
    if rows is None:
        raise ScenarioError(f"rules is one of {sorted(UNIT_TYPES)}; got {rules!r}{nearest_name(rules, UNIT_TYPES)}")
    row = rows.get(name)
    if row is None:
        raise ScenarioError(
            f"ruleset {rules!r} has the unit types {sorted(rows)}; got {name!r}{nearest_name(name, rows)}"
        )
    return row


def nearest_name(name: str, known: dict[str, UnitType] | dict[str, dict[str, UnitType]]) -> str:
    """ "; did you mean 'x'?" for the nearest of the ``known`` names, or nothing."""
    close = get_close_matches(str(name), list(known), n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else ""

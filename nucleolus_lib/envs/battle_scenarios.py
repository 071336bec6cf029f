"""Battle scenarios: who fights whom, where, and for how long.

A scenario is two lists of units with their starting points, a grid of walkable cells and the order given to the enemies
at the start. Cell (x, y) covers [x, x + 1) by [y, y + 1); x grows to the east and y to the north.

*Starting layout.* The n units of a side fill, in the order of the list, the rows of a square of side ceil(sqrt(n))
about the side's spawn point, ``GAP`` apart; rows grow to the north and columns to the east for allies, the other way
for enemies. The square is centred as SMAClite centres it: in height with all its gaps, in width without them. SMAC
itself creates all units at the spawn point and lets the game spread them; no exact offsets are known.

*Order of agents.* SMAC numbers allies by (type number, x, y). The named maps are listed in this order.

*Enemy order.* ``attack_point`` (x, y): attack-move there, fighting whatever comes near. None: attack the allied group,
that is the nearest living ally, wherever it is.

Sources: spawn points, orders, units, limits and races: the map files and ``smac_maps.py`` of SMAC @ d6aab33. Walkable
cells: ``data/battle/map_geometry.json``, which says how each was obtained. Layout: measured on SMAClite @ 0d6abbe.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.envs.battle_scenario_checks import check_scenario
from nucleolus_lib.envs.battle_units import UnitType, unit_type
from nucleolus_lib.envs.errors import ScenarioError

GAP = 0.05
"""Space between the edges of units in the starting layout."""

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Scenario:
    """One battle to be played.

    Parameters
    ----------
    name
        What it is called in files, figures and errors.
    allies, enemies
        Names of unit types, one per unit.
    ally_positions, enemy_positions
        Starting points (x, y), one per unit.
    walkable
        (width, height) bool, indexed [x, y].
    episode_limit
        Environment steps.
    attack_point
        See the module's docstring.
    ally_race, enemy_race
        "P", "T" or "Z". SMAC shows shields of a side if and only if its race is "P".
    unit_type_bits
        Length of the one-hot unit type in observations; 0 where a side has one type.
    map_type
        SMAC's name of the unit mix.
    rules
        Name of the ruleset.
    cliff
        Cells, not walkable, that units with ``crosses_cliffs`` may enter; None for none.

    Raises
    ------
    ScenarioError
    """

    name: str
    allies: tuple[str, ...]
    enemies: tuple[str, ...]
    ally_positions: tuple[Point, ...]
    enemy_positions: tuple[Point, ...]
    walkable: NDArray[np.bool_] = field(repr=False)
    episode_limit: int
    attack_point: Point | None = None
    ally_race: str = "T"
    enemy_race: str = "T"
    unit_type_bits: int = 0
    map_type: str = "custom"
    rules: str = "liberty"
    cliff: NDArray[np.bool_] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_scenario(self)

    @property
    def n_allies(self) -> int:
        """A."""
        return len(self.allies)

    @property
    def n_enemies(self) -> int:
        """E."""
        return len(self.enemies)

    @property
    def ally_types(self) -> tuple[UnitType, ...]:
        """The row of every ally."""
        return tuple(unit_type(name, self.rules) for name in self.allies)

    @property
    def enemy_types(self) -> tuple[UnitType, ...]:
        """The row of every enemy."""
        return tuple(unit_type(name, self.rules) for name in self.enemies)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the map in cells."""
        return self.walkable.shape[0], self.walkable.shape[1]


def square_layout(units: tuple[UnitType, ...], spawn: Point, enemy: bool) -> tuple[Point, ...]:
    """Starting points of a side, by the rule of the module's docstring."""
    side = math.ceil(math.sqrt(len(units)))
    rows = [units[start : start + side] for start in range(0, len(units), side)]
    heights = [2 * max(unit.radius for unit in row) for row in rows]
    widest = max(sum(2 * unit.radius for unit in row) for row in rows)
    sign = -1.0 if enemy else 1.0
    places = []
    y = -(sum(heights) + (side - 1) * GAP) / 2
    for row, height in zip(rows, heights, strict=True):
        x = -widest / 2
        for unit in row:
            places.append((spawn[0] + sign * (x + unit.radius), spawn[1] + sign * (y + height / 2)))
            x += 2 * unit.radius + GAP
        y += height + GAP
    return tuple(places)


@dataclass(frozen=True)
class _Map:
    """A named map: units as (type, count) pairs in SMAC's order, and what else the map file says."""

    allies: tuple[tuple[str, int], ...]
    enemies: tuple[tuple[str, int], ...]
    limit: int
    races: str
    map_type: str
    bits: int = 0
    ground: str = "band"
    spawns: tuple[Point, Point] = ((9.0, 16.0), (23.0, 16.0))
    attack_point: Point | None = (9.0, 16.0)


_MIXED = "stalkers_and_zealots"

_MAPS: dict[str, _Map] = {
    "2s3z": _Map((("stalker", 2), ("zealot", 3)), (("stalker", 2), ("zealot", 3)), 120, "PP", _MIXED, 2),
    "2c_vs_64zg": _Map(
        (("colossus", 2),),
        (("zergling", 64),),
        400,
        "PZ",
        "colossus",
        ground="2c_vs_64zg",
        spawns=((16.0, 16.0), (16.0, 9.0)),
        attack_point=None,
    ),
    "3s_vs_5z": _Map((("stalker", 3),), (("zealot", 5),), 250, "PP", "stalkers", ground="3s_vs_5z"),
    "5m_vs_6m": _Map((("marine", 5),), (("marine", 6),), 70, "TT", "marines"),
    "8m_vs_9m": _Map((("marine", 8),), (("marine", 9),), 120, "TT", "marines"),
    "corridor": _Map(
        (("zealot", 6),),
        (("zergling", 24),),
        400,
        "PZ",
        "zealots",
        ground="corridor",
        spawns=((19.04, 19.12), (27.91, 28.24)),
        attack_point=(4.47, 4.33),
    ),
    "3m": _Map((("marine", 3),), (("marine", 3),), 60, "TT", "marines"),
    "8m": _Map((("marine", 8),), (("marine", 8),), 120, "TT", "marines"),
    "10m_vs_11m": _Map((("marine", 10),), (("marine", 11),), 150, "TT", "marines"),
    "25m": _Map((("marine", 25),), (("marine", 25),), 150, "TT", "marines"),
    "3s5z": _Map((("stalker", 3), ("zealot", 5)), (("stalker", 3), ("zealot", 5)), 150, "PP", _MIXED, 2),
    "3s5z_vs_3s6z": _Map((("stalker", 3), ("zealot", 5)), (("stalker", 3), ("zealot", 6)), 170, "PP", _MIXED, 2),
    "6h_vs_8z": _Map(
        (("hydralisk", 6),),
        (("zealot", 8),),
        150,
        "ZP",
        "hydralisks",
        ground="6h_vs_8z",
        spawns=((14.5998, 9.49), (14.41, 16.7597)),
        attack_point=(14.5998, 9.49),
    ),
}

_OTHER_GROUND = {("band", "smaclite")}
"""Grounds that differ under a ruleset."""

MAP_NAMES: tuple[str, ...] = tuple(_MAPS)
"""The named maps; the six of the paper come first."""


def data_path(name: str) -> Path:
    """A file of ``data/battle``, in the checkout or in the folder named by ``NUCLEOLUS_DATA``."""
    # Not through the layer games, which needs more packages than a machine that only trains has.
    named = os.environ.get("NUCLEOLUS_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    return folder / "battle" / name


@cache
def ground(name: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Walkable cells and cliff cells, each indexed [x, y], of one of the grids in ``data/battle/map_geometry.json``."""
    path = data_path("map_geometry.json")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))[name]
    except FileNotFoundError as error:
        raise ScenarioError(
            f"{path} is missing; restore it with 'git checkout -- data', or set NUCLEOLUS_DATA to the folder 'data'"
        ) from error
    width, height = record["size"]
    grids = []
    for runs_by_y in (record["walkable_runs_by_y"], record.get("cliff_runs_by_y", [[]] * height)):
        grid = np.zeros((width, height), dtype=np.bool_)
        for y, runs in enumerate(runs_by_y):
            for first, last in runs:
                grid[first : last + 1, y] = True
        grid.flags.writeable = False
        grids.append(grid)
    return grids[0], grids[1]


def scenario(map_name: str, rules: str = "liberty") -> Scenario:
    """A named map under a ruleset.

    Raises
    ------
    ScenarioError
        If the map or the ruleset is unknown, with the nearest name.
    """
    entry = _MAPS.get(map_name)
    if entry is None:
        close = get_close_matches(str(map_name), MAP_NAMES, n=1, cutoff=0.0)
        raise ScenarioError(f"maps are {', '.join(MAP_NAMES)}; got {map_name!r}; did you mean {close[0]!r}?")
    allies = tuple(name for name, count in entry.allies for _ in range(count))
    enemies = tuple(name for name, count in entry.enemies for _ in range(count))
    ally_types = tuple(unit_type(name, rules) for name in allies)
    enemy_types = tuple(unit_type(name, rules) for name in enemies)
    ally_places = square_layout(ally_types, entry.spawns[0], enemy=False)
    order = sorted(range(len(allies)), key=lambda i: (-ally_types[i].sc2_id, *ally_places[i]))
    walkable, cliff = ground(f"{entry.ground}_{rules}" if (entry.ground, rules) in _OTHER_GROUND else entry.ground)
    return Scenario(
        name=map_name,
        allies=tuple(allies[i] for i in order),
        enemies=enemies,
        ally_positions=tuple(ally_places[i] for i in order),
        enemy_positions=square_layout(enemy_types, entry.spawns[1], enemy=True),
        walkable=walkable,
        episode_limit=entry.limit,
        attack_point=entry.attack_point,
        ally_race=entry.races[0],
        enemy_race=entry.races[1],
        unit_type_bits=entry.bits,
        map_type=entry.map_type,
        rules=rules,
        cliff=cliff if cliff.any() else None,
    )

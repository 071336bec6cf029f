"""What can be wrong with a battle scenario, with messages that say what, where and how to mend it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.envs.battle_units import unit_type
from nucleolus_lib.envs.errors import ScenarioError

if TYPE_CHECKING:
    from nucleolus_lib.envs.battle_scenarios import Scenario


def check_scenario(scenario: Scenario) -> None:
    """Raise a :class:`ScenarioError` if the scenario cannot be played."""
    _check_sides(scenario)
    _check_ground(scenario)
    _check_positions(scenario)


def _check_sides(scenario: Scenario) -> None:
    name = scenario.name
    for side, units, places in (
        ("allies", scenario.allies, scenario.ally_positions),
        ("enemies", scenario.enemies, scenario.enemy_positions),
    ):
        if not units:
            raise ScenarioError(f"{name}: a battle needs units on both sides; {side} is empty")
        if len(units) != len(places):
            raise ScenarioError(
                f"{name}: one starting point per unit; {side} has {len(units)} units and {len(places)} points"
            )
        for unit in units:
            unit_type(unit, scenario.rules)
    for side, race in (("ally_race", scenario.ally_race), ("enemy_race", scenario.enemy_race)):
        if race not in ("P", "T", "Z"):
            raise ScenarioError(f"{name}: {side} is 'P' (Protoss), 'T' (Terran) or 'Z' (Zerg); got {race!r}")
    if scenario.episode_limit < 1:
        raise ScenarioError(f"{name}: episode_limit counts environment steps, 1 or more; got {scenario.episode_limit}")


def _check_ground(scenario: Scenario) -> None:
    name, walkable, cliff = scenario.name, scenario.walkable, scenario.cliff
    if walkable.ndim != 2 or walkable.dtype != np.bool_ or not walkable.any():
        raise ScenarioError(
            f"{name}: walkable is a bool array (width, height), indexed [x, y], with at least one walkable cell; "
            f"got {walkable.dtype} {walkable.shape}"
        )
    if cliff is not None and (cliff.shape != walkable.shape or cliff.dtype != np.bool_ or (cliff & walkable).any()):
        raise ScenarioError(
            f"{name}: cliff is a bool array of the shape of walkable, {walkable.shape}, and marks no walkable cell; "
            f"got {cliff.dtype} {cliff.shape}"
        )
    point = scenario.attack_point
    if point is not None and not (0 <= point[0] < walkable.shape[0] and 0 <= point[1] < walkable.shape[1]):
        raise ScenarioError(f"{name}: attack_point lies on the map, {walkable.shape}; got {point}")


def _check_positions(scenario: Scenario) -> None:
    name, (width, height) = scenario.name, scenario.size
    units = scenario.ally_types + scenario.enemy_types
    places = scenario.ally_positions + scenario.enemy_positions
    labels = [f"ally {i}" for i in range(scenario.n_allies)] + [f"enemy {k}" for k in range(scenario.n_enemies)]
    for label, unit, (x, y) in zip(labels, units, places, strict=True):
        if not (0 <= x < width and 0 <= y < height and scenario.walkable[int(x), int(y)]):
            cells = np.argwhere(scenario.walkable)
            cx, cy = cells[((cells + 0.5 - (x, y)) ** 2).sum(1).argmin()] + 0.5
            raise ScenarioError(
                f"{name}: {label} ({unit.name}) starts at ({x:g}, {y:g}), outside the walkable area; "
                f"the nearest walkable cell has its centre at ({cx:g}, {cy:g})"
            )
    for i, (label, unit, place) in enumerate(zip(labels, units, places, strict=True)):
        for other_label, other, other_place in zip(labels[:i], units[:i], places[:i], strict=True):
            need = unit.separation + other.separation
            apart = math.dist(place, other_place)
            meet = unit.collides_with_ground == other.collides_with_ground
            if meet and apart < need - 1e-6:
                raise ScenarioError(
                    f"{name}: {label} ({unit.name}) and {other_label} ({other.name}) overlap: their centres are "
                    f"{apart:.3g} apart and need {need:.3g}; move one of them"
                )

"""Which world a name stands for.

A world is written as a name, or as a name and options, ``pp-grid,penalty=-2,n_prey=4``; in a run's settings these are
``env`` and ``env_options``. The text is also the name of the folder in which its runs lie.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch

from nucleolus_lib.envs.protocol import BatchedWorld
from nucleolus_lib.envs.spec import Spec
from nucleolus_lib.experiments.errors import UnknownWorldError, nearest
from nucleolus_lib.learners.sizes import Sizes

World = BatchedWorld[Any]


def _predator_prey(preset: str, device: torch.device | str, **options: Any) -> World:
    from nucleolus_lib.envs import predator_prey_rules
    from nucleolus_lib.envs.predator_prey import PredatorPrey

    rules = getattr(predator_prey_rules, preset)()
    return PredatorPrey(dataclasses.replace(rules, **options), device=device)


def _grid(device: torch.device | str, **options: Any) -> World:
    from nucleolus_lib.envs.predator_prey_grid import PredatorPreyGrid

    return PredatorPreyGrid(device=device, **options)


def _fire_rescue(device: torch.device | str, **options: Any) -> World:
    from nucleolus_lib.envs.fire_rescue import FireRescue

    return FireRescue(device=device, **options)


def _split_the_task(device: torch.device | str, dial: float = 0.2, **options: Any) -> World:
    from nucleolus_lib.envs.split_the_task import SplitTheTask

    return SplitTheTask(dial, device=device, **options)


def _matrix_game(name: str, device: torch.device | str, **options: Any) -> World:
    from nucleolus_lib.envs import matrix_game_world

    make: Callable[..., World] = getattr(matrix_game_world, name)
    return make(device=device, **options)


def _battle(name: str, device: torch.device | str, **options: Any) -> World:
    from nucleolus_lib.envs.battle import Battle

    return Battle(name, device=device, **options)


BATTLE_MAPS = (
    "2s3z",
    "2c_vs_64zg",
    "3s_vs_5z",
    "5m_vs_6m",
    "8m_vs_9m",
    "corridor",
    "3m",
    "8m",
    "3s5z",
    "10m_vs_11m",
    "25m",
    "3s5z_vs_3s6z",
    "6h_vs_8z",
)
"""The paper's six maps, then further ones of SMAC."""

WORLDS: Mapping[str, Callable[..., World]] = {
    "pp-8v4": partial(_predator_prey, "pp_8v4"),
    "pp-8v4-progress": partial(_predator_prey, "pp_8v4_progress"),
    "pp-8v4-paper": partial(_predator_prey, "pp_8v4_paper"),
    "pp-grid": _grid,
    "fire-rescue": _fire_rescue,
    "split-the-task": _split_the_task,
    "climbing": partial(_matrix_game, "climbing"),
    "penalty": partial(_matrix_game, "penalty"),
    "qtran": partial(_matrix_game, "qtran"),
    **{name: partial(_battle, name) for name in BATTLE_MAPS},
}
"""Every world by its name; called with ``device`` and options."""


def make_world(name: str, device: torch.device | str = "cpu", **options: Any) -> World:
    """The world ``name`` on ``device``.

    Raises
    ------
    UnknownWorldError
        No such world (with the nearest name), or it does not know an option.
    """
    check_world_name(name)
    try:
        return WORLDS[name](device=device, **options)
    except TypeError as error:
        if not options:
            raise
        raise UnknownWorldError(f"{name} cannot be made with the options {options}: {error}") from error


def check_world_name(name: str) -> str:
    """``name``, if there is a world of that name."""
    if name not in WORLDS:
        raise UnknownWorldError(f"there is no world {name!r}; the worlds are {nearest(name, WORLDS)}")
    return name


def sizes_of(spec: Spec) -> Sizes:
    """What a learner needs to know of a world."""
    return Sizes(
        n_agents=spec.n_agents,
        n_actions=spec.n_actions,
        observation_size=spec.observation_size,
        state_size=spec.state_size,
        n_subtasks=spec.n_subtasks,
        horizon=spec.horizon,
        forms_coalition=tuple(subtask.forms_coalition for subtask in spec.subtasks),
    )


def world_text(env: str, options: Mapping[str, Any]) -> str:
    """Name and options as one text, the options in alphabetical order."""
    return ",".join([env, *(f"{key}={options[key]}" for key in sorted(options))])


def parse_world(text: str) -> tuple[str, dict[str, Any]]:
    """Name and options from :func:`world_text`.

    Raises
    ------
    UnknownWorldError
        No such world, or an option is not written ``name=value``.
    """
    name, *settings = text.split(",")
    options = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UnknownWorldError(f"options are written WORLD,name=value,name=value; got {setting!r} in {text!r}")
        options[key] = parse_value(value)
    return check_world_name(name), options


def parse_value(text: str) -> Any:
    """A number, True, False or None where the text is one, else the text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text

"""A recorded battle as the plain arrays that its pictures draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_view import N_OTHER_ACTIONS
from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.errors import EpisodeError


def battle_scene(episode: Episode, world: Battle) -> dict[str, Any]:
    """The arguments of :func:`nucleolus_lib.report.battle_animation.battle_animation`.

    With T steps, N agents and U units, agents first:

    =================  =====================================================================================
    ``kinds``          U names of unit types
    ``radius``         (U,)
    ``has_shield``     (U,) bool
    ``places``         (T + 1, U, 2), x to the east and y to the north
    ``health``         (T + 1, U), share of the maximum, 0 for the dead
    ``shield``         (T + 1, U)
    ``targets``        (T, U), the unit that each unit was out to attack in a step, -1 for none
    ``structure``      (T, N), lowest agent index in each agent's coalition
    ``working``        (T, N) bool, whether the agent damaged an enemy in the step
    ``walkable``       (W, H) bool
    =================  =====================================================================================

    Raises
    ------
    EpisodeError
        If the episode was recorded in another world.
    """
    if episode.spec != world.spec:
        raise EpisodeError(
            f"battle_scene draws an episode with the map of its own battle; got an episode of {episode.spec.name!r} "
            f"and a battle of {world.spec.name!r} with other sizes or names"
        )
    n, units = world.spec.n_agents, [*world.scenario.ally_types, *world.scenario.enemy_types]
    health = episode.feature("health")
    targets = episode.feature("target")[1:].astype(np.int64)
    attacks = episode.actions >= N_OTHER_ACTIONS
    # An agent that dies in a step still had its order in it; the recorded target is that of the living.
    targets[:, :n] = np.where(attacks & (health[:-1, :n] > 0), episode.actions - N_OTHER_ACTIONS + n, -1)
    return {
        "kinds": tuple(unit.name for unit in units),
        "radius": np.array([unit.radius for unit in units]),
        "has_shield": np.array([unit.shield > 0 for unit in units]),
        "places": np.stack([episode.feature("x"), episode.feature("y")], -1),
        "health": health,
        "shield": episode.feature("shield"),
        "targets": targets,
        "structure": episode.structure,
        "working": episode.participants[:, : world.view.n_enemies].any(1),
        "walkable": np.array(world.scenario.walkable),
    }

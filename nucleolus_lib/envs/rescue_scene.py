"""A recorded fire-rescue episode as the plain arrays that its animation draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.errors import EpisodeError


def rescue_scene(episode: Episode) -> dict[str, Any]:
    """The arguments of :func:`nucleolus_lib.report.rescue_animation.rescue_animation`.

    With T steps, N agents, M tasks and K obstacles, places being (column, row):

    =====================  ===============================================
    ``agent_places``       (T + 1, N, 2)
    ``task_places``        (M, 2)
    ``task_names``         M names
    ``requirement``        (M,) agents that a task needs at once
    ``to_do``              (T + 1, M) what is left of a task, 1 to 0; 0 while it is not open
    ``participants``       (T, M, N) bool
    ``structure``          (T, N) lowest agent index in each agent's coalition
    ``obstacle_places``    (K, 2)
    =====================  ===============================================

    Raises
    ------
    EpisodeError
        If the episode was recorded in another world.
    """
    if episode.spec.name != "fire_rescue":
        raise EpisodeError(f"rescue_scene draws episodes of fire_rescue; got one of {episode.spec.name!r}")
    places = np.stack([episode.feature("x"), episode.feature("y")], -1)
    tasks = np.sort(np.concatenate([episode.of_kind("fire"), episode.of_kind("rescue")]))
    return {
        "agent_places": places[:, episode.of_kind("agent")],
        "task_places": places[0, tasks],
        "task_names": tuple(episode.spec.entities[k].name for k in tasks),
        "requirement": episode.requirement[0],
        "to_do": episode.feature("to_do")[:, tasks],
        "participants": episode.participants,
        "structure": episode.structure,
        "obstacle_places": places[0, episode.of_kind("obstacle")],
    }

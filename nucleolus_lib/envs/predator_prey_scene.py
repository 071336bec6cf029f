"""A recorded predator-prey episode, on the plane or on the grid, as the plain arrays that its animation draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.errors import EpisodeError

GRID_RADII = (0.4, 0.3, 0.0)
"""How large predators and prey are drawn on the grid, in cells; it has no landmarks."""


def predator_prey_scene(episode: Episode, size: int | None = None) -> dict[str, Any]:
    """The arguments of :func:`nucleolus_lib.report.predator_prey_animation.predator_prey_animation`.

    With T steps, N predators, G prey and L landmarks, places being (x, y):

    =====================  ==============================================================================
    ``predator_places``    (T + 1, N, 2)
    ``prey_places``        (T + 1, G, 2), where it was last for a caught one
    ``predator_there``     (T + 1, N) bool; on the plane always True
    ``prey_there``         (T + 1, G) bool
    ``participants``       (T, G, N) bool, who took part in the capture of each prey
    ``structure``          (T, N) lowest agent index in each agent's coalition
    ``landmark_places``    (L, 2)
    ``radii``              of predators, prey and landmarks
    ``grid_size``          ``size``
    =====================  ==============================================================================

    Parameters
    ----------
    episode
        Of a world whose entities are agents and prey with the features x, y and alive.
    size
        Rows and columns if the episode was played on a grid, whose rows count downwards.

    Raises
    ------
    EpisodeError
        If the episode was recorded in a world without prey.
    """
    prey, agents, landmarks = (episode.of_kind(kind) for kind in ("prey", "agent", "landmark"))
    if not len(prey):
        raise EpisodeError(f"predator_prey_scene draws episodes with prey; {episode.spec.name!r} has none")
    places = np.stack([episode.feature("x"), episode.feature("y")], -1)
    there = episode.feature("alive") > 0
    hunts = [k for k, subtask in enumerate(episode.spec.subtasks) if subtask.forms_coalition]
    return {
        "predator_places": places[:, agents],
        "prey_places": places[:, prey],
        "predator_there": there[:, agents],
        "prey_there": there[:, prey],
        "participants": episode.participants[:, hunts],
        "structure": episode.structure,
        "landmark_places": places[0, landmarks],
        "radii": _radii(episode, agents, prey, landmarks) if size is None else GRID_RADII,
        "grid_size": size,
    }


def _radii(episode: Episode, *kinds: NDArray[np.int64]) -> tuple[float, ...]:
    """The radius of the first of each kind, 0 where there is none."""
    radius = episode.feature("radius")[0]
    return tuple(float(radius[kind[0]]) if len(kind) else 0.0 for kind in kinds)

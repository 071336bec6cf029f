"""What the coalitions of several recorded battles have in common, in numbers.

For each episode, over its steps with at least two living agents:

``coalitions``         mean number of coalitions of the living in the best partition of the learned values
``grand``              share of steps in which they are all together in it
``changes``            changes of that partition per step, those by a death not counted
``agreement``          mean Rand index with who attacks whom, over steps in which somebody attacks
``if_grand``, ``if_alone``   the same agreement if everybody were always together, or always alone

The last two say what an agreement is worth: a partition that knows nothing of the battle reaches them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nucleolus_lib.experiments.coalition_files import CoalitionEpisode
from nucleolus_lib.report.battle_coalitions import (
    learned_structures,
    rand_index,
    structure_counts,
    target_structures,
)
from nucleolus_lib.report.battle_map import BattleScene
from nucleolus_lib.report.errors import CoalitionPlotError


def coalition_survey(episodes: Sequence[CoalitionEpisode], tolerance: float = 0.0) -> pd.DataFrame:
    """One row per episode: ``episode``, ``won``, ``steps`` and the columns of the module's docstring.

    ``tolerance`` is that of :func:`nucleolus_lib.report.battle_coalitions.learned_structures`.

    Raises
    ------
    CoalitionPlotError
        If there is no episode.
    """
    if not episodes:
        raise CoalitionPlotError("a survey needs at least one recorded episode; got none")
    return pd.DataFrame([_row(e, episode, tolerance) for e, episode in enumerate(episodes)])


def _row(number: int, episode: CoalitionEpisode, tolerance: float) -> dict[str, float]:
    scene = BattleScene(**episode.scene)
    n = scene.n_agents
    living = scene.living[: scene.n_steps, :n]
    learned = learned_structures(episode.values, living, tolerance)
    attacks = target_structures(scene)
    several = living.sum(1) >= 2
    counts = structure_counts(learned, living)[several]
    fighting = several & (scene.targets[:, :n] >= 0).any(1)
    stays = (living[1:] == living[:-1]).all(1) & several[1:]
    changed = (learned[1:] != learned[:-1]).any(1)
    together, alone = np.zeros_like(learned), np.tile(np.arange(n), (scene.n_steps, 1))

    def agreement(structure: np.ndarray) -> float:
        return _mean(rand_index(structure, attacks, living)[fighting])

    return {
        "episode": number,
        "won": episode.won,
        "steps": scene.n_steps,
        "coalitions": _mean(counts),
        "grand": _mean(counts == 1),
        "changes": _mean(changed[stays]),
        "agreement": agreement(learned),
        "if_grand": agreement(together),
        "if_alone": agreement(alone),
    }


def _mean(values: np.ndarray) -> float:
    """The mean, NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")

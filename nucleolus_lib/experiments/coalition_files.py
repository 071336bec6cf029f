"""Recorded battles with the values that the learner gave to coalitions, on file. Nothing here needs torch.

One npz file, ``<world>/<name>/seed<k>.coalitions.npz`` beside the run it belongs to, holds the episodes

=====================  =====================================================================================
``record``             JSON: schema version, world, name, seed, steps trained, commits and versions, number of
                       episodes, and under ``others`` what each other network is
``<e>/values``         (T, 2**n) float32, v_t(C) at the bitmask of C, with v_t(empty) = 0
``<e>/empty_value``    (T,) float32, V(s_t, empty), which was subtracted
``<e>/other/<name>``   (T, 2**n), v_t(C) of another network at the same states and actions; float32, or float16 for
                       networks with fresh weights, which are there to be many and not to be exact
``<e>/reward``         (T,) float32, the team reward
``<e>/won``            whether episode e was won
``<e>/<array>``        the arrays of :func:`nucleolus_lib.envs.battle_scene.battle_scene`
=====================  =====================================================================================
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.errors import RunFileError

SCHEMA_VERSION = 2
"""Changes whenever an array changes its meaning."""

SUFFIX = ".coalitions.npz"

UNTRAINED = "untrained"
"""How the names of networks with fresh weights begin."""

_OTHER = "other/"


@dataclass(frozen=True, eq=False)
class CoalitionEpisode:
    """One battle.

    Parameters
    ----------
    scene
        What its pictures draw.
    values
        (T, 2**n) float32, v_t(C).
    won
        Whether it was won.
    empty_value
        (T,) V(s_t, empty).
    reward
        (T,) the team reward of each step, in the units that V was trained on.
    others
        Name of another network to its v_t(C) at the same states and actions, (T, 2**n).
    """

    scene: dict[str, Any]
    values: NDArray[np.float32]
    won: bool
    empty_value: NDArray[np.float32]
    reward: NDArray[np.float32]
    others: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def write_coalition_episodes(path: Path, episodes: Sequence[CoalitionEpisode], record: dict[str, Any]) -> None:
    """Write episodes and where they come from, in one step.

    Raises
    ------
    WriteError
    """
    arrays: dict[str, Any] = {
        "record": np.array(json.dumps({**record, "schema_version": SCHEMA_VERSION, "episodes": len(episodes)}))
    }
    for e, episode in enumerate(episodes):
        arrays[f"{e}/values"] = episode.values
        arrays[f"{e}/won"] = np.array(episode.won)
        arrays[f"{e}/empty_value"] = episode.empty_value
        arrays[f"{e}/reward"] = episode.reward
        for name, values in episode.others.items():
            arrays[f"{e}/{_OTHER}{name}"] = values.astype(np.float16 if name.startswith(UNTRAINED) else np.float32)
        arrays |= {f"{e}/{name}": np.asarray(array) for name, array in episode.scene.items()}
    memory = io.BytesIO()
    np.savez_compressed(memory, **arrays)
    write_atomically(path, lambda stream: stream.write(memory.getbuffer()))


def read_coalition_episodes(path: Path | str) -> tuple[list[CoalitionEpisode], dict[str, Any]]:
    """The episodes of a file, and its record.

    Raises
    ------
    RunFileError
        The file is missing, damaged or of another schema version.
    """
    remake = "make it again with python -m nucleolus_lib.experiments.coalition_episodes CHECKPOINT"
    try:
        with np.load(path) as file:
            arrays = dict(file)
        record = json.loads(str(arrays.pop("record")))
        version, count = record["schema_version"], record["episodes"]
        if version != SCHEMA_VERSION:
            raise RunFileError(f"{path} has schema version {version}; this library reads {SCHEMA_VERSION}; {remake}")
        rows: list[dict[str, Any]] = [{} for _ in range(count)]
        for key, array in arrays.items():
            e, name = key.split("/", 1)
            rows[int(e)][name] = tuple(array.tolist()) if name == "kinds" else array
        episodes = [_episode(row) for row in rows]
    except RunFileError:
        raise
    except Exception as error:
        raise RunFileError(f"{path} is missing or damaged ({type(error).__name__}: {error}); {remake}") from error
    return episodes, record


def _episode(row: dict[str, Any]) -> CoalitionEpisode:
    """An episode from the arrays that belong to it."""
    others = {
        key.removeprefix(_OTHER): row.pop(key).astype(np.float32) for key in sorted(row) if key.startswith(_OTHER)
    }
    values, won = row.pop("values"), bool(row.pop("won"))
    return CoalitionEpisode(row, values, won, row.pop("empty_value"), row.pop("reward"), others)

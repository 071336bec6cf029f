"""Hunts of a policy on the plane, followed step by step, on file. Nothing here needs torch.

One npz file, ``<world>/<name>/seed<k>.hunts.npz`` beside the run whose policy hunted, or
``<world>/scripted/<policy>.hunts.npz``, holds the arrays of :class:`HuntCourses` and

==================  ========================================================================================
``record``          JSON: schema version, world, name, seed, steps trained, commits and versions
``missed/<array>``  what :func:`nucleolus_lib.envs.predator_prey_scene.predator_prey_scene` says of the first
                    episode without a capture, if there is one
``caught/<array>``  the same of the shortest episode with the most captures, if there are captures
==================  ========================================================================================
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.errors import RunFileError

SCHEMA_VERSION = 1
"""Changes whenever an array changes its meaning."""

SUFFIX = ".hunts.npz"

_SCENES = ("missed", "caught")


@dataclass(frozen=True, eq=False)
class HuntCourses:
    """How near the predators came in E episodes, and where they steered, at K times.

    The *capture gap* of a state is the smallest distance d such that some free prey has q predators within d, where
    a capture takes q (two): it is caught when the gap falls below the capture distance. The *middle* is the mean of the
    free prey's positions. To *steer* to a point with cosine c is to accelerate in a direction at an angle to it whose
    cosine is c; whoever does not accelerate has 0.

    Parameters
    ----------
    times
        (K,) int64, steps played, rising from 0.
    gap
        (E, K) float32, the capture gap; like all that follow with this shape, NaN once an episode is over.
    nearest_distance, middle_distance
        (E, K) float32, distance of a predator to the free prey nearest to it, and to the middle; means over the
        predators.
    spread
        (E, K) float32, distance of a free prey to the middle, mean over them.
    toward_nearest, toward_middle
        (E, K) float32, cosines with which predators steer to the free prey nearest to them, and to the middle; means
        over the predators.
    least_gap
        (E,) float32, the smallest capture gap of all states from which a step was played.
    caught
        (E,) bool, whether any prey was caught.
    turns
        (E,) int64, steps to the first capture; the time limit where there was none.
    horizon
        The time limit T in steps.
    """

    times: NDArray[np.int64]
    gap: NDArray[np.float32]
    nearest_distance: NDArray[np.float32]
    middle_distance: NDArray[np.float32]
    spread: NDArray[np.float32]
    toward_nearest: NDArray[np.float32]
    toward_middle: NDArray[np.float32]
    least_gap: NDArray[np.float32]
    caught: NDArray[np.bool_]
    turns: NDArray[np.int64]
    horizon: int


@dataclass(frozen=True, eq=False)
class HuntFile:
    """What a file holds.

    Parameters
    ----------
    courses
        Of all hunts.
    missed, caught
        The scenes of two of them; empty if there was none.
    record
        Where they come from.
    """

    courses: HuntCourses
    missed: dict[str, Any]
    caught: dict[str, Any]
    record: dict[str, Any] = field(default_factory=dict)


def write_hunts(path: Path, hunts: HuntFile) -> None:
    """Write a file in one step.

    Raises
    ------
    WriteError
    """
    arrays: dict[str, Any] = {"record": np.array(json.dumps(hunts.record | {"schema_version": SCHEMA_VERSION}))}
    courses = {part.name: getattr(hunts.courses, part.name) for part in fields(HuntCourses)}
    # Half precision, which is 0.1 % of a distance, halves the file.
    arrays |= {name: array.astype(np.float16) if np.ndim(array) == 2 else array for name, array in courses.items()}
    for scene in _SCENES:
        found = getattr(hunts, scene)
        arrays |= {f"{scene}/{name}": np.asarray(array) for name, array in found.items() if array is not None}
    memory = io.BytesIO()
    np.savez_compressed(memory, **arrays)
    write_atomically(path, lambda stream: stream.write(memory.getbuffer()))


def read_hunts(path: Path | str) -> HuntFile:
    """The content of a file.

    Raises
    ------
    RunFileError
        The file is missing, damaged or of another schema version.
    """
    remake = "make it again with python -m nucleolus_lib.experiments.hunt_episodes"
    try:
        with np.load(path) as file:
            arrays = dict(file)
        record = json.loads(str(arrays.pop("record")))
        version = record["schema_version"]
        if version != SCHEMA_VERSION:
            raise RunFileError(f"{path} has schema version {version}; this library reads {SCHEMA_VERSION}; {remake}")
        scenes = {
            scene: {name.split("/")[1]: array for name, array in arrays.items() if name.startswith(f"{scene}/")}
            for scene in _SCENES
        }
        courses = {part.name: arrays[part.name] for part in fields(HuntCourses)}
        courses = {name: array.astype(np.float32) if array.ndim == 2 else array for name, array in courses.items()}
        courses["horizon"] = int(courses["horizon"])
    except RunFileError:
        raise
    except Exception as error:
        raise RunFileError(f"{path} is missing or damaged ({type(error).__name__}: {error}); {remake}") from error
    return HuntFile(HuntCourses(**courses), **scenes, record=record)

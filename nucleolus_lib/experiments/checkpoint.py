"""Checkpoints: everything that the rest of a run depends on, in one file.

A run that is killed and continued from its checkpoint gives the same numbers as one that was not (on the CPU bit for
bit, with the same number of threads). Checkpoints are large, since they hold the replay, and can be made again; they
lie outside ``data``, by default in ``build/checkpoints/<suite>/<world>/<name>/seed<k>.pt``. A file ends with a checksum
of what stands before, so damage anywhere in it is seen.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import torch

from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.device import resolve_device
from nucleolus_lib.experiments.errors import CheckpointError
from nucleolus_lib.experiments.worlds import World, make_world, sizes_of
from nucleolus_lib.learners.q_learning import Learner

FORMAT = 1
"""Changes whenever an older checkpoint could not be continued."""

SEAL = b"nucleolus sha256"
"""What stands between the content of a checkpoint and its checksum."""

MAY_CHANGE = ("total_steps", "checkpoint_interval", "device", "cuda_graphs")
"""Settings with which a run may be continued although they differ: none changes what was computed so far."""


def checkpoint_path(folder: Path | str, world: str, name: str, seed: int) -> Path:
    """Where the checkpoint of a run lies."""
    return Path(folder) / world / name / f"seed{seed}.pt"


def save_checkpoint(path: Path, config: RunConfig, state: dict[str, Any]) -> None:
    """Write ``state`` in one step.

    Raises
    ------
    WriteError
        The checkpoint before it is still there.
    """
    record = {"format": FORMAT, "config": config.to_json(), "state": state}

    def write(stream: BinaryIO) -> None:
        hashing = _Hashing(stream)
        torch.save(record, hashing)  # type: ignore[arg-type]
        stream.write(SEAL + hashing.checksum.digest())

    write_atomically(path, write)


def load_checkpoint(path: Path, config: RunConfig | None = None, device: torch.device | str = "cpu") -> dict[str, Any]:
    """The state of a run, on ``device``.

    Parameters
    ----------
    config
        The settings of the run that is to go on; None takes any.

    Raises
    ------
    CheckpointError
        There is none, it is damaged, of another format, or of a run with other settings.
    """
    record = _load(path, device)
    if config is not None:
        different = different_settings(json.loads(record["config"]), config.to_dict())
        if different:
            raise CheckpointError(
                f"{path} belongs to a run with other settings: {different}. Use those settings, another --out or "
                "--label, or start anew with --fresh"
            )
    return dict(record["state"])


def load_learner(path: Path | str, device: str = "cpu") -> tuple[RunConfig, World, Learner]:
    """The settings, world and learner of a checkpoint, to play with what was learned.

    Raises
    ------
    CheckpointError, DeviceAbsentError
    """
    where = resolve_device(device)
    record = _load(Path(path), where)
    config = RunConfig.from_json(record["config"])
    world = make_world(config.env, where, **config.env_options)
    learner = Learner(config.learner, sizes_of(world.spec), where, config.seed)
    stored = record["state"]["training"]["learner"]
    if stored["generator"].shape != learner.generator.get_state().shape:
        # The chance of another kind of device; playing does not use it.
        stored = {**stored, "generator": learner.generator.get_state()}
    learner.load_state_dict(stored)
    return config, world, learner


def load_trained(path: Path | str, device: str = "cpu") -> tuple[RunConfig, World, Learner, dict[str, Any]]:
    """The same, and for the record of what is made with it how far it was trained, and by which commits.

    Raises
    ------
    CheckpointError, DeviceAbsentError
        CheckpointError also if the file was replaced in between.
    """
    config, world, learner = load_learner(path, device)
    state = load_checkpoint(Path(path), device=device)
    if state["training"]["learner"]["n_updates"] != learner.n_updates:
        raise CheckpointError(f"{path} was replaced while it was read: its run goes on. Give the same command again")
    trained = {
        "env_steps": int(state["training"]["env_steps"]),
        "gradient_steps": learner.n_updates,
        "trained_at": [found["commit"] for found in state["origins"]],
    }
    return config, world, learner, trained


def different_settings(stored: dict[str, Any], asked: dict[str, Any], within: str = "") -> str:
    """The settings in which two runs differ, as text; empty when one can go on with the other's state."""
    found = []
    for key in sorted(stored.keys() | asked.keys()):
        old, new = stored.get(key), asked.get(key)
        if key == "nucleolus" and stored.get("algorithm") == asked.get("algorithm") != "nucleolus":
            continue  # the algorithm does not read them
        if isinstance(old, dict) and isinstance(new, dict):
            found += [different_settings(old, new, f"{within}{key}.")]
        elif old != new and (within or key not in MAY_CHANGE):
            found += [f"{within}{key} = {old!r} there, {new!r} here"]
    return "; ".join(part for part in found if part)


class _Hashing:
    """Passes on what is written and takes its checksum."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.checksum = stream, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.checksum.update(content)
        return self._stream.write(content)

    def flush(self) -> None:
        self._stream.flush()


def _load(path: Path, device: torch.device | str) -> dict[str, Any]:
    if not path.exists():
        raise CheckpointError(f"there is no checkpoint {path}; the run can only be made anew, with --fresh")
    content = memoryview(path.read_bytes())
    checksum = hashlib.sha256()
    end = max(len(content) - len(SEAL) - checksum.digest_size, 0)
    checksum.update(content[:end])
    if bytes(content[end:]) != SEAL + checksum.digest():
        raise CheckpointError(
            f"{path} is damaged or half-written (its checksum does not fit); delete it and start the run anew"
        )
    # weights_only: a checkpoint is data and runs no code.
    record = torch.load(io.BytesIO(content[:end]), map_location=device, weights_only=True)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        found = record.get("format") if isinstance(record, dict) else None
        raise CheckpointError(
            f"{path} has format {found}, and this code reads format {FORMAT}; delete it and start the run anew"
        )
    return record

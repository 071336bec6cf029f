"""Training: a function from settings to a result.

    repeat: one rollout of B episodes -> replay -> ``updates_per_rollout`` gradient steps

until ``total_steps`` environment steps have been played. Greedy evaluations take place at the start, after each rollout
that passes a multiple of ``evaluation_interval``, and at the end. After each the result files are written, so a run
that is killed leaves a readable beginning. Checkpoints are written at their own interval, at Ctrl-C or SIGTERM (which
end the run after the rollout that is under way), and at the end, so that a run can be continued with more steps.

A loss or gradient that is not finite stops the run; the batch that caused it is saved. On a GPU this is noticed at the
next evaluation, since looking earlier would stop the device, and the batch saved is the last one then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import torch

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.captured_update import CapturedUpdate
from nucleolus_lib.experiments.checkpoint import checkpoint_path, different_settings, load_checkpoint, save_checkpoint
from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.device import cpu_threads, describe_device
from nucleolus_lib.experiments.errors import CheckpointError, NotFiniteError
from nucleolus_lib.experiments.interruption import Interruption
from nucleolus_lib.experiments.origin import origin
from nucleolus_lib.experiments.progress import Clock, Progress
from nucleolus_lib.experiments.training_state import TrainingState, exploration_rate


def train(
    config: RunConfig,
    out: Path | str | None = None,
    resume: bool = True,
    *,
    checkpoints: Path | str | None = None,
    progress: bool = False,
    tensorboard: Path | str | None = None,
) -> runs.RunResult:
    """Train as ``config`` says.

    Parameters
    ----------
    config
        The settings.
    out
        Folder of the suite; the result goes to ``out/<world>/<name>/seed<k>``. None keeps it in memory.
    resume
        Go on from the checkpoint if there is one. A run that is complete is returned as it is stored; asked for more
        steps, it goes on from its checkpoint. False starts anew.
    checkpoints
        Folder of the checkpoints. None: ``build/checkpoints/<name of out>`` if ``out`` is given, else none are written.
    progress
        Whether to show a bar.
    tensorboard
        Folder for TensorBoard, which must be installed.

    Returns
    -------
    RunResult
        With ``learner``, unless the run was complete before.

    Raises
    ------
    UnknownWorldError, DeviceAbsentError
        The world or device does not exist.
    CheckpointError
        The checkpoint is damaged, or belongs to other settings; or a complete run cannot be extended without one.
    RunFileError
        There is a result with other settings.
    NotFiniteError
        A loss was not finite.
    WriteError
        The disk is full; what was written before is still there.
    """
    stem = None if out is None else runs.run_stem(out, config.world, config.name, config.seed)
    if checkpoints is None and out is not None:
        checkpoints = default_checkpoints(out)
    checkpoint = None if checkpoints is None else checkpoint_path(checkpoints, config.world, config.name, config.seed)
    if stem is not None and resume:
        stored = finished_result(config, stem, checkpoint)
        if stored is not None:
            return stored
    with cpu_threads(config.threads):
        run = _Run(config, stem, checkpoint, Path(tensorboard) if tensorboard else None, progress)
        if resume and checkpoint is not None and checkpoint.exists():
            run.load()
        try:
            return run.go()
        finally:
            run.progress.close()


def default_checkpoints(out: Path | str) -> Path:
    """Where the checkpoints of the suite in ``out`` lie."""
    return Path("build") / "checkpoints" / Path(out).resolve().name


def finished_result(config: RunConfig, stem: Path, checkpoint: Path | None) -> runs.RunResult | None:
    """The stored result if it has all the steps asked for; None if there is something left to do.

    Raises
    ------
    CheckpointError
        There is a result with other settings, or one with fewer steps that cannot go on without its checkpoint.
    RunFileError
        The stored result cannot be read.
    """
    if not runs.exists(stem):
        return None
    result = runs.read(stem)
    different = different_settings(result.config, config.to_dict())
    if different:
        raise CheckpointError(
            f"{stem} holds a run with other settings: {different}. Use those settings, another --out or --label, "
            "or replace it with --fresh"
        )
    if result.complete and result.env_steps >= config.total_steps:
        return result
    if result.complete and (checkpoint is None or not checkpoint.exists()):
        raise CheckpointError(
            f"{stem} is complete with {result.env_steps:,} environment steps. To go on to {config.total_steps:,} it "
            f"needs its checkpoint, and {checkpoint} is not there. Make the run anew with --fresh"
        )
    return None


class _Run:
    """One call of :func:`train`."""

    def __init__(
        self, config: RunConfig, stem: Path | None, checkpoint: Path | None, tensorboard: Path | None, show: bool
    ) -> None:
        self.config, self.stem, self.checkpoint = config, stem, checkpoint
        self.training = TrainingState(config)
        self.rows: list[dict[str, Any]] = []
        self.clock = Clock()
        self.origin = origin()
        self.origins: list[dict[str, Any]] = []
        self.progress = Progress(config, 0, show, tensorboard)

    def load(self) -> None:
        """Go on from the checkpoint."""
        assert self.checkpoint is not None
        state = load_checkpoint(self.checkpoint, self.config)
        self.training.load_state_dict(state["training"])
        self.rows = list(state["rows"])
        self.clock = Clock(state["wall_s"], state["cpu_s"])
        self.origins = list(state["origins"])

    def go(self) -> runs.RunResult:
        """The loop."""
        config, training = self.config, self.training
        if not self.rows:
            self._evaluate()
        evaluated = self.rows[-1]["env_steps"]
        next_checkpoint = _next_multiple(training.env_steps, config.checkpoint_interval)
        with Interruption() as interruption:
            while training.env_steps < config.total_steps:
                next_evaluation = _next_multiple(evaluated, config.evaluation_interval)
                training.play()
                if not training.learn():
                    self._stop_not_finite()
                steps = training.read_steps(min(next_evaluation, next_checkpoint, config.total_steps))
                self.progress.steps(steps)
                if steps >= next_evaluation or steps >= config.total_steps:
                    evaluated = self._evaluate()
                if steps >= next_checkpoint:
                    self._save()
                    next_checkpoint = _next_multiple(steps, config.checkpoint_interval)
                if interruption.asked is not None:
                    training.read_steps(0)
                    self._save()
                    interruption.raise_if_asked()
            self._save()
            return self._write(complete=True)

    def _evaluate(self) -> int:
        """Add a row and write what there is; the environment steps so far."""
        training = self.training
        found = training.evaluate()
        row = {
            "env_steps": training.env_steps,
            "gradient_steps": training.gradient_steps,
            "wall_s": round(self.clock.wall, 3),
            "cpu_s": round(self.clock.cpu, 3),
            "exploration_rate": float(exploration_rate(self.config, training.env_steps)),
            **found,
        }
        if row.get("train/is_finite", 1.0) != 1.0:
            self._stop_not_finite()
        self.rows.append(row)
        self.progress.row(row)
        self._write(complete=False)
        return training.env_steps

    def _record(self, complete: bool) -> dict[str, Any]:
        config, training = self.config, self.training
        steps = max(training.env_steps, 1)
        return {
            "schema_version": runs.SCHEMA_VERSION,
            "kind": "training",
            "world": config.world,
            "name": config.name,
            "seed": config.seed,
            "complete": complete,
            "rows": len(self.rows),
            "config": config.to_dict(),
            "outcomes": [
                key.removesuffix("_mean") for key in self.rows[-1] if key.endswith("_mean") and "/" not in key
            ],
            "device": describe_device(training.device),
            "captured_update": isinstance(training.updater, CapturedUpdate) and training.updater.is_captured,
            "env_steps": training.env_steps,
            "gradient_steps": training.gradient_steps,
            "updates_per_env_step": training.gradient_steps / steps,
            "wall_s": round(self.clock.wall, 1),
            "cpu_s": round(self.clock.cpu, 1),
            **self.origin,
            # what the run began with, when it was continued by other code or on another machine
            "earlier": [one for one in self.origins if one["commit"] != self.origin["commit"]],
        }

    def _write(self, complete: bool) -> runs.RunResult:
        # Columns that come later, such as losses after the first update, are empty in earlier rows.
        result = runs.RunResult(pd.DataFrame(self.rows), self._record(complete), self.training.learner)
        if self.stem is not None:
            runs.write(result, self.stem)
        return result

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        state = {
            "training": self.training.state_dict(),
            "rows": self.rows,
            "wall_s": self.clock.wall,
            "cpu_s": self.clock.cpu,
            "origins": [*self.origins, {"commit": self.origin["commit"], "started": self.origin["started"]}],
        }
        save_checkpoint(self.checkpoint, self.config, state)

    def _stop_not_finite(self) -> None:
        """Save the batch and raise."""
        training = self.training
        folder = Path("build") if self.checkpoint is None else self.checkpoint.parent
        path = folder / f"seed{self.config.seed}.not_finite.pt"
        batch = training.last_batch
        record = {
            "config": self.config.to_json(),
            "batch": {} if batch is None else batch.tensors(),
            "learner": training.learner.state_dict(),
            "gradient_steps": training.gradient_steps,
        }
        write_atomically(path, lambda stream: torch.save(record, stream))
        when = "in" if training.device.type == "cpu" else "in or before"
        raise NotFiniteError(
            f"{self.config.world}, {self.config.name}, seed {self.config.seed}: loss or gradient was not a finite "
            f"number {when} gradient step {training.gradient_steps}, near environment step {int(training.steps):,}. "
            f"The batch and the learner are in {path}; the checkpoint before is unchanged. Lower "
            "learner.learning_rate or learner.gradient_clip, or look at the batch"
        )


def _next_multiple(steps: int, interval: int) -> int:
    return (steps // interval + 1) * interval

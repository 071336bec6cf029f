"""What a run shows while it goes on: a bar with return and speed, and TensorBoard curves when asked for."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.errors import ExperimentError


class Progress:
    """The bar and, with a folder ``tensorboard``, the curves.

    The bar counts environment steps, shows the return of the last evaluation and environment steps per second of wall
    time since the start of this process.
    """

    def __init__(self, config: RunConfig, start: int, show: bool, tensorboard: Path | None = None) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            total=config.total_steps,
            initial=start,
            desc=f"{config.world} {config.name} seed {config.seed}",
            unit="step",
            unit_scale=True,
            disable=not show,
            dynamic_ncols=True,
            mininterval=0.5 if sys.stderr.isatty() else 30.0,
        )
        self._writer = None if tensorboard is None else _summary_writer(tensorboard, config)

    def steps(self, env_steps: int) -> None:
        """So many steps have been played."""
        self._bar.update(env_steps - self._bar.n)

    def row(self, row: dict[str, Any]) -> None:
        """An evaluation."""
        shown = {name: f"{row[name]:.2f}" for name in ("return_mean", "captures_mean", "won_mean") if name in row}
        self._bar.set_postfix({name.removesuffix("_mean"): value for name, value in shown.items()}, refresh=False)
        if self._writer is not None:
            for name, value in row.items():
                self._writer.add_scalar(name, value, row["env_steps"])
            self._writer.flush()

    def close(self) -> None:
        """The run ended."""
        self._bar.close()
        if self._writer is not None:
            self._writer.close()


class Clock:
    """Wall and CPU seconds of this process, continued from an earlier one."""

    def __init__(self, wall: float = 0.0, cpu: float = 0.0) -> None:
        self._wall, self._cpu = wall - time.perf_counter(), cpu - time.process_time()

    @property
    def wall(self) -> float:
        """Seconds of wall time."""
        return time.perf_counter() + self._wall

    @property
    def cpu(self) -> float:
        """Seconds of CPU time, over all threads."""
        return time.process_time() + self._cpu


def schedule_text(config: RunConfig, horizon: int) -> str:
    """The schedules in environment steps and in gradient steps, for episodes that last to the time limit."""
    per_step = config.updates_per_step(horizon)
    learner = config.learner
    lines = [
        f"{config.world}, {config.name}, seed {config.seed}: {config.total_steps:,} environment steps, "
        f"about {config.total_steps * per_step:,.0f} gradient steps",
        f"  one rollout: {config.n_worlds} episodes, then {config.updates_per_rollout} gradient steps on "
        f"{config.batch_size} episodes each ({per_step:.4f} per environment step, more if episodes end early)",
        f"  exploration {config.exploration_start:g} to {config.exploration_finish:g} over "
        f"{config.exploration_anneal_steps:,} environment steps ({config.exploration_anneal_steps * per_step:,.0f} "
        f"gradient steps); target copy every {learner.target_period} gradient steps "
        f"({learner.target_period / per_step if per_step else float('inf'):,.0f} environment steps)",
    ]
    return "\n".join(lines)


def _summary_writer(folder: Path, config: RunConfig) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ExperimentError(
            f"TensorBoard is not installed ({error}); pip install tensorboard, or leave it out"
        ) from error
    return SummaryWriter(str(folder / config.world / config.name / f"seed{config.seed}"))

"""Many runs on one machine: algorithms x worlds x seeds, several at a time.

Each run is a process of its own, ``python -m nucleolus_lib train``. Runs that are complete are skipped,
those cut short go on from their checkpoint. A run that fails does not stop the others; it is listed at the end
with the last lines of its log. Ctrl-C or SIGTERM lets every run save and end. If the sweep itself is killed, its runs
notice that they are alone, save and end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.checkpoint import checkpoint_path
from nucleolus_lib.experiments.config import RunConfig, preset, with_settings
from nucleolus_lib.experiments.errors import ExperimentError
from nucleolus_lib.experiments.interruption import Interruption
from nucleolus_lib.experiments.suites import Suite, Variant
from nucleolus_lib.experiments.train import finished_result

PAUSE_SECONDS = 0.5
LOG_LINES = 8


@dataclass(frozen=True)
class RunOutcome:
    """What became of one run: "complete", "skipped" (it was complete before), "stopped" or "failed"."""

    config: RunConfig
    status: str
    message: str = ""

    def __str__(self) -> str:
        text = f"{self.status:8s} {self.config.world} {self.config.name} seed {self.config.seed}"
        return f"{text}: {self.message}" if self.message else text


def configs_of(suite: Suite, **settings: object) -> list[RunConfig]:
    """The settings of every run of a suite, seeds slowest, so that a sweep cut short has whole seeds."""
    found = []
    for seed in suite.seeds:
        for world in suite.worlds:
            for name in suite.algorithms:
                variant = suite.variants.get(name, Variant(name))
                label = name if name in suite.variants else ""
                config = preset(world, variant.algorithm, seed=seed, total_steps=suite.total_steps, label=label)
                found.append(with_settings(config, {**suite.settings, **variant.settings, **settings}))
    return found


def sweep(
    configs: Sequence[RunConfig],
    out: Path | str,
    checkpoints: Path | str,
    jobs: int = 1,
    *,
    progress: bool = True,
    fresh: bool = False,
) -> list[RunOutcome]:
    """Bring every run to its end.

    Parameters
    ----------
    configs
        The runs.
    out, checkpoints
        Folders of the suite's results and checkpoints; logs lie beside the checkpoints.
    jobs
        Runs at a time.
    progress
        Whether to show a bar over the steps of all runs.
    fresh
        Start anew, whatever is stored.

    Returns
    -------
    list of RunOutcome
        In the order of ``configs``.
    """
    return _Sweep(list(configs), Path(out), Path(checkpoints), jobs, progress, fresh).go()


class _Sweep:
    def __init__(
        self, configs: list[RunConfig], out: Path, checkpoints: Path, jobs: int, progress: bool, fresh: bool
    ) -> None:
        self.configs, self.out, self.checkpoints = configs, out, checkpoints
        self.jobs, self.show, self.fresh = max(jobs, 1), progress, fresh
        self.outcomes: dict[int, RunOutcome] = {}
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.slots: dict[int, int] = {}

    def go(self) -> list[RunOutcome]:
        from tqdm import tqdm

        waiting = [number for number in range(len(self.configs)) if not self._is_settled(number)]
        total = sum(config.total_steps for config in self.configs)
        with (
            Interruption() as interruption,
            tqdm(total=total, unit="step", unit_scale=True, disable=not self.show) as bar,
        ):
            while waiting or self.running:
                while waiting and len(self.running) < self.jobs and interruption.asked is None:
                    self._start(waiting.pop(0))
                self._collect()
                bar.update(sum(self._steps(number) for number in range(len(self.configs))) - bar.n)
                bar.set_postfix_str(self._counts(len(waiting)), refresh=False)
                if interruption.asked is not None:
                    self._stop(waiting)
                    break
                time.sleep(PAUSE_SECONDS)
        return [self.outcomes[number] for number in range(len(self.configs))]

    def _is_settled(self, number: int) -> bool:
        """Whether there is nothing to do: complete, or refused with a reason."""
        config = self.configs[number]
        if self.fresh:
            return False
        stem = runs.run_stem(self.out, config.world, config.name, config.seed)
        try:
            stored = finished_result(config, stem, self._beside_checkpoint(config, ".pt"))
        except ExperimentError as error:
            self.outcomes[number] = RunOutcome(config, "failed", str(error))
            return True
        if stored is not None:
            self.outcomes[number] = RunOutcome(config, "skipped", f"complete with {stored.env_steps:,} steps")
        return stored is not None

    def _beside_checkpoint(self, config: RunConfig, ending: str) -> Path:
        return checkpoint_path(self.checkpoints, config.world, config.name, config.seed).with_suffix(ending)

    def _start(self, number: int) -> None:
        slot = next(slot for slot in range(self.jobs) if slot not in self.slots.values())
        config = _on_device(self.configs[number], slot)
        settings, log = self._beside_checkpoint(config, ".settings.json"), self._beside_checkpoint(config, ".log")
        write_atomically(settings, lambda stream: stream.write(config.to_json().encode()))
        # In a session of its own, so that Ctrl-C reaches the sweep alone, which then asks the runs to end.
        with log.open("ab") as stream:
            self.running[number] = subprocess.Popen(
                self._command(settings),
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"OMP_NUM_THREADS": str(config.threads)},
                start_new_session=True,
            )
        self.slots[number] = slot

    def _command(self, settings: Path) -> list[str]:
        command = [sys.executable, "-m", "nucleolus_lib", "train", "--config", str(settings), "--quiet"]
        command += ["--out", str(self.out), "--checkpoints", str(self.checkpoints), "--parent", str(os.getpid())]
        return command + ["--fresh"] * self.fresh

    def _collect(self) -> None:
        for number, process in list(self.running.items()):
            status = process.poll()
            if status is not None:
                config = self.configs[number]
                del self.running[number], self.slots[number]
                message = (
                    "" if status == 0 else f"exit status {status}; {_tail(self._beside_checkpoint(config, '.log'))}"
                )
                self.outcomes[number] = RunOutcome(config, "complete" if status == 0 else "failed", message)

    def _stop(self, waiting: list[int]) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for number, process in self.running.items():
            process.wait()
            self.outcomes[number] = RunOutcome(self.configs[number], "stopped", "saved; the same command continues")
        for number in waiting:
            self.outcomes[number] = RunOutcome(self.configs[number], "stopped", "not begun")
        self.running.clear()

    def _steps(self, number: int) -> int:
        config = self.configs[number]
        try:
            record = runs.read_record(runs.run_stem(self.out, config.world, config.name, config.seed))
        except ExperimentError:
            return 0
        return min(int(record.get("env_steps", 0)), config.total_steps)

    def _counts(self, waiting: int) -> str:
        done = [outcome.status for outcome in self.outcomes.values()]
        failed = done.count("failed")
        return f"{len(done) - failed} done, {len(self.running)} running, {waiting} waiting, {failed} failed"


def _on_device(config: RunConfig, slot: int) -> RunConfig:
    """With several GPUs, "auto" deals the runs out over them."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return replace(config, device=f"cuda:{slot % count}") if config.device == "auto" and count > 1 else config


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return f"the last lines of {log}:\n" + "\n".join(f"    {line}" for line in lines[-LOG_LINES:])

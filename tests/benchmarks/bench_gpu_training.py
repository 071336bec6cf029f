"""Half of ``make bench-gpu``: 25 training runs on one GPU, in as many parts as it takes.

The work is 5 algorithms x 5 seeds x 1M environment steps of pp-8v4 with the presets, :data:`JOBS` runs at a time, as
``python -m nucleolus_lib sweep`` does it; the bar is 15 minutes of one H100 or H200. The sweep is stopped as Ctrl-C
stops it, ``--saving-s`` before ``--limit-s``: every run saves and ends, and the same command goes on. Repeat it until
it says that all runs are complete. Seconds count from the start of a part's sweep to the end of its last run, so
loading, capturing, evaluating, saving and resuming are all in the sum, and what a killed part had not saved is played,
and counted, twice. Environment steps are those of each run's last evaluation.

Beside the sum stand how busy the GPU was (:mod:`~tests.benchmarks.gpu_samples`) and the floors of
:mod:`~tests.benchmarks.training_floor`, over :mod:`~tests.benchmarks.gpu_peaks`. The networks compute in FP32, so that
floor is the one that applies; that of TF32 is told as well.

*Disk.* A checkpoint holds the run's replay; how much all of them take is printed at the beginning (about 2 GB for the
25 runs), and while one is written the one before is still there.

``--json data/benchmarks/gpu_training.json`` writes the figures, complete or not: a table of unfinished runs says so
and misses its bar.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.command_line import settings_from
from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.device import describe_device, resolve_device
from nucleolus_lib.experiments.errors import ExperimentError
from nucleolus_lib.experiments.interruption import Interruption
from nucleolus_lib.experiments.suites import SUITES_FILE, Suite, read_suite
from nucleolus_lib.experiments.sweep import RunOutcome, configs_of, sweep
from nucleolus_lib.provenance import commit
from tests.benchmarks import bench_record
from tests.benchmarks.gpu_peaks import peaks_of
from tests.benchmarks.gpu_samples import Sampler, utilisation
from tests.benchmarks.training_floor import NUMBER, Done, Unit, Work, least_work, unit_of
from tests.benchmarks.training_parts import HEARTBEAT_SECONDS, Parts, PartsFileError

ROW = Suite("gpu_training", ("pp-8v4",), ("vdn", "qmix", "ow_qmix", "shaq", "nucleolus"), (0, 1, 2, 3, 4), 1_000_000)
BAR_SECONDS = 900.0
JOBS = 25
"""Runs at a time: all of them, so that no run waits for a slot and none is alone at the end."""
FOLDER = Path("build/gpu_training")


def play_part(
    configs: Sequence[RunConfig], parts: Parts, out: Path, checkpoints: Path, jobs: int, seconds: float
) -> list[RunOutcome]:
    """Go on with the sweep for so many seconds, and add what it took to ``parts``."""
    device = resolve_device(configs[0].device)
    ended, start = threading.Event(), time.perf_counter()
    parts.begin(jobs, commit(bench_record.ROOT))
    # The outer one takes a signal that comes when the sweep has just ended.
    with Interruption(), Sampler(device.index or 0) as sampler:

        def watch() -> None:
            left = seconds
            while not ended.wait(min(HEARTBEAT_SECONDS, left)):
                parts.update(time.perf_counter() - start, sampler.samples, sampler.problem)
                if left == float("inf"):
                    continue
                left = max(start + seconds - time.perf_counter(), 0.0)
                if left == 0:
                    print("the time is up: the runs are asked to save and end", flush=True)
                    os.kill(os.getpid(), signal.SIGTERM)
                    left = float("inf")

        thread = threading.Thread(target=watch, daemon=True, name="watch")
        thread.start()
        try:
            outcomes = sweep(configs, out, checkpoints, jobs, progress=sys.stderr.isatty())
        finally:
            wall = time.perf_counter() - start
            ended.set()
            thread.join()
    parts.update(wall, sampler.samples, sampler.problem, ended=True)
    return outcomes


def done_by(config: RunConfig, out: Path) -> tuple[bool, Done]:
    """Whether a run is complete, and what it had done at its last evaluation."""
    stem = runs.run_stem(out, config.world, config.name, config.seed)
    if not runs.exists(stem):
        return False, Done(0, 0, 0)
    record = runs.read_record(stem)
    return bool(record["complete"]), Done(int(record["env_steps"]), int(record["gradient_steps"]), int(record["rows"]))


def table(configs: Sequence[RunConfig], units: dict[str, Unit], parts: Parts, out: Path, device: str) -> dict[str, Any]:
    """What was measured: the rows, and the numbers behind them."""
    found = [done_by(config, out) for config in configs]
    complete, steps = sum(whole for whole, _ in found), sum(done.env_steps for _, done in found)
    works = [least_work(config, units[config.name], done) for config, (_, done) in zip(configs, found, strict=True)]
    work = Work(sum(one.flops for one in works), sum(one.bytes for one in works))
    wall, busy = parts.wall_s, utilisation(parts.samples)
    is_whole = complete == len(configs)
    cut_off = f", {parts.cut_off} of them cut off" if parts.cut_off else ""
    what = f"{complete} of {len(configs)} runs complete, {steps:,} env steps"
    rows = [
        {
            "work": f"{what}, {len(parts.parts)} parts{cut_off}",
            "ours": f"{wall:,.0f} s, {steps / wall:,.0f} steps/s",
            "peer": f"bar {BAR_SECONDS:g} s for all runs",
            "ratio": BAR_SECONDS / wall if is_whole else 0.0,
            "bar": ">= 1",
            "holds": is_whole and not parts.cut_off and wall <= BAR_SECONDS,
        }
    ]
    if busy:
        shares = f"mean {busy['mean_percent']:.0f} %, 90th percentile {busy['p90_percent']:.0f} %"
        rows.append(_reported("GPU in use", shares, "100 %", busy["mean_percent"] / 100))
    floors, peaks = {}, peaks_of(device)
    if peaks is not None:
        part, most = peaks
        floors = {
            f"FLOPs in FP32, {part}": work.flops / most.fp32,
            f"FLOPs in TF32, {part}": work.flops / most.tf32,
            f"bytes, {part}": work.bytes / most.bandwidth,
        }
    for name, floor in floors.items():
        if floor:
            rows.append(_reported(f"time over the floor from {name}", f"{wall:,.0f} s", f"{floor:.3g} s", wall / floor))
    details = {
        "device": device,
        "runs_complete": complete,
        "runs": len(configs),
        "env_steps": steps,
        "gradient_steps": sum(done.gradient_steps for _, done in found),
        "wall_s": wall,
        "env_steps_per_s": steps / wall,
        "parts": [{name: value for name, value in part.items() if name != "samples"} for part in parts.parts],
        "utilisation": busy,
        "least_flops": work.flops,
        "least_bytes": work.bytes,
        "floor_s": floors,
        "flops_of_a_gradient_step": {name: unit.gradient_step for name, unit in units.items()},
        "flops_of_a_step_of_the_worlds": {name: unit.playing_step for name, unit in units.items()},
    }
    return {"rows": [{**row, "figure": "this run"} for row in rows], "details": details}


def checkpoint_bytes(config: RunConfig, unit: Unit) -> int:
    """A checkpoint at least: the replay, the weights and their copy, and the optimiser's two moments."""
    return config.buffer_size * unit.episode_bytes + 4 * NUMBER * unit.parameters


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all runs are complete within the bar, 1 when they are not or one failed, 130 when there is more to do."""
    chosen = _parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        return _measure(chosen, started)
    except (PartsFileError, ExperimentError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _measure(chosen: argparse.Namespace, started: float) -> int:
    suite = read_suite(chosen.suite, chosen.suites) if chosen.suite else ROW
    suite = suite.only(None, chosen.algorithms, chosen.seeds, chosen.total_steps)
    configs = configs_of(suite, device=chosen.device, **settings_from(chosen.settings))
    device = describe_device(resolve_device(chosen.device))
    out, checkpoints = chosen.out or FOLDER / "runs", chosen.checkpoints or FOLDER / "checkpoints"
    state = chosen.state or FOLDER / "parts.json"
    work = {
        "runs": [[config.world, config.name, config.seed, config.total_steps] for config in configs],
        "settings": sorted(chosen.settings),
        "out": str(out),
        "device": device,
    }
    parts = Parts(state, work)
    if not parts.parts and any(done_by(config, out)[1].env_steps for config in configs):
        raise PartsFileError(
            f"{out} has runs that began before {state}, and the seconds they took are not known; name another --out, "
            "--checkpoints and --state"
        )
    units = {name: unit_of(next(c for c in configs if c.name == name)) for name in {c.name: None for c in configs}}
    need = sum(checkpoint_bytes(config, units[config.name]) for config in configs)
    print(f"{len(configs)} runs on {device}; their checkpoints take {need / 1e9:.2g} GB in {checkpoints}", flush=True)
    load_before = bench_record.load()
    seconds = chosen.limit_s - chosen.saving_s - (time.perf_counter() - started)
    if seconds <= 0:
        raise PartsFileError(f"--limit-s {chosen.limit_s:g} leaves no time; ask for more, or for less --saving-s")
    if all(done_by(config, out)[0] for config in configs):
        print("all runs were complete before", flush=True)
        outcomes: list[RunOutcome] = []
    else:
        outcomes = play_part(configs, parts, out, checkpoints, chosen.jobs, seconds)
    found = table(configs, units, parts, out, device)
    for outcome in outcomes:
        print(outcome)
    for row in found["rows"]:
        print(f"{row['work']}: {row['ours']} against {row['peer']}: {row['ratio']:.3g} x (bar {row['bar']})")
    if problem := parts.parts[-1].get("problem"):
        print(f"nvidia-smi: {problem}")
    if not found["details"]["floor_s"]:
        print(f"no floors: the peaks of {device} are not known")
    if chosen.json:
        content = bench_record.record("gpu_training", found["rows"], load_before, "", threads=configs[0].threads)
        bench_record.write(chosen.json, content | found["details"])
    if any(outcome.status == "failed" for outcome in outcomes):
        return 1
    if found["details"]["runs_complete"] < len(configs):
        print("not all runs are complete: the same command continues")
        return 130
    return 0 if found["rows"][0]["holds"] else 1


def _reported(work: str, ours: str, peer: str, ratio: float) -> dict[str, Any]:
    return {"work": work, "ours": ours, "peer": peer, "ratio": ratio, "bar": "none", "holds": True}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--jobs", type=int, default=JOBS, help="runs at a time")
    parser.add_argument("--limit-s", type=float, default=540.0, help="seconds after which this part has ended")
    parser.add_argument("--saving-s", type=float, default=45.0, help="seconds of them to leave for saving")
    parser.add_argument("--suite", help="another suite of the suites file; then --out, --checkpoints and --state too")
    parser.add_argument("--suites", type=Path, default=SUITES_FILE, help="the suites file")
    parser.add_argument("--algorithms", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--total-steps", type=int, help="environment steps of each run")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--out", type=Path, help=f"of the runs; default {FOLDER}/runs")
    parser.add_argument("--checkpoints", type=Path, help=f"default {FOLDER}/checkpoints")
    parser.add_argument("--state", type=Path, help=f"what the parts took; default {FOLDER}/parts.json")
    parser.add_argument("--json", type=Path, help="write the table and where it was measured to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())

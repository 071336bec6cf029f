"""The benchmark of training on a GPU: its table, and the driver with two runs on the CPU."""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest

from nucleolus_lib.experiments import sweep as sweep_module
from nucleolus_lib.experiments.train import train
from tests.benchmarks import bench_gpu_training
from tests.benchmarks.bench_gpu_training import main, table
from tests.benchmarks.test_gpu_samples import a_program
from tests.benchmarks.training_floor import Unit, unit_of
from tests.benchmarks.training_parts import Parts
from tests.experiments.tiny import tiny

WORK = {"runs": [["pp-8v4", "vdn", 0, 100]], "device": "a GPU"}
SUITE = """
[two]
worlds = ["split-the-task"]
algorithms = ["vdn", "qmix"]
seeds = [0]
total_steps = 6_000

[two.settings]
n_worlds = 4
batch_size = 8
buffer_size = 24
updates_per_rollout = 1
evaluation_interval = 200
evaluation_episodes = 4
"learner.hidden_size" = 8
"""
WORKER = """
import json, os, shutil, signal, sys, time
settings, out, template, seconds = sys.argv[1:]
config = json.load(open(settings))
name = config["learner"]["algorithm"]
stem = os.path.join(out, config["env"], name, "seed0")
again = os.path.exists(stem + ".json")
record = json.load(open(template + ".json"))
if not again:
    os.makedirs(os.path.dirname(stem), exist_ok=True)
    shutil.copy(template + ".parquet", stem + ".parquet")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
def write(complete, steps):
    record.update(name=name, config=config, complete=complete, env_steps=steps, gradient_steps=steps // 100)
    with open(stem + ".part", "w") as stream:
        json.dump(record, stream)
    os.replace(stem + ".part", stem + ".json")
write(False, 100)
if not again:
    time.sleep(float(seconds))
write(True, config["total_steps"])
"""


def a_table(tmp_path, wall, steps=(240, 240), cut_off=False):
    configs = [tiny(seed=seed) for seed in (0, 1)]
    for config, total in zip(configs, steps, strict=True):
        if total:
            train(replace(config, total_steps=total), tmp_path / "runs", checkpoints=tmp_path / "checkpoints")
    parts = Parts(tmp_path / "parts.json", WORK)
    parts.begin(2, "abc")
    parts.update(wall, [(50.0, 1.0, 9.0), (90.0, 1.0, 9.0)], ended=not cut_off)
    units = {"vdn": unit_of(configs[0])}
    return table(configs, units, parts, tmp_path / "runs", "NVIDIA H200"), units, configs


def test_the_table_divides_by_the_seconds_of_all_parts(tmp_path):
    found, units, _ = a_table(tmp_path, 450.0)
    details, (first, busy, *floors) = found["details"], found["rows"]
    assert details["env_steps_per_s"] == pytest.approx(details["env_steps"] / 450)
    assert (first["ratio"], first["holds"]) == (2.0, True)
    assert "mean 70 %, 90th percentile 86 %" in busy["ours"]
    assert [row["bar"] for row in floors] == ["none"] * 3
    evaluated = details["gradient_steps"] * units["vdn"].gradient_step
    assert details["least_flops"] > evaluated > 0
    assert floors[0]["ratio"] == pytest.approx(450 * 67e12 / details["least_flops"])
    assert floors[2]["ratio"] == pytest.approx(450 * 4.8e12 / details["least_bytes"])


@pytest.mark.parametrize(
    ("wall", "steps", "cut_off"), [(901.0, (240, 240), False), (10.0, (240, 0), False), (10.0, (240, 240), True)]
)
def test_too_slow_unfinished_and_cut_off_miss_the_bar(tmp_path, wall, steps, cut_off):
    found, _, _ = a_table(tmp_path, wall, steps, cut_off)
    assert not found["rows"][0]["holds"]
    assert ("cut off" in found["rows"][0]["work"]) == cut_off
    assert found["details"]["runs_complete"] == sum(total > 0 for total in steps)


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Call the benchmark on two runs, with nvidia-smi replaced by a program that says 40 %."""
    program = a_program(tmp_path, 'echo "40, 10, 300"')
    monkeypatch.setenv("PATH", f"{os.path.dirname(program)}:{os.environ['PATH']}")
    monkeypatch.setattr(bench_gpu_training, "HEARTBEAT_SECONDS", 0.2)
    (tmp_path / "suites.toml").write_text(SUITE)

    def call(limit, *more):
        places = [f"--{name}={tmp_path / name}" for name in ("out", "checkpoints", "state", "json")]
        suite = ["--device", "cpu", "--suite", "two", f"--suites={tmp_path / 'suites.toml'}", "--jobs", "2"]
        return main([*suite, "--limit-s", str(limit), "--saving-s", "0", *places, *more])

    call.folder = tmp_path
    call.json = lambda: json.loads((tmp_path / "json").read_text())
    return call


@pytest.fixture
def worker(driver, monkeypatch):
    """Have the sweep start a small program: it runs for some seconds the first time, and ends at once the second."""

    def use(seconds):
        train(tiny(total_steps=60), driver.folder / "made", checkpoints=driver.folder / "made")
        template = driver.folder / "made" / "split-the-task" / "vdn" / "seed0"

        def command(self, settings):
            places = [str(settings), str(self.out), str(template)]
            return [sys.executable, "-S", "-c", WORKER, *places, str(seconds)]

        monkeypatch.setattr(sweep_module._Sweep, "_command", command)
        monkeypatch.setattr(sweep_module, "PAUSE_SECONDS", 0.05)
        monkeypatch.setattr(bench_gpu_training, "unit_of", lambda config: Unit(1000, 10, 10, 5, 8))

    return use


def test_it_stops_in_time_goes_on_and_adds_up(driver, worker, capsys):
    worker(100)
    assert driver(4) == 130
    stopped, printed = driver.json(), capsys.readouterr().out
    assert "asked to save and end" in printed
    assert printed.count("saved; the same command continues") == 2
    assert printed.splitlines()[-1] == "not all runs are complete: the same command continues"
    assert (stopped["runs_complete"], stopped["runs"], stopped["env_steps"]) == (0, 2, 200)
    assert stopped["rows"][0]["holds"] is False
    assert [part["ended"] for part in stopped["parts"]] == [True]
    assert 3 < stopped["wall_s"] < 60
    assert stopped["utilisation"]["mean_percent"] == 40.0
    assert stopped["utilisation"]["samples"] >= 2

    assert driver(100) == 0
    ended = driver.json()
    assert (ended["runs_complete"], ended["env_steps"], len(ended["parts"])) == (2, 12_000, 2)
    assert ended["wall_s"] == pytest.approx(sum(part["wall_s"] for part in ended["parts"]))
    assert ended["wall_s"] > stopped["wall_s"]
    assert ended["utilisation"]["samples"] > stopped["utilisation"]["samples"]
    assert ended["rows"][0]["holds"] is True

    # Asked once more, it adds nothing.
    assert driver(100) == 0
    assert (driver.json()["wall_s"], len(driver.json()["parts"])) == (ended["wall_s"], 2)


def test_a_part_is_in_the_file_while_it_runs(driver, worker, monkeypatch):
    worker(100)
    seen, sweep = [], bench_gpu_training.sweep

    def looked(*arguments, **options):
        sweep(*arguments, **options)
        seen.extend(json.loads((driver.folder / "state").read_text())["parts"])
        raise MemoryError

    monkeypatch.setattr(bench_gpu_training, "sweep", looked)
    with pytest.raises(MemoryError):
        driver(3)
    assert [(part["ended"], part["wall_s"] > 1, len(part["samples"]) > 0) for part in seen] == [(False, True, True)]


def test_other_work_and_runs_of_unknown_seconds_are_refused(driver, worker, capsys):
    worker(0)
    assert driver(100) == 0
    assert driver(100, "--total-steps", "9000") == 1
    assert "parts of other work" in capsys.readouterr().err
    (driver.folder / "state").unlink()
    assert driver(100) == 1
    assert "seconds they took are not known" in capsys.readouterr().err


def test_a_run_that_fails_is_an_error(driver, worker, capsys, monkeypatch):
    worker(0)
    monkeypatch.setattr(sweep_module._Sweep, "_command", lambda *_: [sys.executable, "-S", "-c", "raise SystemExit(3)"])
    assert driver(100) == 1
    assert capsys.readouterr().out.count("exit status 3") == 2
    assert driver.json()["rows"][0]["holds"] is False


def test_no_time_is_an_error(driver, worker, capsys):
    worker(0)
    assert driver(0) == 1
    assert "leaves no time" in capsys.readouterr().err


@pytest.mark.slow
def test_real_runs_are_interrupted_and_resumed(driver, capsys):
    def interrupt():
        while not any(json.loads(path.read_text())["env_steps"] for path in driver.folder.glob("out/*/*/seed0.json")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert driver(500) == 130
    thread.join()
    assert driver.json()["runs_complete"] < 2
    assert "saved; the same command continues" in capsys.readouterr().out
    assert list((driver.folder / "checkpoints").glob("*/*/seed0.pt"))
    assert driver(500) == 0
    ended = driver.json()
    assert (ended["runs_complete"], len(ended["parts"])) == (2, 2)
    assert ended["env_steps"] >= 12_000
    assert ended["least_flops"] > ended["gradient_steps"] * min(ended["flops_of_a_gradient_step"].values())

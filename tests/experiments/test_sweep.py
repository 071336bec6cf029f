"""Sweeps. The runs themselves are replaced by small programs here, except in the slow test."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments import sweep as sweep_module
from nucleolus_lib.experiments.command_line import main
from nucleolus_lib.experiments.suites import Suite
from nucleolus_lib.experiments.sweep import configs_of, sweep
from nucleolus_lib.experiments.train import train
from tests.experiments.tiny import TIMES, tiny

WORKER = """
import json, os, signal, sys, time
settings, out, wait = sys.argv[1:]
config = json.load(open(settings))
if config["seed"] == 13:
    print("it went wrong", file=sys.stderr)
    sys.exit(3)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
open(os.path.join(out, f"began{config['seed']}"), "w").close()
time.sleep(float(wait))
"""


@pytest.fixture
def places(tmp_path):
    return {"out": tmp_path / "runs", "checkpoints": tmp_path / "checkpoints"}


@pytest.fixture
def worker(monkeypatch, tmp_path):
    """Have sweeps start a small program that runs for some seconds."""

    def use(seconds):
        def command(self, settings):
            return [sys.executable, "-S", "-c", WORKER, str(settings), str(tmp_path), str(seconds)]

        monkeypatch.setattr(sweep_module._Sweep, "_command", command)
        monkeypatch.setattr(sweep_module, "PAUSE_SECONDS", 0.05)

    return use


def began(folder):
    return {int(path.name.removeprefix("began")) for path in folder.glob("began*")}


def test_a_failed_run_does_not_stop_the_others_and_is_listed(places, worker, tmp_path):
    worker(0)
    outcomes = sweep([tiny(seed=seed) for seed in (0, 13, 1)], **places, jobs=2, progress=False)
    assert [outcome.status for outcome in outcomes] == ["complete", "failed", "complete"]
    assert "exit status 3" in str(outcomes[1])
    assert "it went wrong" in str(outcomes[1])
    assert began(tmp_path) == {0, 1}


def test_what_is_complete_is_skipped_and_what_cannot_be_continued_is_refused(places, worker, tmp_path):
    worker(0)
    config = tiny(total_steps=60)
    train(config, **places)
    other = replace(config, batch_size=4)
    outcomes = sweep([config, other, replace(config, seed=1)], **places, progress=False)
    assert [outcome.status for outcome in outcomes] == ["skipped", "failed", "complete"]
    assert "batch_size = 8 there, 4 here" in outcomes[1].message
    assert began(tmp_path) == {1}
    assert sweep([other], **places, progress=False, fresh=True)[0].status == "complete"


def test_no_more_runs_at_a_time_than_asked_for(places, worker, monkeypatch):
    worker(0.2)
    most, start = [], sweep_module._Sweep._start

    def counted(self, number):
        start(self, number)
        most.append((len(self.running), len(set(self.slots.values()))))

    monkeypatch.setattr(sweep_module._Sweep, "_start", counted)
    sweep([tiny(seed=seed) for seed in range(5)], **places, jobs=2, progress=False)
    assert len(most) == 5
    assert max(most) == (2, 2)


def test_a_signal_lets_the_runs_end_and_starts_no_others(places, worker, tmp_path):
    worker(60)

    def interrupt():
        while not began(tmp_path):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    thread.start()
    outcomes = sweep([tiny(seed=0), tiny(seed=1)], **places, jobs=1, progress=False)
    thread.join()
    assert [outcome.status for outcome in outcomes] == ["stopped", "stopped"]
    assert "not begun" in outcomes[1].message
    assert began(tmp_path) == {0}


def test_settings_are_written_beside_the_checkpoint(places, worker):
    worker(0)
    config = tiny()
    sweep([config], **places, progress=False)
    stored = places["checkpoints"] / config.world / config.name / "seed0.settings.json"
    assert json.loads(stored.read_text()) == config.to_dict()


def test_the_command_line_needs_a_suite_or_its_parts(capsys, tmp_path):
    assert main(["sweep", "--suite", "new", "--suites", str(tmp_path / "none"), "--envs", "climbing"]) == 1
    assert "needs --envs, --algorithms, --seeds and --total-steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--env", "climbin", "--algorithm", "vdn"], "Did you mean 'climbing'"),
        (["train", "--env", "climbing", "--algorithm", "qmx"], "Did you mean 'qmix'"),
        (["train", "--env", "climbing", "--algorithm", "vdn", "--set", "batch_size"], "--set takes name=value"),
        (["train", "--env", "climbing"], "needs --env and --algorithm"),
        (["evaluate", "nothing.pt"], "there is no checkpoint nothing.pt"),
    ],
)
def test_errors_are_explained_without_a_traceback(arguments, words, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_process_ends_when_the_one_that_started_it_is_gone(tmp_path):
    child = "import time; from nucleolus_lib.experiments.interruption import end_with_parent; "
    child += "import os, sys; end_with_parent(os.getppid(), 0.05); print(os.getpid(), flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]); p.wait()"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    number = int(process.stdout.readline())
    os.kill(number, 0)
    process.kill()
    process.wait()
    # Standard output closes when the last process that holds it has ended.
    assert process.stdout.read() == ""


@pytest.mark.slow
def test_a_real_sweep_equals_single_runs(places):
    suite = Suite("s", ("split-the-task",), ("vdn", "qmix"), (0, 1), 120)
    small = {key: value for key, value in tiny().to_dict().items() if key in ("n_worlds", "batch_size", "buffer_size")}
    configs = configs_of(suite, **small, device="cpu")
    outcomes = sweep(configs, **places, jobs=2, progress=False)
    assert {outcome.status for outcome in outcomes} == {"complete"}
    for config in configs:
        stored = runs.read(runs.run_stem(places["out"], config.world, config.name, config.seed))
        assert stored.table.drop(columns=TIMES).equals(train(config).table.drop(columns=TIMES))
    assert {outcome.status for outcome in sweep(configs, **places, progress=False)} == {"skipped"}

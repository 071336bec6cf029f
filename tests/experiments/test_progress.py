"""What a run shows: the bar, TensorBoard, the clock."""

import sys
import time
from types import SimpleNamespace

import pytest

from nucleolus_lib.experiments.errors import ExperimentError
from nucleolus_lib.experiments.progress import Clock, Progress
from tests.experiments.tiny import tiny


def test_tensorboard_gets_every_number_when_it_is_asked_for(monkeypatch, tmp_path):
    seen = []
    writer = SimpleNamespace(
        add_scalar=lambda name, value, step: seen.append((name, value, step)),
        flush=list,
        close=lambda: seen.append("end"),
    )
    module = SimpleNamespace(SummaryWriter=lambda folder: seen.append(folder) or writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    progress = Progress(tiny(), 0, False, tmp_path)
    progress.row({"env_steps": 10, "return_mean": 0.5})
    progress.close()
    folder = str(tmp_path / "split-the-task" / "vdn" / "seed0")
    assert seen == [folder, ("env_steps", 10, 10), ("return_mean", 0.5, 10), "end"]


def test_tensorboard_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ExperimentError, match="pip install tensorboard"):
        Progress(tiny(), 0, False, tmp_path)
    Progress(tiny(), 0, False).close()


def test_the_bar_shows_steps_and_the_last_evaluation(capsys):
    progress = Progress(tiny(), 0, True)
    progress.row({"env_steps": 120, "return_mean": 1.25, "length_mean": 3.0})
    progress.steps(120)
    progress.close()
    shown = capsys.readouterr().err
    assert "split-the-task vdn seed 0" in shown
    assert "120/240" in shown
    assert "return=1.25" in shown


def test_a_clock_goes_on_from_an_earlier_one():
    clock = Clock(wall=100.0, cpu=50.0)
    begun = time.process_time()
    sum(range(200_000))
    assert 100.0 < clock.wall < 160.0
    assert clock.cpu - 50.0 == pytest.approx(time.process_time() - begun, abs=0.05)

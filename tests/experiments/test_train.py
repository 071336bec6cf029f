"""Training runs: repeated, stopped, continued, extended, and broken in every way we could think of."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch

from nucleolus_lib.experiments import atomic_file, checkpoint, runs
from nucleolus_lib.experiments.checkpoint import checkpoint_path, load_checkpoint, load_learner, save_checkpoint
from nucleolus_lib.experiments.config import with_settings
from nucleolus_lib.experiments.errors import CheckpointError, DeviceAbsentError, NotFiniteError, WriteError
from nucleolus_lib.experiments.evaluate import evaluate
from nucleolus_lib.experiments.train import train
from nucleolus_lib.experiments.training_state import TrainingState, derived_seed, exploration_rate
from nucleolus_lib.learners.errors import LearnerError
from nucleolus_lib.learners.q_learning import Learner
from tests.experiments.tiny import same_numbers, tiny


@pytest.fixture(scope="module")
def finished():
    """One run from beginning to end, kept in memory."""
    return train(tiny())


@pytest.fixture
def places(tmp_path):
    return {"out": tmp_path / "runs", "checkpoints": tmp_path / "checkpoints"}


def checkpoint_of(config, places):
    return checkpoint_path(places["checkpoints"], config.world, config.name, config.seed)


def test_same_seed_same_run_and_another_seed_another(finished):
    assert same_numbers(train(tiny()), finished)
    assert not same_numbers(train(tiny(seed=1)), finished)


def test_a_run_has_the_rows_it_promises(finished):
    table, record = finished.table, finished.record
    assert list(table.columns[: len(runs.COLUMNS)]) == list(runs.COLUMNS)
    assert table["env_steps"].iloc[0] == 0
    assert table["env_steps"].is_monotonic_increasing
    assert (table["env_steps"].iloc[1:] // 60 >= np.arange(1, len(table))).all()
    assert table["env_steps"].iloc[-1] >= 240
    assert {"return_mean", "return_std", "length_mean", "train/loss", "train/return"} <= set(table.columns)
    assert table["exploration_rate"].iloc[0] == 1.0
    assert finished.complete
    assert record["outcomes"] == ["return", "length"]
    assert record["updates_per_env_step"] == pytest.approx(record["gradient_steps"] / record["env_steps"])


def test_only_steps_that_were_played_count():
    training = TrainingState(tiny())
    training.play()
    stored = training.replay.sample(4, torch.Generator().manual_seed(0))
    assert training.read_steps(0) == int(stored.filled.sum())
    assert training.read_steps(0) < 4 * training.world.spec.horizon


def test_evaluation_does_not_change_what_is_learned(finished):
    often = train(tiny(evaluation_interval=20))
    assert len(often.table) > len(finished.table)
    weights = often.learner.agent.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in finished.learner.agent.state_dict().items())
    # a row at the same step shows the same policy, since evaluation k has its own chance
    last, other = finished.table.iloc[-1], often.table.iloc[-1]
    assert last["env_steps"] == other["env_steps"]


def test_the_learner_sees_scaled_rewards_and_the_result_does_not():
    plain, scaled = TrainingState(tiny()), TrainingState(tiny(reward_scale=0.25))
    for training in (plain, scaled):
        training.play()
    batches = [t.replay.sample(4, torch.Generator().manual_seed(0)) for t in (plain, scaled)]
    assert batches[0].reward.abs().sum() > 0
    assert torch.equal(batches[1].reward, 0.25 * batches[0].reward)
    assert scaled.evaluate()["train/return"] == plain.evaluate()["train/return"]


@pytest.mark.parametrize(("steps", "rate"), [(0, 1.0), (50, 0.7625), (200, 0.05), (1000, 0.05)])
def test_exploration_falls_linearly_with_the_steps_played(steps, rate):
    assert exploration_rate(tiny(), steps) == pytest.approx(rate)
    assert float(exploration_rate(tiny(), torch.tensor(steps))) == pytest.approx(rate)


def test_streams_of_chance_are_unrelated():
    seeds = {derived_seed(seed, stream) for seed in range(50) for stream in range(3)}
    assert len(seeds) == 150


@pytest.mark.parametrize("algorithm", ["vdn", "qmix", "ow_qmix", "shaq", "nucleolus", "oracle_credit"])
def test_a_run_stopped_and_continued_equals_the_uninterrupted_one(algorithm, places):
    config = tiny(algorithm=algorithm, total_steps=120)
    whole = train(config)
    train(with_settings(config, {"total_steps": 60}), **places)
    continued = train(config, **places)
    assert same_numbers(continued, whole)
    assert runs.read(runs.run_stem(places["out"], config.world, config.name, 0)).complete


def test_not_restoring_one_stream_is_seen(places, monkeypatch):
    config = tiny(total_steps=120)
    whole = train(config)
    train(with_settings(config, {"total_steps": 60}), **places)
    state = load_checkpoint(checkpoint_of(config, places))
    state["training"]["sample_generator"] = torch.Generator().manual_seed(5).get_state()
    save_checkpoint(checkpoint_of(config, places), config, state)
    assert not same_numbers(train(config, **places), whole)


def test_ctrl_c_saves_and_the_same_call_continues(places, finished, monkeypatch):
    config, handler = tiny(), signal.getsignal(signal.SIGINT)
    play, calls = TrainingState.play, []

    def interrupted(self):
        play(self)
        calls.append(1)
        if len(calls) == 13:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(TrainingState, "play", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(config, **places)
    stem = runs.run_stem(places["out"], config.world, config.name, 0)
    assert not runs.read(stem).complete
    assert len(calls) == 13
    assert signal.getsignal(signal.SIGINT) is handler
    assert same_numbers(train(config, **places), finished)


def test_a_killed_run_leaves_a_readable_beginning_and_continues(places, tmp_path):
    config = tiny(total_steps=100_000, evaluation_interval=100, checkpoint_interval=200)
    settings = tmp_path / "settings.json"
    settings.write_text(config.to_json())
    command = [sys.executable, "-m", "nucleolus_lib", "train", "--config", str(settings), "--quiet"]
    command += ["--out", str(places["out"]), "--checkpoints", str(places["checkpoints"])]
    process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 240
    while not checkpoint_of(config, places).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    begun = runs.read(runs.run_stem(places["out"], config.world, config.name, 0))
    assert not begun.complete
    assert begun.env_steps >= 200
    stopped_at = load_checkpoint(checkpoint_of(config, places))["training"]["env_steps"]
    longer = with_settings(config, {"total_steps": max(begun.env_steps, stopped_at) + 200})
    continued = train(longer, **places)
    assert continued.table["env_steps"].iloc[0] == 0
    assert same_numbers(continued, train(longer))
    shared = begun.table.drop(columns=["wall_s", "cpu_s"])
    assert shared.equals(continued.table.iloc[: len(shared)].drop(columns=["wall_s", "cpu_s"]))


def test_sigterm_saves_and_ends_with_143(places, monkeypatch):
    config, play = tiny(), TrainingState.play

    def terminated(self):
        play(self)
        if self.n_rollouts == 9:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(TrainingState, "play", terminated)
    with pytest.raises(SystemExit) as stopped:
        train(config, **places)
    assert stopped.value.code == 143
    assert load_checkpoint(checkpoint_of(config, places))["training"]["n_rollouts"] == 9


def test_a_complete_run_is_returned_as_stored_or_extended(places, monkeypatch):
    config = tiny(total_steps=120)
    first = train(config, **places)
    monkeypatch.setattr(TrainingState, "play", None)
    stored = train(config, **places)
    assert stored.table.drop(columns=["train/loss"]).equals(first.table.drop(columns=["train/loss"]))
    assert stored.learner is None
    monkeypatch.undo()
    longer = train(with_settings(config, {"total_steps": 180}), **places)
    assert same_numbers(longer, train(tiny(total_steps=180)))


def test_a_run_goes_on_although_settings_changed_that_its_algorithm_does_not_read(places):
    config = tiny(total_steps=60, **{"learner.nucleolus.largest_multiplier": 0.5})
    train(config, **places)
    longer = with_settings(config, {"total_steps": 120, "learner.nucleolus.largest_multiplier": 1.0})
    assert same_numbers(train(longer, **places), train(tiny(total_steps=120)))


def test_a_complete_run_without_its_checkpoint_cannot_be_extended(places):
    config = tiny(total_steps=120)
    train(config, **places)
    checkpoint_of(config, places).unlink()
    longer = with_settings(config, {"total_steps": 180})
    with pytest.raises(CheckpointError, match=r"complete with 1\d\d environment steps.*--fresh"):
        train(longer, **places)
    assert train(longer, resume=False, **places).env_steps >= 180


def test_a_run_with_other_settings_is_not_overwritten(places):
    config = tiny(total_steps=60)
    train(config, **places)
    other = with_settings(config, {"learner.td_lambda": 0.1})
    with pytest.raises(CheckpointError, match=r"learner.td_lambda = 0.6 there, 0.1 here"):
        train(other, **places)
    # the result moved away, the checkpoint still there
    (places["out"]).rename(places["out"].with_name("elsewhere"))
    with pytest.raises(CheckpointError, match=r"learner.td_lambda = 0.6 there, 0.1 here"):
        train(other, **places)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign"])
def test_a_damaged_checkpoint_is_named_and_the_remedy_works(places, damage):
    config = tiny(total_steps=60)
    train(config, **places)
    path = checkpoint_of(config, places)
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes(255 - byte for byte in content[middle : middle + 64]) + content[middle + 64 :]
    broken = {"cut": content[:middle], "flipped": flipped, "empty": b"", "foreign": b"not a checkpoint"}
    path.write_bytes(broken[damage])
    longer = with_settings(config, {"total_steps": 90})
    with pytest.raises(CheckpointError, match=r"seed0.pt is damaged or half-written .*; delete it"):
        train(longer, **places)
    path.unlink()
    assert train(longer, resume=False, **places).complete


def test_a_checkpoint_of_another_format_is_refused(places, monkeypatch):
    config = tiny(total_steps=60)
    train(config, **places)
    path = checkpoint_of(config, places)
    monkeypatch.setattr(checkpoint, "FORMAT", 99)
    save_checkpoint(path, config, {})
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="has format 99, and this code reads format"):
        train(with_settings(config, {"total_steps": 90}), **places)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_batch(places, monkeypatch):
    config, step = tiny(), Learner.gradient_step

    def poisoned(self, batch):
        if self.n_updates == 10:
            batch.reward[0, 0] = float("nan")
        return step(self, batch)

    monkeypatch.setattr(Learner, "gradient_step", poisoned)
    with pytest.raises(
        NotFiniteError, match=r"in gradient step 11, near environment step [\d,]+\. The batch"
    ) as stopped:
        train(config, **places)
    path = checkpoint_of(config, places).with_name("seed0.not_finite.pt")
    assert str(path) in str(stopped.value)
    saved = torch.load(path, weights_only=True)
    assert torch.isnan(saved["batch"]["reward"]).sum() == 1
    kept = load_checkpoint(checkpoint_of(config, places))
    assert kept["training"]["learner"]["n_updates"] <= 10
    assert all(torch.isfinite(tensor).all() for tensor in kept["training"]["learner"]["agent"].values())
    assert not runs.read(runs.run_stem(places["out"], config.world, config.name, 0)).complete


@pytest.mark.parametrize("ending", [".pt", ".parquet", ".json"])
def test_a_full_disk_loses_nothing_that_was_written(places, finished, monkeypatch, ending):
    config, fsync, names = tiny(), os.fsync, []

    def full(number):
        name = os.readlink(f"/proc/self/fd/{number}") if os.path.exists("/proc/self/fd") else ""
        names.append(name)
        if f"seed0{ending}" in name and sum(f"seed0{ending}" in one for one in names) == 3:
            raise OSError(28, "No space left on device")
        fsync(number)

    if not os.path.exists("/proc/self/fd"):
        pytest.skip("needs /proc to see which file is written")
    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(WriteError, match=r"No space left on device.*unchanged.*continues"):
        train(config, **places)
    begun = runs.read(runs.run_stem(places["out"], config.world, config.name, 0))
    assert len(begun.table) >= 2
    load_checkpoint(checkpoint_of(config, places))
    assert not list(places["out"].rglob("*.part"))
    monkeypatch.undo()
    assert same_numbers(train(config, **places), finished)


def test_a_device_that_is_absent_is_named():
    with pytest.raises(DeviceAbsentError, match=r"no device 'cuda:77' on this machine; there is cpu"):
        train(tiny(device="cuda:77"))
    with pytest.raises(DeviceAbsentError, match="no device 'gpu'"):
        train(tiny(device="gpu"))


def test_too_many_agents_for_all_coalitions_is_refused_before_anything_is_played(monkeypatch):
    from nucleolus_lib.envs.matrix_game_world import MatrixGameWorld
    from nucleolus_lib.experiments import worlds

    many = {"climbing": lambda device: MatrixGameWorld(torch.zeros((2,) * 11).numpy(), device=device)}
    monkeypatch.setattr(worlds, "WORLDS", {**worlds.WORLDS, **many})
    monkeypatch.setattr(TrainingState, "play", None)
    with pytest.raises(LearnerError, match="11 agents"):
        train(tiny("climbing", "nucleolus", **{"learner.nucleolus.coalitions": "all"}))


def test_a_learner_read_from_its_checkpoint_plays_the_same(places):
    config = tiny(total_steps=120)
    result = train(config, **places)
    read, world, learner = load_learner(checkpoint_of(config, places))
    assert read == config
    draws = [torch.Generator().manual_seed(4) for _ in range(2)]
    assert torch.equal(evaluate(world, learner, 8, draws[0]), evaluate(world, result.learner, 8, draws[1]))


def test_the_record_says_where_the_run_comes_from(places):
    config = tiny(total_steps=60)
    train(config, **places)
    stem = runs.run_stem(places["out"], config.world, config.name, 0)
    record = json.loads(stem.with_suffix(".json").read_text())
    assert {"commit", "packages", "python", "device", "wall_s", "cpu_s", "started"} <= record.keys()
    assert record["config"] == config.to_dict()
    assert isinstance(runs.read(stem).table, pd.DataFrame)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_run_on_a_gpu_repeats_itself():
    config = tiny(device="cuda", total_steps=120)
    one, other = train(config), train(config)
    columns = ["env_steps", "return_mean", "train/loss"]
    pd.testing.assert_frame_equal(one.table[columns], other.table[columns], rtol=1e-4)
    assert one.record["captured_update"]

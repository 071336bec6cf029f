"""Recording battles with coalition values: what is played, what is on file, bad input."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.experiments.coalition_episodes import (
    coalition_values,
    main,
    play_coalition_episodes,
    record_coalition_episodes,
)
from nucleolus_lib.experiments.coalition_files import (
    SCHEMA_VERSION,
    read_coalition_episodes,
    write_coalition_episodes,
)
from nucleolus_lib.experiments.errors import CheckpointError, RunConfigError, RunFileError
from nucleolus_lib.experiments.worlds import sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.report.battle_map import BattleScene
from nucleolus_lib.report.battle_readings import read_battles
from nucleolus_lib.report.errors import CoalitionPlotError


def short_battle():
    """3m, cut off after six steps, the sides close to each other."""
    three = scenario("3m")
    near = tuple((x - 6, y) for x, y in three.enemy_positions)
    return Battle(dataclasses.replace(three, enemy_positions=near, episode_limit=6))


@pytest.fixture(scope="module")
def world():
    return short_battle()


@pytest.fixture(scope="module")
def learner(world):
    return Learner(LearnerConfig(algorithm="nucleolus"), sizes_of(world.spec), torch.device("cpu"), 0)


@pytest.fixture(scope="module")
def episodes(world, learner):
    return play_coalition_episodes(world, learner, 3, 7)


def test_every_step_has_a_value_for_every_coalition(episodes):
    for episode in episodes:
        scene = BattleScene(**episode.scene)
        assert scene.n_steps == 6
        assert episode.values.shape == (6, 8)
        assert np.all(episode.values[:, 0] == 0)
        assert np.ptp(episode.values[:, 1:]) > 0


def test_values_are_those_of_the_network_at_the_greedy_actions(world, learner, episodes):
    """The first step again, from the network itself."""
    state = world.initial(torch.zeros(1, 0))
    available = world.available_actions(state)
    with torch.no_grad():
        action, _ = learner.act(
            world.observation(state),
            torch.full((1, 3), -1),
            available,
            learner.initial_hidden(1),
            0.0,
            torch.zeros(1, 3, 2),
        )
        network = learner.algorithm.credit.critic.network
        every = network(world.global_state(state), action, None)[0]
    np.testing.assert_allclose(episodes[0].values[0], every - every[0], atol=1e-5)
    assert episodes[0].empty_value[0] == pytest.approx(float(every[0]), abs=1e-5)
    targets = episodes[0].scene["targets"][0, :3]
    assert targets.tolist() == [int(a) - 3 if a >= 6 else -1 for a in action[0]]


def test_the_same_seed_gives_the_same_episodes(world, learner, episodes):
    again = play_coalition_episodes(world, learner, 3, 7)
    for first, second in zip(episodes, again, strict=True):
        np.testing.assert_array_equal(first.values, second.values)
        np.testing.assert_array_equal(first.scene["places"], second.scene["places"])


def test_other_networks_see_the_same_states(world, learner, episodes):
    """The learner beside itself gives its own values; fresh weights give others; the battles stay the same."""
    fresh = Learner(LearnerConfig(algorithm="nucleolus"), sizes_of(world.spec), torch.device("cpu"), 5)
    others = {"itself": coalition_values(learner), "fresh": coalition_values(fresh)}
    again = play_coalition_episodes(world, learner, 3, 7, others)
    for first, second in zip(episodes, again, strict=True):
        np.testing.assert_array_equal(first.scene["places"], second.scene["places"])
        np.testing.assert_array_equal(second.others["itself"], first.values)
        assert np.abs(second.others["fresh"] - first.values).max() > 1e-4
        assert np.all(second.others["fresh"][:, 0] == 0)


def test_the_rewards_are_those_of_the_battle(world, learner, episodes):
    """They are the team rewards: their sum is the episode's return, scaled as in training."""
    twice = play_coalition_episodes(world, learner, 3, 7, reward_scale=2.0)
    state = world.initial(torch.zeros(3, 0))
    generator = torch.Generator().manual_seed(7)
    torch.rand((3, 0), generator=generator)
    hidden, last = learner.initial_hidden(3), torch.full((3, 3), -1)
    for t in range(6):
        available = world.available_actions(state)
        last, hidden = learner.act(world.observation(state), last, available, hidden, 0.0, torch.zeros(3, 3, 2))
        step = world.transition(state, last, torch.rand((3, world.spec.n_step_draws), generator=generator))
        state = step.state
        for e in range(3):
            assert episodes[e].reward[t] == pytest.approx(float(step.reward[e]))
            assert twice[e].reward[t] == pytest.approx(2 * float(step.reward[e]))


def test_what_is_written_is_read(tmp_path, world, learner):
    others = {"target": coalition_values(learner, target=True), "untrained 1": coalition_values(learner)}
    episodes = play_coalition_episodes(world, learner, 3, 7, others)
    path = tmp_path / "3m" / "nucleolus" / "seed0.coalitions.npz"
    write_coalition_episodes(path, episodes, {"world": "3m", "commit": "abc"})
    found, record = read_coalition_episodes(path)
    assert record == {"world": "3m", "commit": "abc", "schema_version": SCHEMA_VERSION, "episodes": 3}
    for first, second in zip(episodes, found, strict=True):
        for name in ("values", "empty_value", "reward"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert first.won == second.won
        assert list(second.others) == ["target", "untrained 1"]
        np.testing.assert_array_equal(first.others["target"], second.others["target"])
        # Half precision.
        np.testing.assert_allclose(first.others["untrained 1"], second.others["untrained 1"], rtol=1e-3, atol=1e-6)
        assert second.others["untrained 1"].dtype == np.float32
        assert first.scene.keys() == second.scene.keys()
        BattleScene(**second.scene)
    assert [battle.scene.n_steps for battle in read_battles(found)] == [6, 6, 6]


def test_files_that_cannot_be_read_are_explained(tmp_path, episodes):
    with pytest.raises(RunFileError, match="missing or damaged"):
        read_coalition_episodes(tmp_path / "none.npz")
    path = tmp_path / "old.npz"
    np.savez(path, record=np.array(json.dumps({"schema_version": 9, "episodes": 0})))
    with pytest.raises(RunFileError, match="schema version 9"):
        read_coalition_episodes(path)
    write_coalition_episodes(path, episodes, {})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(RunFileError, match="damaged"):
        read_coalition_episodes(path)


class Settings:
    """What recording reads of a run's settings."""

    env, env_options, label, algorithm, seed, reward_scale = "3m", {}, "", "nucleolus", 4, 1.0
    learner = LearnerConfig(algorithm="nucleolus")

    def to_dict(self):
        return {"env": "3m"}


@pytest.fixture
def checkpoint(monkeypatch, world, learner):
    """A checkpoint of the short battle; the number of updates on file can be changed."""
    on_file = {"training": {"learner": {"n_updates": 0}, "env_steps": 123}, "origins": [{"commit": "abc"}]}
    module = "nucleolus_lib.experiments.checkpoint"
    monkeypatch.setattr(f"{module}.load_learner", lambda path, device: (Settings(), world, learner))
    monkeypatch.setattr(f"{module}.load_checkpoint", lambda path, device: on_file)
    return on_file


def test_from_a_checkpoint(tmp_path, checkpoint):
    path = record_coalition_episodes(
        tmp_path / "seed4.pt", tmp_path / "runs", 2, 1, n_untrained=2, beside=[tmp_path / "earlier.pt"]
    )
    assert path == tmp_path / "runs" / "3m" / "nucleolus" / "seed4.coalitions.npz"
    episodes, record = read_coalition_episodes(path)
    assert (record["world"], record["seed"], record["env_steps"], record["gradient_steps"]) == ("3m", 4, 123, 0)
    assert record["trained_at"] == ["abc"]
    assert record["commit"]
    assert sorted(record["others"]) == ["beside 1", "target", "untrained 1", "untrained 2"]
    others = episodes[0].others
    assert sorted(others) == sorted(record["others"])
    # Nothing was trained, so the target and the second checkpoint are the learner itself.
    np.testing.assert_array_equal(others["target"], episodes[0].values)
    np.testing.assert_array_equal(others["beside 1"], episodes[0].values)
    assert np.abs(others["untrained 1"] - others["untrained 2"]).max() > 1e-4


def test_a_checkpoint_that_changes_while_it_is_read_is_refused(tmp_path, checkpoint):
    checkpoint["training"]["learner"]["n_updates"] = 8
    with pytest.raises(CheckpointError, match="replaced while"):
        record_coalition_episodes(tmp_path / "seed4.pt", tmp_path / "runs", 1, 1)


def test_a_missing_checkpoint_is_explained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none.pt")])
    assert "no checkpoint" in capsys.readouterr().err


def test_learners_and_worlds_without_coalitions_are_refused(world, learner):
    vdn = Learner(LearnerConfig(algorithm="vdn"), sizes_of(world.spec), torch.device("cpu"), 0)
    with pytest.raises(RunConfigError, match="'vdn'"):
        coalition_values(vdn)
    with pytest.raises(RunConfigError, match="FireRescue"):
        play_coalition_episodes(FireRescue(), learner, 1, 0)
    with pytest.raises(CoalitionPlotError, match="at least one"):
        read_battles([])

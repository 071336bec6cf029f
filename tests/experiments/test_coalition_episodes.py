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
from nucleolus_lib.experiments.coalition_files import read_coalition_episodes, write_coalition_episodes
from nucleolus_lib.experiments.errors import RunConfigError, RunFileError
from nucleolus_lib.experiments.worlds import sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.report.battle_coalition_survey import coalition_survey
from nucleolus_lib.report.battle_map import BattleScene
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
    targets = episodes[0].scene["targets"][0, :3]
    assert targets.tolist() == [int(a) - 3 if a >= 6 else -1 for a in action[0]]


def test_the_same_seed_gives_the_same_episodes(world, learner, episodes):
    again = play_coalition_episodes(world, learner, 3, 7)
    for first, second in zip(episodes, again, strict=True):
        np.testing.assert_array_equal(first.values, second.values)
        np.testing.assert_array_equal(first.scene["places"], second.scene["places"])


def test_what_is_written_is_read(tmp_path, episodes):
    path = tmp_path / "3m" / "nucleolus" / "seed0.coalitions.npz"
    write_coalition_episodes(path, episodes, {"world": "3m", "commit": "abc"})
    found, record = read_coalition_episodes(path)
    assert record == {"world": "3m", "commit": "abc", "schema_version": 1, "episodes": 3}
    for first, second in zip(episodes, found, strict=True):
        np.testing.assert_array_equal(first.values, second.values)
        assert first.won == second.won
        assert first.scene.keys() == second.scene.keys()
        BattleScene(**second.scene)
    survey = coalition_survey(found)
    assert survey["steps"].tolist() == [6, 6, 6]
    assert survey["coalitions"].between(1, 3).all()


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


def test_from_a_checkpoint(tmp_path, monkeypatch, world, learner):
    class Settings:
        env, env_options, label, algorithm, seed = "3m", {}, "", "nucleolus", 4

        def to_dict(self):
            return {"env": "3m"}

    monkeypatch.setattr(
        "nucleolus_lib.experiments.coalition_episodes.load_learner", lambda path, device: (Settings(), world, learner)
    )
    path = record_coalition_episodes(tmp_path / "seed4.pt", tmp_path / "runs", 2, 1)
    assert path == tmp_path / "runs" / "3m" / "nucleolus" / "seed4.coalitions.npz"
    record = read_coalition_episodes(path)[1]
    assert (record["world"], record["seed"], record["updates"]) == ("3m", 4, 0)
    assert record["commit"]


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
        coalition_survey([])

"""Recorded episodes, the life cycle of coalitions, and one world seen as the paper's tuple."""

import numpy as np
import pytest
import torch

from nucleolus_lib.envs import FireRescue, SplitTheTask, random_actions, record_episode
from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.errors import ActionsError, EpisodeError
from nucleolus_lib.envs.rescue_policy import GreedyAssignment
from nucleolus_lib.envs.rescue_scene import rescue_scene
from nucleolus_lib.envs.single_world import SingleWorld
from nucleolus_lib.markov.ec_pomdp import follows_life_cycle, phases, rollout


def town_episode(**options) -> Episode:
    """The scripted episode that chapter 04 shows."""
    world = FireRescue(effort=3, **options)
    return record_episode(world, GreedyAssignment(world), torch.Generator().manual_seed(0))


def test_grand_coalition_then_small_ones_then_grand_again():
    episode = town_episode()
    grand = (0b11111,)
    assert follows_life_cycle(episode.structures)
    found = [phase.structure for phase in phases(episode.structures)]
    assert found[0] == found[-1] == grand
    assert max(len(structure) for structure in found) == 3
    # The last phase is not idleness: everybody works on the rescue.
    assert episode.participants[-1, -1].all()
    assert episode.terminated
    assert not episode.truncated


def test_idle_agents_show_no_life_cycle():
    world = FireRescue(horizon=5)
    episode = record_episode(world, lambda s, g: torch.zeros_like(s.cell), torch.Generator())
    assert not follows_life_cycle(episode.structures)
    assert episode.truncated


def test_arrays_fit_together():
    episode = town_episode()
    t, n, m = episode.n_steps, 5, 5
    assert episode.entities.shape == (t + 1, episode.spec.n_entities, 4)
    assert episode.actions.shape == episode.structure.shape == (t, n)
    assert episode.subtask_rewards.shape == episode.requirement.shape == (t, m)
    assert episode.participants.shape == (t, m, n)
    assert episode.subtask_rewards.sum() == 12.0
    assert episode.feature("x").shape == (t + 1, episode.spec.n_entities)
    assert episode.of_kind("fire").tolist() == [5, 6, 7, 8]
    assert (episode.feature("to_do")[0, 5:10] == [1, 1, 1, 1, 0]).all()
    assert (episode.feature("to_do")[-1] == 0).all()
    moved = np.abs(np.diff(episode.entities[:, :5, :2], axis=0)).sum(-1)
    assert moved.max() == 1.0


def test_cut_short_is_neither_end():
    world = FireRescue()
    episode = record_episode(world, GreedyAssignment(world), torch.Generator(), max_steps=3)
    assert (episode.n_steps, episode.terminated, episode.truncated) == (3, False, False)


def test_scene_for_the_animation():
    scene = rescue_scene(town_episode())
    assert scene["task_names"] == ("fire_0", "fire_1", "fire_2", "fire_3", "rescue_0")
    assert scene["requirement"].tolist() == [1, 2, 3, 1, 5]
    assert scene["task_places"].tolist() == [[0, 0], [8, 0], [0, 6], [8, 6], [4, 3]]
    assert scene["agent_places"][0].tolist() == [[4, 2]] * 5
    other = SplitTheTask(0.2)
    played = record_episode(other, lambda s, g: random_actions(other, s, g), torch.Generator())
    with pytest.raises(EpisodeError, match="split_the_task"):
        rescue_scene(played)


def test_bad_requests():
    world = FireRescue()
    with pytest.raises(ActionsError, match="was given 6"):
        record_episode(world, lambda s, g: torch.full_like(s.cell, 6), torch.Generator())
    with pytest.raises(EpisodeError, match="max_steps=0"):
        record_episode(world, GreedyAssignment(world), torch.Generator(), max_steps=0)
    with pytest.raises(EpisodeError, match="x, y, to_do, requirement"):
        town_episode().feature("speed")


class TestSingleWorld:
    """The same world through the Markov layer's eyes."""

    def test_rollout_shows_the_same_life_cycle(self):
        world = FireRescue(effort=3)
        policy = GreedyAssignment(world)
        trajectory = rollout(SingleWorld(world, 0.9), lambda s: policy(s)[0].tolist(), np.random.default_rng(0), 50)
        episode = town_episode()
        assert trajectory.structures == episode.structures
        assert trajectory.terminated
        np.testing.assert_array_equal(trajectory.subtask_rewards, episode.subtask_rewards)

    def test_the_tuple(self):
        single = SingleWorld(SplitTheTask(0.5, team_size=2), 0.9)
        assert single.agent_names == ("agent_0", "agent_1", "agent_2", "agent_3")
        assert single.n_actions == (3,) * 4
        assert single.noop == (0,) * 4
        assert [(k.name, k.required, k.entities, k.reward) for k in single.subtasks] == [
            ("A", 2, ("A",), 1.0),
            ("B", 2, ("B",), 1.0),
        ]
        state = single.initial(np.random.default_rng(0))
        assert [entity.state for entity in single.entities(state)] == [(0.0,)] * 4 + [(1.0,)] * 2
        assert single.observation(state, 2).tolist() == [1.0, 1.0]

    def test_chance_agrees_with_the_exact_table(self):
        world = SplitTheTask(0.3)
        single, table, rng = SingleWorld(world, 0.9), world.to_ecmdp(0.9), np.random.default_rng(2)
        state = single.initial(rng)
        counts = np.zeros(4)
        for _ in range(4000):
            done = single.step(state, (1, 2), rng).state.done[0]
            counts[int(done[0]) + 2 * int(done[1])] += 1
        expected = table.transition.row(0, 1 + 3 * 2)
        assert (np.abs(counts / 4000 - expected) < 5 * np.sqrt(expected * (1 - expected) / 4000)).all()

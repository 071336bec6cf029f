"""The animation of a battle: frames, colours, forces, and arrays that do not fit."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from nucleolus_lib.envs import random_actions, record_episode
from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_scene import battle_scene
from nucleolus_lib.envs.errors import EpisodeError
from nucleolus_lib.report.battle_animation import battle_frames, forces
from nucleolus_lib.report.battle_map import BattleScene, agent_colors, coalition_color
from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.rescue_animation import RESIDUAL
from nucleolus_lib.report.style import CARD
from tests.report.battle_scenes import scene_arrays


def seen(frame, color):
    """How many pixels of a frame have a colour."""
    wanted = np.round(255 * np.array(to_rgb(color))).astype(int)
    return int((np.abs(frame.reshape(-1, 3).astype(int) - wanted).max(1) <= 1).sum())


def test_one_frame_per_state_and_each_is_different():
    frames = battle_frames(**scene_arrays())
    assert len(frames) == 4
    assert frames[0].dtype == np.uint8
    assert all((a != b).any() for a, b in pairwise(frames))


def test_some_frames_only():
    assert len(battle_frames(every=2, **scene_arrays())) == 3
    with pytest.raises(ArtifactTypeError, match="every"):
        battle_frames(every=0, **scene_arrays())


def test_agents_have_the_colour_of_their_coalition():
    colors = agent_colors(BattleScene(**scene_arrays()))
    np.testing.assert_allclose(colors[0], [to_rgb(RESIDUAL)] * 3)
    np.testing.assert_allclose(colors[1], [to_rgb(coalition_color(0))] * 2 + [to_rgb(coalition_color(2))])
    # Agent 1 works on nothing in step 2, and agent 2 is dead.
    np.testing.assert_allclose(colors[2], [to_rgb(coalition_color(0)), to_rgb(RESIDUAL), to_rgb(CARD)])
    assert coalition_color(0) == coalition_color(7)


def test_the_colours_are_seen_in_the_frame():
    frames = battle_frames(**scene_arrays())
    assert seen(frames[0], coalition_color(2)) == 0
    assert seen(frames[1], coalition_color(2)) > 50
    assert seen(frames[1], coalition_color(0)) > 50


def test_what_is_left_of_the_sides():
    scene = BattleScene(**scene_arrays())
    # Agents: two marines without shields, one stalker with half a shield.
    expected = [[2.0 + 1.5, 3.0], [3.5, 3.0], [2.0, 2.5], [2.0, 1.5]]
    np.testing.assert_allclose(forces(scene), np.array(expected) / [4, 4])


@pytest.mark.parametrize("name", ["places", "health", "shield", "targets", "working", "radius", "has_shield"])
def test_arrays_that_do_not_fit_are_named(name):
    arrays = scene_arrays()
    arrays[name] = arrays[name][:-1]
    with pytest.raises(ArtifactTypeError, match=name):
        BattleScene(**arrays)


@pytest.fixture(scope="module")
def recorded():
    world = Battle("3m")
    generator = torch.Generator().manual_seed(3)
    episode = record_episode(world, lambda state, g: random_actions(world, state, g), generator, max_steps=12)
    return world, episode


def test_a_recorded_battle_becomes_a_scene(recorded):
    world, episode = recorded
    arrays = battle_scene(episode, world)
    scene = BattleScene(**arrays)
    assert scene.n_steps == 12
    assert arrays["kinds"] == ("marine",) * 6
    first = world.initial(torch.zeros(1, 0))
    np.testing.assert_allclose(arrays["places"][0], first.position[0])
    np.testing.assert_allclose(arrays["health"][0], 1)
    for t in range(12):
        for i, action in enumerate(episode.actions[t]):
            assert arrays["targets"][t, i] == (action - 3 if action >= 6 else -1)
    assert np.array_equal(arrays["working"], episode.participants[:, :3].any(1))
    assert arrays["working"].any()


def test_another_battle_is_refused(recorded):
    _, episode = recorded
    with pytest.raises(EpisodeError, match="3m"):
        battle_scene(episode, Battle("8m"))

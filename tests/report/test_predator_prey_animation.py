"""The animation of a hunt: frames, colours, what leaves, and arrays that do not fit."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from nucleolus_lib.envs import FireRescue, record_episode
from nucleolus_lib.envs.errors import EpisodeError
from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_grid import PredatorPreyGrid
from nucleolus_lib.envs.predator_prey_grid_policy import SCRIPTED_GRID
from nucleolus_lib.envs.predator_prey_rules import pp_8v4_paper
from nucleolus_lib.envs.predator_prey_scene import predator_prey_scene
from nucleolus_lib.envs.scripted_predators import SCRIPTED
from nucleolus_lib.envs.scripted_rescue import scripted_rescue
from nucleolus_lib.report.animation import frames_of
from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.predator_prey_animation import (
    FADE,
    RESIDUAL,
    coalition_colors,
    predator_prey_animation,
    presence,
    prey_color,
)


def scene(**changes):
    """Two steps of three predators and two prey; prey 0 is caught by predators 0 and 1 in the first."""
    participants = np.zeros((2, 2, 3), dtype=bool)
    participants[0, 0, :2] = participants[1, 1, 2] = True
    arrays = {
        "predator_places": np.linspace(-0.8, 0.8, 18).reshape(3, 3, 2),
        "prey_places": np.tile(np.array([[0.5, -0.5], [-0.5, 0.5]]), (3, 1, 1)),
        "predator_there": np.ones((3, 3), dtype=bool),
        "prey_there": np.array([[True, True], [False, True], [False, True]]),
        "participants": participants,
        "structure": np.array([[0, 0, 2], [0, 0, 2]]),
        "landmark_places": np.array([[0.0, 0.9]]),
        "radii": (0.075, 0.05, 0.2),
    }
    return {**arrays, **changes}


def test_one_frame_per_state_and_each_is_different():
    frames = [np.asarray(frame) for frame in frames_of(predator_prey_animation(**scene()))]
    assert len(frames) == 3
    assert all((a != b).any() for a, b in pairwise(frames))


def test_predators_have_the_colour_of_their_coalition():
    arrays = scene()
    colors = coalition_colors(arrays["participants"], arrays["structure"])
    grey, first, second = (to_rgb(color) for color in (RESIDUAL, prey_color(0), prey_color(1)))
    np.testing.assert_allclose(colors[0], [first, first, grey])
    np.testing.assert_allclose(colors[1], [grey, grey, second])


def test_a_coalition_at_two_prey_has_one_colour():
    participants = np.zeros((1, 2, 3), dtype=bool)
    participants[0, 0, :2] = participants[0, 1, 1:] = True
    colors = coalition_colors(participants, np.array([[0, 0, 0]]))
    np.testing.assert_allclose(colors[0], [to_rgb(prey_color(0))] * 3)


def test_eight_prey_have_eight_colours():
    assert len({prey_color(k) for k in range(8)}) == 8
    assert prey_color(8) == prey_color(0)


def test_what_leaves_fades_step_by_step():
    there = np.ones((FADE + 4, 2), dtype=bool)
    there[2:, 1] = False
    shown = presence(there)
    np.testing.assert_allclose(shown[:, 0], 1)
    np.testing.assert_allclose(shown[:2, 1], 1)
    assert (np.diff(shown[1 : FADE + 3, 1]) < 0).all()
    assert (shown[FADE + 2 :, 1] == 0).all()
    assert (shown[2 : FADE + 2, 1] > 0).all()


def count(frame, color, right=False):
    """Pixels of one colour in the hunt, or in the chart on the right."""
    pixels = np.asarray(frame)[..., :3].astype(int)
    half = pixels.shape[1] * 57 // 100
    pixels = pixels[:, half:] if right else pixels[:, :half]
    return int((np.abs(pixels - np.round(255 * np.array(to_rgb(color)))).max(-1) <= 2).sum())


def test_the_colours_are_seen_in_the_frames():
    frames = frames_of(predator_prey_animation(**scene()))
    # In the first frame only the prey itself has its colour; in the second two predators have it, too.
    assert count(frames[1], prey_color(0)) > count(frames[0], prey_color(0)) + 100
    assert count(frames[2], prey_color(0), right=True) > count(frames[0], prey_color(0), right=True) + 100


@pytest.mark.parametrize("name", ["predator_places", "prey_places", "predator_there", "prey_there", "structure"])
def test_arrays_that_do_not_fit_are_named(name):
    with pytest.raises(ArtifactTypeError, match=name):
        predator_prey_animation(**scene(**{name: scene()[name][:-1]}))


def hunt(world, policy, max_steps):
    generator = torch.Generator().manual_seed(1)
    return record_episode(world, lambda state, chance: policy(world, state, chance), generator, max_steps)


class TestScenes:
    """Recorded episodes become what the animation takes."""

    def test_the_plane(self):
        episode = hunt(PredatorPrey(), SCRIPTED["pairs"], 40)
        arrays = predator_prey_scene(episode)
        assert arrays["participants"].shape == (episode.n_steps, 4, 8)
        assert arrays["radii"][:2] == pytest.approx((0.075, 0.05))
        assert arrays["predator_there"].all()
        caught = (~arrays["prey_there"][-1]).sum()
        assert caught == (episode.subtask_rewards[:, :4] == 10).sum() > 0
        assert len(frames_of(predator_prey_animation(**{**arrays, **shortened(arrays, 2)}))) == 3

    def test_landmarks_of_the_plane(self):
        arrays = predator_prey_scene(hunt(PredatorPrey(pp_8v4_paper()), SCRIPTED["random"], 3))
        assert arrays["landmark_places"].shape == (2, 2)
        assert arrays["radii"][2] == pytest.approx(0.2)

    def test_the_grid(self):
        episode = hunt(PredatorPreyGrid(8, -2.0), SCRIPTED_GRID["pairs"], 60)
        arrays = predator_prey_scene(episode, 10)
        assert arrays["participants"].shape == (episode.n_steps, 8, 8)
        assert arrays["grid_size"] == 10
        left = (~arrays["predator_there"][-1]).sum()
        assert left == 2 * (~arrays["prey_there"][-1]).sum() > 0
        assert len(frames_of(predator_prey_animation(**{**arrays, **shortened(arrays, 2)}))) == 3

    def test_other_worlds_are_refused(self):
        with pytest.raises(EpisodeError, match="fire_rescue"):
            predator_prey_scene(scripted_rescue(FireRescue(("S1",), 1)))


def shortened(arrays, n_steps):
    """The same scene cut after a few steps."""
    states = ("predator_places", "prey_places", "predator_there", "prey_there")
    steps = ("participants", "structure")
    return {**{k: arrays[k][: n_steps + 1] for k in states}, **{k: arrays[k][:n_steps] for k in steps}}

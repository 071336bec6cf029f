"""The animation of a rescue: frames, colours, and arrays that do not fit."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nucleolus_lib.report.animation import frames_of
from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.rescue_animation import (
    RESIDUAL,
    agent_colors,
    rescue_animation,
    structure_text,
    task_color,
)


def scene():
    """Two steps of two agents on a row of three cells with two tasks."""
    participants = np.zeros((2, 2, 2), dtype=bool)
    participants[1, 0, 0] = participants[1, 1, 1] = True
    return {
        "agent_places": np.array([[[1, 0], [1, 0]], [[0, 0], [2, 0]], [[0, 0], [2, 0]]], dtype=np.float32),
        "task_places": np.array([[0, 0], [2, 0]], dtype=np.float32),
        "task_names": ("fire_0", "fire_1"),
        "requirement": np.array([1, 1]),
        "to_do": np.array([[1, 1], [1, 1], [0, 0]], dtype=np.float32),
        "participants": participants,
        "structure": np.array([[0, 0], [0, 1]]),
        "obstacle_places": np.array([[1, 1]], dtype=np.float32),
    }


def test_one_frame_per_state_and_each_is_different():
    frames = frames_of(rescue_animation(**scene()))
    assert len(frames) == 3
    pixels = [np.asarray(frame) for frame in frames]
    assert all((a != b).any() for a, b in pairwise(pixels))


def test_coalitions_have_the_colour_of_their_task():
    colors = agent_colors(scene()["participants"])
    np.testing.assert_allclose(colors[0], [to_rgb(RESIDUAL)] * 2)
    np.testing.assert_allclose(colors[1], [to_rgb(task_color(0)), to_rgb(task_color(1))])
    assert task_color(7) == task_color(0)


def test_the_colour_is_seen_in_the_frame():
    frame = np.asarray(frames_of(rescue_animation(**scene()))[1]).reshape(-1, 3)
    for task in (0, 1):
        wanted = np.round(255 * np.array(to_rgb(task_color(task)))).astype(int)
        assert (np.abs(frame.astype(int) - wanted).max(1) <= 1).sum() > 100


def test_structure_in_words():
    assert structure_text(np.array([0, 1, 0, 3])) == "{0, 2} {1} {3}"


@pytest.mark.parametrize("name", ["agent_places", "task_places", "to_do", "structure"])
def test_arrays_that_do_not_fit_are_named(name):
    arrays = scene()
    arrays[name] = arrays[name][:-1]
    with pytest.raises(ArtifactTypeError, match=name):
        rescue_animation(**arrays)

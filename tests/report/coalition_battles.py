"""Made-up battles with coalition values, small enough to count by hand."""

import numpy as np

from nucleolus_lib.experiments.coalition_files import CoalitionEpisode
from tests.report.battle_scenes import scene_arrays

PAIR = np.array([0, 1, 1, 5, 1, 2, 2, 5.5], dtype=np.float32)
"""Agents 0 and 1 are worth more together, agent 2 adds less than it has alone."""
ADDITIVE = np.array([0, 1, 2, 3, 4, 5, 6, 7], dtype=np.float32)


def made_up(values=PAIR, won=True, others=None, **changed):
    """Three steps; agent 2 is dead in the last. ``values`` are those of every step."""
    rows = np.tile(values, (3, 1)) if np.ndim(values) == 1 else np.asarray(values, dtype=np.float32)
    return CoalitionEpisode(
        scene_arrays() | changed,
        rows,
        won,
        np.full(3, 10.0, dtype=np.float32),
        np.array([1.0, 0.0, 2.0], dtype=np.float32),
        others or {},
    )


def small_2s3z(values, living=None, targets=None):
    """Two steps of two stalkers and three zealots against one zealot."""
    values = np.asarray(values, dtype=np.float32)
    steps = len(values)
    health = np.ones((steps + 1, 6), dtype=np.float32)
    if living is not None:
        health[:steps, :5] = living
    scene = {
        "kinds": ("stalker", "stalker", "zealot", "zealot", "zealot", "zealot"),
        "radius": np.full(6, 0.5),
        "has_shield": np.ones(6, dtype=bool),
        "places": np.zeros((steps + 1, 6, 2), dtype=np.float32),
        "health": health,
        "shield": np.ones((steps + 1, 6), dtype=np.float32),
        "targets": np.full((steps, 6), -1) if targets is None else targets,
        "structure": np.zeros((steps, 5), dtype=np.int64),
        "working": np.zeros((steps, 5), dtype=bool),
        "walkable": np.ones((4, 4), dtype=bool),
    }
    return CoalitionEpisode(scene, values, True, np.zeros(steps, np.float32), np.zeros(steps, np.float32))


def game_of_blocks(*blocks, n=5):
    """Values (2**n,) for which these blocks, as tuples of agents, are the best partition by far."""
    values = np.zeros(1 << n, dtype=np.float32)
    for block in blocks:
        values[sum(1 << i for i in block)] = len(block) ** 2
    return values

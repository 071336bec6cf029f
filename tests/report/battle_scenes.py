"""A made-up episode of two marines and a stalker against two zealots."""

import numpy as np


def scene_arrays(n_steps=3):
    """Three agents on a small map; in step 0 they walk, in step 1 two shoot one zealot, in step 2 agent 2 is dead."""
    places = np.tile(np.array([[2, 2], [2, 4], [3, 3], [7, 3], [7, 5]], dtype=np.float32), (n_steps + 1, 1, 1))
    places[1:, :3, 0] += 1
    health = np.ones((n_steps + 1, 5), dtype=np.float32)
    health[2:, 3] = 0.5
    health[2:, 2] = 0.0
    health[3:, 3] = 0.0
    shield = np.zeros((n_steps + 1, 5), dtype=np.float32)
    shield[:, 2:] = 0.5
    targets = np.full((n_steps, 5), -1)
    targets[1, :3] = [3, 3, 4]
    targets[2, :2] = [3, 4]
    targets[1:, 4] = 0
    structure = np.array([[0, 0, 0], [0, 0, 2], [0, 1, 1]])[:n_steps]
    working = np.array([[False] * 3, [True] * 3, [True, False, False]])[:n_steps]
    return {
        "kinds": ("marine", "marine", "stalker", "zealot", "zealot"),
        "radius": np.array([0.375, 0.375, 0.625, 0.5, 0.5]),
        "has_shield": np.array([False, False, True, True, True]),
        "places": places,
        "health": health,
        "shield": shield,
        "targets": targets,
        "structure": structure,
        "working": working,
        "walkable": np.ones((10, 8), dtype=bool),
    }

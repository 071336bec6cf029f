"""Made-up hunts: courses of a known shape."""

import numpy as np

from nucleolus_lib.experiments.hunt_files import HuntCourses, HuntFile

TIMES = np.arange(0, 200, 5)


def made_up_hunts(nearest_early, middle_early, nearest_late, turns, n=40, missed=True):
    """Half of ``n`` hunts are caught after ``turns`` steps; cosines are constant up to turn 50 and from then on."""
    caught = np.arange(n) % 2 == 0
    length = np.where(caught, turns, 200)
    over = TIMES[None] >= length[:, None]
    early = np.where(TIMES < 50, 1.0, 0.0)

    def course(values):
        return np.where(over, np.nan, np.broadcast_to(values, over.shape)).astype(np.float32)

    courses = HuntCourses(
        times=TIMES,
        gap=course(0.3 + TIMES / 200),
        nearest_distance=course(0.5),
        middle_distance=course(0.8),
        spread=course(0.6),
        toward_nearest=course(nearest_early * early + nearest_late * (1 - early)),
        toward_middle=course(middle_early * early),
        least_gap=np.full(n, 0.2, dtype=np.float32),
        caught=caught,
        turns=length,
        horizon=200,
    )
    scene = made_up_scene()
    return HuntFile(courses, scene if missed else {}, scene, {"world": "pp-8v4-paper"})


def made_up_scene(steps=80):
    """Two predators and one prey that stand still."""
    return {
        "predator_places": np.zeros((steps + 1, 2, 2), dtype=np.float32),
        "prey_places": np.ones((steps + 1, 1, 2), dtype=np.float32),
        "predator_there": np.ones((steps + 1, 2), dtype=bool),
        "prey_there": np.ones((steps + 1, 1), dtype=bool),
        "participants": np.zeros((steps, 1, 2), dtype=bool),
        "structure": np.zeros((steps, 2), dtype=np.int64),
        "landmark_places": np.zeros((0, 2), dtype=np.float32),
        "radii": np.array([0.075, 0.05, 0.0]),
    }

"""Made-up runs: curves of a known shape, for tests of what is read off them."""

import numpy as np
import pandas as pd

from nucleolus_lib.experiments.config import preset
from nucleolus_lib.experiments.runs import SCHEMA_VERSION, RunResult
from nucleolus_lib.report.run_suite import Metric, RunSuite

CAPTURES = Metric("captures", "captured prey", more_is_better=True)
TURNS = Metric("steps_to_first_capture", "steps to the first capture", more_is_better=False)

LEVELS = {"vdn": 1.0, "qmix": 2.0, "ow_qmix": 1.5, "shaq": 0.5, "nucleolus": 3.0, "oracle_credit": 4.0}
"""Captures at the end of every made-up run, before the seed's own 0.1 per seed."""


SCRIPTS = {"chase_nearest": 4.0, "random": 0.5}


def made_up_run(world, algorithm, seed, n_evaluations=30, spacing=10_000, level=None, settings_of=None):
    """Captures rise along a straight line to their level; turns fall to 100 - 20 times it."""
    steps = spacing * np.arange(1, n_evaluations + 1)
    top = (LEVELS[algorithm] if level is None else level) + 0.1 * seed
    captures = top * np.minimum(np.arange(1, n_evaluations + 1) / (0.8 * n_evaluations), 1)
    frame = pd.DataFrame(
        {
            "env_steps": steps,
            "gradient_steps": steps // 100,
            "captures_mean": captures,
            "steps_to_first_capture_mean": 100 - 20 * captures,
            "return_mean": 10 * captures,
            "steps_to_all_mean": 100.0,
            # nothing was learnt before the first evaluation
            "train/multiplier": np.where(steps > spacing, captures / 10, np.nan),
        }
    )
    record = {
        "schema_version": SCHEMA_VERSION,
        "kind": "training",
        "world": world,
        "name": algorithm,
        "config": preset("pp-8v4", settings_of or algorithm, seed=seed).to_dict(),
        "updates_per_env_step": 0.005,
        "rows": n_evaluations,
        "seed": seed,
        "commit": "f" * 40,
        "device": "made-up device",
        "wall_s": 7200.0,
        "cpu_s": 3600.0,
        "complete": seed != 2,
    }
    return RunResult(frame, record)


def made_up_script(world, policy, captures):
    """Episodes of a script that differ by 1 around ``captures``."""
    each = captures + np.array([-1.0, 0.0, 1.0])
    frame = pd.DataFrame(
        {"captures": each, "steps_to_first_capture": 100 - 20 * each, "return": 10 * each, "steps_to_all": 100.0}
    )
    record = made_up_run(world, "vdn", 0).record | {"kind": "scripted", "name": policy, "rows": len(frame)}
    return RunResult(frame, record)


def made_up_suite(worlds=("first", "second"), seeds=(0, 1, 2), algorithms=tuple(LEVELS)):
    """All runs of a suite."""
    runs = [made_up_run(world, name, seed) for world in worlds for name in algorithms for seed in seeds]
    scripts = [made_up_script(w, name, level) for w in worlds for name, level in SCRIPTS.items()]
    return RunSuite(tuple(runs), tuple(scripts))

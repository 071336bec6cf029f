"""Worlds with one rule changed: which rule keeps predators from the prey, and what it brings to see the nearest first?

The paper's world is changed in the suite ``pp-changes``, with VDN, and stands beside the first steps of VDN's runs in
the world itself (suite ``pp``). Predators that see the nearest prey first are in ``pp-nearest``, with every method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.experiments.runs import RunResult
from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.curve_alignment import final_score
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.predator_prey_results import CAPTURES, FIRST_CAPTURE, PAPER_WORLD, counted_metric
from nucleolus_lib.report.run_suite import RANDOM, Metric, RunSuite, run_column, run_steps

if TYPE_CHECKING:
    import pandas as pd

CHANGES = {
    "": "nothing",
    "wall=1.0": "walls at ±1",
    "n_prey=1": "one prey",
    "prey_order=nearest": "the nearest prey is seen first",
    "n_predators=2": "two predators",
    "n_predators=2,n_prey=1": "two predators, one prey",
    "n_landmarks=0": "no landmarks",
    "integration=mpe2": "positions move before velocities",
    "ends_at_first_capture=False": "goes on after a capture",
    "shaping=progress,shaping_scale=1.0": "paid for coming nearer",
    "shaping_scale=0.0": "no reward on the way",
}
"""Options of the world to what they change, in the order of the table."""


def change_of(world: str) -> str:
    """The options of a variant of the paper's world, ``wall=1.0``.

    Raises
    ------
    StoredRunError
        If it is another world, or a change that has no name here.
    """
    options = world.removeprefix(PAPER_WORLD).removeprefix(",")
    if not world.startswith(PAPER_WORLD) or options not in CHANGES:
        raise StoredRunError(f"{world!r} is no change of {PAPER_WORLD!r} that has a name: {sorted(CHANGES)}")
    return options


def change_table(
    changed: RunSuite, suite: RunSuite, algorithm: str = "vdn", since: int = 130_000, until: int = 151_000
) -> pd.DataFrame:
    """Turns to the first capture after training, by what was changed.

    Parameters
    ----------
    changed
        Runs in variants of the paper's world; those in variants of others are left out.
    suite
        With the runs in the world itself.
    since, until
        A run's result is the mean of its evaluations after so many environment steps.

    Returns
    -------
    DataFrame
        ``changed``, ``seeds`` (runs), ``turns`` (mean over the seeds), ``best``, ``worst``, ``captured prey``,
        ``turns at random`` (scripted random play, nan where it is not stored).
    """
    import pandas as pd

    found = {change_of(run.world): run.world for run in changed.trained if run.world.startswith(PAPER_WORLD)}
    rows = []
    for options, text in CHANGES.items():
        source, world = (suite, PAPER_WORLD) if not options else (changed, found.get(options))
        if world is None or algorithm not in source.algorithms(world):
            continue
        turns, captures = [], []
        for run in source.of(world, algorithm):
            steps = run_steps(run)
            within = (steps >= since) & (steps <= until)
            if within.any():
                turns.append(float(run_column(run, FIRST_CAPTURE.column)[within].mean()))
                captures.append(float(run_column(run, CAPTURES.column)[within].mean()))
        if turns:
            rows.append(
                {
                    "changed": text,
                    "seeds": len(turns),
                    "turns": float(np.mean(turns)),
                    "best": min(turns),
                    "worst": max(turns),
                    "captured prey": float(np.mean(captures)),
                    "turns at random": source.references(world, FIRST_CAPTURE).get(RANDOM, float("nan")),
                }
            )
    return pd.DataFrame(rows)


NEAREST_FIRST = ",prey_order=nearest"
"""What is added to a world's name where predators see the nearest prey first."""


def order_table(nearest: RunSuite, suite: RunSuite) -> pd.DataFrame:
    """Every method with prey in a fixed order, and with the nearest first, after equally many steps.

    Parameters
    ----------
    nearest
        Runs in worlds whose names end with :data:`NEAREST_FIRST`.
    suite
        With runs in the same worlds without that.

    Returns
    -------
    DataFrame
        ``world``, ``method``, ``env steps`` (of the shortest run of the two), ``fixed order`` and ``nearest first``:
        the outcome that counts, mean of the last tenth of the evaluations within so many steps and over the seeds.
    """
    import pandas as pd

    rows = []
    for changed in sorted(nearest.worlds, key=lambda name: not name.startswith(PAPER_WORLD)):
        world = changed.removesuffix(NEAREST_FIRST)
        metric = counted_metric(world)
        for name in nearest.algorithms(changed):
            if name not in suite.algorithms(world):
                continue
            pair = suite.of(world, name), nearest.of(changed, name)
            steps = min(run.env_steps for runs in pair for run in runs)
            levels = [float(np.mean([_level(run, metric, steps) for run in runs])) for runs in pair]
            rows.append(
                {
                    "world": world,
                    "method": style_of(name).label,
                    "env steps": steps,
                    "fixed order": levels[0],
                    "nearest first": levels[1],
                }
            )
    return pd.DataFrame(rows, columns=["world", "method", "env steps", "fixed order", "nearest first"])


def _level(run: RunResult, metric: Metric, until: int) -> float:
    """The final score of the beginning of a run; evaluations are not at exactly the same steps in all runs."""
    within = run_steps(run) <= until + 1000
    return final_score(run_column(run, metric.column)[within])

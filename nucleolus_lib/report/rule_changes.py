"""The paper's world with one of its rules changed at a time: which rule keeps predators from the prey?

The runs are those of the suite ``pp-changes``, all with VDN, beside the first steps of VDN's runs in the paper's world
itself (suite ``pp``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.predator_prey_results import CAPTURES, FIRST_CAPTURE, PAPER_WORLD
from nucleolus_lib.report.run_suite import RANDOM, RunSuite, run_column, run_steps

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
        Runs in variants of the paper's world.
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

    found = {change_of(run.world): run.world for run in changed.trained}
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

"""The stored runs of one suite, as the figures and tables want them.

A *suite* is a folder ``data/runs/<suite>`` with a table of evaluations and a record for each world, algorithm and
seed, and, for each world, the episodes of scripted policies; :mod:`nucleolus_lib.experiments.runs` knows the files.
Nothing is computed anew.

A *metric* is an outcome of an episode with a direction. ``score`` turns it into a number of which more is better, as
:mod:`.statistics` wants it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.experiments import runs as run_files
from nucleolus_lib.experiments.runs import RunResult
from nucleolus_lib.report.algorithm_styles import in_order
from nucleolus_lib.report.curve_alignment import AlignedCurves, aligned_curves, final_score
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.locations import repository_root

RANDOM = "random"
"""The scripted policy that every world has."""


@dataclass(frozen=True)
class Metric:
    """An outcome of an episode, what it is called, and whether more of it is better."""

    outcome: str
    label: str
    more_is_better: bool

    @property
    def column(self) -> str:
        """The column of its mean over an evaluation's episodes."""
        return f"{self.outcome}_mean"

    def score(self, values: ArrayLike) -> NDArray[np.float64]:
        """The values, negated if less is better."""
        return np.asarray(values, dtype=np.float64) * (1 if self.more_is_better else -1)


@dataclass(frozen=True)
class RunSuite:
    """All runs of a suite: ``trained`` has a row per evaluation in each table, ``scripted`` a row per episode."""

    trained: tuple[RunResult, ...]
    scripted: tuple[RunResult, ...] = ()

    @property
    def worlds(self) -> list[str]:
        """Names of the worlds, in the order found."""
        return list(dict.fromkeys(run.world for run in self.trained))

    def algorithms(self, world: str) -> list[str]:
        """The algorithms (or labels of variants) that were run on ``world``, in the book's order."""
        return in_order(run.name for run in self.trained if run.world == world)

    def of(self, world: str, algorithm: str) -> list[RunResult]:
        """The runs of one algorithm on one world, by seed.

        Raises
        ------
        StoredRunError
            If there are none.
        """
        chosen = [run for run in self.trained if (run.world, run.name) == (world, algorithm)]
        if not chosen:
            raise StoredRunError(
                f"there is no run of {algorithm!r} on {world!r}; there are "
                + ", ".join(sorted({f"{run.world}/{run.name}" for run in self.trained}))
            )
        return sorted(chosen, key=lambda run: run.seed)

    def curves(self, world: str, algorithm: str, column: str) -> AlignedCurves:
        """One column of all runs of one algorithm on one world, on one grid of environment steps."""
        chosen = self.of(world, algorithm)
        return aligned_curves([run_steps(run) for run in chosen], [run_column(run, column) for run in chosen])

    def final(self, world: str, algorithm: str, column: str) -> NDArray[np.float64]:
        """The final value of every run, (R,), by seed."""
        return np.array([final_score(run_column(run, column)) for run in self.of(world, algorithm)])

    def references(self, world: str, metric: Metric) -> dict[str, float]:
        """What every scripted policy reaches on ``world`` on average, by its name."""
        return {run.name: float(run_column(run, metric.outcome).mean()) for run in self.scripted if run.world == world}


def read_run_suite(suite: str, *, also: Sequence[str] = (), folder: Path | None = None) -> RunSuite:
    """Read ``data/runs/<suite>``, and with it the suites in ``also`` of which there are runs.

    Raises
    ------
    RunFileError
        There are no runs of ``suite``, or one is damaged or was written in another schema version; the message says
        what to do.
    """
    place = repository_root() / "data" / "runs" if folder is None else folder
    trained, scripted = run_files.read_suite(place / suite), []
    for name in also:
        trained += [run_files.read(stem) for stem in run_files.find(place / name)]
    for name in (suite, *also):
        scripted += [run_files.read(stem) for stem in run_files.find(place / name, "scripted")]
    return RunSuite(tuple(trained), tuple(scripted))


def run_steps(run: RunResult) -> NDArray[np.int64]:
    """Environment steps at the evaluations of a run."""
    return np.asarray(run_column(run, "env_steps"), dtype=np.int64)


def run_column(run: RunResult, name: str) -> NDArray[np.float64]:
    """One column of a run's table.

    Raises
    ------
    StoredRunError
        If the run does not have it.
    """
    if name not in run.table:
        raise StoredRunError(
            f"the run {run.world}/{run.name}, seed {run.seed}, has no column {name!r}; it has "
            f"{', '.join(map(str, run.table.columns))}"
        )
    return np.asarray(run.table[name], dtype=np.float64)


def score_matrix(
    suite: RunSuite, worlds: Sequence[str], algorithm: str, metrics: Mapping[str, Metric]
) -> tuple[NDArray[np.float64], list[int]]:
    """Final scores (R, M) of one algorithm on several worlds, and the seeds that stand in the rows.

    Only seeds that were run on all of ``worlds`` are taken: a stratified statistic needs as many runs of each task.

    Raises
    ------
    StoredRunError
        If no seed was run on all of them.
    """
    by_world = {world: {run.seed: run for run in suite.of(world, algorithm)} for world in worlds}
    seeds = sorted(set.intersection(*(set(runs) for runs in by_world.values())))
    if not seeds:
        raise StoredRunError(f"no seed of {algorithm!r} was run on all of {list(worlds)}")
    columns = [
        metrics[world].score([final_score(run_column(by_world[world][seed], metrics[world].column)) for seed in seeds])
        for world in worlds
    ]
    return np.stack(columns, axis=1), seeds


def normalised_scores(
    suite: RunSuite,
    worlds: Sequence[str],
    algorithm: str,
    metrics: Mapping[str, Metric],
) -> NDArray[np.float64]:
    """Final scores (R, M) in units of each world's own scripts: 0 is random play, 1 the best scripted policy.

    Raises
    ------
    StoredRunError
        A world lacks random play, or has no scripted policy that is better.
    """
    scores, _ = score_matrix(suite, worlds, algorithm, metrics)
    for m, world in enumerate(worlds):
        references = {
            name: float(metrics[world].score(x)) for name, x in suite.references(world, metrics[world]).items()
        }
        low, high = references.get(RANDOM, np.nan), max(references.values(), default=np.nan)
        if not high > low:
            raise StoredRunError(
                f"scores on {world!r} cannot be expressed in units of its scripts: it needs {RANDOM!r} and a better "
                f"one; stored are {references}"
            )
        scores[:, m] = (scores[:, m] - low) / (high - low)
    return scores

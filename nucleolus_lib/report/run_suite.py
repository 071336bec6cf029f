"""The stored runs of one suite, as the figures and tables want them.

A *suite* is a folder ``data/runs/<suite>`` with one file of evaluations and one record per world, algorithm and seed.
Nothing is computed anew.

A *metric* is a column of the evaluations with a direction. ``score`` turns it into a number of which more is better, as
:mod:`.statistics` wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.algorithm_styles import in_order
from nucleolus_lib.report.curve_alignment import AlignedCurves, aligned_curves, final_score
from nucleolus_lib.report.errors import StoredRunError

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Metric:
    """A column of the evaluations, what it is called, and whether more of it is better."""

    column: str
    label: str
    more_is_better: bool

    def score(self, values: ArrayLike) -> NDArray[np.float64]:
        """The values, negated if less is better."""
        return np.asarray(values, dtype=np.float64) * (1 if self.more_is_better else -1)


@dataclass(frozen=True)
class StoredRun:
    """One run: ``evaluations`` has a row per evaluation, ``record`` is its provenance with the whole config."""

    world: str
    algorithm: str
    seed: int
    evaluations: DataFrame
    record: dict[str, Any]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Environment steps at the evaluations."""
        return np.asarray(self.evaluations["env_steps"], dtype=np.int64)

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the evaluations.

        Raises
        ------
        StoredRunError
            If the run does not have it.
        """
        if name not in self.evaluations:
            raise StoredRunError(
                f"the run {self.world}/{self.algorithm}/seed{self.seed} has no column {name!r}; it has "
                f"{', '.join(map(str, self.evaluations.columns))}"
            )
        return np.asarray(self.evaluations[name], dtype=np.float64)


@dataclass(frozen=True)
class RunSuite:
    """All runs of a suite."""

    runs: tuple[StoredRun, ...]

    @property
    def worlds(self) -> list[str]:
        """Names of the worlds, in the order found."""
        return list(dict.fromkeys(run.world for run in self.runs))

    def algorithms(self, world: str) -> list[str]:
        """The algorithms that were run on ``world``, in the book's order."""
        return in_order(run.algorithm for run in self.runs if run.world == world)

    def of(self, world: str, algorithm: str) -> list[StoredRun]:
        """The runs of one algorithm on one world, by seed.

        Raises
        ------
        StoredRunError
            If there are none.
        """
        chosen = [run for run in self.runs if (run.world, run.algorithm) == (world, algorithm)]
        if not chosen:
            raise StoredRunError(
                f"there is no run of {algorithm!r} on {world!r}; there are "
                + ", ".join(sorted({f"{run.world}/{run.algorithm}" for run in self.runs}))
            )
        return sorted(chosen, key=lambda run: run.seed)

    def curves(self, world: str, algorithm: str, column: str) -> AlignedCurves:
        """One column of all runs of one algorithm on one world, on one grid of environment steps."""
        runs = self.of(world, algorithm)
        return aligned_curves([run.steps for run in runs], [run.column(column) for run in runs])

    def final(self, world: str, algorithm: str, column: str) -> NDArray[np.float64]:
        """The final value of every run, (R,), by seed."""
        return np.array([final_score(run.column(column)) for run in self.of(world, algorithm)])


def score_matrix(
    suite: RunSuite, worlds: Sequence[str], algorithm: str, metrics: dict[str, Metric]
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
        metrics[world].score([final_score(by_world[world][seed].column(metrics[world].column)) for seed in seeds])
        for world in worlds
    ]
    return np.stack(columns, axis=1), seeds

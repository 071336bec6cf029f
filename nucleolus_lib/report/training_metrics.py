"""What a learner logs while it learns: one small panel per metric, one line per world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.algorithm_styles import Dash
from nucleolus_lib.report.curve_alignment import AlignedCurves, aligned_curves
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.run_suite import RunSuite, run_column, run_steps
from nucleolus_lib.report.seed_panels import draw_seeds, legend_below, panel_grid
from nucleolus_lib.report.style import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUCLEOLUS_METRICS = {
    "train/excess_max": "largest excess",
    "train/multiplier": r"multiplier $\lambda$",
    "train/empty_core": "share of games without a core",
    "train/nucleolus_distance": "distance to the exact nucleolus",
}
"""Columns of nucleolus runs, with what their panels are called."""

_DASHES: tuple[Dash, ...] = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1)))
_HUES = ("vermilion", "blue", "green", "purple")


def metric_curves(suite: RunSuite, world: str, algorithm: str, column: str) -> AlignedCurves | None:
    """One training metric of all runs, without the evaluations before learning began; None if no run has it."""
    steps, values = [], []
    if algorithm not in suite.algorithms(world):
        return None
    for run in suite.of(world, algorithm):
        if column not in run.table:
            continue
        known = np.isfinite(run_column(run, column))
        if known.any():
            steps.append(run_steps(run)[known])
            values.append(run_column(run, column)[known])
    return aligned_curves(steps, values) if steps else None


def metric_panels(
    suite: RunSuite, worlds: Sequence[str], algorithm: str, columns: Mapping[str, str] = NUCLEOLUS_METRICS
) -> Figure:
    """Means over seeds (thick) and single seeds (thin) of several metrics, one panel each.

    Parameters
    ----------
    worlds
        At most four; a world whose runs lack a metric is left out of its panel, and an empty panel says so.
    columns
        Label by column.

    Raises
    ------
    StatisticsError
        More than four worlds.
    """
    if len(worlds) > len(_HUES):
        raise StatisticsError(f"at most {len(_HUES)} worlds can be told apart; got {len(worlds)}")
    figure, panels = panel_grid(list(columns.values()))
    for axes, column in zip(panels, columns, strict=True):
        by_world = {world: metric_curves(suite, world, algorithm, column) for world in worlds}
        for (world, found), hue, dash in zip(by_world.items(), _HUES, _DASHES, strict=False):
            if found is not None:
                draw_seeds(axes, found, hue, dash, world)
        if all(found is None for found in by_world.values()):
            axes.text(0.5, 0.5, "no run has this", transform=axes.transAxes, ha="center", color=INK)
    legend_below(figure, worlds, 2)
    return figure


def last_values(
    suite: RunSuite, worlds: Sequence[str], algorithm: str, columns: Mapping[str, str] = NUCLEOLUS_METRICS
) -> dict[str, dict[str, float]]:
    """The last value of each metric, averaged over the seeds, by world and column; nan where no run has it."""
    found = {}
    for world in worlds:
        curves = {column: metric_curves(suite, world, algorithm, column) for column in columns}
        found[world] = {
            column: np.nan if curve is None else float(curve.values[-1].mean()) for column, curve in curves.items()
        }
    return found

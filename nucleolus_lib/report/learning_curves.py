"""Learning curves: the interquartile mean over seeds, its interval, every seed, and what scripts reach.

The shaded band is the stratified bootstrap interval of :mod:`.statistics` at every evaluation on its own. It says
nothing about the curve as a whole, and from three seeds it is the range of the seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.algorithm_styles import REFERENCE_DASHES, in_order, style_of
from nucleolus_lib.report.curve_alignment import AlignedCurves
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.run_suite import Metric, RunSuite
from nucleolus_lib.report.statistics import Interval, bootstrap_interval, interquartile_mean
from nucleolus_lib.report.style import COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 2.9
"""Height in inches of one panel."""


@dataclass(frozen=True)
class CurvePanel:
    """What one panel shows.

    Parameters
    ----------
    title, label
        Of the panel and of its vertical axis.
    curves
        By algorithm: one column per seed.
    references
        Height of a horizontal line by its name, such as what a script reaches.
    """

    title: str
    label: str
    curves: Mapping[str, AlignedCurves]
    references: Mapping[str, float] = field(default_factory=dict)


def curve_panel(
    suite: RunSuite,
    world: str,
    metric: Metric,
    references: Mapping[str, float] | None = None,
    algorithms: Sequence[str] | None = None,
) -> CurvePanel:
    """The curves of one metric on one world; of all its algorithms unless some are named."""
    names = suite.algorithms(world) if algorithms is None else in_order(algorithms)
    curves = {name: suite.curves(world, name, metric.column) for name in names}
    return CurvePanel(world, metric.label, curves, dict(references or {}))


def curve_interval(curves: AlignedCurves, rng: np.random.Generator, n_resamples: int = 2000) -> Interval:
    """Interquartile mean over the seeds at every grid point, with its bootstrap interval; arrays (E,)."""
    return bootstrap_interval(interquartile_mean, curves.values[..., None], rng=rng, n_resamples=n_resamples)


def learning_curves(panels: Sequence[CurvePanel], *, seed: int = 0, n_resamples: int = 2000) -> Figure:
    """Panels of learning curves below each other, with one legend.

    Thick lines are interquartile means over seeds, bands their 95 % bootstrap intervals, thin lines single seeds.

    Parameters
    ----------
    panels
        At least one.
    seed
        Of the bootstrap.

    Raises
    ------
    StatisticsError
        Without a panel, or for a panel without curves.
    """
    import matplotlib.pyplot as plt

    if not panels or not all(panel.curves for panel in panels):
        raise StatisticsError("learning curves need at least one panel, and every panel at least one algorithm")
    height = PANEL_HEIGHT * len(panels) + 0.6
    figure, grid = plt.subplots(len(panels), 1, figsize=(COLUMN_WIDTH, height), squeeze=False)
    for axes, panel in zip(grid[:, 0], panels, strict=True):
        _draw_panel(axes, panel, np.random.default_rng(seed), n_resamples)
    grid[-1, 0].set_xlabel("environment steps, thousands")
    handles, labels = [], []
    for axes in grid[:, 0]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _draw_panel(axes: Axes, panel: CurvePanel, rng: np.random.Generator, n_resamples: int) -> None:
    for algorithm in in_order(panel.curves):
        curves, style = panel.curves[algorithm], style_of(algorithm)
        at = curves.steps / 1000
        interval = curve_interval(curves, rng, n_resamples)
        axes.plot(at, curves.values, color=style.color, linewidth=0.6, alpha=0.45)
        axes.fill_between(at, interval.low, interval.high, color=style.color, alpha=0.16, linewidth=0)
        axes.plot(at, interval.estimate, linewidth=2.0, label=style.label, **style.line())
    last = max(float(curves.steps[-1]) for curves in panel.curves.values()) / 1000
    axes.set(title=panel.title, ylabel=panel.label, xlim=(0, last))
    for value, dash in zip(panel.references.values(), REFERENCE_DASHES * 4, strict=False):
        axes.axhline(value, color=FAINT, linewidth=1.1, linestyle=dash)
    _label_references(axes, panel.references)
    axes.grid(axis="y")


def _label_references(axes: Axes, references: Mapping[str, float]) -> None:
    """Names of the reference lines at the right edge, moved apart where lines are close to each other."""
    low, high = axes.get_ylim()
    ordered = sorted(references.items(), key=lambda item: item[1])
    places = spread_out([value for _, value in ordered], 0.075 * (high - low), high)
    for (name, value), place in zip(ordered, places, strict=True):
        axes.annotate(
            f"{name.replace('_', ' ')}: {value:.3g}",
            (1.0, value),
            (1.015, place),
            xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(),
            fontsize=8.5,
            color=INK,
            va="center",
            annotation_clip=False,
        )


def spread_out(values: Sequence[float], apart: float, top: float) -> list[float]:
    """Places for labels of rising ``values``: at least ``apart`` from each other and none above ``top``."""
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + apart) if places else value)
    limit = top
    for k in reversed(range(len(places))):
        places[k] = min(places[k], limit)
        limit = places[k] - apart
    return places

"""Figures of nucleolus Q-learning: metrics while a learner is trained, and readings of the register side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.algorithm_styles import Dash
from nucleolus_lib.report.curve_alignment import aligned_curves
from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.register_readings import DEFAULT, READINGS, STRONG, reading_label
from nucleolus_lib.report.register_study import steady_areas, stored_readings
from nucleolus_lib.report.seed_panels import draw_seeds, legend_below, panel_grid
from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

LOOKS: tuple[tuple[str, Dash], ...] = (
    ("blue", "-"),
    ("vermilion", (0, (5, 1.5))),
    ("green", (0, (5, 1.5, 1, 1.5))),
    ("purple", (0, (2, 1))),
    ("orange", (0, (1, 1))),
    ("sky", "-"),
)
"""Colour and dash of the lines, in the order in which they take them."""


def training_panels(
    runs: Mapping[str, Sequence[DataFrame]], columns: Mapping[str, str], wide: Collection[str] = ()
) -> Figure:
    """Metrics against environment steps, one panel each, one line per label.

    Parameters
    ----------
    runs
        By label, tables of runs that differ in their seed: a thick line for the mean, thin ones for several seeds.
        Rows without the metric, such as those before the first update, are left out; so is a label that lacks it.
    columns
        Title by column.
    wide
        Columns whose values range over orders of magnitude: their axes are linear between -1 and 1 and logarithmic
        beyond.

    Raises
    ------
    SharePlotError
        Without a run, with more labels than can be told apart, or for a metric that no run has.
    """
    if not 0 < len(runs) <= len(LOOKS) or not all(runs.values()):
        raise SharePlotError(f"training_panels() draws 1 to {len(LOOKS)} labels with at least a run each; got {runs}")
    figure, panels = panel_grid(list(columns.values()), sharex=True)
    for axes, column in zip(panels, columns, strict=True):
        if column in wide:
            axes.set_yscale("symlog", linthresh=1)
        drawn = [
            _draw(axes, tables, column, label, look) for (label, tables), look in zip(runs.items(), LOOKS, strict=False)
        ]
        if not any(drawn):
            raise SharePlotError(f"no run has the metric {column!r}; the runs are {', '.join(runs)}")
        if axes.dataLim.y0 < 0 < axes.dataLim.y1:
            axes.axhline(0, color=INK, linewidth=0.7)
    legend_below(figure, list(runs), 4)
    return figure


def _draw(axes: Axes, tables: Sequence[DataFrame], column: str, label: str, look: tuple[str, Dash]) -> bool:
    known = [table.dropna(subset=[column]) for table in tables if column in table]
    known = [table for table in known if len(table)]
    if known:
        curves = aligned_curves([table["env_steps"] for table in known], [table[column] for table in known])
        draw_seeds(axes, curves, *look, label)
    return bool(known)


MARKS = ("o", "s", "^", "D")
"""Of the seeds in :func:`register_dots`, in their order."""

REGISTER_PANELS = {
    "area": "captures,\nmean over training",
    "multiplier": "multiplier,\nat the end",
    "empty core": "share of games\nwithout a core",
    "distance": "distance to\nthe nucleolus",
}
"""Panels of :func:`register_dots`: titles by column of :func:`.run_facts`."""


def register_dots(facts: DataFrame, references: Mapping[str, DataFrame] | None = None) -> Figure:
    """One row per reading of the register and one panel per quantity: a mark for each seed.

    Dashed lines beside rows mark the runs of the reading that they are held against. Runs that diverged are left
    out.

    Parameters
    ----------
    facts
        As :func:`.run_facts` makes them.
    references
        Facts of other methods by label, in grey below the readings.

    Raises
    ------
    SharePlotError
        If none of the runs is a reading of the register.
    """
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    groups = {reading_label(name): facts[facts["reading"] == name] for name in stored_readings(facts)}
    if not groups:
        raise SharePlotError(f"none of these runs is a reading of the register: {sorted(set(facts['reading']))}")
    others = dict(references or {})
    everything = groups | others
    seeds = sorted({int(seed) for here in everything.values() for seed in here["seed"]})
    size = (COLUMN_WIDTH * 1.25, 1.3 + 0.27 * len(everything))
    figure, places = plt.subplots(1, len(REGISTER_PANELS), figsize=size, sharey=True)
    for axes, (column, title) in zip(places, REGISTER_PANELS.items(), strict=True):
        for row, (label, here) in enumerate(everything.items()):
            # A diverged run has no place on an axis of the others.
            shown = here[np.isfinite(here[column]) & ~here["diverged"].astype(bool)]
            color = FAINT if label in others else COLORS["blue"]
            for seed, value in zip(shown["seed"], shown[column], strict=True):
                mark = MARKS[seeds.index(seed) % len(MARKS)]
                axes.plot(value, row, mark, color=color, markersize=4, alpha=0.75)
            n_diverged = int(here["diverged"].sum())
            if axes is places[0] and n_diverged:
                place, words = axes.get_yaxis_transform(), f"diverged: {n_diverged} of {len(here)}"
                axes.text(0.03, row, words, transform=place, va="center", fontsize=7, color=COLORS["vermilion"])
        if column == "multiplier":
            axes.set_xscale("symlog", linthresh=1e-3)
            axes.set_xlim(left=-3e-4)
            axes.set_xticks([0, 1e-2, 1])
        else:
            axes.locator_params(axis="x", nbins=3)
        axes.set_title(title, fontsize=8.5, loc="left", fontweight="normal")
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="both", linewidth=0.4)
    first = places[0]
    names = stored_readings(facts)
    for reference in (DEFAULT, STRONG):
        rows = [k for k, name in enumerate(names) if READINGS[name].against == reference]
        there = {seed for k in rows for seed in facts.loc[facts["reading"] == names[k], "seed"]}
        for seed, level in steady_areas(facts, reference).items():
            if seed in there:
                ends = [rows[0] - 0.5, rows[-1] + 0.5]
                first.plot([level, level], ends, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    first.set_yticks(range(len(everything)), list(everything), fontsize=8)
    first.set_ylim(len(everything) - 0.4, -0.6)
    keys = [
        Line2D([], [], color=INK, linestyle="", marker=m, label=f"seed {k}") for k, m in zip(seeds, MARKS, strict=False)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8)
    return figure

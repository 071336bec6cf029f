"""Panels of curves over seeds, two to a row: a thick line for the mean, thin ones for the seeds, one legend below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nucleolus_lib.report.algorithm_styles import Dash
from nucleolus_lib.report.curve_alignment import AlignedCurves
from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def panel_grid(titles: Sequence[str], *, sharex: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure with one titled panel each; the last row is labelled with environment steps."""
    import matplotlib.pyplot as plt

    n_rows = -(-len(titles) // 2)
    figure, grid = plt.subplots(n_rows, 2, figsize=(COLUMN_WIDTH, 2.4 * n_rows + 0.5), squeeze=False, sharex=sharex)
    panels = list(grid.ravel())
    for axes in panels[len(titles) :]:
        axes.set_visible(False)
    for axes, title in zip(panels, titles, strict=False):
        axes.set_title(title, fontsize=10, loc="left")
        axes.grid(axis="y")
    for axes in grid[-1]:
        axes.set_xlabel("environment steps, thousands")
    return figure, panels[: len(titles)]


def draw_seeds(axes: Axes, curves: AlignedCurves, color: str, dash: Dash, label: str) -> None:
    """The curves of several seeds and their mean; of one seed only itself."""
    at = curves.steps / 1000
    if curves.values.shape[1] > 1:
        axes.plot(at, curves.values, color=COLORS[color], linewidth=0.6, alpha=0.45)
    axes.plot(at, curves.values.mean(axis=1), color=COLORS[color], linestyle=dash, label=label)


def legend_below(figure: Figure, order: Sequence[str], columns: int) -> None:
    """One legend for all panels, in this order; labels that no panel has are left out."""
    entries: dict[str, Artist] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    shown = [label for label in order if label in entries]
    if shown:
        handles = [entries[label] for label in shown]
        figure.legend(handles=handles, labels=shown, loc="outside lower center", ncols=min(len(shown), columns))

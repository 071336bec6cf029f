"""Figures of value factorisation: tables of a one-step game, and how a team value moves with one individual value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
"""Tables side by side."""


def value_tables(
    tables: Mapping[str, ArrayLike],
    framed: Mapping[str, tuple[int, int]] | None = None,
    *,
    specification: str = ".1f",
    actions: str = "123456789",
    one_scale: bool = True,
) -> Figure:
    """Tables of two agents' joint actions as heat maps, with the numbers in them.

    Parameters
    ----------
    tables
        (A_1, A_2) by title; the first agent's action is the row.
    framed
        A cell to frame by title, such as the greedy joint action.
    specification
        Format of the numbers.
    actions
        One sign per action.
    one_scale
        Whether equal colours mean equal numbers in all tables; otherwise each table has a scale of its own.

    Raises
    ------
    SharePlotError
        Without a table, or for one that has not two axes.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    grids = {title: np.asarray(table, dtype=np.float64) for title, table in tables.items()}
    if not grids or any(grid.ndim != 2 for grid in grids.values()):
        raise SharePlotError("value_tables() draws tables of two agents; got " + ", ".join(grids) if grids else "none")
    everything = np.concatenate([grid.ravel() for grid in grids.values()])
    n_columns = min(COLUMNS, len(grids))
    n_rows = -(-len(grids) // n_columns)
    size = COLUMN_WIDTH * n_columns / COLUMNS, 2.35 * n_rows
    figure, places = plt.subplots(n_rows, n_columns, figsize=size, squeeze=False)
    for axes in places.ravel()[len(grids) :]:
        axes.set_visible(False)
    for axes, (title, grid) in zip(places.ravel(), grids.items(), strict=False):
        shades = everything if one_scale else grid
        axes.imshow(grid, cmap="cividis", vmin=shades.min(), vmax=shades.max())
        middle = (shades.min() + shades.max()) / 2
        for (row, column), value in np.ndenumerate(grid):
            text = format(value, specification)
            # no "-0.0"
            text = text.lstrip("-") if float(text) == 0 else text
            ink = CARD if value < middle else INK
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=10)
        if title in (framed or {}):
            row, column = (framed or {})[title]
            frame = Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, linewidth=3)
            frame.set_edgecolor(COLORS["vermilion"])
            axes.add_patch(frame)
        axes.set_title(title, fontsize=10)
        axes.set_xticks(range(grid.shape[1]), list(actions[: grid.shape[1]]))
        axes.set_yticks(range(grid.shape[0]), list(actions[: grid.shape[0]]))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def mixing_curves(panels: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Figure:
    """Team value against one individual value, one line per state, every panel on its own scale.

    Parameters
    ----------
    panels
        By title (grid (G,), curves (S, G)); what is drawn is the change from the grid's lowest point.
    """
    import matplotlib.pyplot as plt

    figure, grid_of_axes = plt.subplots(1, len(panels), figsize=(COLUMN_WIDTH, 3.2), squeeze=False)
    hues = [name for name in COLORS if name != "black"]
    for axes, (title, (grid, curves)) in zip(grid_of_axes[0], panels.items(), strict=True):
        lines = np.asarray(curves)
        for line, hue in zip(lines - lines[:, :1], hues * len(lines), strict=False):
            axes.plot(np.asarray(grid), line, color=COLORS[hue], linewidth=1.6)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set(title=title, xlabel="individual value $q_1$")
        axes.grid(axis="y")
    grid_of_axes[0, 0].set_ylabel("team value, change from the left end")
    return figure

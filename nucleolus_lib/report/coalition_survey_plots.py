"""Figures over many recorded battles: sizes of coalitions, agreement with what was done, what decides a partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SIZE_COLORS = ("#e3e3e3", "#a6cde6", "#56a0cf", "#0072B2", "#013d66", "#00121f")
"""Colour of agents in a coalition of 1, 2, ...; the last for all larger ones. Lightness alone tells them apart."""

_STYLES = (("black", "-"), ("vermilion", (0, (4, 2))), ("blue", (0, (1, 1.2))), ("green", (0, (5, 1, 1, 1))))


def size_figure(panels: Mapping[str, NDArray[np.floating[Any]]]) -> Figure:
    """Of the living agents at each step, the share in a coalition of each size; one panel per reading.

    Parameters
    ----------
    panels
        Title to shares (T, n) of :func:`nucleolus_lib.report.battle_coalition_survey.size_shares`.

    Raises
    ------
    CoalitionPlotError
        If there is nothing to draw, or the panels are of different shapes.
    """
    shapes = {shares.shape for shares in panels.values()}
    if len(shapes) != 1:
        raise CoalitionPlotError(f"panels of one shape (T, n) are drawn under each other; got {sorted(shapes)}")
    steps, n = shapes.pop()
    figure, rows = plt.subplots(
        len(panels), 1, sharex=True, figsize=(COLUMN_WIDTH, 0.9 + 1.25 * len(panels)), squeeze=False
    )
    edges = np.arange(steps + 1) - 0.5
    for axes, (title, shares) in zip(rows[:, 0], panels.items(), strict=True):
        below = np.zeros(steps)
        for size in range(n, 0, -1):
            above = below + shares[:, size - 1]
            # One more value, so that the last step has its width.
            low, high = (np.append(values, values[-1]) for values in (below, above))
            color = SIZE_COLORS[min(size, len(SIZE_COLORS)) - 1]
            axes.fill_between(edges, low, high, step="post", color=color, linewidth=0, label=str(size))
            below = above
        axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=(0, 0.5, 1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_title(title)
    rows[-1, 0].set_xlabel("step")
    handles, labels = rows[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, title="agents in a coalition of", loc="outside lower center", ncols=n)
    return figure


def agreement_figure(tables: Mapping[str, pd.DataFrame], ceilings: Mapping[str, float]) -> Figure:
    """Agreement above chance with its interval, one panel per comparison.

    Parameters
    ----------
    tables
        Title to :func:`nucleolus_lib.report.battle_coalition_survey.agreement_table`; the same readings in each.
    ceilings
        Title to what full agreement would be; marked by a dashed line.
    """
    figure, panels = plt.subplots(
        1,
        len(tables),
        sharey=True,
        figsize=(COLUMN_WIDTH, 1.2 + 0.27 * len(next(iter(tables.values())))),
        squeeze=False,
    )
    for axes, (title, table) in zip(panels[0], tables.items(), strict=True):
        places = np.arange(len(table))
        for place, row in zip(places, table.itertuples(), strict=True):
            color = COLORS["blue"] if place == 0 else FAINT
            axes.plot([row.low, row.high], [place, place], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt")
            axes.plot(row.above, place, "o", color=color, markersize=4)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        axes.axvline(ceilings[title], color=COLORS["green"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set(xlabel="Rand index above chance", ylim=(len(table) - 0.5, -0.5))
        axes.set_yticks(places, table["reading"])
        axes.tick_params(axis="y", length=0)
        axes.set_title(title)
    return figure


def stakes_figure(quantities: Mapping[str, ArrayLike], smallest: float = 1e-5) -> Figure:
    """How large each quantity is: the share of steps in which it is at most x, against log x.

    Parameters
    ----------
    quantities
        Title to values, one per step. What is below ``smallest`` is drawn there.
    smallest
        Left end of the axis.
    """
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.4))
    for (title, values), (color, style) in zip(quantities.items(), _STYLES, strict=False):
        ordered = np.sort(np.maximum(np.asarray(values, dtype=np.float64), smallest))
        shares = np.arange(1, len(ordered) + 1) / len(ordered)
        axes.step(ordered, shares, where="post", color=COLORS[color], linestyle=style, label=title)
    axes.set(xscale="log", ylim=(0, 1.01), xlabel="reward, logarithmic", ylabel="share of steps at most this")
    axes.set_xlim(left=smallest)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def tolerance_figure(table: pd.DataFrame) -> Figure:
    """Shares of steps with the grand coalition, with all alone, and between, against the tolerance.

    Parameters
    ----------
    table
        Of :func:`nucleolus_lib.report.coalition_sensitivity.tolerance_table`.
    """
    titles: Sequence[str] = list(dict.fromkeys(table["reading"]))
    figure, panels = plt.subplots(1, len(titles), sharey=True, figsize=(COLUMN_WIDTH, 3.1), squeeze=False)
    for axes, title in zip(panels[0], titles, strict=True):
        rows = table[table["reading"] == title]
        places = np.arange(len(rows))
        below = np.zeros(len(rows))
        for column, color in (("grand", SIZE_COLORS[4]), ("between", SIZE_COLORS[2]), ("alone", SIZE_COLORS[0])):
            axes.bar(places, rows[column], bottom=below, color=color, width=0.8, label=column)
            below = below + rows[column].to_numpy()
        axes.set_xticks(places, [f"{100 * tolerance:g}%" for tolerance in rows["tolerance"]])
        axes.tick_params(axis="x", length=0)
        axes.set(xlabel="tolerance", ylim=(0, 1))
        axes.set_title(title)
    panels[0, 0].yaxis.set_major_formatter(PercentFormatter(1))
    panels[0, 0].set_ylabel("steps")
    handles, _ = panels[0, 0].get_legend_handles_labels()
    figure.legend(
        handles,
        ["the grand coalition is best", "something between", "all alone is best"],
        loc="outside lower center",
        ncols=3,
    )
    return figure

"""Figures of predator-prey: captures over time, and what an attempt to catch is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from numpy.typing import ArrayLike

from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = (("blue", "-"), ("vermilion", "--"), ("green", "-."), ("purple", ":"), ("orange", "-"), ("black", "--"))
"""Colour and dashes of the first, second, ... line."""


def captures_figure(panels: Mapping[str, Mapping[str, ArrayLike]], n_prey: int) -> Figure:
    """Mean number of prey caught against the step, one panel beside the other.

    Parameters
    ----------
    panels
        By the panel's title, by the line's name: (T + 1,) means, the first of state 0.
    n_prey
        How many there are to catch.
    """
    figure, row = plt.subplots(1, len(panels), figsize=(COLUMN_WIDTH, 3.6), sharey=True, squeeze=False)
    for axes, (title, curves) in zip(row[0], panels.items(), strict=True):
        for (name, values), (color, style) in zip(curves.items(), LINES, strict=False):
            axes.plot(values, linestyle=style, color=COLORS[color], label=name)
        axes.set(xlabel="step", ylim=(0, 1.02 * n_prey), yticks=range(n_prey + 1))
        axes.set_title(title, loc="left")
        axes.margins(x=0.01)
    row[0, 0].set_ylabel("prey caught, mean")
    figure.legend(*row[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def catch_value_figure(
    chances: ArrayLike,
    lines: Mapping[str, ArrayLike],
    measured_chances: Sequence[float],
    measured: Mapping[str, Sequence[float]],
    uniform: float,
) -> Figure:
    """Expected team reward of catching against the chance that the partner catches, too.

    Parameters
    ----------
    chances
        (L,) chances of the derived lines.
    lines
        By name, derived values (L,).
    measured_chances
        Where it was measured.
    measured
        By the same names, measured values.
    uniform
        The chance of a partner that acts uniformly at random, marked by a vertical line.
    """
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.6))
    axes.axhline(0, color=FAINT, linewidth=1)
    axes.axvline(uniform, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    for (name, values), (color, style) in zip(lines.items(), LINES, strict=False):
        axes.plot(chances, values, linestyle=style, color=COLORS[color], label=name)
        axes.plot(
            measured_chances,
            measured[name],
            "o",
            color=COLORS[color],
            markerfacecolor=CARD,
            markersize=6,
            clip_on=False,
        )
    low, high = axes.get_ylim()
    axes.text(uniform, high, " partner acts at random", color=FAINT, va="top", fontsize=9)
    axes.set(xlabel="chance that the partner catches", ylabel="mean team reward", ylim=(low, high))
    axes.margins(x=0.01)
    figure.legend(loc="outside lower center", ncols=4)
    return figure

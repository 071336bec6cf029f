"""Markov cores of three agents: one triangle per state, and the least core of every (s, a).

The triangles are those of :mod:`nucleolus_lib.report.triangle`; each belongs to the game of one state, or of
one state and joint action.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT
from nucleolus_lib.report.triangle import core_triangle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIGITS = 9
"""Decimals kept of a computed value. Value iteration misses a value by less; a core that is one point is then drawn
as one point instead of being lost to the last bit."""


def game_to_draw(values: ArrayLike, names: Sequence[str]) -> TUGame:
    """A game from computed values (2**n,), rounded to :data:`DIGITS` decimals and exact from there on."""
    table = np.asarray(values, dtype=np.float64)
    exact = np.array([Fraction(f"{value:.{DIGITS}f}") for value in table], dtype=object)
    return TUGame(exact, tuple(names))


def core_triangles(
    games: Mapping[str, TUGame], points: Mapping[str, Mapping[str, Any]] | None = None, *, show_least_core: bool = True
) -> Figure:
    """One triangle per game, side by side, two in a row.

    Parameters
    ----------
    games
        Games of three agents by title.
    points
        For each title the payoffs to mark, by name.
    show_least_core
        Whether to draw the least core of each.

    Raises
    ------
    CoalitionPlotError
        Without games.
    TriangleError, EmptyImputationSetError
    """
    if not games:
        raise CoalitionPlotError("core_triangles() draws one triangle per game; got no game")
    n_rows = (len(games) + 1) // 2
    figure, panels = plt.subplots(n_rows, 2, figsize=(1.3 * COLUMN_WIDTH, 3.7 * n_rows), squeeze=False)
    for axes in panels.flat[len(games) :]:
        axes.axis("off")
    handles: dict[str, Any] = {}
    for axes, (title, game) in zip(panels.flat, games.items(), strict=False):
        core_triangle(
            game,
            (points or {}).get(title),
            show_least_core=show_least_core,
            show_constraints=True,
            title=title,
            legend=False,
            axes=axes,
        )
        axes.set_xlim(-0.2, 1.2)
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=3)
    return figure


def least_core_dots(
    values: NDArray[np.floating[Any]], state_names: Sequence[str], optimal: ArrayLike, tolerance: float
) -> Figure:
    """The least-core value of every (s, a), each state's joint actions sorted by it.

    Parameters
    ----------
    values
        (S, J); above ``tolerance`` the core at this (s, a) is empty.
    state_names
        S names.
    optimal
        (S,) the optimal joint action of each state, marked.
    tolerance
        Values up to this count as zero.

    Raises
    ------
    CoalitionPlotError
        If the arrays do not fit together.
    """
    best = np.asarray(optimal)
    if values.ndim != 2 or len(state_names) != len(values) or best.shape != (len(values),):
        raise CoalitionPlotError(
            f"values are (S, J), with S names and S optimal actions; got {values.shape}, {len(state_names)} names and "
            f"optimal actions of shape {best.shape}"
        )
    figure, panels = plt.subplots(1, len(values), sharey=True, figsize=(COLUMN_WIDTH, 3.2), squeeze=False)
    for axes, row, name, joint in zip(panels[0], values, state_names, best, strict=True):
        order = np.argsort(row, kind="stable")
        place = np.arange(len(row))
        empty = row[order] > tolerance
        axes.axhline(0, color=FAINT, linewidth=1)
        axes.plot(place[~empty], row[order][~empty], "o", color=COLORS["blue"], label="core not empty")
        axes.plot(place[empty], row[order][empty], "X", color=COLORS["vermilion"], markersize=8, label="core empty")
        axes.plot(
            place[order == joint],
            row[joint],
            "o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=COLORS["black"],
            markeredgewidth=1.4,
            label="optimal joint action",
        )
        axes.set(title=name, xlabel="joint actions, sorted", xticks=[])
    panels[0, 0].set_ylabel("least-core value")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    if not (values > tolerance).any():
        del named["core empty"]
    figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=3)
    return figure


def least_core_curves(
    dials: ArrayLike, curves: Mapping[str, ArrayLike], quantity: str, marked: Mapping[str, float] | None = None
) -> Figure:
    """Least-core values against a parameter; the core is empty where a curve is above zero.

    Parameters
    ----------
    dials
        (L,).
    curves
        (L,) by name.
    quantity
        What the parameter is: the axis label.
    marked
        Parameter values to mark by a vertical line, by their text.
    """
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.5))
    places = np.asarray(dials, dtype=np.float64)
    axes.axhline(0, color=FAINT, linewidth=1)
    styles = zip(curves.items(), ("blue", "vermilion", "green", "purple"), ("-", "--", "-.", ":"), strict=False)
    for (name, values), color, style in styles:
        axes.plot(places, values, color=COLORS[color], linestyle=style, label=name)
    low, high = axes.get_ylim()
    axes.set(xlabel=quantity, ylabel="largest excess", xlim=(places[0], places[-1]), ylim=(low, high))
    axes.axhspan(0, high, color=COLORS["vermilion"], alpha=0.08, linewidth=0)
    for text, place in (marked or {}).items():
        axes.axvline(place, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(text, (place, low), xytext=(4, 6), textcoords="offset points", color=FAINT, fontsize=9,
                      bbox={"facecolor": CARD, "edgecolor": "none", "pad": 1})  # fmt: skip
    figure.legend(loc="outside lower center", ncols=2)
    return figure

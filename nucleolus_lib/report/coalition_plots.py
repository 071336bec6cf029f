"""Figures of one game: what every coalition is worth, and how content it is with a payoff.

The lattice shows v itself. Coalitions of one size stand on one level, and a line joins S to every
S + i, so that a path from the bottom to the top is an order in which the players come together.

Excess bars show e(S, x) = v(S) - x(S) (paper, equation 1) for one payoff or for several side by
side. A bar to the right of zero is a coalition that would earn more on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import coalition_sizes, players_of
from nucleolus_lib.games.excess import excesses
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_LATTICE_PLAYERS = 4
"""With five players a level has ten coalitions, more than fit side by side."""

MAX_PAYOFFS = 4
"""More bars than this per coalition cannot be told apart."""

LONGEST_LINE = 14
"""Letters in one line of a box of the lattice."""

HATCHES = ("", "////", "....", "xxxx")
"""Payoffs differ by pattern as well as by colour."""


def coalition_lattice(game: TUGame, specification: str = ",.4g") -> Figure:
    """Every coalition with its value, ordered by inclusion.

    Parameters
    ----------
    game
        At most four players.
    specification
        Format of the values.

    Raises
    ------
    CoalitionPlotError
        For more than four players.
    """
    import matplotlib.pyplot as plt

    n = game.n_players
    if n > MAX_LATTICE_PLAYERS:
        raise CoalitionPlotError(
            f"a lattice is drawn for at most {MAX_LATTICE_PLAYERS} players; got {n}. Use excess_bars for larger games"
        )
    place = _lattice_places(n)
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 0.95 * (n + 1)))
    for coalition, (x, y) in enumerate(place):
        for i in range(n):
            if not coalition >> i & 1:
                upper = place[coalition | 1 << i]
                axes.plot([x, upper[0]], [y, upper[1]], color="#c4c4c4", linewidth=1, zorder=1)
    for coalition, (x, y) in enumerate(place):
        axes.add_artist(_box(_box_name(game, coalition), format(float(game.values[coalition]), specification), (x, y)))
    axes.set(xlim=(-0.62, 0.62), ylim=(-0.5, n + 0.5))
    axes.axis("off")
    return figure


def excess_bars(
    game: TUGame, payoffs: Mapping[str, ArrayLike], *, largest: int | None = None, units: str = ""
) -> Figure:
    """The excess of every proper coalition at one or several payoffs.

    Parameters
    ----------
    payoffs
        Payoff (n,) by the name shown in the legend; one to four.
    largest
        Show only this many coalitions, those with the largest excess at any of the payoffs; all by default.
    units
        Units of v, shown on the axis.

    Raises
    ------
    CoalitionPlotError
        For no payoff or more than four, or a game of one player, which has no proper coalition.
    """
    import matplotlib.pyplot as plt

    if not 1 <= len(payoffs) <= MAX_PAYOFFS:
        raise CoalitionPlotError(f"excess bars compare 1 to {MAX_PAYOFFS} payoffs; got {len(payoffs)}")
    if game.n_players < 2:
        raise CoalitionPlotError("a game of one player has no proper coalition to show; pass a game of two or more")
    table = np.array([excesses(game, payoff).astype(np.float64) for payoff in payoffs.values()])
    shown = most_dissatisfied(table, largest)
    height = 0.8 / len(payoffs)
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 1.1 + (0.14 + 0.16 * len(payoffs)) * len(shown)))
    for k, (name, color) in enumerate(zip(payoffs, COLORS.values(), strict=False)):
        where = np.arange(len(shown)) + (k - (len(payoffs) - 1) / 2) * height
        axes.barh(
            where, table[k, shown], height, label=name, color=color, hatch=HATCHES[k], edgecolor=CARD, linewidth=0.4
        )
    axes.set_yticks(range(len(shown)), [game.name_of(int(coalition)) for coalition in shown])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.set_xlabel("excess $e(S, x)$" + (f", {units}" if units else ""))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "\N{MINUS SIGN}"))
    _name_sides(axes)
    figure.legend(loc="outside upper left", ncols=2 if len(payoffs) > 2 else len(payoffs))
    return figure


def most_dissatisfied(table: NDArray[np.float64], largest: int | None = None) -> NDArray[np.int64]:
    """The proper coalitions in the order of their largest excess over all payoffs (rows of ``table``).

    Ties keep the order of the bitmasks. Shape (2**n - 2,), or (largest,).
    """
    proper = np.arange(1, table.shape[1] - 1)
    # rounding, so that ties between computed excesses stay ties and two runs agree
    worst = table[:, 1:-1].max(axis=0).round(9)
    return proper[np.argsort(-worst, kind="stable")][:largest]


def _name_sides(axes: Axes) -> None:
    low, high = axes.get_xlim()
    margin = 0.08 * (high - low)
    axes.set_xlim(low - (margin if low < 0 else 0), high + (margin if high > 0 else 0))
    low, high = axes.get_xlim()
    if low < 0:
        axes.annotate("content", (0, 1), (-6, 3), **_side_style("right"))
    if high > 0.15 * (high - low):
        axes.annotate("objects", (0, 1), (6, 3), **_side_style("left"))


def _side_style(align: str) -> dict[str, Any]:
    return {
        "xycoords": ("data", "axes fraction"),
        "textcoords": "offset points",
        "ha": align,
        "color": FAINT,
        "fontsize": 9,
    }


def _lattice_places(n_players: int) -> list[tuple[float, float]]:
    """Horizontal place in [-0.5, 0.5] and level |S| of every coalition."""
    sizes = coalition_sizes(n_players)
    place: list[tuple[float, float]] = [(0.0, 0.0)] * (1 << n_players)
    for size in range(n_players + 1):
        level = _in_reading_order(np.flatnonzero(sizes == size).tolist())
        spread = np.linspace(-0.5, 0.5, len(level)) if len(level) > 1 else np.zeros(1)
        for coalition, x in zip(level, spread, strict=True):
            place[coalition] = (float(x), float(size))
    return place


def _in_reading_order(coalitions: Sequence[int]) -> list[int]:
    """Sorted by their players, so that {1, 3} comes before {2, 3}."""
    return sorted(coalitions, key=players_of)


def _box_name(game: TUGame, coalition: int) -> str:
    """The members on one line if that is short, else one a line."""
    names = [game.players[i] for i in players_of(coalition)] or ["nobody"]
    line = ", ".join(names)
    return line if len(line) <= LONGEST_LINE else ",\n".join(names)


def _box(name: str, value: str, place: tuple[float, float]) -> Artist:
    from matplotlib.offsetbox import AnnotationBbox, TextArea, VPacker

    lines: list[Artist] = [
        TextArea(name, textprops={"fontsize": 9, "multialignment": "center"}),
        TextArea(value, textprops={"fontsize": 10, "fontweight": "bold"}),
    ]
    frame = {"boxstyle": "round,pad=0.25", "facecolor": CARD, "edgecolor": COLORS["blue"], "linewidth": 1.2}
    return AnnotationBbox(VPacker(children=lines, align="center", pad=0, sep=3), place, bboxprops=frame, zorder=2)

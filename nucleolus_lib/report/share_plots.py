"""Several ways to share, player by player: one row per player, one mark per way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = (("o", "blue"), ("D", "vermilion"), ("s", "green"), ("^", "purple"))
"""Marker and colour of each way to share: told apart without colour too."""


def share_rows(
    players: Sequence[str],
    shares: Mapping[str, ArrayLike],
    *,
    quantity: str,
    errors: Mapping[str, ArrayLike] | None = None,
    log: bool = False,
) -> Figure:
    """What each player gets under each of several rules.

    Parameters
    ----------
    players
        Names, one per row, from the top.
    shares
        One number per player by the rule's name; at most four rules.
    quantity
        What the numbers are, with their units: the axis label.
    errors
        Half-widths of error bars for some of the rules, by the same names.
    log
        Logarithmic axis, for positive shares that differ by orders of magnitude.

    Raises
    ------
    SharePlotError
        For no rule or more than four, or a row of another length than ``players``.
    """
    import matplotlib.pyplot as plt

    if not 1 <= len(shares) <= len(MARKS):
        raise SharePlotError(f"one to {len(MARKS)} ways to share can be told apart; got {len(shares)}")
    table = {name: np.asarray(row, dtype=np.float64) for name, row in shares.items()}
    for name, row in table.items():
        if row.shape != (len(players),):
            raise SharePlotError(f"{name!r} needs one share for each of {len(players)} players; got shape {row.shape}")
    rows = np.arange(len(players))
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 1.3 + 0.26 * len(players)))
    stacked = np.stack(list(table.values()))
    axes.hlines(rows, stacked.min(axis=0), stacked.max(axis=0), color="#c4c4c4", linewidth=2, zorder=1)
    for (name, row), (marker, color) in zip(table.items(), MARKS, strict=False):
        bars = None if errors is None or name not in errors else np.asarray(errors[name], dtype=np.float64)
        if bars is not None:
            axes.errorbar(row, rows, xerr=bars, fmt="none", ecolor=COLORS[color], elinewidth=1.2, capsize=2, zorder=2)
        axes.plot(row, rows, marker, color=COLORS[color], markeredgecolor=CARD, markersize=7, label=name, zorder=3)
    axes.set_yticks(rows, players)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    if log:
        axes.set_xscale("log")
    elif stacked.min() >= 0:
        axes.set_xlim(left=0)
    elif stacked.min() < 0 < stacked.max():
        axes.axvline(0, color=FAINT, linewidth=1)
    axes.set_xlabel(quantity)
    figure.legend(loc="outside upper left", ncols=2 if len(shares) > 2 else len(shares))
    return figure

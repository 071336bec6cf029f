"""Several ways to share, player by player: one row per player, one mark per way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.style import CARD, COLORS, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RULE_MARKS = {"nucleolus": ("o", "vermilion"), "Shapley value": ("D", "purple")}
"""Marker and colour of the book's two rules, the same in every figure."""

OTHER_MARKS = (("s", "blue"), ("^", "green"), ("P", "orange"), ("v", "black"))
"""Marker and colour of other rules, in the order in which they come: told apart without colour too."""


WIDTH = 5.4
"""Inches: narrower than the column, so that names are still legible on a phone."""


def marks_for(names: Sequence[str]) -> list[tuple[str, str]]:
    """Marker and colour (a name in ``COLORS``) for each of the rules.

    Raises
    ------
    SharePlotError
        If more than four of them are not in ``RULE_MARKS``.
    """
    others = [name for name in names if name not in RULE_MARKS]
    if len(others) > len(OTHER_MARKS):
        raise SharePlotError(
            f"{len(OTHER_MARKS)} rules beside {' and '.join(RULE_MARKS)} can be told apart; got {len(others)}: {others}"
        )
    marks = {**RULE_MARKS, **dict(zip(others, OTHER_MARKS, strict=False))}
    return [marks[name] for name in names]


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
        One number per player by the rule's name; see :func:`marks_for`.
    quantity
        What the numbers are, with their units: the axis label.
    errors
        Half-widths of error bars for some of the rules, by the same names.
    log
        Logarithmic axis, for positive shares that differ by orders of magnitude.

    Raises
    ------
    SharePlotError
        For no rule or too many, or a row of another length than ``players``.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    if not shares:
        raise SharePlotError("there is nothing to draw: pass at least one way to share")
    marks = marks_for(list(shares))
    table = {name: np.asarray(row, dtype=np.float64) for name, row in shares.items()}
    for name, row in table.items():
        if row.shape != (len(players),):
            raise SharePlotError(f"{name!r} needs one share for each of {len(players)} players; got shape {row.shape}")
    rows = np.arange(len(players))
    figure, axes = plt.subplots(figsize=(WIDTH, 1.3 + 0.26 * len(players)))
    stacked = np.stack(list(table.values()))
    axes.hlines(rows, stacked.min(axis=0), stacked.max(axis=0), color="#c4c4c4", linewidth=2, zorder=1)
    for (name, row), (marker, color) in zip(table.items(), marks, strict=True):
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
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:g}")
        axes.minorticks_off()
    elif stacked.min() >= 0:
        axes.set_xlim(left=0)
    elif stacked.min() < 0 < stacked.max():
        axes.axvline(0, color=FAINT, linewidth=1)
    axes.set_xlabel(quantity)
    figure.legend(loc="outside upper left", ncols=2 if len(shares) > 2 else len(shares))
    return figure

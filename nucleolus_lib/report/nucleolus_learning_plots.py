"""Figures of nucleolus Q-learning: the constraint and its multiplier while a learner is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

LINES = ("blue", "vermilion", "green", "purple", "orange", "sky")
COLUMNS = {"train/excess_max": "largest excess", "train/multiplier": "multiplier $\\lambda$"}


def constraint_curves(tables: Mapping[str, DataFrame]) -> Figure:
    """The mean largest excess and the multiplier against environment steps, one line per run.

    Parameters
    ----------
    tables
        By label, tables of runs with the columns ``env_steps``, ``train/excess_max`` and ``train/multiplier``. Rows
        before the first update have no metrics and are left out.

    Raises
    ------
    SharePlotError
        Without a run, or for one that lacks a column.
    """
    import matplotlib.pyplot as plt

    if not tables:
        raise SharePlotError("constraint_curves() draws at least one run; got none")
    for label, table in tables.items():
        lacking = [name for name in ("env_steps", *COLUMNS) if name not in table]
        if lacking:
            raise SharePlotError(f"run {label!r} lacks {', '.join(lacking)}: was it a nucleolus run with a multiplier?")
    palette = [COLORS[name] for name in LINES if name in COLORS]
    figure, places = plt.subplots(2, 1, figsize=(COLUMN_WIDTH, 4.6), sharex=True)
    for axes, (column, title) in zip(places, COLUMNS.items(), strict=True):
        for k, (label, table) in enumerate(tables.items()):
            rows = table.dropna(subset=[column])
            axes.plot(rows["env_steps"], rows[column], color=palette[k % len(palette)], label=label)
        axes.axhline(0, color=INK, linewidth=0.7)
        axes.set_ylabel(title)
    places[1].set_xlabel("environment steps")
    if len(tables) > 1:
        places[0].legend()
    return figure

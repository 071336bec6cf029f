"""Figures of the nucleolus Q-operator: iteration, contraction, multipliers over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_DASH = (0, (4, 3))
_LINES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1)))
_HUES = ("blue", "green", "orange", "vermilion", "purple")


def iteration_curves(curves: Mapping[float, ArrayLike], factors: Mapping[float, float]) -> Figure:
    """Distance to the fixed point after each sweep, one curve per multiplier, on a logarithmic scale.

    Parameters
    ----------
    curves
        Distances by multiplier.
    factors
        kappa by multiplier; the legend tells it.
    """
    figure, axes = plt.subplots()
    for (multiplier, distances), hue, line in zip(curves.items(), _HUES, _LINES, strict=False):
        label = rf"$\lambda$ = {multiplier:.3g}, $\kappa$ = {factors[multiplier]:.3g}"
        axes.semilogy(np.asarray(distances), color=COLORS[hue], linestyle=line, label=label)
    axes.set(xlabel="sweep", ylabel="distance to the fixed point (relative)", xlim=(0, None))
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def contraction_lines(contraction: pd.DataFrame) -> Figure:
    """Measured contraction factor (dots) and bound (lines) against the multiplier, by number of agents.

    Parameters
    ----------
    contraction
        Rows with ``n_agents``, ``weights`` ("equal" or "nucleolus"), ``multiplier``, ``measured``,
        ``bound``. Means over worlds are drawn, and for the measured factor its smallest and largest world as a bar.
    """
    kinds = [kind for kind in ("equal", "nucleolus") if (contraction["weights"] == kind).any()]
    figure, panels = plt.subplots(1, len(kinds), sharey=True, figsize=(COLUMN_WIDTH, 3.8), squeeze=False)
    for axes, kind in zip(panels[0], kinds, strict=True):
        here = contraction[contraction["weights"] == kind]
        for n_agents, hue in zip(sorted(here["n_agents"].unique()), _HUES, strict=False):
            rows = here[here["n_agents"] == n_agents].groupby("multiplier")
            measured, bound = rows["measured"], rows["bound"].mean()
            middle = measured.mean()
            axes.plot(bound.index, bound, color=COLORS[hue], linewidth=1.2)
            bars = [middle - measured.min(), measured.max() - middle]
            axes.errorbar(
                middle.index,
                middle,
                yerr=np.abs(bars),
                fmt="o",
                markersize=4,
                color=COLORS[hue],
                elinewidth=1,
                label=f"{n_agents} agents",
            )
        axes.axhline(1, color=INK, linewidth=1, linestyle=_DASH)
        axes.set(title=f"{kind} weights", xlabel=r"multiplier $\lambda$")
    panels[0, 0].set_ylabel(r"contraction factor $\kappa$")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def multiplier_paths(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]], threshold: Mapping[str, float]
) -> Figure:
    """lambda over time, one panel per world, one line per choice of safeguards.

    Parameters
    ----------
    panels
        For each title the (steps, multipliers) by name.
    threshold
        For each title the multiplier where H stops contracting: a dashed line.
    """
    figure, grid = plt.subplots(1, len(panels), sharey=True, figsize=(COLUMN_WIDTH, 3.8), squeeze=False)
    for axes, (title, paths) in zip(grid[0], panels.items(), strict=True):
        top = 3 * threshold[title]
        for (name, (steps, multipliers)), hue, line in zip(paths.items(), _HUES, _LINES, strict=False):
            axes.plot(np.asarray(steps), np.asarray(multipliers), color=COLORS[hue], linestyle=line, label=name)
        axes.axhline(threshold[title], color=FAINT, linewidth=1, linestyle=_DASH)
        axes.set(title=title, xlabel="step", ylim=(-0.05 * top, top))
    grid[0, 0].set_ylabel(r"multiplier $\lambda_t$")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def learning_errors(steps: ArrayLike, errors: Mapping[str, ArrayLike]) -> Figure:
    """Errors of a learned answer against the length of learning, both logarithmic."""
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.4))
    for (name, values), hue, mark in zip(errors.items(), _HUES, "osD^v", strict=False):
        axes.loglog(np.asarray(steps), np.asarray(values), marker=mark, color=COLORS[hue], label=name)
    axes.set(xlabel="steps of every actor", ylabel="largest error (relative)")
    axes.grid(which="major")
    axes.legend()
    return figure


def distance_curves(least_core: pd.DataFrame, zero: float) -> Figure:
    """Share of games whose distance is at most d, one panel per number of agents, one line per kind.

    Parameters
    ----------
    least_core
        Rows with ``n_agents``, ``kind`` and ``distance``.
    zero
        Distances up to this are solver noise and drawn as 0.
    """
    sizes = sorted(least_core["n_agents"].unique())
    figure, panels = plt.subplots(1, len(sizes), sharey=True, figsize=(COLUMN_WIDTH, 3.4), squeeze=False)
    longest = float(least_core["distance"].quantile(0.99))
    for axes, n_agents in zip(panels[0], sizes, strict=True):
        here = least_core[least_core["n_agents"] == n_agents]
        for kind, hue, line in zip(here["kind"].unique(), _HUES, _LINES, strict=False):
            values = np.sort(here.loc[here["kind"] == kind, "distance"].to_numpy())
            values = np.where(values <= zero, 0.0, values)
            share = np.arange(1, len(values) + 1) / len(values)
            start: Any = np.concatenate([[0.0], values])
            axes.step(
                start, np.concatenate([[0.0], share]), where="post", color=COLORS[hue], linestyle=line, label=kind
            )
        axes.set(title=f"{n_agents} agents", xlim=(0, longest), ylim=(0, 1.02))
        axes.grid(axis="y")
    panels[0, len(sizes) // 2].set_xlabel(r"distance from the nucleolus, parts of the largest $|v|$")
    panels[0, 0].set_ylabel("share of the games")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure

"""Figures of split-the-task: where two small coalitions stop being right, derived and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from numpy.typing import ArrayLike

from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dial_figure(
    dials: ArrayLike,
    curves: Mapping[str, ArrayLike],
    measured: Mapping[str, tuple[ArrayLike, ArrayLike]],
    threshold: float,
) -> Figure:
    """Values against the dial, with the derived threshold as a vertical line.

    Parameters
    ----------
    dials
        (L,) dials of the curves.
    curves
        Derived values (L,) by name.
    measured
        Dials and values of points by name.
    threshold
        The derived dial*.
    """
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.6))
    axes.axvline(threshold, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    for (name, values), color, style in zip(
        curves.items(), ("blue", "vermilion", "green", "purple"), ("-", "--", "-.", ":"), strict=False
    ):
        axes.plot(dials, values, linestyle=style, color=COLORS[color], label=name)
    for (name, (places, values)), marker in zip(measured.items(), "os^D", strict=False):
        axes.plot(
            places, values, marker, color=COLORS["black"], markerfacecolor=CARD, markersize=6, label=name, clip_on=False
        )
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.06 * (high - low))
    axes.text(threshold, high + 0.05 * (high - low), " dial*", color=FAINT, va="top")
    axes.set(xlabel="dial", ylabel="discounted reward", xlim=(0, 1))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def threshold_figure(
    gammas: ArrayLike,
    derived: Mapping[str, ArrayLike],
    measured_gammas: Sequence[float],
    measured: Mapping[str, Sequence[float]],
) -> Figure:
    """Thresholds against the discount: derived as lines, measured as marks of the same colour.

    Parameters
    ----------
    gammas, derived
        Discounts (L,) and thresholds (L,) by name.
    measured_gammas, measured
        Discounts and thresholds found on the tables, under the same names.
    """
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.4))
    looks = zip(derived, ("blue", "vermilion", "green"), "os^", ("-", "--", "-."), strict=False)
    for name, color, marker, style in looks:
        axes.plot(gammas, derived[name], linestyle=style, color=COLORS[color], label=f"{name}: derived")
        axes.plot(
            measured_gammas,
            measured[name],
            marker,
            color=COLORS[color],
            markerfacecolor=CARD,
            markersize=6,
            label=f"{name}: measured",
        )
    axes.set(xlabel=r"discount $\gamma$", ylabel="dial at which it changes", xlim=(0, 1), ylim=(0, 1))
    figure.legend(loc="outside lower center", ncols=2)
    return figure

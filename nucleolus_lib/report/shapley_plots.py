"""Figures of the Shapley value: how often it leaves the core, and how sampling finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.shapley import SampledShapley
from nucleolus_lib.report.core_survey import CoreCounts
from nucleolus_lib.report.errors import SurveyError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = (
    ("in the core", "blue", ""),
    ("core not empty, but outside it", "orange", "////"),
    ("core empty", "sky", "...."),
)
"""The three things that can happen in a game, with colour and pattern."""


def core_bars(counts: Mapping[str, CoreCounts], rule: str) -> Figure:
    """One bar per family of games: where the payoffs of ``rule`` are.

    Parameters
    ----------
    counts
        What :func:`.count_in_core` counted, by the name of the family.
    rule
        Which of the counted rules to show.

    Raises
    ------
    SurveyError
        If the rule was not counted.
    """
    import matplotlib.pyplot as plt

    for family, counted in counts.items():
        if rule not in counted.n_inside:
            raise SurveyError(f"{family!r} was counted for the rules {list(counted.n_inside)}; got {rule!r}")
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 1.5 + 0.42 * len(counts)))
    rows = np.arange(len(counts))
    parts = np.array(
        [(c.n_inside[rule], c.n_balanced - c.n_inside[rule], c.n_empty) for c in counts.values()], dtype=np.float64
    )
    shares = parts / parts.sum(axis=1, keepdims=True)
    left = np.zeros(len(counts))
    for k, (name, color, hatch) in enumerate(PARTS):
        axes.barh(rows, shares[:, k], 0.66, left, label=name, color=COLORS[color], hatch=hatch, edgecolor=CARD)
        left = left + shares[:, k]
    axes.set_yticks(rows, list(counts))
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.set_xlim(0, 1)
    axes.set_xlabel(f"share of the games by where their {rule} is")
    figure.legend(loc="outside upper left", ncols=len(PARTS), columnspacing=1.2, handlelength=1.6)
    return figure


def root_mean_square(rows: ArrayLike) -> NDArray[np.float64]:
    """Root of the mean square over the last axis."""
    return np.asarray(np.sqrt(np.mean(np.square(np.asarray(rows, dtype=np.float64)), axis=-1)))


def sampling_errors(exact: ArrayLike, estimates: Sequence[SampledShapley]) -> Figure:
    """True error against reported standard error, as the number of sampled orders grows.

    Parameters
    ----------
    exact
        The Shapley value, (n,).
    estimates
        Samples of any sizes, several of each.

    Notes
    -----
    An error is a root mean square over the players. One dot is one estimate; the lines join the root mean squares
    over the estimates of one size, of the true errors and of the reported ones.
    """
    import matplotlib.pyplot as plt

    truth = np.asarray(exact, dtype=np.float64)
    sizes = np.array([estimate.n_samples for estimate in estimates])
    true = np.array([root_mean_square(estimate.payoff - truth) for estimate in estimates])
    reported = np.array([root_mean_square(estimate.standard_error) for estimate in estimates])
    figure, axes = plt.subplots()
    axes.plot(sizes, true, "o", color=COLORS["sky"], markersize=4, alpha=0.6, label="true error of one estimate")
    grid = np.unique(sizes)
    for errors, style, color, name in (
        (true, "--", "blue", "true error, root mean square"),
        (reported, "-", "vermilion", "reported standard error"),
    ):
        axes.plot(
            grid, [root_mean_square(errors[sizes == size]) for size in grid], style, color=COLORS[color], label=name
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")
    axes.set_xlabel("sampled orders (each used forwards and backwards)")
    axes.set_ylabel("error per player")
    axes.grid(color="#d9d9d9")
    axes.legend()
    axes.spines["left"].set_color(INK)
    return figure

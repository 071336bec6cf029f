"""Figures of a nucleolus solve and of its closed forms.

The staircase shows every proper coalition's excess at the nucleolus, largest first. A coalition belongs to level
k when the rows fixed up to level k, and not those before, determine its total x(S): from then on the solver
cannot lower its excess any more.

The estate lines show what each claimant of a bankruptcy problem gets as the estate grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.bankruptcy import talmud_rule
from nucleolus_lib.games.excess import excesses
from nucleolus_lib.games.nucleolus import NucleolusResult
from nucleolus_lib.games.rational import in_span
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.style import CARD, COLORS, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEW = 40


def settled_levels(game: TUGame, result: NucleolusResult) -> NDArray[np.int64]:
    """The level, from 0, at which each coalition's total is determined, shape (2**n,).

    N and the empty coalition are determined before the first level: -1. A coalition that no level determines,
    because individual rationality alone leaves one imputation, has the number of levels.
    """
    fixed = list(result.certificate.equations)
    levels = np.where(in_span(fixed, game.n_players), -1, len(result.levels))
    for k, level in enumerate(result.levels):
        fixed += [*level.coalitions, *(1 << i for i in level.players_at_bound)]
        levels[(levels == len(result.levels)) & in_span(fixed, game.n_players)] = k
    return levels


def excess_staircase(game: TUGame, result: NucleolusResult, units: str = "") -> Figure:
    """Every proper excess at the nucleolus, largest first, by the level that determined it.

    Parameters
    ----------
    result
        What :func:`.nucleolus` returned for the game; two players or more.
    units
        Units of v, shown on the axis.
    """
    import matplotlib.pyplot as plt

    proper = np.arange(1, (1 << game.n_players) - 1)
    excess = excesses(game, result.payoff).astype(np.float64)[proper]
    level = settled_levels(game, result)[proper]
    order = np.lexsort((proper, level, -excess.round(9)))
    excess, level = excess[order], level[order]
    figure, axes = plt.subplots()
    names = [color for color in COLORS if color != "black"]
    for k, step in enumerate(result.levels):
        here = np.flatnonzero(level == k)
        color = COLORS[names[k % len(names)]]
        label = f"level {k + 1}: $t_{{{k + 1}}}$ = {_number(step.excess)}"
        axes.axhline(float(step.excess), color=color, linewidth=0.8, linestyle=(0, (4, 3)))
        size = 36 if len(proper) <= _FEW else 12
        axes.scatter(here, excess[here], s=size, color=color, edgecolor=CARD, linewidth=0.4, label=label, zorder=3)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xlabel("proper coalitions, most dissatisfied first")
    axes.set_ylabel("excess $e(S, x)$" + (f", {units}" if units else ""))
    axes.set_xticks([])
    axes.legend(loc="best")
    return figure


def estate_lines(
    claims: ArrayLike, estates: Sequence[Any] = (), solved: Any = (), n_points: int = 241, units: str = ""
) -> Figure:
    """What the rule of the Talmud gives each claimant, for every estate from nothing to the sum of the claims.

    Parameters
    ----------
    claims
        d, shape (n,).
    estates, solved
        Estates at which the game was solved, and the payoffs found, shape (len(estates), n): drawn as dots.
    n_points
        How many estates the lines are computed at.
    """
    import matplotlib.pyplot as plt

    debts = np.asarray(claims, dtype=np.float64)
    grid = np.linspace(0, debts.sum(), n_points)
    awards = np.array([talmud_rule(estate, debts) for estate in grid])
    figure, axes = plt.subplots()
    axes.axvline(debts.sum() / 2, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
    label = "half of all claims"
    axes.annotate(
        label,
        (debts.sum() / 2, 1),
        (4, -4),
        xycoords=("data", "axes fraction"),
        color=FAINT,
        va="top",
        textcoords="offset points",
    )
    for i, color in zip(range(len(debts)), COLORS.values(), strict=False):
        axes.plot(grid, awards[:, i], color=color)
        axes.annotate(
            f"claims {_number(debts[i])}",
            (grid[-1], awards[-1, i]),
            (5, 0),
            textcoords="offset points",
            color=color,
            va="center",
        )
        if len(estates):
            points = np.asarray(solved, dtype=np.float64)[:, i]
            axes.plot(np.asarray(estates, dtype=np.float64), points, "o", color=color, markeredgecolor=CARD)
    axes.set_xlabel("estate" + (f", {units}" if units else ""))
    axes.set_ylabel("award" + (f", {units}" if units else ""))
    axes.set_xlim(0, grid[-1])
    axes.set_ylim(0)
    return figure


def _number(value: Any) -> str:
    return f"{float(value):,.5g}".replace("-", "\N{MINUS SIGN}")

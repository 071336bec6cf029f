"""Three players' payoffs in a triangle: core, level sets, least core and solutions.

The geometry, exact, is in :mod:`nucleolus_lib.report.triangle_geometry`; here it is drawn. The nearer a point is to
a player's corner, the more that player gets; on the opposite side the player has no more than alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.core import least_core
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.share_plots import marks_for
from nucleolus_lib.report.style import CARD, COLORS, FAINT, INK
from nucleolus_lib.report.triangle_geometry import (
    CORNERS,
    PROPER_COALITIONS,
    Polygon,
    cut,
    plane_points,
    region,
    triangle_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OUTSIDE = 0.07
_LABEL_GAP = 0.035


def core_triangle(
    game: TUGame,
    points: Mapping[str, Any] | None = None,
    *,
    levels: Sequence[Any] = (),
    show_least_core: bool = False,
    show_constraints: bool = False,
    title: str = "",
    legend: bool = True,
    axes: Axes | None = None,
) -> Figure:
    """The imputations of a three-player game with its core and whatever else is asked for.

    Parameters
    ----------
    points
        Payoffs to mark, by name, such as ``{"nucleolus": x}``; each sums to v(N).
    levels
        Excess values t whose regions (largest proper excess at most t) are outlined and labelled.
    show_least_core
        Whether to draw the least core over the rest.
    show_constraints
        Whether to draw and label the line x(S) = v(S) of every coalition that cuts the triangle.
    legend
        Whether to name what is drawn; False for all panels of a figure but one.
    axes
        Where to draw; a figure of its own by default.

    Returns
    -------
    The matplotlib figure.

    Raises
    ------
    TriangleError, EmptyImputationSetError, PayoffShapeError, SharePlotError
    """
    if axes is None:
        _, axes = plt.subplots(figsize=(5.6, 4.1))
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title)
    _draw_polygon(axes, game, triangle_of(game), facecolor="#f2f2f2", edgecolor=INK, linewidth=1.2, label="imputations")
    core = region(game, 0)
    label = "core" if core else "core: empty"
    _draw_polygon(axes, game, core, facecolor="#bfe3f7", edgecolor=COLORS["blue"], linewidth=1.4, label=label)
    for t in levels:
        _draw_level(axes, game, t)
    if show_constraints:
        _draw_constraints(axes, game)
    if show_least_core:
        polygon = region(game, least_core(game.to_exact()).value)
        green = COLORS["green"]
        _draw_polygon(axes, game, polygon, facecolor=green, edgecolor=green, linewidth=3.5, label="least core")
    points = points or {}
    for (name, payoff), (marker, color) in zip(points.items(), marks_for(list(points)), strict=True):
        x, y = plane_points(game, [payoff])[0]
        shape: dict[str, Any] = {"marker": marker, "markersize": 8, "markeredgecolor": CARD, "linestyle": "none"}
        axes.plot(x, y, color=COLORS[color], label=name, zorder=5, **shape)
    _name_corners(axes, game)
    if legend:
        axes.legend(loc="upper left", bbox_to_anchor=(0.68, 1.0))
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def _draw_polygon(
    axes: Axes, game: TUGame, polygon: Polygon, *, facecolor: str, edgecolor: str, linewidth: float, label: str
) -> None:
    """Filled if it has an inside, a line if it is a segment, a dot if it is a point, only a legend entry if empty."""
    if not polygon:
        axes.plot([], [], linestyle="none", label=label)
        return
    corners = plane_points(game, polygon)
    if len(corners) == 1:
        axes.plot(*corners[0], marker="o", color=edgecolor, markersize=3 * linewidth, linestyle="none", label=label)
    elif len(corners) == 2:
        axes.plot(*corners.T, color=edgecolor, linewidth=linewidth, solid_capstyle="round", label=label)
    else:
        axes.fill(*corners.T, facecolor=facecolor, edgecolor=edgecolor, linewidth=linewidth, label=label)


def _draw_level(axes: Axes, game: TUGame, t: Any) -> None:
    """The outline of P(t), with its t on the lowest of the edges that the excesses cut."""
    polygon = region(game, t)
    if not polygon:
        return
    corners = plane_points(game, polygon)
    edges = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    axes.plot(*np.vstack([corners, corners[:1]]).T, color=COLORS["blue"], linewidth=0.9, linestyle=(0, (4, 2)))
    inner = [edge for edge in edges if not _side_of(edge)]
    if inner:
        x, y = min((edge.mean(axis=0) for edge in inner), key=lambda middle: float(middle[1]))
        box = {"facecolor": CARD, "edgecolor": "none", "pad": 0.8}
        axes.text(x, y, f"t = {float(t):g}", fontsize=8, color=COLORS["blue"], ha="center", va="center", bbox=box)


def _draw_constraints(axes: Axes, game: TUGame) -> None:
    """x(S) = v(S), dotted, for every coalition whose line passes through the inside of the triangle."""
    exact = game.to_exact()
    triangle = triangle_of(game)
    label = "$x(S) = v(S)$"
    for coalition in PROPER_COALITIONS:
        total = exact.values[coalition]
        line = cut(cut(triangle, coalition, total), 7 ^ coalition, exact.grand_value - total)
        ends = plane_points(game, line) if line else np.zeros((0, 2))
        if len(ends) != 2 or _side_of(ends):
            continue
        axes.plot(*ends.T, color=FAINT, linewidth=1.2, linestyle=(0, (1, 1.5)), label=label)
        label = ""
        _name_line(axes, ends, game.name_of(coalition))


def _name_line(axes: Axes, ends: NDArray[np.float64], name: str) -> None:
    """The coalition's name beside the end of its line that is on a slanted side, if possible the left one."""
    for end in ends[np.argsort(ends[:, 0])]:
        sides = _side_of(end[None])
        if 1 in sides or 0 in sides:
            is_left = 1 in sides
            x = end[0] - _LABEL_GAP if is_left else end[0] + _LABEL_GAP
            axes.text(x, end[1], name, fontsize=9, color=FAINT, ha="right" if is_left else "left", va="center")
            return


def _side_of(points: NDArray[np.float64]) -> tuple[int, ...]:
    """The sides of the triangle, by the index of the opposite corner, that hold all the points (k, 2)."""
    weights = np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([points.T, np.ones(len(points))]))
    return tuple(int(i) for i in np.flatnonzero(np.abs(weights).max(axis=1) < 1e-9))


def _name_corners(axes: Axes, game: TUGame) -> None:
    for i, (name, corner) in enumerate(zip(game.players, triangle_of(game), strict=True)):
        x, y = CORNERS[i]
        text = f"{name} gets {float(corner[i]):,.6g}"
        axes.text(x, y + _OUTSIDE / 2 if i == 2 else y - _OUTSIDE, text, ha="center", va="center", fontsize=9)
    axes.set_xlim(-0.16, 1.3)
    axes.set_ylim(-0.12, 0.95)

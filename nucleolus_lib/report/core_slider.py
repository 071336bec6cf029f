"""One triangle, many games: the core of three players while something about the game changes.

Every game is drawn as in :mod:`nucleolus_lib.report.triangle`, one after the other under a slider: its
imputations, its core P(0) and its least core P(t_1). Where the core is empty only the least core is left, and
the heading says by how much the most dissatisfied coalition objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.core import least_core
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.style import COLORS
from nucleolus_lib.report.triangle_geometry import CORNERS, Polygon, plane_points, region, triangle_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

TRACES_PER_GAME = 3
"""Imputations, core, least core."""

MARGIN = 0.14
"""Free space around the triangle, as a part of its side."""


def core_slider(games: Mapping[str, TUGame], quantity: str, start: int = 0) -> Figure:
    """Core and least core of several games of three players, one at a time.

    Parameters
    ----------
    games
        The games by the value of what changes, as the slider shows it.
    quantity
        What changes, such as ``"value of a pair"``.
    start
        Number of the game shown first.

    Raises
    ------
    CoalitionPlotError
        Without games, or if ``start`` is not the number of one.
    TriangleError, EmptyImputationSetError
    """
    from plotly.graph_objects import Figure

    if not 0 <= start < len(games):
        raise CoalitionPlotError(f"start is the number of a game, 0 to {len(games) - 1}; got {start}")
    traces: list[Scatter] = []
    steps: list[dict[str, Any]] = []
    for number, (label, game) in enumerate(games.items()):
        drawn, heading = _one_game(game)
        for trace in drawn:
            trace.visible = number == start
        traces += drawn
        shown = [k // TRACES_PER_GAME == number for k in range(TRACES_PER_GAME * len(games))]
        steps.append({"label": label, "method": "update", "args": [{"visible": shown}, {"title.text": heading}]})
    names = _corner_names(next(iter(games.values())))
    axis = {"visible": False, "fixedrange": True}
    figure = Figure(traces)
    figure.update_layout(
        title={"text": steps[start]["args"][1]["title.text"], "x": 0.5, "y": 0.97, "font": {"size": 15}},
        xaxis=axis | {"range": [-MARGIN, 1 + MARGIN]},
        yaxis=axis | {"range": [-MARGIN, CORNERS[2, 1] + MARGIN], "scaleanchor": "x"},
        annotations=names,
        sliders=[{"steps": steps, "active": start, "currentvalue": {"prefix": f"{quantity}: "}, "pad": {"t": 10}}],
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.06},
        margin={"l": 10, "r": 10, "t": 80, "b": 20},
        height=540,
    )
    return figure


def _one_game(game: TUGame) -> tuple[list[Scatter], str]:
    """The three traces of a game and the heading that describes them."""
    exact = game.to_exact()
    value = least_core(exact).value
    core, least = region(exact, 0), region(exact, value)
    number = f"{float(value):.3f}".replace("-", "\N{MINUS SIGN}")
    heading = f"The core is {'not empty' if core else 'empty'}. Least-core value: {number}"
    return [
        _outline(exact, triangle_of(exact), "imputations", "rgba(118,118,118,0.15)", "#767676", 1.5),
        _outline(exact, core, "core", "rgba(86,180,233,0.55)", COLORS["sky"], 2.0),
        _outline(exact, least, "least core", COLORS["vermilion"], COLORS["vermilion"], 4.0),
    ], heading


def _outline(game: TUGame, polygon: Polygon, name: str, fill: str, line: str, width: float) -> Scatter:
    """A closed line with its inside filled; a point is drawn as a marker, nothing as nothing."""
    from plotly.graph_objects import Scatter

    corners = plane_points(game, polygon) if polygon else np.zeros((0, 2))
    path: NDArray[np.float64] = np.vstack([corners, corners[:1]]) if len(corners) > 1 else corners
    path = path.round(6)
    return Scatter(
        x=path[:, 0].tolist(),
        y=path[:, 1].tolist(),
        name=name,
        mode="markers" if len(path) == 1 else "lines",
        fill="toself" if len(path) > 1 else "none",
        fillcolor=fill,
        line={"color": line, "width": width},
        marker={"color": line, "size": 12},
        hoverinfo="name",
        showlegend=True,
    )


def _corner_names(game: TUGame) -> list[dict[str, Any]]:
    """Who gets everything in which corner."""
    places = zip(game.players, CORNERS.round(6).tolist(), (-22, -22, 18), strict=True)
    return [
        {"text": f"all to {name}", "x": x, "y": y, "yshift": shift, "showarrow": False}
        for name, (x, y), shift in places
    ]

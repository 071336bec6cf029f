"""The Markov core of three agents under a slider: one triangle per state, all moved by one parameter.

As :mod:`nucleolus_lib.report.core_slider`, with several triangles side by side. For every value of the
parameter there are three traces per state: imputations, core P(0) and least core P(t_1).
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

TRACES_PER_STATE = 3
"""Imputations, core, least core."""

SPACING = 1.3
"""Distance between the left corners of neighbouring triangles, in sides."""

MARGIN = 0.16
"""Free space around the triangles, in sides."""


def markov_core_slider(frames: Mapping[str, Mapping[str, TUGame]], quantity: str, start: int = 0) -> Figure:
    """Core and least core of every state while one parameter changes.

    Parameters
    ----------
    frames
        For every value of the parameter, as the slider shows it, the games of the states by name. All
        values have the same states.
    quantity
        What changes, such as ``"pay of a pair"``.
    start
        Number of the frame shown first.

    Raises
    ------
    CoalitionPlotError
        Without frames, if the states differ, or if ``start`` is not the number of a frame.
    TriangleError, EmptyImputationSetError
    """
    from plotly.graph_objects import Figure

    if not 0 <= start < len(frames):
        raise CoalitionPlotError(f"start is the number of a frame, 0 to {len(frames) - 1}; got {start}")
    states = list(next(iter(frames.values())))
    if any(list(frame) != states for frame in frames.values()):
        raise CoalitionPlotError(f"every frame needs the states {states}, in this order")
    traces: list[Scatter] = []
    steps: list[dict[str, Any]] = []
    per_frame = TRACES_PER_STATE * len(states)
    for number, (label, games) in enumerate(frames.items()):
        headings = []
        for column, (state, game) in enumerate(games.items()):
            drawn, heading = _one_state(game.to_exact(), column)
            headings.append(f"{state}: {heading}")
            for trace in drawn:
                trace.visible = number == start
                trace.showlegend = column == 0
            traces += drawn
        shown = [k // per_frame == number for k in range(per_frame * len(frames))]
        title = {"title.text": "<br>".join(headings)}
        steps.append({"label": label, "method": "update", "args": [{"visible": shown}, title]})
    axis = {"visible": False, "fixedrange": True}
    figure = Figure(traces)
    width = SPACING * (len(states) - 1) + 1
    figure.update_layout(
        title={"text": steps[start]["args"][1]["title.text"], "x": 0.5, "y": 0.96, "font": {"size": 14}},
        xaxis=axis | {"range": [-MARGIN, width + MARGIN]},
        yaxis=axis | {"range": [-MARGIN, CORNERS[2, 1] + 1.6 * MARGIN], "scaleanchor": "x"},
        annotations=_names(frames[next(iter(frames))]),
        sliders=[{"steps": steps, "active": start, "currentvalue": {"prefix": f"{quantity}: "}, "pad": {"t": 10}}],
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.0, "yanchor": "bottom"},
        margin={"l": 18, "r": 18, "t": 90, "b": 20},
        height=440,
    )
    return figure


def _one_state(game: TUGame, column: int) -> tuple[list[Scatter], str]:
    """The three traces of a state's game and what to say about it."""
    value = least_core(game).value
    core = region(game, 0)
    number = f"{float(value):.3f}".replace("-", "\N{MINUS SIGN}")
    return [
        _outline(game, triangle_of(game), column, "imputations", "rgba(118,118,118,0.15)", "#767676", 1.5),
        _outline(game, core, column, "core", "rgba(86,180,233,0.55)", COLORS["sky"], 2.0),
        _outline(game, region(game, value), column, "least core", COLORS["vermilion"], COLORS["vermilion"], 4.0),
    ], f"core {'not empty' if core else 'empty'}, least-core value {number}"


def _outline(game: TUGame, polygon: Polygon, column: int, name: str, fill: str, line: str, width: float) -> Scatter:
    """A closed line with its inside filled; a point is a marker, nothing is nothing."""
    from plotly.graph_objects import Scatter

    corners = plane_points(game, polygon) if polygon else np.zeros((0, 2))
    path: NDArray[np.float64] = np.vstack([corners, corners[:1]]) if len(corners) > 1 else corners
    path = (path + np.array([SPACING * column, 0.0])).round(6)
    # An empty trace would lose its place in the legend; one point that is nowhere keeps it.
    x, y = (path[:, 0].tolist(), path[:, 1].tolist()) if len(path) else ([None], [None])
    return Scatter(
        x=x,
        y=y,
        name=name,
        legendgroup=name,
        mode="markers" if len(path) == 1 else "lines",
        fill="toself" if len(path) > 1 else "none",
        fillcolor=fill,
        line={"color": line, "width": width},
        marker={"color": line, "size": 11},
        hoverinfo="name",
    )


def _names(games: Mapping[str, TUGame]) -> list[dict[str, Any]]:
    """Which corner is whose, and which triangle belongs to which state."""
    found = []
    for column, (state, game) in enumerate(games.items()):
        for name, (x, y), shift in zip(game.players, CORNERS.round(6).tolist(), (-14, -14, 12), strict=True):
            found.append({"text": name, "x": x + SPACING * column, "y": y, "yshift": shift, "showarrow": False})
        middle = 0.5 + SPACING * column
        found.append({"text": f"<b>{state}</b>", "x": middle, "y": 0.0, "yshift": -16, "showarrow": False})
    return found

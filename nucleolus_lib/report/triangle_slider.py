"""The way down to the nucleolus of three players, under a slider.

One triangle as in :mod:`nucleolus_lib.report.triangle`. The slider lowers the bound t on the excesses step by step:
the region P(t) shrinks from all imputations through the core P(0) to the least core P(t_1), then, level
by level, to the nucleolus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nucleolus_lib.games.nucleolus import NucleolusResult
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.style import COLORS
from nucleolus_lib.report.triangle_geometry import (
    CORNERS,
    Polygon,
    Region,
    descent,
    nucleolus_of,
    plane_points,
    region,
    triangle_of,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

REGION_TRACE = 2
"""The only trace that the slider changes."""

_GREY = "#767676"
_MARGIN = 0.14


def descent_slider(game: TUGame, steps_per_level: int = 12) -> Figure:
    """The regions of :func:`.descent` under a slider, with core and nucleolus for orientation.

    Parameters
    ----------
    game
        Three players, more than one imputation.
    steps_per_level
        Steps from the largest excess of a level down to its t_k.

    Raises
    ------
    TriangleError, EmptyImputationSetError
    """
    from plotly.graph_objects import Figure

    result = nucleolus_of(game)
    regions = descent(game, steps_per_level)
    steps = [_step(game, result, step) for step in regions]
    nucleolus_trace = _trace(game, (tuple(result.payoff),), "nucleolus", COLORS["vermilion"], 1.0)
    figure = Figure(
        [
            _trace(game, triangle_of(game), "imputations", _GREY, 1.5, fill="rgba(118,118,118,0.12)"),
            _trace(game, region(game, 0), "core", COLORS["sky"], 2.0, fill="rgba(86,180,233,0.30)"),
            _trace(game, regions[0].polygon, "excess at most t", COLORS["green"], 4.0, fill="rgba(0,158,115,0.45)"),
            nucleolus_trace,
        ]
    )
    axis = {"visible": False, "fixedrange": True}
    figure.update_layout(
        title={"text": steps[0]["args"][1]["title.text"], "x": 0.5, "y": 0.97, "font": {"size": 15}},
        xaxis=axis | {"range": [-_MARGIN, 1 + _MARGIN]},
        yaxis=axis | {"range": [-_MARGIN, CORNERS[2, 1] + _MARGIN], "scaleanchor": "x"},
        annotations=_corner_names(game),
        sliders=[{"steps": steps, "active": 0, "currentvalue": {"prefix": "t = "}, "pad": {"t": 10}}],
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.06},
        margin={"l": 10, "r": 10, "t": 100, "b": 20},
        height=600,
    )
    return figure


def step_heading(game: TUGame, result: NucleolusResult, step: Region) -> str:
    """What the reader sees at this step, in two lines short enough for a phone."""
    level = result.levels[step.level]
    first = f"Level {step.level + 1}: every free excess at most {_number(step.excess)}"
    if step.excess == level.excess:
        if len(step.polygon) == 1:
            x = ", ".join(_number(share) for share in step.polygon[0])
            return f"{first}<br>One payoff is left, the nucleolus ({x})"
        names = ", ".join(game.name_of(coalition) for coalition in level.coalitions)
        return f"{first}<br>{'Least core' if step.level == 0 else 'Lowest'}: {names} fixed"
    if step.level > 0:
        return f"{first}<br>What is fixed stays fixed"
    if step.excess == 0:
        return f"{first}<br>This is the core"
    if len(step.polygon) == 3 and set(step.polygon) == set(triangle_of(game)):
        return f"{first}<br>No imputation is ruled out"
    return f"{first}<br>{'Some coalition may still object' if step.excess > 0 else 'Inside the core'}"


def _step(game: TUGame, result: NucleolusResult, step: Region) -> dict[str, Any]:
    x, y, mode = _path(game, step.polygon)
    changes = {"x": [x], "y": [y], "mode": [mode]}
    heading = {"title.text": step_heading(game, result, step)}
    return {"label": _number(step.excess), "method": "update", "args": [changes, heading, [REGION_TRACE]]}


def _trace(game: TUGame, polygon: Polygon, name: str, color: str, width: float, fill: str | None = None) -> Scatter:
    from plotly.graph_objects import Scatter

    x, y, mode = _path(game, polygon)
    return Scatter(
        x=x,
        y=y,
        mode=mode,
        name=name,
        fill="toself" if fill else "none",
        fillcolor=fill,
        line={"color": color, "width": width},
        marker={"color": color, "size": 11 if width < 4 else 16},
        hoverinfo="name",
        showlegend=True,
    )


def _path(game: TUGame, polygon: Polygon) -> tuple[list[float], list[float], str]:
    """The closed outline and how to draw it: a region that is one point is a marker."""
    if not polygon:
        return [], [], "lines"
    corners = plane_points(game, polygon)
    path = np.vstack([corners, corners[:1]]).round(6)
    return path[:, 0].tolist(), path[:, 1].tolist(), "markers" if len(polygon) == 1 else "lines"


def _corner_names(game: TUGame) -> list[dict[str, Any]]:
    places = zip(game.players, CORNERS.round(6).tolist(), (-22, -22, 18), strict=True)
    return [
        {"text": f"all to {name}", "x": x, "y": y, "yshift": shift, "showarrow": False}
        for name, (x, y), shift in places
    ]


def _number(value: Any) -> str:
    return f"{float(value):,.6g}".replace("-", "\N{MINUS SIGN}")

"""A map of a network: places, the cheapest links that join them, and what each place is told beside it.

Distances are great circles on a sphere of radius 6371 km,

    d = 2 R arcsin sqrt( sin^2(dphi / 2) + cos(phi_1) cos(phi_2) sin^2(dlambda / 2) )        (haversine).

The cheapest links are a minimum spanning tree, built by joining the nearest place again and again (Prim).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EARTH_RADIUS_KM = 6371.0

SIDES: Mapping[str, tuple[tuple[float, float], str, str]] = {
    "upper right": ((8, 6), "left", "bottom"),
    "left": ((-11, 0), "right", "center"),
    "above": ((0, 10), "center", "bottom"),
    "below": ((0, -10), "center", "top"),
}
"""Offset in points and alignment of a text beside a place."""

Place = tuple[float, float]
"""Degrees north and degrees east; south and west are negative."""


def great_circle_km(places: Sequence[Place]) -> NDArray[np.float64]:
    """Distances between all pairs of places in kilometres, shape (P, P)."""
    north, east = np.radians(np.asarray(places, dtype=np.float64)).T
    half = np.sin((north[:, None] - north) / 2) ** 2
    half += np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def cheapest_links(costs: ArrayLike) -> list[tuple[int, int]]:
    """The links of a minimum spanning tree, from place 0 outwards, each as (joined before, newly joined).

    Parameters
    ----------
    costs
        Cost of every link, (P, P), symmetric.
    """
    table = np.asarray(costs)
    joined, links = [0], []
    while len(joined) < len(table):
        waiting = [place for place in range(len(table)) if place not in joined]
        link = min(((a, b) for a in joined for b in waiting), key=lambda pair: table[pair])
        links.append(link)
        joined.append(link[1])
    return links


def network_figure(
    places: Mapping[str, Place],
    links: Sequence[tuple[int, int]],
    notes: Mapping[str, str] | None = None,
    link_labels: Sequence[str] = (),
    sides: Mapping[str, str] | None = None,
) -> Figure:
    """The places with the links drawn and the notes beside the places; the first place is the source.

    Parameters
    ----------
    places
        Where they are, by name.
    links
        Pairs of numbers of places.
    notes
        A line of text under the name of a place.
    link_labels
        Text at the middle of each link.
    sides
        Where a place's text stands, one of :data:`SIDES`; "upper right" by default.

    Raises
    ------
    CoalitionPlotError
        If a side is none of them.
    """
    import matplotlib.pyplot as plt

    north, east = np.asarray(list(places.values())).T
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 4.4))
    for k, (a, b) in enumerate(links):
        axes.plot([east[a], east[b]], [north[a], north[b]], color=COLORS["blue"], linewidth=3, zorder=1)
        if k < len(link_labels):
            middle = ((east[a] + east[b]) / 2, (north[a] + north[b]) / 2)
            box = {"facecolor": CARD, "edgecolor": "none", "pad": 1.0}
            axes.annotate(link_labels[k], middle, ha="center", va="center", fontsize=9, bbox=box)
    for number, name in enumerate(places):
        look: dict[str, Any] = {"marker": "s" if number == 0 else "o", "markersize": 11, "markeredgecolor": CARD}
        axes.plot(east[number], north[number], color=COLORS["vermilion" if number == 0 else "black"], zorder=2, **look)
        text = name + (f"\n{notes[name]}" if notes and name in notes else "")
        _write_beside(axes, text, (sides or {}).get(name, "upper right"), (east[number], north[number]))
    # one degree east is shorter than one north by the cosine of the latitude
    axes.set_aspect(1 / np.cos(np.radians(north.mean())))
    axes.margins(x=0.3, y=0.24)
    axes.xaxis.set_major_formatter(lambda value, _: _degrees(value, "E", "W"))
    axes.yaxis.set_major_formatter(lambda value, _: _degrees(value, "N", "S"))
    axes.grid()
    return figure


def _write_beside(axes: Axes, text: str, side: str, place: tuple[float, float]) -> None:
    if side not in SIDES:
        raise CoalitionPlotError(f"a text stands at one of the sides {sorted(SIDES)}; got {side!r}")
    offset, horizontal, vertical = SIDES[side]
    axes.annotate(text, place, offset, textcoords="offset points", ha=horizontal, va=vertical, fontsize=9, color=INK)


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}°\N{NO-BREAK SPACE}{positive if value >= 0 else negative}"

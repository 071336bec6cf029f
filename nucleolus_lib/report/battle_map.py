"""A battle seen from above, at one step.

Ground on which nobody can walk is grey. The shape of a unit is its type. Agents are filled with the colour of
their coalition, or grey where they work on nothing; enemies are dark. A line leads from each agent to the
enemy it is out to attack, in its colour, and a faint one from each enemy. Above a unit are bars for its
health and, if it has one, its shield. The dead are small crosses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.rescue_animation import RESIDUAL
from nucleolus_lib.report.style import CARD, COLORS, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHAPES = {
    "marine": ("o", 0.95),
    "zealot": ("s", 0.85),
    "stalker": ("D", 0.7),
    "zergling": ("v", 0.95),
    "colossus": ("h", 1.0),
}
"""Marker of each unit type, and how wide to draw it so that it covers the unit's circle; others are pentagons."""

ENEMY, ROCK = "#4d4d4d", "#d9d9d9"
HEALTH, SHIELD = COLORS["green"], COLORS["sky"]
COALITION_COLORS = ("blue", "vermilion", "purple", "orange", "sky", "green", "black")
"""Colour of the coalition whose lowest agent is 0, 1, ...; they repeat after seven."""


@dataclass(frozen=True, eq=False)
class BattleScene:
    """The arrays of :func:`nucleolus_lib.envs.battle_scene.battle_scene`, checked.

    Raises
    ------
    ArtifactTypeError
        If the arrays do not fit together.
    """

    kinds: tuple[str, ...]
    radius: NDArray[np.floating[Any]]
    has_shield: NDArray[np.bool_]
    places: NDArray[np.floating[Any]]
    health: NDArray[np.floating[Any]]
    shield: NDArray[np.floating[Any]]
    targets: NDArray[np.integer[Any]]
    structure: NDArray[np.integer[Any]]
    working: NDArray[np.bool_]
    walkable: NDArray[np.bool_]

    def __post_init__(self) -> None:
        (n_steps, n), u = self.structure.shape, len(self.kinds)
        expected = {
            "radius": (u,),
            "has_shield": (u,),
            "places": (n_steps + 1, u, 2),
            "health": (n_steps + 1, u),
            "shield": (n_steps + 1, u),
            "targets": (n_steps, u),
            "working": (n_steps, n),
        }
        for name, wanted in expected.items():
            found = getattr(self, name).shape
            if found != wanted:
                raise ArtifactTypeError(
                    f"structure {self.structure.shape} is (T, N) and there are {u} kinds, so {name} must be {wanted}; "
                    f"got {found}"
                )

    @property
    def n_steps(self) -> int:
        """T."""
        return len(self.structure)

    @property
    def n_agents(self) -> int:
        """N."""
        return int(self.structure.shape[1])

    @property
    def living(self) -> NDArray[np.bool_]:
        """(T + 1, U)."""
        return self.health > 0


def coalition_color(lowest: int) -> str:
    """The colour of the coalition whose lowest agent is ``lowest``."""
    return COLORS[COALITION_COLORS[lowest % len(COALITION_COLORS)]]


def agent_colors(scene: BattleScene) -> NDArray[np.float64]:
    """Colour of each agent at each step, (T, N, 3): its coalition's, grey at no work, the background when dead."""
    colors = np.empty((*scene.structure.shape, 3))
    for t, row in enumerate(scene.structure):
        for i, lowest in enumerate(row):
            colors[t, i] = to_rgb(coalition_color(int(lowest)) if scene.working[t, i] else RESIDUAL)
    colors[~scene.living[: scene.n_steps, : scene.n_agents]] = to_rgb(CARD)
    return colors


def draw_battle(axes: Axes, scene: BattleScene, t: int) -> None:
    """Draw the state before step t with what the units do in it; t = T is the final state."""
    _draw_ground(axes, scene)
    living, places = scene.living[t], scene.places[t]
    n, size = scene.n_agents, 2 * scene.radius
    colors = [to_rgb(ENEMY)] * len(scene.kinds)
    colors[:n] = list(agent_colors(scene)[t]) if t < scene.n_steps else [to_rgb(RESIDUAL)] * n
    if t < scene.n_steps:
        attackers = np.flatnonzero(living & (scene.targets[t] >= 0))
        lines = [(places[unit], places[scene.targets[t, unit]]) for unit in attackers]
        ink = [(*colors[unit], 0.9) if unit < n else (*to_rgb(FAINT), 0.35) for unit in attackers]
        width = [1.8 if unit < n else 0.7 for unit in attackers]
        axes.add_collection(LineCollection(lines, colors=ink, linewidths=width, zorder=2))
    points = _points_per_cell(axes)
    for kind in dict.fromkeys(scene.kinds):
        chosen = [u for u, name in enumerate(scene.kinds) if name == kind and living[u]]
        marker, wide = SHAPES.get(kind, ("p", 1.0))
        axes.scatter(
            places[chosen, 0],
            places[chosen, 1],
            s=(wide * size[chosen] * points) ** 2,
            marker=marker,
            c=[colors[u] for u in chosen] or None,
            edgecolors=[INK if u < n else CARD for u in chosen] or None,
            linewidths=0.8,
            zorder=3,
        )
    dead = np.flatnonzero(~living)
    axes.scatter(places[dead, 0], places[dead, 1], s=12, marker="x", c=FAINT, linewidths=0.8, zorder=1)
    for i in np.flatnonzero(living[:n]):
        axes.text(
            places[i, 0],
            places[i, 1],
            str(i),
            color=CARD,
            fontsize=7,
            fontweight="bold",
            ha="center",
            va="center",
            zorder=4,
        )
    _draw_bars(axes, scene, t)


def _draw_ground(axes: Axes, scene: BattleScene) -> None:
    everywhere = scene.places.reshape(-1, 2)
    low, high = everywhere.min(0) - 1.6, everywhere.max(0) + 1.6
    # As much of the ground around as fills the axes.
    box = axes.get_position(original=True)
    whole = axes.figure.bbox
    size = np.array([box.width * whole.width, box.height * whole.height])
    half = size * ((high - low) / size).max() / 2
    low, high = (low + high) / 2 - half, (low + high) / 2 + half
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.set_anchor("NW")
    width, height = scene.walkable.shape
    shade = np.where(scene.walkable.T[..., None], to_rgb(CARD), to_rgb(ROCK))
    axes.set_facecolor(ROCK)
    axes.imshow(shade, origin="lower", extent=(0, width, 0, height), interpolation="nearest", zorder=0)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _points_per_cell(axes: Axes) -> float:
    """How many points (1/72 inch) one cell of the map takes."""
    axes.apply_aspect()
    box = axes.get_window_extent()
    low, high = axes.get_xlim()
    return float(box.width / (high - low) * 72 / axes.figure.dpi)


def _draw_bars(axes: Axes, scene: BattleScene, t: int) -> None:
    lines, inks = [], []
    width = min(max(0.13 * _points_per_cell(axes), 0.8), 2.0)
    for u in np.flatnonzero(scene.living[t]):
        x, y = scene.places[t, u]
        r = float(scene.radius[u])
        rows = [(scene.health[t, u], HEALTH)] + [(scene.shield[t, u], SHIELD)] * bool(scene.has_shield[u])
        for row, (share, ink) in enumerate(rows):
            height = y + r + 0.12 + 0.14 * row
            lines += [[(x - r, height), (x + r, height)], [(x - r, height), (x - r + 2 * r * share, height)]]
            inks += ["#cccccc", ink]
    axes.add_collection(LineCollection(lines, colors=inks, linewidths=width, capstyle="butt", zorder=5))

"""The animation of a battle: who fights whom, and which coalitions that makes.

Left, the map as in :mod:`nucleolus_lib.report.battle_map`. Right, the coalitions over time, one row per
agent and one column per step in the same colours, white once it is dead; below, what is left of the health
and shields of the two sides. Frame t shows state t and the orders of step t; the last frame shows the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nucleolus_lib.report.animation import frames_of
from nucleolus_lib.report.battle_map import ENEMY, BattleScene, agent_colors, draw_battle
from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.rescue_animation import structure_text
from nucleolus_lib.report.style import CARD, COLORS, FAINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def battle_animation(
    *, frame_seconds: float = 0.3, every: int = 1, title: str = "coalitions (grey: hits nobody)", **arrays: Any
) -> FuncAnimation:
    """Draw an episode.

    Parameters
    ----------
    frame_seconds
        How long a frame stays.
    every
        Draw only every so manyth step, and the end.
    title
        Over the coalitions: how they were found.
    **arrays
        Those of :func:`nucleolus_lib.envs.battle_scene.battle_scene`.

    Raises
    ------
    ArtifactTypeError
        If the arrays do not fit together.
    """
    if every < 1:
        raise ArtifactTypeError(f"every counts steps between frames, 1 or more; got {every}")
    scene = BattleScene(**arrays)
    figure = Figure(figsize=(8.4, 4.2), facecolor=CARD)
    # Fixed margins: laying out anew would make the frames jump and take most of the time.
    figure.set_layout_engine("none")
    map_axes = figure.add_axes((0.01, 0.03, 0.56, 0.89))
    time_axes = figure.add_axes((0.64, 0.46, 0.34, 0.46))
    force_axes = figure.add_axes((0.64, 0.12, 0.34, 0.21))
    colors, force = agent_colors(scene), forces(scene)
    steps = [*range(0, scene.n_steps, every), scene.n_steps]

    def draw(t: int) -> list[Any]:
        for axes in (map_axes, time_axes, force_axes):
            axes.clear()
        draw_battle(map_axes, scene, t)
        done = t == scene.n_steps
        above = f"after {t} steps" if done else f"step {t}: {_living_structure(scene, t)}"
        map_axes.set_title(above, fontsize=10, loc="left")
        _draw_time(time_axes, colors, t, title)
        _draw_forces(force_axes, force, t)
        return []

    return FuncAnimation(figure, draw, frames=steps, interval=1000 * frame_seconds, init_func=lambda: [])


def battle_frames(every: int = 1, **arrays: Any) -> list[NDArray[np.uint8]]:
    """The frames of :func:`battle_animation` as pictures (height, width, 3)."""
    return [np.asarray(frame, dtype=np.uint8) for frame in frames_of(battle_animation(every=every, **arrays))]


def forces(scene: BattleScene) -> NDArray[np.float64]:
    """What is left of health and shields of the agents and of the enemies, as shares, (T + 1, 2)."""
    total = scene.health + np.where(scene.living & scene.has_shield, scene.shield, 0.0)
    most = 1.0 + scene.has_shield
    n = scene.n_agents
    sides = (slice(0, n), slice(n, None))
    return np.stack([total[:, side].sum(1) / most[side].sum() for side in sides], 1)


def _living_structure(scene: BattleScene, t: int) -> str:
    """The coalitions of the living, in words."""
    living = scene.living[t, : scene.n_agents]
    blocks = structure_text(np.where(living, scene.structure[t], -1 - np.arange(scene.n_agents)))
    dead = [f"{{{i}}}" for i in np.flatnonzero(~living)]
    return " ".join(block for block in blocks.replace(", ", ",").split() if block not in dead).replace(",", ", ")


def _draw_time(axes: Axes, colors: NDArray[np.float64], t: int, title: str) -> None:
    n_steps, n, _ = colors.shape
    shown = np.ones((n, n_steps, 3))
    shown[:, : t + 1] = colors.transpose(1, 0, 2)[:, : t + 1]
    axes.imshow(shown, aspect="auto", interpolation="nearest", extent=(-0.5, n_steps - 0.5, n - 0.5, -0.5))
    axes.set(ylabel="agent", yticks=range(n))
    axes.set_title(title, fontsize=9, loc="left")


def _draw_forces(axes: Axes, force: NDArray[np.float64], t: int) -> None:
    time = np.arange(t + 1)
    axes.plot(time, force[: t + 1, 0], color=COLORS["blue"], label="agents")
    axes.plot(time, force[: t + 1, 1], color=ENEMY, linestyle=(0, (4, 2)), label="enemies")
    axes.set(xlim=(-0.5, len(force) - 0.5), ylim=(-0.05, 1.5), yticks=(0, 1), xlabel="step")
    axes.set_title("health and shields left", fontsize=9, loc="left")
    axes.axhline(0, color=FAINT, linewidth=0.5)
    axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=2)

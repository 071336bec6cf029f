"""The animation of a fire-rescue episode: who works on which fire, and which coalitions that makes.

Left, the map: obstacles dark, tasks as squares with the number of agents they need and a bar for what
is left to do. An agent on a task has the task's colour and a line to it; the residual coalition is
grey. Right, the coalitions over time: one row per agent, one column per step, in the same colours.
Frame t shows state t and the work of step t; the last frame shows the final state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.style import CARD, COLORS, INK

TASK_COLORS = ("blue", "vermilion", "green", "purple", "orange", "sky", "black")
"""Colour of the coalition on task 0, 1, ...; they repeat after seven."""

RESIDUAL = "#a6a6a6"
"""Colour of the residual coalition."""


def rescue_animation(
    *,
    agent_places: NDArray[np.floating[Any]],
    task_places: NDArray[np.floating[Any]],
    task_names: Sequence[str],
    requirement: NDArray[np.integer[Any]],
    to_do: NDArray[np.floating[Any]],
    participants: NDArray[np.bool_],
    structure: NDArray[np.integer[Any]],
    obstacle_places: NDArray[np.floating[Any]],
    frame_seconds: float = 0.5,
) -> FuncAnimation:
    """Draw an episode; the parameters are those of :func:`nucleolus_lib.envs.rescue_scene.rescue_scene`.

    Parameters
    ----------
    agent_places
        (T + 1, N, 2), column and row.
    task_places, task_names, requirement
        (M, 2), M names, (M,).
    to_do
        (T + 1, M), 1 to 0.
    participants
        (T, M, N) bool.
    structure
        (T, N), lowest agent index in each agent's coalition.
    obstacle_places
        (K, 2).
    frame_seconds
        How long a frame stays.

    Raises
    ------
    ArtifactTypeError
        If the arrays do not fit together.
    """
    n_steps, m, n = participants.shape
    expected = {
        "agent_places": (agent_places.shape, (n_steps + 1, n, 2)),
        "task_places": (task_places.shape, (m, 2)),
        "to_do": (to_do.shape, (n_steps + 1, m)),
        "structure": (structure.shape, (n_steps, n)),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise ArtifactTypeError(
                f"participants {participants.shape} are (T, M, N), so {name} must be {wanted}; got {found}"
            )
    figure = Figure(figsize=(8.4, 4.2), facecolor=CARD)
    # Fixed margins: laying out anew would make the frames jump and take most of the time.
    figure.set_layout_engine("none")
    map_axes = figure.add_axes((0.01, 0.03, 0.53, 0.89))
    time_axes = figure.add_axes((0.61, 0.29, 0.38, 0.63))
    colors = agent_colors(participants)

    def draw(t: int) -> list[Any]:
        map_axes.clear()
        time_axes.clear()
        working = participants[t] if t < n_steps else np.zeros((m, n), dtype=bool)
        _draw_map(map_axes, obstacle_places, task_places, requirement, to_do[t], np.vstack([*agent_places]))
        _draw_agents(map_axes, agent_places[t], task_places, working)
        title = f"step {t}: {structure_text(structure[t])}" if t < n_steps else f"after {n_steps} steps"
        map_axes.set_title(title, fontsize=10, loc="left")
        _draw_time(time_axes, colors, task_names, t)
        return []

    return FuncAnimation(figure, draw, frames=n_steps + 1, interval=1000 * frame_seconds, init_func=lambda: [])


def agent_colors(participants: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Colour of each agent at each step, (T, N, 3): its task's, or grey in the residual coalition."""
    n_steps, m, n = participants.shape
    colors = np.tile(np.array(to_rgb(RESIDUAL)), (n_steps, n, 1))
    for k in range(m):
        colors[participants[:, k]] = to_rgb(task_color(k))
    return colors


def task_color(task: int) -> str:
    """The colour of a task and of the coalition that works on it."""
    return COLORS[TASK_COLORS[task % len(TASK_COLORS)]]


def structure_text(structure: NDArray[np.integer[Any]]) -> str:
    """A coalition structure such as ``{0, 2} {1}``."""
    blocks = [np.flatnonzero(structure == lowest).tolist() for lowest in dict.fromkeys(structure.tolist())]
    return " ".join("{" + ", ".join(map(str, block)) + "}" for block in blocks)


def _draw_map(
    axes: Axes,
    obstacles: NDArray[np.floating[Any]],
    tasks: NDArray[np.floating[Any]],
    requirement: NDArray[np.integer[Any]],
    to_do: NDArray[np.floating[Any]],
    visited: NDArray[np.floating[Any]],
) -> None:
    everything = np.vstack([obstacles.reshape(-1, 2), tasks, visited])
    axes.set_anchor("NW")
    axes.spines[:].set_visible(True)
    low, high = everything.min(0) - 0.6, everything.max(0) + 0.6
    axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal", xticks=[], yticks=[])
    for x, y in obstacles:
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, color=INK))
    for k, (x, y) in enumerate(tasks):
        color = task_color(k)
        axes.add_patch(
            Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=color, alpha=1.0 if to_do[k] else 0.3)
        )
        if to_do[k]:
            axes.add_patch(Rectangle((x - 0.46, y + 0.34), 0.92 * float(to_do[k]), 0.12, color=color))
        axes.text(x - 0.4, y - 0.38, f"{requirement[k]}", color=color, fontsize=8, va="top")


def _draw_agents(
    axes: Axes, places: NDArray[np.floating[Any]], tasks: NDArray[np.floating[Any]], working: NDArray[np.bool_]
) -> None:
    colors = agent_colors(working[None])[0]
    for i, place in enumerate(places):
        # Agents on one cell stand in a circle.
        here = np.flatnonzero((places == place).all(1))
        angle = 2 * np.pi * int(np.flatnonzero(here == i)[0]) / len(here)
        x, y = place + (0.32 if len(here) > 3 else 0.24) * (len(here) > 1) * np.array([np.cos(angle), np.sin(angle)])
        for k in np.flatnonzero(working[:, i]):
            axes.plot([x, tasks[k, 0]], [y, tasks[k, 1]], color=task_color(int(k)), linewidth=2, zorder=2)
        axes.scatter([x], [y], s=110, color=[colors[i]], edgecolor=CARD, zorder=3)
        ink = CARD if working[:, i].any() else INK
        axes.text(x, y, str(i), color=ink, fontsize=8, fontweight="bold", ha="center", va="center", zorder=4)


def _draw_time(axes: Axes, colors: NDArray[np.float64], task_names: Sequence[str], t: int) -> None:
    n_steps, n, _ = colors.shape
    shown = np.ones((n, n_steps, 3))
    shown[:, : t + 1] = colors.transpose(1, 0, 2)[:, : t + 1]
    axes.imshow(shown, aspect="auto", interpolation="nearest", extent=(-0.5, n_steps - 0.5, n - 0.5, -0.5))
    axes.set(xlabel="step", ylabel="agent", yticks=range(n))
    axes.set_title("coalition of each agent", fontsize=10, loc="left")
    named = [(task_color(k), name) for k, name in enumerate(task_names)] + [(RESIDUAL, "on no task")]
    handles = [Rectangle((0, 0), 1, 1, color=color) for color, _ in named]
    axes.legend(handles, [name for _, name in named], loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3,
                fontsize=8, frameon=False)  # fmt: skip

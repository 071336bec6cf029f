"""The animation of a predator-prey episode, on the plane or on a grid: who hunts what, and which coalitions that makes.

Left, the hunt: predators are circles with a number, prey diamonds with a letter, landmarks grey. A predator has the
colour of its coalition: that of the prey its coalition works on, or grey in the residual coalition. Short trails show
where each has come from. What has left the world fades over a few frames where it was last. Right, the coalitions over
time: one row per predator, one column per step, in the same colours, pale once a predator has left. A letter above
marks the step in which a prey was caught. Frame t shows state t with the coalitions of the step that led to it; in the
first frame there are none yet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle, RegularPolygon
from numpy.typing import NDArray

from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.rescue_animation import RESIDUAL, TASK_COLORS, structure_text
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, INK

TRAIL = 6
"""Steps that a trail reaches back."""

FADE = 5
"""Frames in which what has left the world fades."""

GONE = "#f0f0f0"
"""Colour, in the chart, of a predator that has left the world."""

EIGHTH = "#7f4f24"
"""Colour of the eighth prey: brown, since the palette has seven."""

PREY_SCALE = 1.5
"""How much larger than its body a prey is drawn."""


def predator_prey_animation(
    *,
    predator_places: NDArray[np.floating[Any]],
    prey_places: NDArray[np.floating[Any]],
    predator_there: NDArray[np.bool_],
    prey_there: NDArray[np.bool_],
    participants: NDArray[np.bool_],
    structure: NDArray[np.integer[Any]],
    landmark_places: NDArray[np.floating[Any]],
    radii: tuple[float, float, float],
    grid_size: int | None = None,
    frame_seconds: float = 0.15,
) -> FuncAnimation:
    """Draw an episode; the parameters are those of :func:`nucleolus_lib.envs.predator_prey_scene.predator_prey_scene`.

    Parameters
    ----------
    predator_places, prey_places
        (T + 1, N, 2) and (T + 1, G, 2).
    predator_there, prey_there
        (T + 1, N) and (T + 1, G) bool.
    participants
        (T, G, N) bool.
    structure
        (T, N), lowest agent index in each agent's coalition.
    landmark_places
        (L, 2).
    radii
        Of predators, prey and landmarks.
    grid_size
        Rows and columns of a grid, whose rows count downwards; None on the plane.
    frame_seconds
        How long a frame stays.

    Raises
    ------
    ArtifactTypeError
        If the arrays do not fit together.
    """
    n_steps, g, n = participants.shape
    expected = {
        "predator_places": (predator_places.shape, (n_steps + 1, n, 2)),
        "prey_places": (prey_places.shape, (n_steps + 1, g, 2)),
        "predator_there": (predator_there.shape, (n_steps + 1, n)),
        "prey_there": (prey_there.shape, (n_steps + 1, g)),
        "structure": (structure.shape, (n_steps, n)),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise ArtifactTypeError(
                f"participants {participants.shape} are (T, G, N), so {name} must be {wanted}; got {found}"
            )
    figure = Figure(figsize=(COLUMN_WIDTH, 3.9), facecolor=CARD)
    # Fixed margins: laying out anew would make the frames jump and take most of the time.
    figure.set_layout_engine("none")
    arena = figure.add_axes((0.01, 0.03, 0.53, 0.87))
    time_axes = figure.add_axes((0.64, 0.34, 0.35, 0.5))
    everything = np.concatenate(
        [predator_places, prey_places, np.broadcast_to(landmark_places, (n_steps + 1, *landmark_places.shape))], 1
    )
    colors = coalition_colors(participants, structure)
    timeline = np.where(predator_there[:-1, :, None], colors, np.array(to_rgb(GONE)))
    predator_alpha, prey_alpha = presence(predator_there), presence(prey_there)

    def draw(t: int) -> list[Any]:
        arena.clear()
        time_axes.clear()
        _draw_ground(arena, everything, landmark_places, radii, grid_size)
        now = colors[t - 1] if t else np.tile(np.array(to_rgb(RESIDUAL)), (n, 1))
        left = _colors_when_leaving(colors, predator_there, t)
        now = np.where(predator_there[t, :, None], now, left)
        _draw_trails(arena, predator_places, predator_there, t, now)
        _draw_trails(arena, prey_places, prey_there, t, np.array([to_rgb(prey_color(k)) for k in range(g)]))
        for k in range(g):
            _draw_prey(arena, prey_places[t, k], radii[1], k, prey_alpha[t, k])
        for i in range(n):
            _draw_predator(arena, predator_places[t, i], radii[0], i, now[i], predator_alpha[t, i])
        text = structure_text(structure[t - 1]) if t else ""
        arena.set_title(f"step {t}: {text}" if t else "start", fontsize=9, loc="left")
        _draw_time(time_axes, timeline, prey_there, t)
        return []

    return FuncAnimation(figure, draw, frames=n_steps + 1, interval=1000 * frame_seconds, init_func=lambda: [])


def coalition_colors(participants: NDArray[np.bool_], structure: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Colour of each predator's coalition at each step, (T, N, 3).

    A coalition that works on several prey has the colour of the first of them; the residual one is grey.
    """
    n_steps, g, n = participants.shape
    colors = np.tile(np.array(to_rgb(RESIDUAL)), (n_steps, n, 1))
    for t in range(n_steps):
        for k in reversed(range(g)):
            at_work = structure[t, participants[t, k]]
            colors[t, np.isin(structure[t], at_work)] = to_rgb(prey_color(k))
    return colors


def prey_color(k: int) -> str:
    """The colour of prey k and of the coalition that works on it; they repeat after eight."""
    chosen = k % (len(TASK_COLORS) + 1)
    return COLORS[TASK_COLORS[chosen]] if chosen < len(TASK_COLORS) else EIGHTH


def letter(k: int) -> str:
    """What prey k is called."""
    return chr(ord("A") + k)


def presence(there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How visible everything is, (T + 1, L): 1 while it is there, then less in each of ``FADE`` frames, then 0."""
    since = np.zeros(there.shape, dtype=int)
    for t in range(1, len(there)):
        since[t] = np.where(there[t], 0, since[t - 1] + 1)
    fading = np.clip(1 - since / (FADE + 1), 0.0, 1.0)
    return np.where(there, 1.0, fading * (since > 0)).astype(np.float64)


def _colors_when_leaving(colors: NDArray[np.float64], there: NDArray[np.bool_], t: int) -> NDArray[np.float64]:
    """The colour that each predator had in the last step in which it was there, (N, 3)."""
    steps = np.minimum(there[: t + 1].sum(0) - 1, len(colors) - 1)
    last: NDArray[np.float64] = colors[steps, np.arange(colors.shape[1])]
    return last


def _draw_ground(
    axes: Axes,
    everything: NDArray[np.floating[Any]],
    landmarks: NDArray[np.floating[Any]],
    radii: tuple[float, float, float],
    grid_size: int | None,
) -> None:
    axes.set_anchor("NW")
    axes.spines[:].set_visible(True)
    if grid_size is None:
        # At least the square where everybody starts, so that the walls of a bounded world are the frame.
        reach = max(1.0, float(np.abs(everything).max())) + max(radii[:2])
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    else:
        axes.set(xlim=(-0.5, grid_size - 0.5), ylim=(grid_size - 0.5, -0.5))
        lines = np.arange(0.5, grid_size - 1)
        axes.vlines(lines, -0.5, grid_size - 0.5, color="#e4e4e4", linewidth=0.8, zorder=0)
        axes.hlines(lines, -0.5, grid_size - 0.5, color="#e4e4e4", linewidth=0.8, zorder=0)
    axes.set(aspect="equal", xticks=[], yticks=[])
    for place in landmarks:
        axes.add_patch(Circle(tuple(place), radii[2], color="#d0d0d0", zorder=1))


def _draw_trails(
    axes: Axes,
    places: NDArray[np.floating[Any]],
    there: NDArray[np.bool_],
    t: int,
    colors: NDArray[np.float64],
) -> None:
    start = max(0, t - TRAIL)
    for i in np.flatnonzero(there[t]):
        path = places[start : t + 1, i]
        segments = np.stack([path[:-1], path[1:]], 1)
        strength = np.linspace(0.1, 0.6, len(segments))[:, None]
        shades = np.concatenate([np.tile(colors[i], (len(segments), 1)), strength], 1)
        axes.add_collection(LineCollection(list(segments), colors=shades, linewidths=2, zorder=1.5), autolim=False)


def _draw_prey(axes: Axes, place: NDArray[np.floating[Any]], radius: float, k: int, alpha: float) -> None:
    if alpha == 0:
        return
    # Larger than the body, or there is no room for the letter.
    axes.add_patch(
        RegularPolygon(
            tuple(place),
            4,
            radius=radius * PREY_SCALE,
            facecolor=CARD,
            edgecolor=prey_color(k),
            linewidth=1.8,
            alpha=alpha,
            zorder=2,
        )
    )
    _write(axes, place, letter(k), prey_color(k), alpha, zorder=2)


def _draw_predator(
    axes: Axes, place: NDArray[np.floating[Any]], radius: float, i: int, color: NDArray[np.float64], alpha: float
) -> None:
    if alpha == 0:
        return
    # What is still there hides what fades.
    zorder = 4 if alpha == 1 else 1.8
    axes.add_patch(
        Circle(tuple(place), radius, facecolor=color, edgecolor=CARD, linewidth=0.8, alpha=alpha, zorder=zorder)
    )
    _write(axes, place, str(i), INK if np.allclose(color, to_rgb(RESIDUAL)) else CARD, alpha, zorder)


def _write(axes: Axes, place: NDArray[np.floating[Any]], text: str, color: str, alpha: float, zorder: float) -> None:
    axes.text(
        place[0],
        place[1],
        text,
        color=color,
        alpha=alpha,
        fontsize=8,
        fontweight="bold",
        ha="center",
        va="center_baseline",
        zorder=zorder + 0.1,
    )


def _draw_time(axes: Axes, colors: NDArray[np.float64], prey_there: NDArray[np.bool_], t: int) -> None:
    n_steps, n, _ = colors.shape
    shown = np.ones((n, n_steps, 3))
    shown[:, :t] = colors.transpose(1, 0, 2)[:, :t]
    axes.imshow(shown, aspect="auto", interpolation="nearest", extent=(0.5, n_steps + 0.5, n - 0.5, -0.5))
    axes.hlines(np.arange(0.5, n - 1), 0.5, n_steps + 0.5, color=CARD, linewidth=1)
    axes.set(xlabel="step", ylabel="predator", yticks=range(n))
    axes.set_title("coalition of each predator", fontsize=9, loc="left", pad=14)
    for step, k in zip(*np.nonzero(prey_there[:t] & ~prey_there[1 : t + 1]), strict=True):
        _write(axes, np.array([step + 1.0, -0.95]), letter(int(k)), prey_color(int(k)), 1.0, 3)
    named = [(prey_color(k), letter(k)) for k in range(prey_there.shape[1])] + [(RESIDUAL, "none")]
    handles = [Rectangle((0, 0), 1, 1, color=color) for color, _ in named]
    axes.legend(
        handles,
        [name for _, name in named],
        title="at prey",
        title_fontsize=8,
        loc="upper center",
        bbox_to_anchor=(0.45, -0.24),
        ncols=5,
        fontsize=8,
        frameon=False,
        handlelength=1.2,
        columnspacing=0.9,
        handletextpad=0.4,
    )

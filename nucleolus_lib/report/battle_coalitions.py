"""Coalitions that form in a battle, read off what was learnt (register, row I7).

At each step t the learner gives every coalition C of the n agents a value v_t(C) at the greedy joint action.
The coalition structure of the step is the partition of the living agents with the largest sum of values,

    CS_t = argmax over partitions of the living of  sum over C in CS of v_t(C),

found exactly (:func:`nucleolus_lib.games.coalition_structure.optimal_coalition_structure`). Beside it stands
what the eye sees in a replay: agents that were out to attack the same enemy. How far two partitions agree is their
Rand index, the share of pairs of living agents that both put together or both put apart.

*Chance.* Let p and q be the shares of pairs that the first and the second put together. If the agents' names in
one of the two are shuffled, a pair is together in both with probability p q and apart in both with (1 - p)(1 - q), so

    the expected Rand index is  p q + (1 - p)(1 - q).

It depends on the sizes of the coalitions only. What an index has above it is owed to *who* is with whom.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from nucleolus_lib.games.coalition_structure import optimal_coalition_structure
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.battle_map import BattleScene, coalition_color, draw_battle
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.rescue_animation import RESIDUAL
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def learned_structures(
    values: NDArray[np.floating[Any]], living: NDArray[np.bool_], tolerance: float = 0.0
) -> NDArray[np.int64]:
    """CS_t of every step, (T, n): the lowest agent index in each agent's coalition; the dead are alone.

    Parameters
    ----------
    values
        (T, 2**n), v_t(C) at the position that is C's bitmask.
    living
        (T, n) bool.
    tolerance
        A further coalition must be worth more than this fraction of the largest \\|v_t\\|. Learned values are never
        exactly additive, so their noise alone splits coalitions at 0.

    Raises
    ------
    CoalitionPlotError
        If the arrays do not fit together, a value is not a number, or the tolerance is negative.
    """
    n_steps, n = living.shape
    if values.shape != (n_steps, 1 << n) or not np.isfinite(values).all():
        raise CoalitionPlotError(
            f"{n} agents in {n_steps} steps need values {(n_steps, 1 << n)}, all finite; got {values.shape} with "
            f"{int((~np.isfinite(values)).sum())} that are not"
        )
    if tolerance < 0:
        raise CoalitionPlotError(f"tolerance is a fraction of the largest value, 0 or more; got {tolerance}")
    structure = np.tile(np.arange(n, dtype=np.int64), (n_steps, 1))
    for t in range(n_steps):
        alive = np.flatnonzero(living[t])
        if len(alive) < 2:
            continue
        # Coalition c of the living, as a coalition of all agents.
        masks = (np.arange(1 << len(alive))[:, None] >> np.arange(len(alive)) & 1) @ (1 << alive)
        game = values[t, masks].astype(np.float64) - float(values[t, 0])
        game[1:] -= tolerance * np.abs(game).max()
        for block in optimal_coalition_structure(TUGame(game)).structure:
            members = alive[[k for k in range(len(alive)) if block >> k & 1]]
            structure[t, members] = members[0]
    return structure


def target_structures(scene: BattleScene) -> NDArray[np.int64]:
    """Who attacks whom: (T, n), agents out to attack the same enemy are together, all others alone."""
    n = scene.n_agents
    structure = np.tile(np.arange(n, dtype=np.int64), (scene.n_steps, 1))
    for t, targets in enumerate(scene.targets[:, :n]):
        for target in set(targets[targets >= 0].tolist()):
            members = np.flatnonzero(targets == target)
            structure[t, members] = members[0]
    return structure


def rand_index(
    first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]], living: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Agreement of two partitions at each step, (T,); NaN where fewer than two agents live."""
    found = np.full(len(living), np.nan)
    for t, alive in enumerate(living):
        pairs = list(combinations(np.flatnonzero(alive), 2))
        if pairs:
            same = [(first[t, i] == first[t, j]) == (second[t, i] == second[t, j]) for i, j in pairs]
            found[t] = float(np.mean(same))
    return found


def chance_rand_index(
    first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]], living: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The mean of :func:`rand_index` over all shuffles of the living in ``first``, (T,); NaN with fewer than two."""
    p, q = (_together(structure, living) for structure in (first, second))
    return np.asarray(p * q + (1 - p) * (1 - q))


def _together(structure: NDArray[np.integer[Any]], living: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the pairs of living agents that are together at each step, (T,)."""
    found = np.full(len(living), np.nan)
    for t, alive in enumerate(living):
        pairs = list(combinations(structure[t, alive].tolist(), 2))
        if pairs:
            found[t] = float(np.mean([i == j for i, j in pairs]))
    return found


def among_the_living(structure: NDArray[np.integer[Any]], living: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The same coalitions without the dead, each named after its lowest living agent; the dead are alone."""
    found = np.tile(np.arange(structure.shape[1], dtype=np.int64), (len(structure), 1))
    for t, alive in enumerate(living):
        for lowest in set(structure[t, alive].tolist()):
            members = np.flatnonzero(alive & (structure[t] == lowest))
            found[t, members] = members[0]
    return found


def structure_counts(structure: NDArray[np.integer[Any]], living: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many coalitions the living form at each step, (T,)."""
    return np.array([len(np.unique(row[alive])) for row, alive in zip(structure, living, strict=True)], dtype=np.int64)


def coalition_rows(
    scene: BattleScene, structures: dict[str, NDArray[np.integer[Any]]], marked: Sequence[int] = ()
) -> Figure:
    """Coalitions over time, one panel per way of reading them, and their number below.

    Parameters
    ----------
    scene
        The episode.
    structures
        Title to structure (T, n). Agents that are alone are grey, the dead white.
    marked
        Steps at which a picture is shown elsewhere; marked by a triangle.

    Raises
    ------
    CoalitionPlotError
        If a structure has another shape than the episode.
    """
    n_steps, n = scene.n_steps, scene.n_agents
    _check(scene, structures, marked)
    living = scene.living[:n_steps, :n]
    heights = [n] * len(structures) + [3.0]
    figure, panels = plt.subplots(
        len(heights), 1, sharex=True, figsize=(COLUMN_WIDTH, 0.9 + 0.26 * sum(heights)), height_ratios=heights
    )
    for axes, (title, structure) in zip(panels, structures.items(), strict=False):
        axes.imshow(
            structure_colors(structure, living).transpose(1, 0, 2),
            aspect="auto",
            interpolation="nearest",
            extent=(-0.5, n_steps - 0.5, n - 0.5, -0.5),
        )
        axes.hlines(np.arange(n - 1) + 0.5, -0.5, n_steps - 0.5, color=CARD, linewidth=2)
        axes.set(yticks=range(n), ylabel="agent")
        axes.set_yticks(range(n), [f"{i} ({scene.kinds[i]})" for i in range(n)])
        axes.set_title(title)
        axes.tick_params(length=0)
    _draw_counts(panels[-1], structures, living)
    if len(structures) > 1:
        figure.legend(*panels[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    panels[0].plot(marked, [-0.85] * len(marked), "v", color=FAINT, markersize=6, clip_on=False)
    return figure


def structure_colors(structure: NDArray[np.integer[Any]], living: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(T, n, 3): the colour of the coalition, grey for an agent that is alone, white for the dead."""
    colors = np.empty((*structure.shape, 3))
    for t, row in enumerate(structure):
        for i, lowest in enumerate(row):
            alone = int((row[living[t]] == lowest).sum()) < 2
            colors[t, i] = to_rgb(RESIDUAL if alone else coalition_color(int(lowest)))
    colors[~living] = to_rgb(CARD)
    return colors


def with_structure(scene: BattleScene, structure: NDArray[np.integer[Any]]) -> BattleScene:
    """The same battle with the coalitions of ``structure`` (T, n): grey in pictures is then who is alone.

    Raises
    ------
    CoalitionPlotError
        If the structure has another shape than the episode.
    """
    _check(scene, {"structure": structure}, ())
    living = scene.living[: scene.n_steps, : scene.n_agents]
    company = np.stack([(structure == structure[:, [i]]) & living for i in range(scene.n_agents)], 1).sum(2)
    return dataclasses.replace(scene, structure=structure, working=(company > 1) & living)


def coalition_maps(scene: BattleScene, structure: NDArray[np.integer[Any]], steps: Sequence[int]) -> Figure:
    """The battle at some steps, the agents coloured by their coalition in ``structure`` (T, n).

    Raises
    ------
    CoalitionPlotError
        If the structure has another shape than the episode, or a step is outside it.
    """
    _check(scene, {"structure": structure}, steps)
    if not len(steps):
        raise CoalitionPlotError("coalition_maps draws at least one step; got none")
    colored = with_structure(scene, structure)
    rows = -(-len(steps) // 2)
    figure, panels = plt.subplots(rows, 2, figsize=(COLUMN_WIDTH, 2.6 * rows), squeeze=False)
    for axes, step in zip(panels.flat, steps, strict=False):
        draw_battle(axes, colored, step)
        axes.set_title(f"step {step}")
    for axes in list(panels.flat)[len(steps) :]:
        axes.set_visible(False)
    return figure


def _draw_counts(axes: Axes, structures: dict[str, NDArray[np.integer[Any]]], living: NDArray[np.bool_]) -> None:
    styles = (("black", "-"), ("vermilion", (0, (4, 2))), ("blue", (0, (1, 1.5))))
    most = 1
    for (title, structure), (color, style) in zip(structures.items(), styles, strict=False):
        counts = structure_counts(structure, living)
        most = max(most, int(counts.max()))
        axes.step(
            np.arange(len(counts) + 1) - 0.5,
            [*counts, counts[-1]],
            where="post",
            color=COLORS[color],
            linestyle=style,
            label=title,
        )
    axes.set(xlabel="step", ylim=(0.5, most + 0.5), yticks=range(1, most + 1))
    axes.set_title("number of coalitions")


def _check(scene: BattleScene, structures: dict[str, NDArray[np.integer[Any]]], steps: Sequence[int]) -> None:
    shape = (scene.n_steps, scene.n_agents)
    for title, structure in structures.items():
        if structure.shape != shape:
            raise CoalitionPlotError(f"the episode is {shape}, steps and agents; {title!r} is {structure.shape}")
    outside = [step for step in steps if not 0 <= step < scene.n_steps]
    if outside:
        raise CoalitionPlotError(f"the episode has steps 0..{scene.n_steps - 1}; got {outside}")

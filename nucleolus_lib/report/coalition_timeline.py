"""The coalitions of one episode over time: who is with whom, and how many coalitions there are.

Above, one row per agent and one column per step; a coalition has the colour of its task, the residual
coalition is grey, as in :mod:`nucleolus_lib.report.rescue_animation`. Below, the number of coalitions;
1 is the grand coalition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.rescue_animation import RESIDUAL, agent_colors, task_color
from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def coalition_timeline(
    participants: NDArray[np.bool_],
    structure: NDArray[np.integer[Any]],
    task_names: Sequence[str],
    done_at: Sequence[int | None] = (),
) -> Figure:
    """Draw the coalitions of an episode of T steps.

    Parameters
    ----------
    participants
        (T, M, N) bool, who took part in which task.
    structure
        (T, N), lowest agent index in each agent's coalition.
    task_names
        M names.
    done_at
        The step at which each task was completed, None if it was not; marked by a dot in its colour.

    Raises
    ------
    CoalitionPlotError
        If the arrays do not fit together.
    """
    n_steps, m, n = participants.shape
    if structure.shape != (n_steps, n) or len(task_names) != m:
        raise CoalitionPlotError(
            f"participants {participants.shape} are (T, M, N), so structure must be {(n_steps, n)} with {m} task "
            f"names; got {structure.shape} and {len(task_names)}"
        )
    figure, (rows, count) = plt.subplots(
        2, 1, sharex=True, figsize=(COLUMN_WIDTH, 1.9 + 0.3 * n), height_ratios=(n, 2.2)
    )
    colors = agent_colors(participants).transpose(1, 0, 2)
    rows.imshow(colors, aspect="auto", interpolation="nearest", extent=(-0.5, n_steps - 0.5, n - 0.5, -0.5))
    rows.hlines(np.arange(n - 1) + 0.5, -0.5, n_steps - 0.5, color=CARD, linewidth=2)
    rows.set(yticks=range(n), ylabel="agent")
    rows.set_title("who works together")
    rows.tick_params(length=0)
    numbers = number_of_coalitions(structure)
    count.step(np.arange(n_steps + 1) - 0.5, [*numbers, numbers[-1]], where="post", color=COLORS["black"])
    for k, step in enumerate(done_at):
        if step is not None:
            count.plot(step, numbers[step], "o", color=task_color(k), markersize=7, markeredgecolor=CARD)
    count.axhline(1, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    count.set(xlabel="step", ylim=(0.6, max(3, int(numbers.max())) + 0.4), yticks=range(1, int(numbers.max()) + 1))
    count.set_title("number of coalitions (1: the grand coalition)")
    named = [(task_color(k), name) for k, name in enumerate(task_names)] + [(RESIDUAL, "on no task")]
    handles = [Rectangle((0, 0), 1, 1, color=color) for color, _ in named]
    figure.legend(handles, [name for _, name in named], loc="outside lower center", ncols=min(len(named), 6))
    return figure


def number_of_coalitions(structure: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """How many coalitions there are at each step, (T,)."""
    return np.array([len(np.unique(row)) for row in structure], dtype=np.int64)


def completion_steps(subtask_rewards: NDArray[np.floating[Any]]) -> list[int | None]:
    """The first step at which each task paid, from rewards (T, M); None if it never did."""
    paid = subtask_rewards != 0
    return [int(paid[:, k].argmax()) if paid[:, k].any() else None for k in range(paid.shape[1])]

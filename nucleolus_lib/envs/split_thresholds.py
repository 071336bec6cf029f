"""Where the coalition structure of split-the-task changes, measured on its exact tables.

Two questions, each answered by bisection over the dial from state "A and B open":

    work      does the optimal joint action of all agents work in more than one coalition?
    values    is the structure of largest sum of V_C finer than the grand coalition (register, row I7)?

Both answers are yes at dial 0 and no at dial 1 if gamma > 0. Nothing of the derivation in
:mod:`nucleolus_lib.envs.split_the_task` is used, so that one can be held against the other.

The second has a closed form too. Above dial* the whole is worth G = 1 + gamma. Two small coalitions, each
for itself, are worth 2 V with V = w (1 + gamma w) and w = q / (1 - gamma (1 - q)), q = 1 - dial. They meet
where 2 gamma w**2 + 2 w - (1 + gamma) = 0, that is

    w = ( sqrt(1 + 2 gamma (1 + gamma)) - 1 ) / (2 gamma),      dial = 1 - w (1 - gamma) / (1 - gamma w).

The sum adds up what each coalition would earn if it had both subtasks for itself, which both cannot.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.split_the_task import SplitTheTask
from nucleolus_lib.markov.coalition_values import CoalitionValues, coalition_values
from nucleolus_lib.markov.structures import best_structure


class SplitThresholds(NamedTuple):
    """The two dials, each the middle of the last interval."""

    work: float
    values: float
    error: float
    """Half the length of the last interval."""


def value_threshold(gamma: float) -> float:
    """The dial above which two small coalitions' values no longer add up to more than G; 0 < gamma < 1."""
    if not 0 < gamma < 1:
        raise WorldParameterError(f"the closed form holds for discounts strictly between 0 and 1; got gamma={gamma}")
    worth = (math.sqrt(1 + 2 * gamma * (1 + gamma)) - 1) / (2 * gamma)
    return 1 - worth * (1 - gamma) / (1 - gamma * worth)


def splits_by_work(values: CoalitionValues) -> bool:
    """Whether the optimal joint action in state 0 forms more than one coalition."""
    return len(values.ecmdp.structure(0, int(values.greedy_joint[0]))) > 1


def splits_by_values(values: CoalitionValues) -> bool:
    """Whether some structure has a larger sum of V_C - V_empty in state 0 than the grand coalition."""
    return bool(best_structure(values.state_games()[0]).number != 0)


def measured_thresholds(gamma: float, team_size: int = 1, steps: int = 16) -> SplitThresholds:
    """Bisect both questions.

    Parameters
    ----------
    gamma
        Discount in [0, 1).
    team_size
        m; the tables have 3**(2m) joint actions.
    steps
        Halvings of [0, 1].
    """
    if steps < 1:
        raise WorldParameterError(f"bisection needs at least one step; got steps={steps}")
    return SplitThresholds(
        work=_bisect(splits_by_work, gamma, team_size, steps),
        values=_bisect(splits_by_values, gamma, team_size, steps),
        error=0.5 ** (steps + 1),
    )


def _bisect(splits: Callable[[CoalitionValues], bool], gamma: float, team_size: int, steps: int) -> float:
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        values = coalition_values(SplitTheTask(middle, team_size).to_ecmdp(gamma), tolerance=1e-10)
        low, high = (middle, high) if splits(values) else (low, middle)
    return (low + high) / 2

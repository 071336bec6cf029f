"""The paper's claims on the named worlds of this layer.

:mod:`nucleolus_lib.markov.theorem_study` counts the claims on random worlds and on one-step matrix games;
it cannot import worlds. Here the same claims are counted on the exact tables of *split the task*, on
both sides of its dial's threshold, and of *fire rescue*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.envs.rescue_layout import TWO_FIRES
from nucleolus_lib.envs.split_the_task import SplitTheTask
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.credit import Rule
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.theorem_evaluation import count, evaluate, inputs_of_world

TOLERANCE = 1e-9


def named_worlds(gamma: float) -> Iterator[tuple[str, ECMDP]]:
    """Name and exact table of each world at discount ``gamma``."""
    yield "split the task, dial 0.2", SplitTheTask(0.2).to_ecmdp(gamma)
    yield "split the task, dial 0.8", SplitTheTask(0.8).to_ecmdp(gamma)
    yield "fire rescue, two fires", FireRescue(TWO_FIRES, n_agents=3).to_ecmdp(gamma)


def claim_rows(gamma: float, rule: Rule = "either") -> list[dict[str, Any]]:
    """One row per world, claim and condition, as :func:`nucleolus_lib.markov.theorem_evaluation.count` makes them."""
    rows = []
    for name, world in named_worlds(gamma):
        inputs = inputs_of_world(coalition_values(world, TOLERANCE))
        for evaluation in evaluate(inputs, rule):
            rows += [{"world": name, "states": world.n_states, **row} for row in count(evaluation)]
    return rows

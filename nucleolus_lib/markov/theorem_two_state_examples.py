"""Counterexamples that need time: two agents, two states, where no one-step world has one.

In a one-step world a coalition's best action pays the same whether it is asked for at a* or in the state
game, so claims that compare the two can only fail where the future matters. Worlds with rewards 0..3,
deterministic transitions and gamma = 1/2 are drawn at random; the failing one with the smallest sum of
rewards is kept. It is the smallest *found*, not the smallest there is, and its numbers are floats
(dyadic rewards and discount, values exact to about 1e-15).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleolus_lib.markov.credit import share_out
from nucleolus_lib.markov.random_ecmdp import draw_worlds
from nucleolus_lib.markov.theorem_evaluation import CLAIMS, Evaluation, evaluate, inputs_of_batch
from nucleolus_lib.markov.world_batch import BatchValues, batch_coalition_values

COALITIONS = ("{}", "{1}", "{2}", "{1, 2}")


def two_state_counterexamples(seed: int = 0, n_worlds: int = 50_000) -> dict[tuple[str, str], dict[str, Any]]:
    """For every claim and condition that fails, the failing world of smallest total reward."""
    batch = draw_worlds("integer", n_worlds, n_agents=2, n_states=2, gamma=0.5, rng=np.random.default_rng(seed))
    values = batch_coalition_values(batch)
    size = batch.reward.sum(axis=(1, 2))
    found = {}
    for evaluation in evaluate(inputs_of_batch(values)):
        for condition, meets in evaluation.conditions.items():
            fails = meets & ~evaluation.holds
            if fails.any():
                world = int(np.where(fails.any(axis=1), size, np.inf).argmin())
                search = f"{n_worlds} random worlds of 2 agents and 2 states, seed {seed}"
                case = int(np.where(fails[world], evaluation.gap[world], -np.inf).argmax())
                found[evaluation.claim, condition] = {
                    "claim": evaluation.claim,
                    "says": CLAIMS[evaluation.claim],
                    "condition": condition,
                    "search": search,
                    **_world_record(values, world),
                    **_violation(values, evaluation, world, case),
                    "arithmetic": "float64",
                }
    return found


def _world_record(values: BatchValues, world: int) -> dict[str, Any]:
    batch = values.batch
    following = batch.transition[world].argmax(axis=-1)
    games = values.action_games()[world]
    credit = share_out(games).payoff
    n_states = games.shape[0]
    return {
        "n_agents": 2,
        "n_states": n_states,
        "gamma": batch.gamma,
        "reward": [dict(zip(COALITIONS, batch.reward[world, s].tolist(), strict=True)) for s in range(n_states)],
        "next_state": [dict(zip(COALITIONS, following[s].tolist(), strict=True)) for s in range(n_states)],
        "state_values": [
            dict(zip(COALITIONS, values.state_values[world, s].tolist(), strict=True)) for s in range(n_states)
        ],
        "optimal_acting": [COALITIONS[a] for a in values.greedy_joint[world]],
        "credit": [dict(zip(COALITIONS, credit[s].tolist(), strict=True)) for s in range(n_states)],
    }


def _violation(values: BatchValues, evaluation: Evaluation, world: int, case: int) -> dict[str, Any]:
    games = values.action_games()[world]
    n_cases = evaluation.gap.shape[1]
    scale = max(float(np.abs(games).max()), 1e-9)
    # Claims about states have one case per state; those about joint actions have one per (s, a).
    state, joint = divmod(case, n_cases // games.shape[0])
    where: dict[str, Any] = {"state": state}
    if n_cases > games.shape[0]:
        where["acting"] = COALITIONS[joint]
    return {**where, "violation": float(evaluation.gap[world, case] * scale)}

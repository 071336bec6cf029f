"""Every claim of :mod:`nucleolus_lib.markov.theorem_claims` on a batch of worlds, counted by condition.

A *case* is what a claim speaks about: the game at one (s, a), or one state. A claim holds in a case when its
gap is at most ``TOLERANCE`` times the largest |v| of the case's world. Cases are counted under every
condition of :mod:`nucleolus_lib.markov.theorem_conditions` that the case's own game meets, worlds under
those that all its games meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.coalition_values import CoalitionValues
from nucleolus_lib.markov.credit import Rule
from nucleolus_lib.markov.nucleolus_q import structure_number
from nucleolus_lib.markov.structures import structure_values
from nucleolus_lib.markov.theorem_claims import (
    bellman_gap,
    core_gap,
    generous_core_gap,
    individual_gap,
    induced_gap,
    induced_values,
    joint_gap,
    structure_payoffs,
)
from nucleolus_lib.markov.theorem_conditions import is_balanced, is_convex, is_stable, is_superadditive
from nucleolus_lib.markov.world_batch import BatchValues

TOLERANCE = 1e-6
"""Relative to the largest |v| of a world: a hundred times what the solvers leave, far below real violations."""

CLAIMS = {
    "1(1) at every joint action": "x_CS*,i >= x_CS,i for all i and CS, game at (s, a)",
    "1(1) at an optimal joint action": "the same, game at (s, a*)",
    "1(1) in the state game": "the same, game C -> V_C(s) - V_empty(s)",
    "1(2) bellman": "max over (a, CS) of (14) = max over a of (15)",
    "1(2) joint": "the best structure at a* is worth the best pair (a, CS)",
    "1(2) induced": "the structure induced by the work under a* is a best one at a*",
    "core, per action": "the nucleolus of the game at (s, a) is in its core",
    "core, max, state nucleolus": "the nucleolus of the state game is in its core",
    "core, max, credit at a*": "the credit x(s, a*) is in the core of the state game",
    "core, max, credit at any a": "the same with the largest x(C | s, a) over all a",
}
"""Each claim and what it says of a case."""


@dataclass(frozen=True, eq=False)
class ClaimInputs:
    """What the claims look at, for W worlds of one shape."""

    action_games: NDArray[np.float64]
    """(W, S, J, 2**n)."""
    state_games: NDArray[np.float64]
    """(W, S, 2**n)."""
    is_optimal: NDArray[np.bool_]
    """(W, S, J) joint actions of the largest V_N(s, a), ties included."""
    induced_value: NDArray[np.float64]
    """(W, S, J) value of the structure that each joint action induces."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One claim on W worlds with K cases each."""

    claim: str
    gap: NDArray[np.float64]
    """(W, K) relative to the world's largest |v|."""
    conditions: dict[str, NDArray[np.bool_]]
    """(W, K) whether the case's game meets each condition."""

    @property
    def holds(self) -> NDArray[np.bool_]:
        """(W, K)."""
        return np.asarray(self.gap <= TOLERANCE)


def inputs_of_batch(values: BatchValues) -> ClaimInputs:
    """The claims' inputs from a batch of tiny worlds."""
    games = values.action_games()
    total = values.action_values[..., -1]
    return ClaimInputs(games, values.state_games(), _near_best(total), induced_values(games, values.batch.groups))


def inputs_of_world(values: CoalitionValues) -> ClaimInputs:
    """The claims' inputs from one world of any kind."""
    games = values.action_games()
    total = games[..., -1]
    number = structure_number(values)
    induced = np.take_along_axis(structure_values(games), number[..., None], axis=-1)[..., 0]
    return ClaimInputs(games[None], values.state_games()[None], _near_best(total)[None], induced[None])


def evaluate(inputs: ClaimInputs, rule: Rule = "either") -> list[Evaluation]:
    """Every claim on every case."""
    games, states, optimal = inputs.action_games, inputs.state_games, inputs.is_optimal
    n_worlds = len(games)
    # Games that are zero throughout would make the relative gap 0 / 0.
    scale = np.maximum(np.abs(games).max(axis=(1, 2, 3)), 1e-9)
    tie = TOLERANCE * scale
    action_conditions = _conditions(games, tie[:, None, None])
    state_conditions = _conditions(states, tie[:, None])

    payoffs = structure_payoffs(games, rule)
    state_payoffs = structure_payoffs(states, rule)
    credit = payoffs[..., 0, :]
    action_gap = individual_gap(games, payoffs, np.broadcast_to(tie[:, None, None], games.shape[:-1]))
    at_optimal = np.where(optimal, action_gap, np.inf).min(axis=-1)
    credit_excess = core_gap(np.broadcast_to(states[:, :, None], games.shape), credit)
    # With several optimal joint actions a condition must hold at each, since the claim may pick any of them.
    at_every_optimum = {name: mask | ~optimal for name, mask in action_conditions.items()}
    optimal_conditions = {name: np.asarray(mask.all(axis=-1)) for name, mask in at_every_optimum.items()}
    on_actions = {name: mask.reshape(n_worlds, -1) for name, mask in action_conditions.items()}
    gaps: dict[str, tuple[NDArray[np.float64], dict[str, NDArray[np.bool_]]]] = {
        "1(1) at every joint action": (action_gap.reshape(n_worlds, -1), on_actions),
        "1(1) at an optimal joint action": (at_optimal, optimal_conditions),
        "1(1) in the state game": (
            individual_gap(states, state_payoffs, np.broadcast_to(tie[:, None], states.shape[:-1])),
            state_conditions,
        ),
        "1(2) bellman": (bellman_gap(states), state_conditions),
        "1(2) joint": (joint_gap(states, games, optimal), state_conditions),
        "1(2) induced": (induced_gap(games, inputs.induced_value, optimal), state_conditions),
        "core, per action": (core_gap(games, credit).reshape(n_worlds, -1), on_actions),
        "core, max, state nucleolus": (core_gap(states, state_payoffs[..., 0, :]), state_conditions),
        "core, max, credit at a*": (np.where(optimal, credit_excess, np.inf).min(axis=-1), state_conditions),
        "core, max, credit at any a": (generous_core_gap(states, credit), state_conditions),
    }
    return [Evaluation(claim, gap / scale[:, None], conditions) for claim, (gap, conditions) in gaps.items()]


def count(evaluation: Evaluation) -> list[dict[str, float | int | str]]:
    """One row per condition: how many cases and worlds meet it, and in how many the claim holds.

    ``worst`` is the largest relative gap under the condition, ``mean_violation`` the mean over failing cases.
    """
    rows: list[dict[str, float | int | str]] = []
    holds = evaluation.holds
    for condition, meets in evaluation.conditions.items():
        world_meets = meets.all(axis=1)
        violations = evaluation.gap[meets & ~holds]
        rows.append(
            {
                "claim": evaluation.claim,
                "condition": condition,
                "cases": int(meets.sum()),
                "holds": int((meets & holds).sum()),
                "worlds": int(world_meets.sum()),
                "worlds_hold": int((world_meets & holds.all(axis=1)).sum()),
                "worst": float(evaluation.gap[meets].max(initial=0.0)),
                "sum_of_violations": float(violations.sum()),
            }
        )
    return rows


def _conditions(games: NDArray[np.float64], tolerance: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    tolerance = np.broadcast_to(tolerance, games.shape[:-1])
    return {
        "any": np.ones(games.shape[:-1], dtype=np.bool_),
        "cohesive": np.asarray(bellman_gap(games) <= tolerance),
        "balanced": is_balanced(games, tolerance),
        "stable": is_stable(games, tolerance),
        "superadditive": is_superadditive(games, tolerance),
        "convex": is_convex(games, tolerance),
    }


def _near_best(total: NDArray[np.float64]) -> NDArray[np.bool_]:
    best = total.max(axis=-1, keepdims=True)
    return np.asarray(total >= best - TOLERANCE * np.maximum(1e-9, np.abs(total).max()))

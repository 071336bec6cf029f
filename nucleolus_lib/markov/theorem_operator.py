"""Theorem 2 measured: contraction, bias of the fixed point, two time scales, least core against nucleolus.

What is proved stands in :mod:`nucleolus_lib.markov.nucleolus_operator`; here the same quantities are
measured on random worlds, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.markov.coalition_values import CoalitionValues, coalition_values
from nucleolus_lib.markov.credit import has_imputation, max_excess, share_out
from nucleolus_lib.markov.markov_core import least_markov_core
from nucleolus_lib.markov.nucleolus_operator import (
    OperatorProblem,
    contraction_bound,
    iterate_operator,
    largest_contracting_multiplier,
    measured_contraction,
)
from nucleolus_lib.markov.nucleolus_q import NucleolusQ, nucleolus_q
from nucleolus_lib.markov.random_ecmdp import Family, draw_worlds, random_ecmdp
from nucleolus_lib.markov.two_time_scales import TwoTimeScales, run_two_time_scales

Row = dict[str, float | int | str | bool]

MULTIPLIERS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5, 1.0)


def operator_problem(
    values: CoalitionValues, result: NucleolusQ, equal_weights: bool = False, least_core_target: bool = False
) -> OperatorProblem:
    """H_lambda of a solved world.

    Parameters
    ----------
    equal_weights
        w_i = 1/n instead of the nucleolus weights.
    least_core_target
        Compare the largest excess with what the nucleolus leaves, instead of with zero.
    """
    target = max_excess(result.games, result.credit) if least_core_target else 0.0
    weights = np.full_like(result.weights, 1.0 / result.weights.shape[-1]) if equal_weights else result.weights
    return OperatorProblem(values.ecmdp, result.games, weights, values.state_values[:, 0], target)


def contraction_rows(
    rng: np.random.Generator, n_worlds: int, agents: tuple[int, ...] = (2, 3, 4, 5), gamma: float = 0.9
) -> Iterator[Row]:
    """Contraction factor and value iteration of H_lambda on random worlds, one row per world and lambda."""
    for n_agents in agents:
        for number in range(n_worlds):
            world = random_ecmdp(rng, n_agents, n_states=3, n_actions=2, gamma=gamma)
            values = coalition_values(world, 1e-9)
            result = nucleolus_q(values)
            for equal_weights in (True, False):
                for multiplier in MULTIPLIERS:
                    for least_core_target in (False, True):
                        problem = operator_problem(values, result, equal_weights, least_core_target)
                        yield {
                            "n_agents": n_agents,
                            "world": number,
                            "gamma": gamma,
                            "weights": "equal" if equal_weights else "nucleolus",
                            "multiplier": multiplier,
                            "target": "least core" if least_core_target else "zero",
                            **_measure(problem, result, multiplier, rng),
                        }


def _measure(problem: OperatorProblem, result: NucleolusQ, multiplier: float, rng: np.random.Generator) -> Row:
    end = iterate_operator(problem, multiplier, tolerance=1e-6, max_sweeps=3000)
    total = end.q.sum(axis=-1)
    error = np.abs(total - result.total).max() / np.abs(result.total).max()
    return {
        "measured": measured_contraction(problem, multiplier, rng, n_pairs=12),
        "bound": contraction_bound(problem, multiplier),
        "largest_contracting_multiplier": largest_contracting_multiplier(problem),
        "converged": end.converged,
        "diverged": end.diverged,
        "sweeps": end.n_sweeps,
        "relative_error": float(error) if end.converged else np.nan,
        "greedy_kept": float((total.argmax(axis=1) == result.total.argmax(axis=1)).mean()) if end.converged else np.nan,
    }


def trajectory_rows(seed: int, n_steps: int = 10_000) -> Iterator[Row]:
    """The two-time-scale scheme on a world with and one without a Markov core, each safeguard on and off.

    ``start`` says whether Q starts at zero or at the nucleolus Q-value itself.
    """
    for core in ("empty", "not empty"):
        values, result = _world_with_core(seed, core == "empty")
        for start, least_core_target, ceiling in product(("zero", "solved"), (False, True), (False, True)):
            problem = operator_problem(values, result, least_core_target=least_core_target)
            highest = 0.9 * largest_contracting_multiplier(problem) if ceiling else np.inf
            steps = TwoTimeScales(n_steps=n_steps, largest_multiplier=highest, record_every=5)
            end = run_two_time_scales(problem, steps, q=result.q if start == "solved" else None)
            error = float(np.abs(end.q - result.q).max() / np.abs(result.q).max())
            for k in range(len(end.steps)):
                yield {
                    "core": core,
                    "start": start,
                    "target": "least core" if least_core_target else "zero",
                    "ceiling": highest,
                    "step": int(end.steps[k]),
                    "multiplier": float(end.multipliers[k]),
                    "violation": float(end.violations[k]),
                    "residual": float(end.residuals[k]),
                    "diverged": end.diverged,
                    "final_relative_error": error,
                }


def _world_with_core(seed: int, empty: bool) -> tuple[CoalitionValues, NucleolusQ]:
    """The first random world of three agents whose Markov core (per action) is empty in all states, or in none."""
    rng = np.random.default_rng(seed)
    family: Family = "general" if empty else "convex"
    while True:
        values = coalition_values(draw_worlds(family, 1, 3, 2, 0.9, rng).world(0), 1e-9)
        state_empty = least_markov_core(values, "per_action").is_state_empty
        if state_empty.all() if empty else not state_empty.any():
            return values, nucleolus_q(values)


def least_core_rows(rng: np.random.Generator, n_games: int, agents: tuple[int, ...] = (3, 4, 5)) -> Iterator[Row]:
    """How far a payoff that only minimises the largest excess can be from the nucleolus.

    For every game a random direction is drawn and the two payoffs of the least core that go furthest along
    it and against it are found. ``distance`` is the larger of their largest differences from the nucleolus,
    relative to the largest |v|.
    """
    kinds: dict[str, Callable[[int], NDArray[np.float64]]] = {
        "uniform": lambda n: _uniform_games(rng, n, n_games),
        "Markov, general": lambda n: _markov_games("general", rng, n, n_games),
        "Markov, convex": lambda n: _markov_games("convex", rng, n, n_games),
    }
    for n_agents in agents:
        for kind, draw in kinds.items():
            games = draw(n_agents)
            credit = share_out(games)
            for number, (game, payoff, rational) in enumerate(
                zip(games, credit.payoff, has_imputation(games), strict=True)
            ):
                ends = least_core_extremes(game, payoff, bool(rational), rng.normal(size=n_agents))
                yield {
                    "n_agents": n_agents,
                    "kind": kind,
                    "game": number,
                    "distance": float(np.abs(ends - payoff).max() / np.abs(game).max()),
                    "least_core_value": float(max_excess(game, payoff) / np.abs(game).max()),
                }


def least_core_extremes(
    game: NDArray[np.float64], nucleolus: NDArray[np.float64], rational: bool, direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The two payoffs of the least core furthest against and along a direction, shape (2, n).

    Parameters
    ----------
    nucleolus
        A payoff that attains the least-core value.
    rational
        Whether x_i >= v({i}) is asked for.
    """
    from scipy.optimize import linprog

    n_agents = len(nucleolus)
    member = member_matrix(n_agents)[1:-1].astype(np.float64)
    slack = 1e-9 * max(1.0, float(np.abs(game).max()))
    bound = game[1:-1] - float(max_excess(game, nucleolus)) - slack
    lower = [float(game[1 << i]) - slack if rational else None for i in range(n_agents)]
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign * direction,
            A_ub=-member,
            b_ub=-bound,
            A_eq=np.ones((1, n_agents)),
            b_eq=[float(game[-1])],
            bounds=[(low, None) for low in lower],
        )
        if solved.status != 0:
            raise ArithmeticError(f"the least core of {game.tolist()} was not found: {solved.message}")
        ends.append(solved.x)
    return np.array(ends)


def _uniform_games(rng: np.random.Generator, n_agents: int, n_games: int) -> NDArray[np.float64]:
    games = rng.random((n_games, 1 << n_agents))
    games[:, 0] = 0.0
    return games


def _markov_games(family: Family, rng: np.random.Generator, n_agents: int, n_games: int) -> NDArray[np.float64]:
    """The games of random worlds at the joint action in which everybody acts."""
    from nucleolus_lib.markov.world_batch import batch_coalition_values

    values = batch_coalition_values(draw_worlds(family, n_games, n_agents, 2, 0.9, rng))
    return values.action_games()[:, 0, -1]

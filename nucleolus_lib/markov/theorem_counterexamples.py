"""The smallest counterexamples to the claims, found by trying every small one-step world.

A one-step world is its reward table: R(T) for every set T of agents that act, R(nobody) = 0, gamma = 0.
Then V_C(s, a_C) = R(a & C), and at a = everybody the game is v = R. Tried are, in this order,

    all tables of 2 agents with rewards 0..4; all tables of 3 agents with rewards 0..3;
    all tables of 3 agents with rewards 0..6 in which one agent alone earns nothing;
    all sums of different unanimity games of two or more of 4 agents (these are convex)

and the first stage with a counterexample gives the one with the smallest sum of rewards, then the
lexicographically first table. What is stored has been recomputed in fractions, from the table alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import EmptyImputationSetError
from nucleolus_lib.games.nucleolus import cs_nucleolus
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.markov.structures import all_structures
from nucleolus_lib.markov.theorem_evaluation import CLAIMS, Evaluation, evaluate, inputs_of_batch
from nucleolus_lib.markov.world_batch import WorldBatch, batch_coalition_values

CHUNK = 2048


class Found(NamedTuple):
    """A counterexample in floats, before it is recomputed exactly."""

    claim: str
    condition: str
    search: str
    table: tuple[int, ...]
    case: int
    """The joint action of the case, for claims about every joint action; else 0."""


def smallest_counterexamples(largest_of_three: int = 3) -> dict[tuple[str, str], Found]:
    """For every claim and condition the smallest failing table; pairs without one are left out.

    ``largest_of_three`` is the largest reward tried in all tables of three agents; the tables are as many
    as its successor to the power of seven.
    """
    found: dict[tuple[str, str], Found] = {}
    for search, tables in _stages(largest_of_three):
        new: dict[tuple[str, str], tuple[tuple[Any, ...], Found]] = {}
        for start in range(0, len(tables), CHUNK):
            part = tables[start : start + CHUNK]
            for evaluation in evaluate(inputs_of_batch(batch_coalition_values(one_step_worlds(part)))):
                for condition, case in _first_failures(evaluation, part):
                    key = (evaluation.claim, condition)
                    table = tuple(int(value) for value in part[case[0]])
                    rank = (sum(table), table)
                    if key not in found and (key not in new or rank < new[key][0]):
                        new[key] = (rank, Found(*key, search, table, case[1]))
        found.update({key: item for key, (_, item) in new.items()})
    return found


def one_step_worlds(tables: NDArray[np.int64]) -> WorldBatch:
    """One world of one state per reward table (W, 2**n)."""
    rewards = np.asarray(tables, dtype=np.float64)[:, None, :, None]
    n_joint = rewards.shape[2]
    return WorldBatch(np.ones((*rewards.shape[:3], 1)), rewards, 0.0, (n_joint - 1,))


def exact_record(found: Found) -> dict[str, Any]:
    """A counterexample with all its numbers, recomputed in fractions.

    Raises
    ------
    ArithmeticError
        If the exact numbers do not violate the claim.
    """
    reward = [Fraction(value) for value in found.table]
    n_agents = len(reward).bit_length() - 1
    record: dict[str, Any] = {
        "claim": found.claim,
        "says": CLAIMS[found.claim],
        "condition": found.condition,
        "search": found.search,
        "n_agents": n_agents,
        "n_states": 1,
        "gamma": 0,
        "reward": {_name(acting): str(value) for acting, value in enumerate(reward)},
    }
    if found.claim.startswith("1(1)"):
        details, violation = _individual(reward, found)
    elif found.claim.startswith("1(2)"):
        details, violation = _structures(reward, found.claim)
    else:
        details, violation = _core(reward, found.claim)
    if not violation > 0:
        raise ArithmeticError(f"{found} violates {found.claim!r} in floats but not in fractions ({violation})")
    return {**record, **details, "violation": str(violation), "arithmetic": "fractions"}


def _stages(largest_of_three: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    yield "all tables of 2 agents, rewards 0..4", _all_tables(2, 4)
    yield f"all tables of 3 agents, rewards 0..{largest_of_three}", _all_tables(3, largest_of_three)
    pairs_and_all = np.zeros((7**4, 8), dtype=np.int64)
    pairs_and_all[:, [3, 5, 6, 7]] = list(product(range(7), repeat=4))
    yield "all tables of 3 agents, rewards 0..6, single agents earning 0", pairs_and_all
    masks = [mask for mask in range(16) if mask.bit_count() >= 2]
    contains = np.array([[int(coalition & mask == mask) for coalition in range(16)] for mask in masks])
    yield (
        "all sums of different unanimity games of two or more of 4 agents",
        np.array(list(product((0, 1), repeat=len(masks)))) @ contains,
    )


def _all_tables(n_agents: int, largest: int) -> NDArray[np.int64]:
    free = product(range(largest + 1), repeat=(1 << n_agents) - 1)
    return np.array([(0, *rest) for rest in free], dtype=np.int64)


def _first_failures(evaluation: Evaluation, tables: NDArray[np.int64]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Per condition the failing (table, case) of smallest sum, then lexicographically first table."""
    order = np.lexsort((*tables.T[::-1], tables.sum(axis=1)))
    for condition, meets in evaluation.conditions.items():
        fails = (meets & ~evaluation.holds)[order]
        if fails.any():
            row = int(fails.any(axis=1).argmax())
            # The last failing case: for claims about every joint action that is the one with most agents acting.
            yield condition, (int(order[row]), int(np.flatnonzero(fails[row])[-1]))


def _game_at(reward: list[Fraction], acting: int) -> list[Fraction]:
    return [reward[acting & coalition] - reward[0] for coalition in range(len(reward))]


def _state_game(reward: list[Fraction]) -> list[Fraction]:
    best = [max(reward[a] for a in range(len(reward)) if a & ~coalition == 0) for coalition in range(len(reward))]
    return [value - best[0] for value in best]


def _best_actions(reward: list[Fraction]) -> list[int]:
    return [acting for acting, value in enumerate(reward) if value == max(reward)]


def _shares(game: list[Fraction], structure: tuple[int, ...]) -> list[Fraction]:
    """The exact nucleolus under a structure, the prenucleolus where there is no imputation."""
    exact = TUGame(np.array(game, dtype=object))
    try:
        return list(cs_nucleolus(exact, structure).payoff)
    except EmptyImputationSetError:
        return list(cs_nucleolus(exact, structure, individually_rational=False).payoff)


def _worth(game: list[Fraction], structure: tuple[int, ...]) -> Fraction:
    return sum((game[block] for block in structure), Fraction(0))


def _best_worth(game: list[Fraction]) -> tuple[Fraction, list[tuple[int, ...]]]:
    n_agents = len(game).bit_length() - 1
    best = max(_worth(game, structure) for structure in all_structures(n_agents))
    return best, [structure for structure in all_structures(n_agents) if _worth(game, structure) == best]


def _individual(reward: list[Fraction], found: Found) -> tuple[dict[str, Any], Fraction]:
    """Theorem 1(1) at one game: who would rather be in which other structure."""
    if found.claim == "1(1) in the state game":
        candidates: list[tuple[int | None, list[Fraction]]] = [(None, _state_game(reward))]
    elif found.claim == "1(1) at an optimal joint action":
        candidates = [(acting, _game_at(reward, acting)) for acting in _best_actions(reward)]
    else:
        candidates = [(found.case, _game_at(reward, found.case))]
    # In the paper's favour: the most favourable optimal joint action and optimal structure count.
    return min((_worst_off(acting, game) for acting, game in candidates), key=lambda item: item[1])


def _worst_off(acting: int | None, game: list[Fraction]) -> tuple[dict[str, Any], Fraction]:
    n_agents = len(game).bit_length() - 1
    shares = {structure: _shares(game, structure) for structure in all_structures(n_agents)}
    best, optimal = _best_worth(game)
    outcomes = []
    for chosen in optimal:
        gain, other, agent = max(
            (shares[other][i] - shares[chosen][i], other, i) for other in shares for i in range(n_agents)
        )
        outcomes.append((gain, chosen, other, agent))
    gain, chosen, other, agent = min(outcomes)
    details = {
        "acting": None if acting is None else _name(acting),
        "game": _named(game),
        "optimal_structure": [_name(block) for block in chosen],
        "optimal_structure_value": str(best),
        "payoff_in_optimal_structure": [str(share) for share in shares[chosen]],
        "other_structure": [_name(block) for block in other],
        "payoff_in_other_structure": [str(share) for share in shares[other]],
        "agent_better_off_elsewhere": agent + 1,
    }
    return details, gain


def _structures(reward: list[Fraction], claim: str) -> tuple[dict[str, Any], Fraction]:
    """Theorem 1(2): values of structures at the optimal joint actions and overall."""
    state = _state_game(reward)
    best, structures = _best_worth(state)
    everyone = len(reward) - 1
    options = []
    for acting in _best_actions(reward):
        game = _game_at(reward, acting)
        at_action, best_there = _best_worth(game)
        induced = tuple(sorted(block for block in (acting, everyone & ~acting) if block))
        options.append((acting, game, at_action, best_there[0], induced))
    details: dict[str, Any] = {"state_game": _named(state)}
    if claim == "1(2) bellman":
        details |= {"best_structure": [_name(block) for block in structures[0]], "best_value": str(best)}
        return {**details, "grand_coalition_value": str(state[-1])}, best - state[-1]
    if claim == "1(2) joint":
        acting, game, at_action, there, _ = max(options, key=lambda option: option[2])
        details |= {"best_pair_value": str(best), "best_pair_structure": [_name(block) for block in structures[0]]}
        violation = best - at_action
    else:
        acting, game, at_action, there, induced = min(
            options, key=lambda option: option[2] - _worth(option[1], option[4])
        )
        details |= {
            "induced_structure": [_name(block) for block in induced],
            "induced_value": str(_worth(game, induced)),
        }
        violation = at_action - _worth(game, induced)
    details |= {"optimal_acting": _name(acting), "game_there": _named(game), "best_value_there": str(at_action)}
    return {**details, "best_structure_there": [_name(block) for block in there]}, violation


def _core(reward: list[Fraction], claim: str) -> tuple[dict[str, Any], Fraction]:
    """The Markov core in the reading "max": what each coalition is paid and what it could earn."""
    everyone = (len(reward) - 1,)
    state = _state_game(reward)
    joint = range(len(reward)) if claim == "core, max, credit at any a" else _best_actions(reward)
    credits = {acting: _shares(_game_at(reward, acting), everyone) for acting in joint}

    def paid(acting: int, coalition: int) -> Fraction:
        return sum((credits[acting][i] for i in players_of(coalition)), Fraction(0))

    proper = range(1, len(reward) - 1)
    if claim == "core, max, credit at any a":
        violation, coalition = max((state[c] - max(paid(acting, c) for acting in joint), c) for c in proper)
    else:
        violation, coalition = min(max((state[c] - paid(acting, c), c) for c in proper) for acting in joint)
    details = {
        "state_game": _named(state),
        "credit": {_name(acting): [str(share) for share in shares] for acting, shares in credits.items()},
        "dissatisfied_coalition": _name(coalition),
        "could_earn": str(state[coalition]),
    }
    return details, violation


def _name(coalition: int) -> str:
    return "{" + ", ".join(str(i + 1) for i in players_of(coalition)) + "}"


def _named(game: list[Fraction]) -> dict[str, str]:
    return {_name(coalition): str(value) for coalition, value in enumerate(game) if coalition}

"""The Markov nucleolus and the nucleolus Q-value, exact.

At state s and joint action a every coalition C could earn V_C(s, a_C) on its own
(:mod:`nucleolus_lib.markov.coalition_values`). That is a game,

    v(C) = V_C(s, a_C) - V_empty(s),          v(N) = V_N(s, a) - V_empty(s),

one at every (s, a). Its nucleolus is the credit:

    x(s, a)      the payoff with the lexicographically smallest theta(s, a; x)    (paper, equations 6-8)
    Q_i(s, a)  = x_i(s, a) + V_empty(s) / n,   so that  sum_i Q_i = V_N(s, a)     (equations 10-13)
    w_i(s, a)  = Q_i(s, a) / V_N(s, a)                                            (equation 14)

V_empty(s), what the team would get with everybody idle, is nobody's merit and is split evenly. With
``zero_normalised=False`` the game is v(C) = V_C(s, a_C) as the paper writes it; then even a coalition
that contributes nothing is worth V_empty(s).

Bellman. Because the weights add up to one, the sum over agents of (15) is the ordinary optimality
equation of the team, so its solution is sum_i Q_i = V_N. Equation (14) also maximises over the next
coalition structure CS'. There sum_i Q_i(s', a'; CS') = V_empty(s') + sum of v(C) over the blocks of CS',
and the maximum over a' splits over the blocks, so

    max over a', CS' of sum_i Q_i  -  max over a' of sum_i Q_i  =  cohesion gain of the state game at s',

the amount by which the best structure beats the grand coalition in C -> V_C(s') - V_empty(s').
(14) and (15) are the same equation exactly where every state game is cohesive.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.coalition_values import CoalitionValues
from nucleolus_lib.markov.credit import Credit, Rule, share_out, share_out_structure
from nucleolus_lib.markov.structures import all_structures, best_structure, structure_values

ZERO_TOTAL = 1e-9
"""Totals below this times the largest one are too small to divide by; the weights are then 1/n."""


class NucleolusQ(NamedTuple):
    """Individual action values of every state and joint action."""

    q: NDArray[np.float64]
    """(S, J, n) Q_i(s, a)."""
    credit: NDArray[np.float64]
    """(S, J, n) x_i(s, a), the payoff of the game at (s, a)."""
    weights: NDArray[np.float64]
    """(S, J, n) w_i(s, a); they add up to one, and may be negative or above one."""
    is_weighted: NDArray[np.bool_]
    """(S, J) whether Q = w * total there; False where the total is zero and the weights are 1/n."""
    is_imputation: NDArray[np.bool_]
    """(S, J) whether the game at (s, a) has an imputation."""
    games: NDArray[np.float64]
    """(S, J, 2**n) the games that were solved."""

    @property
    def total(self) -> NDArray[np.float64]:
        """(S, J) sum_i Q_i(s, a)."""
        return np.asarray(self.q.sum(axis=-1))


def nucleolus_q(values: CoalitionValues, rule: Rule = "either", zero_normalised: bool = True) -> NucleolusQ:
    """The nucleolus Q-value of the grand coalition at every (s, a), all games in one batch (equation 13).

    Parameters
    ----------
    values
        The coalitions' values.
    rule
        What to do where a game has no imputation (:mod:`nucleolus_lib.markov.credit`).
    zero_normalised
        False takes v(C) = V_C(s, a_C) literally.

    Raises
    ------
    EmptyImputationSetError
        With ``rule="nucleolus"`` where a game has no imputation.
    """
    games = values.action_games() if zero_normalised else values.at_joint_actions()
    games[:, :, 0] = 0.0
    return _as_q(values, games, share_out(games, rule), zero_normalised)


def structure_q(values: CoalitionValues, structure: Sequence[int], rule: Rule = "either") -> NucleolusQ:
    """The nucleolus Q-value under a coalition structure: x(C) = v(C) for every block C (equation 13 with CS).

    The total is Q_CS(s, a) = V_empty(s) + sum of V_C(s, a_C) - V_empty(s) over the blocks: what the blocks
    would earn, each as if nobody else acted.

    Raises
    ------
    NotAPartitionError, EmptyImputationSetError
    """
    games = values.action_games()
    return _as_q(values, games, share_out_structure(games, structure, rule), zero_normalised=True)


def best_action_structure(values: CoalitionValues) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best coalition structure at every (s, a) and Q_CS(s, a) under it.

    Returns
    -------
    number
        (S, J) into :func:`nucleolus_lib.markov.structures.all_structures`.
    total
        (S, J) max over CS of Q_CS(s, a).
    """
    best = best_structure(values.action_games())
    return best.number, best.value + values.state_values[:, :1]


def structure_totals(values: CoalitionValues) -> NDArray[np.float64]:
    """Q_CS(s, a) of every structure of :func:`all_structures`, (S, J, Bell(n)) (equation 9, blocks added up)."""
    return structure_values(values.action_games()) + values.state_values[:, :1, None]


def greedy_structures(values: CoalitionValues) -> tuple[tuple[int, ...], ...]:
    """The best structure in every state under the optimal joint action, as bitmasks (register I7), length S."""
    structures = all_structures(values.ecmdp.n_agents)
    number, _ = best_action_structure(values)
    return tuple(structures[k] for k in number[np.arange(len(number)), values.greedy_joint])


def structure_number(values: CoalitionValues) -> NDArray[np.int64]:
    """Which structure of :func:`all_structures` the work under each joint action induces, shape (S, J)."""
    world = values.ecmdp
    numbers = {structure: k for k, structure in enumerate(all_structures(world.n_agents))}
    table = [
        [numbers[tuple(sorted(world.structure(s, j)))] for j in range(world.n_joint)] for s in range(world.n_states)
    ]
    return np.array(table, dtype=np.int64)


def cohesion_gain(values: CoalitionValues) -> NDArray[np.float64]:
    """How much the best structure beats the grand coalition in every state game, shape (S,); zero if cohesive."""
    return best_structure(values.state_games()).gain


def bellman_residual(values: CoalitionValues, result: NucleolusQ, over_structures: bool = False) -> NDArray[np.float64]:
    """Q(s, a) minus the right-hand side of the nucleolus Bellman equation, shape (S, J, n).

    Parameters
    ----------
    values
        The coalitions' values, which give the world and the structures' worth.
    result
        Individual Q-values with their weights.
    over_structures
        False: equation (15), the maximum over a' alone. True: equation (14), over a' and CS'.
    """
    world = values.ecmdp
    following = result.total.max(axis=1)
    if over_structures:
        following = following + cohesion_gain(values)
    total = world.reward + world.gamma * world.transition.expectation(following)
    # Where a total is zero no weights exist; the credit's own split takes the place of w * total.
    right = np.where(
        result.is_weighted[..., None],
        result.weights * total[..., None],
        result.q + ((total - result.total) / world.n_agents)[..., None],
    )
    return np.asarray(result.q - right)


def _as_q(values: CoalitionValues, games: NDArray[np.float64], credit: Credit, zero_normalised: bool) -> NucleolusQ:
    idle = values.state_values[:, None, :1] / values.ecmdp.n_agents if zero_normalised else 0.0
    q = credit.payoff + idle
    weights, is_weighted = weights_of(q)
    return NucleolusQ(q, credit.payoff, weights, is_weighted, credit.is_imputation, games)


def weights_of(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """w_i = Q_i / sum_i Q_i for any array (..., n), and where that is defined; 1/n elsewhere."""
    total = q.sum(axis=-1)
    is_weighted = np.abs(total) > ZERO_TOTAL * max(1.0, float(np.abs(total).max(initial=0.0)))
    divisor = np.where(is_weighted, total, 1.0)[..., None]
    return np.where(is_weighted[..., None], q / divisor, 1.0 / q.shape[-1]), is_weighted

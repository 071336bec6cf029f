"""The paper's claims about the nucleolus Q-value, as numbers that must not be positive.

Every function takes a batch of games v (..., 2**n) and returns a *gap* per game or state: the claim holds
where the gap is at most zero. Nothing here decides on a tolerance.

Theorem 1(1): "each agent's individual Q-value in the optimal coalition structure is greater than it is
in other coalition structures". Formalised: with x_CS the nucleolus of v under the structure CS (efficient
per block, Aumann and Dreze) and CS* a structure of largest value sum of v(C),

    x_CS*,i  >=  x_CS,i    for every agent i and every structure CS.

Ties are read in the paper's favour: it is enough that one optimal CS* does it, and >= stands for
"greater". (Strictly greater cannot be meant: an agent that is alone in both structures gets v({i}) in both.)

Proved about it. With two agents it always holds: sharing equally what is gained over v({1}) + v({2}) gives
both at least v({i}) if there is a gain, and at most v({i}) if there is a loss. With any number of agents
it implies stability: each C is a block of some CS, so x_CS*(C) >= x_CS(C) = v(C), and x_CS* has no positive
excess. So (1) fails in every game whose best structure has an empty core. The converse is measured.

Theorem 1(2): "the coalition formed under the optimal actions is also optimal". Three formalisations, with
a* the optimal joint action of (15), v_a the game at (s, a) and v_s the state game C -> V_C(s) - V_empty(s):

    bellman    the maximum over (a, CS) of (14) equals the maximum over a alone of (15):
               no structure beats v_s(N). This is what the paper uses the theorem for.
    joint      the best structure at a* is worth as much as the best pair (a, CS):
               max over CS of sum v_a*(C)  >=  max over CS of sum v_s(C)
    induced    the structure that the work under a* induces is a best one at a*

``joint`` follows from ``bellman``. All three say something about one state.

Markov core. "If the Markov core is non-empty, the nucleolus lies in it":

    per action   the nucleolus of v_a is in the core of v_a wherever that is not empty. This is Schmeidler's
                 theorem at every (s, a), so it is proved, and measuring it only tests the solver.
    max          the credit x(s, .) of the action games, read at a*, is in the core of v_s
                 wherever that is not empty. Not implied: v_a* is smaller than v_s.
    max, any     the same with the largest x(C | s, a) over all joint actions on the left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.credit import Rule, batch_excesses, share_out_structure
from nucleolus_lib.markov.structures import all_structures, structure_values


def structure_payoffs(games: NDArray[np.float64], rule: Rule) -> NDArray[np.float64]:
    """The nucleolus under every coalition structure, shape (..., Bell(n), n)."""
    n_agents = int(games.shape[-1]).bit_length() - 1
    return np.stack(
        [share_out_structure(games, structure, rule).payoff for structure in all_structures(n_agents)], axis=-2
    )


def individual_gap(
    games: NDArray[np.float64], payoffs: NDArray[np.float64], tie: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Theorem 1(1): what some agent gains by a structure other than the optimal one, shape (...).

    Parameters
    ----------
    games
        (..., 2**n).
    payoffs
        (..., Bell(n), n) from :func:`structure_payoffs`.
    tie
        (...) structures within this of the best one count as optimal.
    """
    totals = structure_values(games)
    is_optimal = totals >= totals.max(axis=-1, keepdims=True) - tie[..., None]
    wanted = payoffs.max(axis=-2, keepdims=True)
    missing = (wanted - payoffs).max(axis=-1)
    return np.asarray(np.where(is_optimal, missing, np.inf).min(axis=-1))


def bellman_gap(state_games: NDArray[np.float64]) -> NDArray[np.float64]:
    """Theorem 1(2), ``bellman``: by how much a structure beats the grand coalition, shape (...)."""
    return np.asarray(structure_values(state_games).max(axis=-1) - state_games[..., -1])


def joint_gap(
    state_games: NDArray[np.float64], action_games: NDArray[np.float64], is_optimal: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Theorem 1(2), ``joint``: best (a, CS) minus best CS at a*, shape (..., S).

    Parameters
    ----------
    state_games, action_games
        (..., S, 2**n) and (..., S, J, 2**n).
    is_optimal
        (..., S, J) the joint actions that may be a*; the most favourable one counts.
    """
    best = structure_values(state_games).max(axis=-1)
    at_action = np.where(is_optimal, structure_values(action_games).max(axis=-1), -np.inf)
    return np.asarray(best - at_action.max(axis=-1))


def induced_gap(
    action_games: NDArray[np.float64], induced_value: NDArray[np.float64], is_optimal: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Theorem 1(2), ``induced``: best CS at a* minus the structure that the work under a* induces, shape (..., S).

    Parameters
    ----------
    action_games, induced_value
        (..., S, J, 2**n), and (..., S, J) the value of the induced structure in each.
    is_optimal
        (..., S, J) the joint actions that may be a*; the most favourable one counts.
    """
    missing = structure_values(action_games).max(axis=-1) - induced_value
    return np.asarray(np.where(is_optimal, missing, np.inf).min(axis=-1))


def induced_values(action_games: NDArray[np.float64], groups: tuple[int, ...]) -> NDArray[np.float64]:
    """The value of the structure that work induces, in worlds of two-action agents, shape (..., J).

    Parameters
    ----------
    action_games
        (..., J, 2**n) with J = 2**n, joint action = bitmask of the agents that act.
    groups
        The agents of each subtask, disjoint. Those of a group that act form a block; the idle ones form one.
    """
    joint = np.arange(action_games.shape[-2])
    blocks = [joint & group for group in groups]
    idle = (action_games.shape[-1] - 1) & ~np.bitwise_or.reduce(blocks)
    return np.asarray(sum(action_games[..., joint, block] for block in [*blocks, idle]))


def core_gap(games: NDArray[np.float64], payoff: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest excess of a proper coalition at a payoff, shape (...); the core needs it to be <= 0."""
    return np.asarray(batch_excesses(games, payoff)[..., 1:-1].max(axis=-1))


def generous_core_gap(state_games: NDArray[np.float64], credit: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`core_gap` on (..., S, 2**n), each coalition's payoff taken at its best joint action, (..., S).

    Parameters
    ----------
    state_games
        (..., S, 2**n).
    credit
        (..., S, J, n) the payoffs of the action games.
    """
    paid = -batch_excesses(np.zeros((*credit.shape[:-1], state_games.shape[-1])), credit)
    return np.asarray((state_games - paid.max(axis=-2))[..., 1:-1].max(axis=-1))

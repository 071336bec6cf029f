"""Structural conditions of many small games at once, each tested without solving anything.

superadditive   v(S) + v(T) <= v(S + T) for all disjoint S, T
convex          v(S + i) + v(S + j) <= v(S + i + j) + v(S) for all S and i, j outside it
cohesive        v(N) >= sum of v over the blocks of every partition of N
balanced        v(N) >= sum_S w_S v(S) for all balancing weights w: the core is not empty (Bondareva 1963,
                Shapley 1967). It is enough to look at the extreme points of the set of weights, the
                minimal balanced collections; there are 1, 5 and 41 of proper coalitions for n = 2, 3 and 4.
stable          the same with the value of the best structure in place of v(N): some payoff that gives every
                block of the best structure its own value leaves nobody with a positive excess
                (the core of the game with that structure, Aumann and Dreze 1974, is not empty)

convex => superadditive => cohesive, and convex => balanced => cohesive. Balanced = stable and cohesive.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.structures import structure_values

MAX_BALANCED_AGENTS = 5
"""Minimal balanced collections are found by trying all sets of at most n coalitions: 174,436 of them for n = 5."""


def is_superadditive(games: NDArray[np.float64], tolerance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """v(S) + v(T) <= v(S + T) for all disjoint S, T, in every game, shape (...)."""
    holds = np.ones(games.shape[:-1], dtype=np.bool_)
    for union in range(1, games.shape[-1]):
        part = (union - 1) & union
        # Each pair of parts comes up twice; looking at the larger bitmask only halves the work.
        while part > union ^ part:
            holds &= games[..., part] + games[..., union ^ part] <= games[..., union] + tolerance
            part = (part - 1) & union
    return holds


def is_convex(games: NDArray[np.float64], tolerance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """v(S + i) + v(S + j) <= v(S + i + j) + v(S) for all S and i, j outside it, in every game, shape (...)."""
    n_agents = int(games.shape[-1]).bit_length() - 1
    holds = np.ones(games.shape[:-1], dtype=np.bool_)
    for i in range(n_agents):
        for j in range(i):
            rest = np.array([s for s in range(games.shape[-1]) if not s >> i & 1 and not s >> j & 1])
            left = games[..., rest | 1 << i] + games[..., rest | 1 << j]
            right = games[..., rest | 1 << i | 1 << j] + games[..., rest]
            holds &= (left <= right + tolerance[..., None]).all(axis=-1)
    return holds


def is_balanced(games: NDArray[np.float64], tolerance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the core is not empty, in every game, shape (...)."""
    n_agents = int(games.shape[-1]).bit_length() - 1
    claims = games @ balanced_weights(n_agents).T
    return np.asarray((claims <= games[..., -1:] + tolerance[..., None]).all(axis=-1))


def is_stable(games: NDArray[np.float64], tolerance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the core of the game with its best coalition structure is not empty, in every game, shape (...).

    A payoff in it is efficient for the best structure and gives each coalition its value. Payoffs with the
    same total that give each coalition its value are the same thing: their blocks can get no more
    than the structure's value in all, so each gets exactly its own.
    """
    lifted = games.copy()
    lifted[..., -1] = structure_values(games).max(axis=-1)
    return is_balanced(lifted, tolerance)


@lru_cache(maxsize=MAX_BALANCED_AGENTS)
def balanced_weights(n_agents: int) -> NDArray[np.float64]:
    """The weights of every minimal balanced collection of proper coalitions, shape (L, 2**n).

    A collection is minimal balanced when its membership vectors are linearly independent and the all-ones
    vector is a strictly positive combination of them.
    """
    if not 1 <= n_agents <= MAX_BALANCED_AGENTS:
        raise CreditParameterError(
            f"minimal balanced collections are listed for 1 to {MAX_BALANCED_AGENTS} agents; got {n_agents}. "
            "For one larger game use games.is_core_empty"
        )
    member = member_matrix(n_agents).astype(np.float64)
    proper = range(1, (1 << n_agents) - 1)
    found = []
    for size in range(2, n_agents + 1):
        chosen = np.array(list(combinations(proper, size)), dtype=np.int64).reshape(-1, size)
        rows = member[chosen]
        gram = rows @ rows.swapaxes(1, 2)
        # Gram matrices of integer vectors have integer determinants, so one half separates 0 from 1.
        independent = np.linalg.det(gram) > 0.5
        chosen, rows, gram = chosen[independent], rows[independent], gram[independent]
        weight = np.linalg.solve(gram, rows.sum(axis=2)[..., None])[..., 0]
        covers = (np.abs(np.einsum("lk,lki->li", weight, rows) - 1.0) < 1e-9).all(axis=1)
        for masks, shares in zip(chosen[covers], weight[covers], strict=True):
            if (shares > 1e-9).all():
                vector = np.zeros(1 << n_agents)
                vector[masks] = shares
                found.append(vector)
    return np.array(found).reshape(-1, 1 << n_agents)

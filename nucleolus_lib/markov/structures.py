"""Coalition structures of many small games at once.

The value of a structure CS = {C_1, ..., C_m} is v(C_1) + ... + v(C_m). A game is *cohesive* when no
structure beats the grand coalition: v(N) >= sum_k v(C_k) for every CS. Superadditive games are
cohesive; the converse fails.

Every structure of n agents is tried: Bell(n) of them (2, 5, 15, 52, 203, 877, 4140 for n = 2..8), one
matrix product for a whole batch. Beyond :data:`MAX_AGENTS` a single game has
:func:`nucleolus_lib.games.optimal_coalition_structure`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.markov.errors import CreditParameterError

MAX_AGENTS = 8
TIE = 1e-9
"""A structure must beat the grand coalition by this times the largest |v| to be preferred to it."""


class BestStructure(NamedTuple):
    """The best coalition structure of every game in a batch."""

    number: NDArray[np.int64]
    """(...) into :func:`all_structures`; ties go to the one listed first, the grand coalition before all."""
    value: NDArray[np.float64]
    """(...) sum of v over its blocks."""
    gain: NDArray[np.float64]
    """(...) ``value`` - v(N), zero where the game is cohesive."""


@lru_cache(maxsize=MAX_AGENTS)
def all_structures(n_agents: int) -> tuple[tuple[int, ...], ...]:
    """Every partition of n agents as bitmasks, fewest blocks first, so that N itself is number 0."""
    if not 1 <= n_agents <= MAX_AGENTS:
        raise CreditParameterError(
            f"all coalition structures are listed for 1 to {MAX_AGENTS} agents; got {n_agents}. "
            "For one larger game use games.optimal_coalition_structure"
        )
    return tuple(
        sorted((tuple(sorted(blocks)) for blocks in partitions(n_agents)), key=lambda blocks: (len(blocks), blocks))
    )


def structure_values(games: NDArray[np.float64]) -> NDArray[np.float64]:
    """sum_k v(C_k) of every structure, shape (..., Bell(n)) for games (..., 2**n)."""
    return np.asarray(games @ _block_matrix(_n_agents(games)))


def best_structure(games: NDArray[np.float64]) -> BestStructure:
    """The structure of largest value in every game (..., 2**n)."""
    values = structure_values(games)
    toll = TIE * np.abs(games).max(axis=-1, keepdims=True)
    tolled = values.copy()
    tolled[..., 1:] -= toll
    number = tolled.argmax(axis=-1)
    value = np.take_along_axis(values, number[..., None], axis=-1)[..., 0]
    return BestStructure(number, value, value - games[..., -1])


def _n_agents(games: NDArray[np.float64]) -> int:
    return int(games.shape[-1]).bit_length() - 1


@lru_cache(maxsize=MAX_AGENTS)
def _block_matrix(n_agents: int) -> NDArray[np.float64]:
    """(2**n, Bell(n)): 1 where the coalition is a block of the structure."""
    structures = all_structures(n_agents)
    matrix = np.zeros((1 << n_agents, len(structures)))
    for k, blocks in enumerate(structures):
        matrix[list(blocks), k] = 1.0
    return matrix

"""Coalitions as bitmasks.

A coalition S of the players N = {0, ..., n-1} is the integer sum_{i in S} 2**i, so that player i is
bit i, the empty coalition is 0 and the grand coalition is 2**n - 1. Arrays over coalitions have
length 2**n and are indexed by that integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.errors import NotAPartitionError, UnknownPlayerError


def coalition_of(players: Iterable[int]) -> int:
    """The bitmask of a set of player indices."""
    mask = 0
    for player in players:
        if player < 0:
            raise UnknownPlayerError(f"player indices start at 0; got {player}")
        mask |= 1 << player
    return mask


def players_of(coalition: int) -> tuple[int, ...]:
    """The player indices in ``coalition``, ascending."""
    return tuple(i for i in range(int(coalition).bit_length()) if coalition >> i & 1)


def grand_coalition(n_players: int) -> int:
    """The bitmask of N."""
    return (1 << n_players) - 1


def coalition_sizes(n_players: int) -> NDArray[np.int8]:
    """|S| for every coalition, shape (2**n,)."""
    sizes = np.zeros(1 << n_players, dtype=np.int8)
    for i in range(n_players):
        half = 1 << i
        sizes[half : 2 * half] = sizes[:half] + np.int8(1)
    return sizes


def member_matrix(n_players: int) -> NDArray[np.bool_]:
    """``member[S, i]`` is True when player i is in S, shape (2**n, n)."""
    masks = np.arange(1 << n_players, dtype=np.int64)
    return (masks[:, None] >> np.arange(n_players) & 1).astype(np.bool_)


def subset_sums(payoff: NDArray[Any]) -> NDArray[Any]:
    """x(S) = sum_{i in S} x_i for every coalition, shape (2**n,), in 2**n additions."""
    payoff = np.asarray(payoff)
    sums = np.zeros(1 << len(payoff), dtype=payoff.dtype)
    for i, share in enumerate(payoff):
        half = 1 << i
        sums[half : 2 * half] = sums[:half] + share
    return sums


def check_partition(structure: Sequence[int], n_players: int) -> tuple[int, ...]:
    """``structure`` as a tuple of bitmasks, after checking that it partitions N.

    Raises
    ------
    NotAPartitionError
        If a coalition is empty, two overlap, or a player is left out.
    """
    seen = 0
    for coalition in structure:
        if coalition <= 0:
            raise NotAPartitionError(f"a coalition structure holds non-empty coalitions as bitmasks; got {coalition}")
        if seen & coalition:
            twice = players_of(seen & coalition)
            raise NotAPartitionError(f"players {twice} appear in more than one coalition; put each in exactly one")
        seen |= coalition
    everyone = grand_coalition(n_players)
    if seen & ~everyone:
        raise NotAPartitionError(
            f"the structure names players {players_of(seen & ~everyone)}, but the game has players 0..{n_players - 1}"
        )
    if seen != everyone:
        raise NotAPartitionError(
            f"players {players_of(everyone & ~seen)} are in no coalition; add them (as singletons, if they stay alone)"
        )
    return tuple(int(coalition) for coalition in structure)


def partitions(n_players: int) -> Iterator[tuple[int, ...]]:
    """Every coalition structure of n players as a tuple of bitmasks (Bell(n) of them)."""

    def extend(player: int, blocks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if player == n_players:
            yield blocks
            return
        bit = 1 << player
        for k, block in enumerate(blocks):
            yield from extend(player + 1, (*blocks[:k], block | bit, *blocks[k + 1 :]))
        yield from extend(player + 1, (*blocks, bit))

    yield from extend(0, ())

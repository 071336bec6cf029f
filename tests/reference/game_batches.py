"""Batches of small games by family, most of them as degenerate as games come.

Every game has v(empty) = 0 and an imputation. ``DEGENERATE`` holds those whose nucleolus has many ties:
several coalitions could be fixed at a level, or the imputations are a single point.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import coalition_sizes, member_matrix

Family = Callable[[np.random.Generator, int, int], NDArray[np.float64]]


def _shares(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The additive games with these payoffs, (B, 2**n)."""
    return shares @ member_matrix(shares.shape[1]).astype(np.float64).T


def random_monotone(rng, games, n):
    """Uniform values that grow with the coalition, and v(N) large enough for an imputation."""
    values = rng.random((games, 1 << n)) * coalition_sizes(n)
    values[:, -1] = n
    return values


def random_signed(rng, games, n):
    """Normal values of any sign around an additive game; v(N) is lifted to leave an imputation."""
    values = _shares(rng.normal(size=(games, n))) + rng.normal(size=(games, 1 << n))
    values[:, 0] = 0.0
    values[:, -1] = values[:, 1 << np.arange(n)].sum(axis=1) + rng.random(games) * n
    return values


def bfn1(rng, games, n):
    """Type 1 of Benedek, Fliege and Nguyen: whole values that grow with the coalition's size."""
    sizes = coalition_sizes(n).astype(np.int64)
    values = rng.integers(1, np.maximum(100 * sizes, 1), (games, 1 << n), endpoint=True).astype(np.float64)
    values[:, -1] = rng.integers(100 * (n - 2), 100 * n, games, endpoint=True)
    values[:, sizes < 2] = 0.0
    return values


def additive(rng, games, n):
    """v(S) = a(S) with uniform a: nothing to share, up to round-off in the sums."""
    return _shares(rng.random((games, n)) * 10.0 ** rng.integers(-3, 4, (games, 1)))


def additive_with_noise(rng, games, n):
    """Additive plus noise of 1e-12 on every value."""
    values = _shares(rng.random((games, n))) + 1e-12 * rng.uniform(-1, 1, (games, 1 << n))
    values[:, 0] = 0.0
    return values


def zero(rng, games, n):
    """v = 0."""
    return np.zeros((games, 1 << n))


def ties(rng, games, n):
    """Values 0, 1 or 2 for coalitions of two or more."""
    values = rng.integers(0, 3, (games, 1 << n)).astype(np.float64)
    values[:, coalition_sizes(n) < 2] = 0.0
    return values


def duplicated_players(rng, games, n):
    """Players of two or three types; a value depends on how many of each type take part."""
    types = rng.integers(0, 3, (games, n))
    counts = np.stack([(types == k).astype(np.float64) @ member_matrix(n).astype(np.float64).T for k in range(3)])
    table = rng.integers(0, 9, (games, n + 1, n + 1, n + 1)).astype(np.float64)
    a, b, c = counts.astype(np.int64)
    values = table[np.arange(games)[:, None], a, b, c]
    values[:, coalition_sizes(n) < 2] = 0.0
    return values


def symmetric(rng, games, n):
    """A value depends on the coalition's size only."""
    table = rng.integers(0, 9, (games, n + 1)).astype(np.float64)
    table[:, :2] = 0.0
    return table[:, coalition_sizes(n)]


def single_imputation(rng, games, n):
    """v(N) is the sum of v({i}), the other coalitions may ask for more."""
    shares = rng.integers(0, 5, (games, n)).astype(np.float64)
    values = _shares(shares) + rng.integers(-2, 3, (games, 1 << n)) * (coalition_sizes(n) > 1)
    values[:, -1] = shares.sum(axis=1)
    return values


def weighted_voting(rng, games, n):
    """Simple games with small whole weights; with one player the game is 0, as no majority of two is needed."""
    weights = rng.integers(0, 5, (games, n)).astype(np.float64)
    totals = _shares(weights)
    wins = (2 * totals > totals[:, -1:]) & (coalition_sizes(n) > 1)
    return wins.astype(np.float64)


def assignment(rng, games, n):
    """One seller (player 0) with a whole-number surplus for each buyer."""
    surplus = rng.integers(0, 4, (games, n)).astype(np.float64)
    member = member_matrix(n)
    values = np.where(member[None, :, 1:], surplus[:, None, 1:], 0.0).max(axis=2, initial=0.0)
    return values * member[None, :, 0]


GENERAL: dict[str, Family] = {
    "random_monotone": random_monotone,
    "random_signed": random_signed,
    "bfn1": bfn1,
}
DEGENERATE: dict[str, Family] = {
    family.__name__: family
    for family in (
        additive,
        additive_with_noise,
        zero,
        ties,
        duplicated_players,
        symmetric,
        single_imputation,
        weighted_voting,
        assignment,
    )
}


def mixture(rng, games, n, families=None):
    """``games`` games of each family (all by default), one family after the other."""
    chosen = {**GENERAL, **DEGENERATE} if families is None else families
    return np.concatenate([family(rng, games, n) for family in chosen.values()])

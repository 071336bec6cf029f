"""Airport games: players share a runway, and the longest need decides its cost.

Player i needs a runway that costs c_i. A coalition needs the longest one of its members:

    c(S) = max over i in S of c_i,     v = -c       (the game whose payoffs are minus the cost shares)

Nucleolus in closed form (Littlechild 1974). Sort c_1 <= ... <= c_n. Only two kinds of coalition matter:
N minus i, whose satisfaction is the share y_i that i pays (i < n), and {1, ..., k}, whose satisfaction
is c_k - y_1 - ... - y_k. Suppose players 1, ..., p pay Y together. The rest start from the share

    a = min(  min over p < k < n of (c_k - Y) / (k - p + 1),   (c_n - Y) / (n - p)  )

If the minimum is at some k < n, players p + 1, ..., k pay a (the largest such k) and the rest goes on
from there; if it is at n only, all who are left pay a. At most n - 1 stages of O(n): O(n**2).

References
----------
Littlechild and Owen (1973), on the Shapley value of this game; Littlechild (1974), A simple expression
for the nucleolus in a special case, International Journal of Game Theory 3, 21-29. The stages above
were derived from the two kinds of coalition and checked against linear programmes; Littlechild's own
notation was not at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import (
    check_not_negative,
    check_row,
    player_names,
    read_numbers,
    zero_like,
)
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def airport_cost_game(costs: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """c(S) = max of ``costs`` over S: a *cost* game, so a high c(S) is bad for S.

    Parameters
    ----------
    costs
        c_i, shape (n,), not negative, in any order. Exact if any number is a Fraction.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    c = _read(costs)
    check_n_players(len(c))
    values = np.full(1 << len(c), zero_like(c), dtype=c.dtype)
    for i, cost in enumerate(c):
        half = 1 << i
        values[half : 2 * half] = np.maximum(values[:half], cost)
    return TUGame(values, player_names(players))


def airport_game(costs: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """v(S) = -c(S): the airport game for solvers that maximise; its payoffs are minus the cost shares."""
    cost = airport_cost_game(costs, players)
    return TUGame(-cost.values, cost.players)


def littlechild_nucleolus(costs: ArrayLike) -> NDArray[Any]:
    """The cost shares y of the airport game's nucleolus, shape (n,); O(n**2), any n.

    The nucleolus of :func:`airport_game` is ``-y``. Fractions in, fractions out.

    Raises
    ------
    CatalogueParameterError
    """
    c = _read(costs)
    n = len(c)
    order = np.argsort(c, kind="stable")
    ascending = c[order]
    shares = np.empty_like(c)
    served, collected = 0, zero_like(c)
    while served < n:
        sharers = np.arange(2, n - served + 2)
        sharers[-1] -= 1
        levels = (ascending[served:] - collected) / sharers.astype(c.dtype)
        share = levels.min()
        # The last minimum is at n only if no earlier group attains it; then everyone left pays.
        tight = np.flatnonzero(levels[:-1] == share)
        stage = int(tight[-1]) + 1 if len(tight) else n - served
        shares[served : served + stage] = share
        collected = collected + share * stage
        served += stage
    out = np.empty_like(c)
    out[order] = shares
    return out


def airport_shapley_value(costs: ArrayLike) -> NDArray[Any]:
    """The cost shares of the airport game's Shapley value, shape (n,); O(n log n), any n.

    Each step of the sorted costs is shared equally by those who need it (Littlechild and Owen 1973):
    share of the k-th smallest = sum over j <= k of (c_j - c_{j-1}) / (n - j + 1).
    """
    c = _read(costs)
    order = np.argsort(c, kind="stable")
    steps = np.diff(c[order], prepend=zero_like(c))
    users = np.arange(len(c), 0, -1).astype(c.dtype)
    out = np.empty_like(c)
    out[order] = np.cumsum(steps / users)
    return out


def _read(costs: ArrayLike) -> NDArray[Any]:
    (c,) = read_numbers(costs=costs)
    check_row("costs", c)
    check_not_negative("costs", c)
    return c

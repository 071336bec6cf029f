"""Minimum-cost spanning tree games: players build a network to a common source.

Node 0 is the source, node i + 1 is player i, and a link between two nodes costs w. A coalition builds
the cheapest tree that joins its members and the source, without passing through outsiders (Bird 1976):

    c(S) = weight of a minimum spanning tree of S + source

All c(S) at once by Prim's algorithm, run for all coalitions in step: every coalition, from its own
tree, takes the cheapest link to a member not yet joined. The choice needs only the order of the links,
so it works on their ranks, and the costs, floats or fractions, are looked up at the end.

Bird's allocation: every player pays the link that joined it in the tree of N. It is in the core of the
cost game, y(S) <= c(S) for every S (Granot and Huberman 1981), so the core is never empty.

References
----------
Bird (1976), On cost allocation for a spanning tree: a game theoretic approach, Networks 6, 335-350.
Granot and Huberman (1981), Minimum cost spanning tree games, Mathematical Programming 21, 1-18.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import check_not_negative, player_names, read_numbers, zero_like
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.transforms import savings_game
from nucleolus_lib.games.tu_game import TUGame, check_n_players

_CHUNK = 1 << 14


def spanning_tree_cost_game(costs: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """c(S) = weight of a minimum spanning tree of S and the source: a *cost* game.

    Parameters
    ----------
    costs
        Link costs, shape (n + 1, n + 1), symmetric, not negative; row and column 0 are the source. The
        diagonal is ignored. Exact if any number is a Fraction.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError

    Notes
    -----
    Cost O(n**2 2**n): 0.1 s at n = 16; beyond the game it needs a few MiB, since the coalitions are done in chunks.
    """
    w = _read(costs)
    n = len(w) - 1
    check_n_players(n)
    ranks, price = _rank_links(w)
    values = np.full(1 << n, zero_like(w), dtype=w.dtype)
    for start in range(0, 1 << n, _CHUNK):
        coalitions = np.arange(start, min(start + _CHUNK, 1 << n))
        outside = (coalitions[:, None] >> np.arange(n) & 1) == 0
        values[coalitions] = sum((price[link] for link, _ in _prim(ranks, outside)), start=values[coalitions])
    return TUGame(values, player_names(players))


def spanning_tree_game(costs: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """The savings game v(S) = sum of c({i}) over S, minus c(S). Parameters as for the cost game."""
    return savings_game(spanning_tree_cost_game(costs, players))


def bird_allocation(costs: ArrayLike) -> NDArray[Any]:
    """Bird's cost shares, shape (n,): each player pays its own link towards the source; O(n**2).

    With ties several trees are cheapest; the one found takes the link of the lower node first.
    """
    w = _read(costs)
    ranks, price = _rank_links(w)
    shares = np.empty(len(w) - 1, dtype=w.dtype)
    for link, player in _prim(ranks, np.zeros((1, len(w) - 1), dtype=np.bool_)):
        shares[player[0]] = price[link[0]]
    return shares


def _prim(ranks: NDArray[np.int64], outside: NDArray[np.bool_]) -> Any:
    """Yield, step by step, the rank of the link every coalition takes and the player it joins.

    ``outside[k, i]`` says that player i is not in coalition k. A coalition with nobody left takes the
    last rank, which is priced zero.
    """
    nothing = ranks.max() + 1
    nearest = np.where(outside, nothing, ranks[0, 1:])
    joined = outside.copy()
    rows = np.arange(len(outside))
    for _ in range(outside.shape[1]):
        player = np.argmin(nearest, axis=1)
        link = nearest[rows, player]
        yield link, player
        joined[rows, player] = True
        nearest = np.where(joined, nothing, np.minimum(nearest, ranks[player + 1, 1:]))


def _rank_links(w: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Each link's place in the order of costs (all different), and the cost at each place; then a zero."""
    low, high = np.triu_indices(len(w), k=1)
    order = np.argsort(w[low, high], kind="stable")
    ranks = np.zeros(w.shape, dtype=np.int64)
    ranks[low[order], high[order]] = np.arange(len(order))
    ranks += ranks.T
    return ranks, np.append(w[low, high][order], zero_like(w))


def _read(costs: ArrayLike) -> NDArray[Any]:
    (w,) = read_numbers(costs=costs)
    if w.ndim != 2 or w.shape[0] != w.shape[1] or len(w) < 2:
        raise CatalogueParameterError(
            f"costs must be a square table of n + 1 >= 2 nodes, the source first; got shape {w.shape}"
        )
    check_not_negative("costs", w)
    if (w != w.T).any():
        i, j = (int(k) for k in np.argwhere(w != w.T)[0])
        raise CatalogueParameterError(
            f"costs must be symmetric; the link {i}-{j} costs {w[i, j]} one way and {w[j, i]} the other"
        )
    return w

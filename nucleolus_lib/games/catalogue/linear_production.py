"""Linear production games: players pool resources and make what sells best (Owen 1975).

Player i owns the resources b_i (a vector over r = 1, ..., m). One unit of product j needs A_rj of
resource r and sells at p_j. A coalition with the pool b(S) = sum of its b_i earns

    v(S) = max p . z   subject to   A z <= b(S),  z >= 0
         = min y . b(S)   subject to   A' y >= p,  y >= 0                     (linear duality)

The feasible prices y of the second form do not depend on S. The minimum is at a vertex, so with the
finite set Y of vertices every value at once is

    v(S) = min over y in Y of  sum over i in S of  y . b_i

The vertices are found in rational arithmetic, so none is lost or invented by round-off.

Owen's payoffs: with y* best for N, player i gets y* . b_i, the worth of its resources at those prices.
This is in the core, which is therefore never empty.

References
----------
Owen (1975), On the core of linear production games, Mathematical Programming 9 (title and content
confirmed from its abstract; volume from memory).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import check_not_negative, player_names, read_numbers, zero_like
from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.rational import reduced_row_echelon
from nucleolus_lib.games.tu_game import TUGame, check_n_players

MAX_BASES = 20_000
"""Largest number of sets of m constraints that are searched for vertices."""


def linear_production_game(
    technology: ArrayLike, prices: ArrayLike, resources: ArrayLike, players: Sequence[str] | None = None
) -> TUGame:
    """v(S), the best revenue from the pooled resources of S.

    Parameters
    ----------
    technology
        A, shape (m resources, k products), not negative.
    prices
        p, shape (k,).
    resources
        b, shape (n players, m resources), not negative. Exact if any number here is a Fraction.

    Raises
    ------
    CatalogueParameterError
        Also if a product with a positive price needs nothing (unbounded revenue), or if there are more
        than 20,000 ways to choose m of the m + k constraints.
    TooManyPlayersError

    Notes
    -----
    Cost: C(m + k, m) small rational systems once, then one pass of 2**n per vertex.
    """
    a, p, b = _read(technology, prices, resources)
    check_n_players(len(b))
    values = None
    for y in _price_vertices(a, p):
        worth = subset_sums(b @ y)
        values = worth if values is None else np.minimum(values, worth)
    return TUGame(values, player_names(players))  # type: ignore[arg-type]


def owen_payoff(technology: ArrayLike, prices: ArrayLike, resources: ArrayLike) -> NDArray[Any]:
    """Owen's core payoff y* . b_i, shape (n,). Parameters as for :func:`linear_production_game`.

    If several price vectors are best for N, the lexicographically smallest is used.
    """
    a, p, b = _read(technology, prices, resources)
    vertices = sorted(_price_vertices(a, p), key=tuple)
    costs = [(b @ y).sum() for y in vertices]
    return np.asarray(b @ vertices[costs.index(min(costs))])


def _price_vertices(a: NDArray[Any], p: NDArray[Any]) -> list[NDArray[Any]]:
    """The vertices of { y >= 0 : A' y >= p }, each of shape (m,), in the number kind of ``a``."""
    m, k = a.shape
    rows = [[Fraction(a[r, j]) for r in range(m)] for j in range(k)]
    rows += [[Fraction(int(r == i)) for r in range(m)] for i in range(m)]
    sides = [Fraction(price) for price in p] + [Fraction(0)] * m
    vertices = set()
    for chosen in itertools.combinations(range(m + k), m):
        y = _solve([rows[c] for c in chosen], [sides[c] for c in chosen])
        if y is not None and all(
            sum(c * t for c, t in zip(row, y, strict=True)) >= side for row, side in zip(rows, sides, strict=True)
        ):
            vertices.add(y)
    return [np.array(y, dtype=object).astype(a.dtype) for y in sorted(vertices)]


def _solve(rows: list[list[Fraction]], sides: list[Fraction]) -> tuple[Fraction, ...] | None:
    """The solution of a square rational system; None if it is singular."""
    m = len(rows)
    echelon, pivots = reduced_row_echelon([[*row, side] for row, side in zip(rows, sides, strict=True)])
    if sorted(pivots) != list(range(m)):
        return None
    solution = dict(zip(pivots, echelon, strict=True))
    return tuple(solution[column][m] for column in range(m))


def _read(technology: ArrayLike, prices: ArrayLike, resources: ArrayLike) -> tuple[NDArray[Any], ...]:
    a, p, b = read_numbers(technology=technology, prices=prices, resources=resources)
    if a.ndim != 2 or p.shape != a.shape[1:] or b.ndim != 2 or b.shape[1] != a.shape[0] or 0 in (*a.shape, *b.shape):
        raise CatalogueParameterError(
            "technology is (m resources, k products), prices (k,), resources (n players, m); "
            f"got shapes {a.shape}, {p.shape}, {b.shape}"
        )
    check_not_negative("technology", a)
    check_not_negative("resources", b)
    free = np.flatnonzero((p > zero_like(p)) & (a == 0).all(axis=0))
    if len(free):
        raise CatalogueParameterError(
            f"product {int(free[0])} sells at {p[free[0]]} but needs no resource, so revenue would be unbounded; "
            "give it a positive entry in technology"
        )
    m, k = a.shape
    if math.comb(m + k, m) > MAX_BASES:
        raise CatalogueParameterError(
            f"{m} resources and {k} products mean {math.comb(m + k, m):,} sets of constraints; the limit is "
            f"{MAX_BASES:,}. Merge resources or drop products"
        )
    return a, p, b

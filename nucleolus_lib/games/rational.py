"""Linear algebra on coalitions in rational arithmetic.

A coalition S is the 0/1 row 1_S with 1_S . x = x(S). The span of some coalitions, and with it every
coalition whose total they determine, is read off the null space: 1_S lies in span(R) exactly when
w(S) = 0 for every w with w(T) = 0 for all T in R.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import subset_sums


def reduced_row_echelon(rows: Sequence[Sequence[Fraction]]) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form without its zero rows, and the pivot column of each row."""
    echelon: list[list[Fraction]] = []
    pivots: list[int] = []
    for source in rows:
        row = list(source)
        for pivot, other in zip(pivots, echelon, strict=True):
            factor = row[pivot]
            if factor:
                row = [a - factor * b for a, b in zip(row, other, strict=True)]
        column = next((c for c, entry in enumerate(row) if entry), None)
        if column is None:
            continue
        scale = row[column]
        row = [entry / scale for entry in row]
        for k, other in enumerate(echelon):
            factor = other[column]
            if factor:
                echelon[k] = [a - factor * b for a, b in zip(other, row, strict=True)]
        echelon.append(row)
        pivots.append(column)
    return echelon, pivots


def coalition_row(coalition: int, n_players: int) -> list[Fraction]:
    """1_S as a list of n fractions."""
    return [Fraction(coalition >> i & 1) for i in range(n_players)]


def null_space(coalitions: Iterable[int], n_players: int) -> list[NDArray[np.int64]]:
    """Integer vectors w that span {w : w(S) = 0 for every given S}."""
    echelon, pivots = reduced_row_echelon([coalition_row(coalition, n_players) for coalition in coalitions])
    basis = []
    for free in (c for c in range(n_players) if c not in pivots):
        vector = [Fraction(0)] * n_players
        vector[free] = Fraction(1)
        for pivot, row in zip(pivots, echelon, strict=True):
            vector[pivot] = -row[free]
        scale = lcm(*(entry.denominator for entry in vector))
        basis.append(np.array([int(entry * scale) for entry in vector], dtype=np.int64))
    return basis


def in_span(coalitions: Iterable[int], n_players: int) -> NDArray[np.bool_]:
    """For every coalition, whether the given ones determine its total; shape (2**n,)."""
    inside = np.ones(1 << n_players, dtype=np.bool_)
    for vector in null_space(coalitions, n_players):
        inside &= subset_sums(vector) == 0
    return inside


def independent_rows(coalitions: Iterable[int], n_players: int) -> list[int]:
    """The coalitions that raise the rank of those before them."""
    kept: list[int] = []
    for coalition in coalitions:
        if rank([*kept, coalition], n_players) > len(kept):
            kept.append(coalition)
    return kept


def rank(coalitions: Iterable[int], n_players: int) -> int:
    """The rank of the rows 1_S."""
    return len(reduced_row_echelon([coalition_row(coalition, n_players) for coalition in coalitions])[1])


def payoff_from_totals(totals: Mapping[int, Fraction], n_players: int) -> tuple[Fraction, ...]:
    """The x with x(S) = total for n independent coalitions."""
    echelon, pivots = reduced_row_echelon([[*coalition_row(s, n_players), total] for s, total in totals.items()])
    by_player = dict(zip(pivots, echelon, strict=True))
    return tuple(by_player[i][n_players] for i in range(n_players))

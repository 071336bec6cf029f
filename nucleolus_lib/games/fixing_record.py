"""What a nucleolus solve fixed, level by level: enough to certify it, draw it and differentiate it.

Level k of the nucleolus is the linear programme

    min t   subject to   x(S) + t >= v(S)   for every S outside the span of the rows fixed so far,
                         x(S) = v(S) - t_j  for every row fixed at an earlier level j,
                         x(N) = v(N),  and  x_i >= v({i})  (nucleolus only).

Its optimum is t_k. Rows with a positive dual hold with equality in *every* optimal solution, so they
are fixed; each level raises the rank of the fixed rows by at least one until x is determined.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONVERGED, NOT_CONVERGED, EMPTY_IMPUTATION_SET = 0, 1, 2


class FixingRecord(NamedTuple):
    """Record of B solves of n-player games; R = 2n rows at most, at most n levels.

    The right-hand side of row j at level k is v(N) for row 0, v({i}) for a bound, v(S_j) for a row
    fixed at level k itself, and v(S_j) - t of its own level for a row fixed earlier; then
    t_k = sum_j duals[k, j] * rhs_j.
    """

    payoff: NDArray[np.float64]
    """(B, n) the solution x."""
    rows: NDArray[np.int64]
    """(B, R) coalition (bitmask) of each fixed row in the order fixed; ``rows[:, 0]`` is N, -1 pads."""
    row_level: NDArray[np.int64]
    """(B, R) level at which the row was fixed; -1 for N and padding."""
    row_is_bound: NDArray[np.bool_]
    """(B, R) the row is x_i = v({i}) rather than an excess."""
    row_is_redundant: NDArray[np.bool_]
    """(B, R) the row is implied by the rows before it."""
    n_rows: NDArray[np.int64]
    """(B,) rows in use."""
    levels: NDArray[np.float64]
    """(B, n) t_k, the excess fixed at level k; NaN beyond ``n_levels``."""
    n_levels: NDArray[np.int64]
    """(B,) levels in use."""
    duals: NDArray[np.float64]
    """(B, n, R) multipliers of the rows at each level."""
    status: NDArray[np.int64]
    """(B,) CONVERGED, NOT_CONVERGED or EMPTY_IMPUTATION_SET."""

"""Max-plus subset convolution: the best way to cut a coalition in two.

h(R) = max over A subset of R of  f(A) + g(R minus A)

It is the one step shared by coalition structures (the best split of R), superadditivity (no split of R
is worth more than R) and the superadditive cover. There are 3**k pairs (A, R), so the cost is O(3**k).

Write R = R' or R' + top, top the highest player. Then

    h(R')       = (f0 * g0)(R')
    h(R' + top) = max( (f1 * g0)(R'), (f0 * g1)(R') )

with f0, f1 the halves of f without and with top: three convolutions of half the size, down to blocks of
2**9 entries, which are read through a table of all their pairs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 9


def max_plus_convolution(f: NDArray[Any], g: NDArray[Any]) -> NDArray[Any]:
    """h of the module's docstring, shape (2**k,), for ``f`` and ``g`` of that shape.

    Any dtype with ``+`` and ``max``: float64, int64, or objects (Python integers, fractions).
    """
    if len(f) <= _BLOCK:
        left, right, starts = _pairs(len(f))
        return np.asarray(np.maximum.reduceat(f[left] + g[right], starts))
    half = len(f) // 2
    h = np.empty_like(f)
    h[:half] = max_plus_convolution(f[:half], g[:half])
    with_left = max_plus_convolution(f[half:], g[:half])
    with_right = max_plus_convolution(f[:half], g[half:])
    np.maximum(with_left, with_right, out=h[half:])
    return h


def submasks(coalition: int) -> NDArray[np.int64]:
    """Every subset of ``coalition`` as a bitmask, ascending, empty set and ``coalition`` included."""
    subsets = np.zeros(1, dtype=np.int64)
    bit = 1
    while bit <= coalition:
        if coalition & bit:
            subsets = np.concatenate([subsets, subsets | bit])
        bit <<= 1
    return subsets


@lru_cache(maxsize=16)
def _pairs(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All (A, R minus A), grouped by R, and where each group starts."""
    masks = np.arange(size, dtype=np.int64)
    whole, part = np.nonzero((masks[None, :] & ~masks[:, None]) == 0)
    return part, whole ^ part, np.searchsorted(whole, masks)

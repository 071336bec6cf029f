"""Exact values as integers over one common denominator.

Fractions v(S) = k(S) / d with d the least common multiple of all denominators. Sums and maxima of the
integers k(S) are the same sums and maxima of v, d times larger, and integers are one to two orders of
magnitude faster than :class:`fractions.Fraction`: machine words when they fit, Python integers otherwise.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = 1 << 62


def to_integers(values: NDArray[Any], headroom: int = 1) -> tuple[NDArray[Any], int]:
    """The integers k and the denominator d with ``values == k / d``.

    Parameters
    ----------
    values
        Fractions, any shape (object dtype).
    headroom
        The caller promises that every number it computes from k is at most ``headroom`` times the
        largest \\|k\\|. If that fits a machine word k has dtype int64, otherwise it holds Python integers.
    """
    flat = values.ravel()
    denominator = math.lcm(*(value.denominator for value in flat))
    numerators = [value.numerator * (denominator // value.denominator) for value in flat]
    largest = max((abs(numerator) for numerator in numerators), default=0)
    dtype = np.int64 if largest * headroom < _WORD else object
    return np.array(numerators, dtype=dtype).reshape(values.shape), denominator


def to_fractions(integers: NDArray[Any], denominator: int) -> NDArray[Any]:
    """``integers / denominator`` as an object array of fractions, the inverse of :func:`to_integers`."""
    array = np.empty(integers.size, dtype=object)
    for k, integer in enumerate(integers.ravel()):
        array[k] = Fraction(int(integer), denominator)
    return array.reshape(integers.shape)

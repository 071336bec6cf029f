# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc"
"""The exponential for compiled loops, in a form that the compiler can do sixteen at once.

In single precision exp(y) = 2^k exp(r), k the integer nearest to y / log 2, with Taylor's series for exp(r),
|r| <= 0.35. It is right to 1e-7 of its value for -87 <= y <= 87 and cut off there. In double precision it is the
library's. What is not a number stays so, so that a broken run is noticed.

numba's cache notices a change in the file a function stands in, not in functions it calls: after a change here, delete
``__pycache__``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

F = np.float32
# No flag that lets the compiler assume finite numbers or reorder the rounding trick below.
OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz", "arcp"}, "error_model": "numpy", "cache": True}
"""How the learners' loops are compiled."""
ROUND = F(12582912.0)
"""1.5 * 2^23: adding it to a small number leaves the nearest integer in the lowest bits."""


@intrinsic
def as_float(typing_context, bits):
    """The float32 with these bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


@intrinsic
def as_bits(typing_context, value):
    """The bits of a float32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


@njit(inline="always", **OPTIONS)
def _exponential_single(y):
    y = F(-87.0) if y < F(-87.0) else y
    y = F(87.0) if y > F(87.0) else y
    shifted = y * F(1.44269504) + ROUND
    k = shifted - ROUND
    # log 2 in two parts, the first exact in few bits, so that the remainder keeps its digits.
    r = y - k * F(0.693359375) + k * F(2.12194440e-4)
    p = F(1 / 5040)
    p = p * r + F(1 / 720)
    p = p * r + F(1 / 120)
    p = p * r + F(1 / 24)
    p = p * r + F(1 / 6)
    p = p * r + F(0.5)
    p = p * r + F(1.0)
    p = p * r + F(1.0)
    return as_float(as_bits(p) + (as_bits(shifted) << np.int32(23)))


@njit(inline="always", **OPTIONS)
def _exponential_double(y):
    return math.exp(y)


def exponential(single: bool) -> Callable[..., Any]:
    """The compiled exponential of either precision, for use in another compiled function."""
    return _exponential_single if single else _exponential_double  # type: ignore[no-any-return]

# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc"
"""The sampled marginal contributions of :mod:`~nucleolus_lib.learners.shapley_weights`, compiled.

For every state s, order k and agent i, with m = qbar of the agents before i,

    c_(s,k,i) = sum_e W_2[e] elu(m W_1[0,e] + q_i W_1[1,e] + b_1[e]) + b_2,    out_(s,i) = mean_k |c_(s,k,i)|,

S K N networks of E units. One after another they stay in registers; as array operations they fill memory with S K N E
numbers some ten times over. The backward pass works the units out again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit

from nucleolus_lib.learners.fast_exponential import OPTIONS, exponential

F = np.float32


@dataclass(frozen=True)
class ShapleyKernels:
    """Compiled for one width E and one precision. S states, K orders, N agents."""

    forward: Callable[..., None]
    """(q (S, N), keys (S, K, N), first (S, 2E), first_bias (S, E), second (S, E), second_bias (S,), c (S, K, N),
    out (S, N)): fills c and out."""
    backward: Callable[..., None]
    """(the six inputs, c, grad_out (S, N), then zeros shaped as q, first, first_bias, second, second_bias): adds the
    gradients to the zeros."""


@lru_cache(maxsize=8)
def shapley_kernels(width: int, single: bool) -> ShapleyKernels:
    """The kernels for E = ``width``; compiled once, then read from numba's cache."""
    exp = exponential(single)
    dtype = np.float32 if single else np.float64

    # A sum may be reordered, the exponential may not: hence two sets of options.
    @njit(fastmath={"contract", "nsz", "reassoc"}, cache=True)
    def dot(some, others):
        total = some[0] * others[0]
        for e in range(1, width):
            total += some[e] * others[e]
        return total

    @njit(inline="always", **OPTIONS)
    def mean_before(q, keys, i):
        total, count = q[0] * F(0.0), F(0.0)
        for j in range(q.shape[0]):
            # Without a branch, which a random order would make the processor guess wrong half the time.
            before = F(1.0) if keys[j] < keys[i] else F(0.0)
            total += before * q[j]
            count += before
        count = max(count, F(1.0))
        return total / count, count

    @njit(**OPTIONS)
    def forward(q, keys, first, first_bias, second, second_bias, c, out):
        unit = np.empty(width, dtype)
        orders, agents = keys.shape[1:]
        for s in range(q.shape[0]):
            for i in range(agents):
                out[s, i] = 0
            for k in range(orders):
                for i in range(agents):
                    mean, _ = mean_before(q[s], keys[s, k], i)
                    own = q[s, i]
                    for e in range(width):
                        x = mean * first[s, e] + own * first[s, width + e] + first_bias[s, e]
                        low = exp(F(0.0) if x > 0 else x) - F(1.0)
                        unit[e] = x if x > 0 else low
                    c[s, k, i] = dot(unit, second[s]) + second_bias[s]
                    out[s, i] += abs(c[s, k, i]) / F(orders)

    @njit(**OPTIONS)
    def backward(
        q, keys, first, first_bias, second, second_bias, c, grad_out, to_q, to_first, to_first_bias, to_second, to_bias
    ):
        slope = np.empty(width, dtype)
        orders, agents = keys.shape[1:]
        for s in range(q.shape[0]):
            for k in range(orders):
                for i in range(agents):
                    mean, count = mean_before(q[s], keys[s, k], i)
                    own = q[s, i]
                    grad = np.sign(c[s, k, i]) * grad_out[s, i] / F(orders)
                    for e in range(width):
                        x = mean * first[s, e] + own * first[s, width + e] + first_bias[s, e]
                        power = exp(F(0.0) if x > 0 else x)
                        to_second[s, e] += grad * (x if x > 0 else power - F(1.0))
                        slope[e] = grad * second[s, e] * power
                    for e in range(width):
                        to_first[s, e] += slope[e] * mean
                        to_first[s, width + e] += slope[e] * own
                        to_first_bias[s, e] += slope[e]
                    to_bias[s] += grad
                    to_q[s, i] += dot(slope, first[s, width:])
                    share = dot(slope, first[s, :width]) / count
                    for j in range(agents):
                        to_q[s, j] += share if keys[s, k, j] < keys[s, k, i] else F(0.0)

    return ShapleyKernels(forward, backward)

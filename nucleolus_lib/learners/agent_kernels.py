# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc"
"""The elementwise parts of the agents' network, compiled: one pass over memory for each.

A GRU cell with input part g = W_i e (three blocks of H: reset r, update z, candidate n), memory part k = W_h h and
biases is

    r = s(g_r + k_r + b_r),  z = s(g_z + k_z + b_z),  m = k_n + c_n,  n = tanh(g_n + b_n + r m),
    h' = n + z (h - n),

s the logistic function. Backwards, from d = dL/dh',

    dn = d (1 - z) (1 - n^2),  dz = d (h - n) z (1 - z),  dr = dn m r (1 - r),  dm = dn r,  dL/dh = d z + ...,

where dn, dr, dz, dm are gradients before the nonlinearity. PyTorch does this in some twenty passes.

The matrix products between them are PyTorch's.
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
class AgentKernels:
    """Compiled for one width H and one precision. R rows (episode, agent), N agents with the agent the faster index."""

    enter: Callable[..., None]
    """(pre (R, H), action_rows (A, H), action (R,), agent_rows (N, H), out (R, H)): out = relu(pre + its action's row +
    its agent's row); an action outside 0..A-1 has no row."""
    cell: Callable[..., None]
    """(g (R, 3H), k (R, 3H), bias (4H) = b_r, b_z, b_n, c_n, h (R, H), after (R, H), gates (R, 4H) = r, z, n, m)."""
    cell_backward: Callable[..., None]
    """(d (R, H), gates, h, carried (R, H), grad (R, 4H), grad_bias (4H)): the gradient that arrives is d + carried;
    carried becomes its part d z; grad holds dn, dr, dz, dm and grad_bias collects their sums."""
    enter_backward: Callable[..., None]
    """(d (R, H), out, action, grad_action (A, H), grad_agent (N, H)): d becomes the gradient before relu; the others
    collect its sums by action and by agent."""


@lru_cache(maxsize=16)
def agent_kernels(width: int, single: bool) -> AgentKernels:
    """The kernels for H = ``width``; compiled once, then read from numba's cache.

    The width is a constant of the compiled code: only then does the compiler see that the blocks of a row do not
    overlap.
    """
    exp = exponential(single)

    @njit(inline="always", **OPTIONS)
    def logistic(x):
        return F(1.0) / (F(1.0) + exp(-x))

    @njit(**OPTIONS)
    def enter(pre, action_rows, action, agent_rows, out):
        for i in range(pre.shape[0]):
            agent, chosen = i % agent_rows.shape[0], action[i]
            if 0 <= chosen < action_rows.shape[0]:
                for j in range(width):
                    value = pre[i, j] + action_rows[chosen, j] + agent_rows[agent, j]
                    out[i, j] = F(0.0) if value <= 0 else value
            else:
                for j in range(width):
                    value = pre[i, j] + agent_rows[agent, j]
                    out[i, j] = F(0.0) if value <= 0 else value

    @njit(**OPTIONS)
    def cell(g, k, bias, h, after, gates):
        for i in range(h.shape[0]):
            for j in range(width):
                r = logistic(g[i, j] + k[i, j] + bias[j])
                z = logistic(g[i, width + j] + k[i, width + j] + bias[width + j])
                m = k[i, 2 * width + j] + bias[3 * width + j]
                n = F(2.0) * logistic(F(2.0) * (g[i, 2 * width + j] + bias[2 * width + j] + r * m)) - F(1.0)
                gates[i, j] = r
                gates[i, width + j] = z
                gates[i, 2 * width + j] = n
                gates[i, 3 * width + j] = m
                after[i, j] = n + z * (h[i, j] - n)

    @njit(**OPTIONS)
    def cell_backward(d, gates, h, carried, grad, grad_bias):
        for i in range(h.shape[0]):
            for j in range(width):
                r, z = gates[i, j], gates[i, width + j]
                n, m = gates[i, 2 * width + j], gates[i, 3 * width + j]
                arriving = d[i, j] + carried[i, j]
                dn = arriving * (F(1.0) - z) * (F(1.0) - n * n)
                grad[i, j] = dn
                grad[i, width + j] = dn * m * r * (F(1.0) - r)
                grad[i, 2 * width + j] = arriving * (h[i, j] - n) * z * (F(1.0) - z)
                grad[i, 3 * width + j] = dn * r
                carried[i, j] = arriving * z
            for j in range(4 * width):
                grad_bias[j] += grad[i, j]

    @njit(**OPTIONS)
    def enter_backward(d, out, action, grad_action, grad_agent):
        for i in range(d.shape[0]):
            agent, chosen = i % grad_agent.shape[0], action[i]
            for j in range(width):
                value = d[i, j] if out[i, j] > 0 else F(0.0)
                d[i, j] = value
                grad_agent[agent, j] += value
            if 0 <= chosen < grad_action.shape[0]:
                for j in range(width):
                    grad_action[chosen, j] += d[i, j]

    return AgentKernels(enter, cell, cell_backward, enter_backward)

"""Payoffs and excesses of the learner (paper, equations 10 and 11).

With w_i >= 0 and b from a hypernetwork of the state (register, row I4), Q_tot = sum_i w_i Q_i + b, and the payoff
of agent i is its part of Q_tot with the rest shared equally,

    x_i = w_i Q_i + (b - V_empty) / n,        so that        sum_i x_i = Q_tot - V_empty          (exactly),

where V_empty = V(s, empty) under the zero-normalised reading of row I2 and 0 under the literal one. The game is
v(C) = V(s, a_C) - V_empty, and

    e(C) = v(C) - sum_{i in C} x_i,

positive where the coalition is dissatisfied. The constraint of (16) is on the largest e(C) over the *proper*
coalitions, those other than N and the empty one.
"""

from __future__ import annotations

import torch
from torch import Tensor


def payoffs(weighted: Tensor, rest: Tensor) -> Tensor:
    """x_i = w_i Q_i + rest / n, (..., N), from w_i Q_i (..., N) and what is left to share, b - V_empty, (...)."""
    return weighted + rest[..., None] / weighted.shape[-1]


def excesses(values: Tensor, payoff: Tensor, member: Tensor) -> Tensor:
    """e(C) = v(C) - x(C) (paper, equation 11).

    Parameters
    ----------
    values
        (..., K) v(C).
    payoff
        (..., N).
    member
        (K, N) bool.

    Returns
    -------
    (..., K)
    """
    return values - payoff @ member.to(payoff.dtype).T


def largest_excess(excess: Tensor, is_proper: Tensor) -> Tensor:
    """max over the proper coalitions, (...), from excesses (..., K) and which of the K are proper, (K,) bool."""
    return torch.where(is_proper, excess, -torch.inf).amax(-1)

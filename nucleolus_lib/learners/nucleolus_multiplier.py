"""The multiplier lambda and its dual step (paper, equation 22; register, rows I5 and I6).

    lambda <- min( max(0, lambda + xi * mean of [max_C e - target]), lambda_max )

every ``multiplier_period`` updates, the mean taken over the valid steps of the batch.

The target is 0 in the text. Where the core is empty the largest excess is positive for every payoff, so lambda
would then grow without end. Row I5 puts the least-core value in its place, the smallest largest excess that any
efficient payoff has, as a running mean over the games solved so far:

    eps* <- (1 - rate) * eps* + rate * mean of the batch's least-core values,

with bias correction, so that the first batch counts in full; lambda_max is the second safeguard.
"""

from __future__ import annotations

import torch
from torch import Tensor


def dual_step(multiplier: Tensor, violation: Tensor, step: float, largest: float) -> Tensor:
    """lambda after one step of (22); ``violation`` is the mean of max_C e - target, all 0-d."""
    return (multiplier + step * violation).clamp(0.0, largest)


def running_mean(total: Tensor, weight: Tensor, value: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """The decayed sum and its weight after ``value``; the mean is ``total / weight``. A NaN leaves them as they are."""
    is_number = ~value.isnan()
    keep = 1.0 - rate
    return (
        torch.where(is_number, keep * total + rate * value, total),
        torch.where(is_number, keep * weight + rate, weight),
    )

"""The lambda-return as the weighted sum of n-step returns, one episode and one step at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def lambda_return(
    rewards: NDArray[np.float64],
    ended: bool,
    next_values: NDArray[np.float64],
    start: int,
    discount: float,
    td_lambda: float,
) -> float:
    """G_start of one episode of ``len(rewards)`` steps: sum over n of
    (1 - lambda) lambda^(n-1) G^(n), the rest on the last.

    G^(n) adds n rewards and the discounted value after them; the longest one, to the end of the episode, bootstraps
    unless the task ended there.
    """
    length = len(rewards)
    total, weight = 0.0, 1.0
    for n in range(1, length - start + 1):
        value = sum(discount**k * rewards[start + k] for k in range(n))
        last = start + n == length
        if not (last and ended):
            value += discount**n * next_values[start + n - 1]
        total += (weight if last else weight * (1 - td_lambda)) * value
        weight *= td_lambda
    return float(total)


def pymarl2_returns(
    rewards: NDArray[np.float64],
    terminated: NDArray[np.float64],
    mask: NDArray[np.float64],
    values: NDArray[np.float64],
    discount: float,
    td_lambda: float,
) -> NDArray[np.float64]:
    """The backward recursion of PyMARL2 (commit 8ccac7c, utils/rl_utils.py) for one padded episode, T + 1 values."""
    target = np.zeros(len(rewards) + 1)
    target[-1] = values[-1] * (1 - terminated.sum())
    for t in range(len(rewards) - 1, -1, -1):
        now = rewards[t] + (1 - td_lambda) * discount * values[t + 1] * (1 - terminated[t])
        target[t] = td_lambda * discount * target[t + 1] + mask[t] * now
    return target[:-1]

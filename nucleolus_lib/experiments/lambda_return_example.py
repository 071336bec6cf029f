"""The TD(lambda) targets of one short episode, for one lambda after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.learners.td_lambda import lambda_returns


def lambda_return_rows(
    reward: Sequence[float],
    next_value: Sequence[float],
    lambdas: Sequence[float],
    discount: float,
    *,
    terminated: bool,
) -> NDArray[np.float64]:
    """G_t for every lambda, (len(lambdas), T), as the learners compute it.

    Parameters
    ----------
    reward, next_value
        r_t and y_(t+1) of an episode of T steps.
    lambdas, discount
        lambda, gamma.
    terminated
        Whether the task ended in the last step; otherwise the clock ran out there.
    """
    rewards = torch.tensor([reward], dtype=torch.float64)
    ends = torch.zeros_like(rewards, dtype=torch.bool)
    ends[0, -1] = terminated
    values = torch.tensor([next_value], dtype=torch.float64)
    played = torch.ones_like(rewards)
    rows = [lambda_returns(rewards, ends, played, values, discount, td_lambda)[0] for td_lambda in lambdas]
    return torch.stack(rows).numpy()

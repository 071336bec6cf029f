"""Choosing actions: greedy, or at random with the exploration rate, each agent for itself."""

from __future__ import annotations

import torch
from torch import Tensor

UNAVAILABLE = -torch.inf


def greedy(q: Tensor, available: Tensor) -> Tensor:
    """The available action of the largest q, (...,) int64, from q (..., A) and available (..., A) bool.

    Where nothing is available (padding) it is 0.
    """
    return torch.where(available, q, UNAVAILABLE).argmax(-1)


def epsilon_greedy(q: Tensor, available: Tensor, exploration_rate: Tensor | float, draws: Tensor) -> Tensor:
    """Greedy, or with probability ``exploration_rate`` uniform over the available actions, (..., ) int64.

    Parameters
    ----------
    q, available
        (..., A) float and bool.
    exploration_rate
        A number or a 0-d tensor in [0, 1]; 0 is greedy.
    draws
        (..., 2) uniform numbers in [0, 1): the first decides whether to explore, the second which action is taken.
    """
    count = available.sum(-1)
    # A draw just below 1 times the count can round up to the count.
    rank = torch.minimum((draws[..., 1] * count).long(), count - 1)
    explored = (available.cumsum(-1) <= rank[..., None]).sum(-1).clamp(max=q.shape[-1] - 1)
    return torch.where(draws[..., 0] < exploration_rate, explored, greedy(q, available))

"""Which coalitions enter the loss (register, row I3).

"all"      every coalition in the order of its bitmask, K = 2**n, the empty one first and N last;
"sampled"  the empty coalition, ``count`` sampled proper ones, and N: K = count + 2.

Two ways to draw a proper coalition:

"uniform_size"  |C| uniform on 1..n-1, then uniform among the coalitions of that size;
"ordered"       the agents in a uniformly random order; its prefixes of lengths 1..n-1 are taken one after the
                other, then a new order. This is how SHAQ draws coalitions, and its sizes are as uniform.

A sample is a function of numbers uniform on [0, 1), so no shape depends on data.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.learners.nucleolus_config import Sampling


def all_members(n_agents: int, device: torch.device | str = "cpu") -> Tensor:
    """(2**n, n) bool: row C tells who is in the coalition with bitmask C."""
    masks = torch.arange(1 << n_agents, device=device)
    return (masks[:, None] >> torch.arange(n_agents, device=device) & 1).bool()


def sampled_members(draws: Tensor, sampling: Sampling) -> Tensor:
    """The empty coalition, a sample of proper coalitions, and N, (count + 2, n) bool, from draws (count, n + 1)."""
    count, n = draws.shape[0], draws.shape[1] - 1
    number = torch.arange(count, device=draws.device)
    if sampling == "ordered":
        size = 1 + number % (n - 1)
        scores = draws[number // (n - 1), 1:]
    else:
        # A draw just below 1 times n - 1 can round up to n - 1.
        size = 1 + (draws[:, 0] * (n - 1)).long().clamp(max=n - 2)
        scores = draws[:, 1:]
    place = scores.argsort(1).argsort(1)
    chosen = place < size[:, None]
    ends = torch.zeros((1, n), dtype=torch.bool, device=draws.device)
    return torch.cat([ends, chosen, ~ends])


def proper(count: int, device: torch.device | str = "cpu") -> Tensor:
    """(K,) bool: all but the first and the last of K rows, which are the empty coalition and N."""
    row = torch.arange(count, device=device)
    return (row > 0) & (row < count - 1)

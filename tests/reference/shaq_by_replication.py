"""SHAQ's weights with the state given to the hypernetworks once per order and agent, as in its authors' code."""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.learners.shapley_weights import ShapleyWeights


def shapley_weights_replicated(weights: ShapleyWeights, q: Tensor, state: Tensor, keys: Tensor) -> Tensor:
    """alpha (S, N) of q (S, N), state (S, D) and keys (S, K, N)."""
    rows, orders, n = keys.shape
    before = (keys[..., None, :] < keys[..., :, None]).to(q.dtype)
    mean = (before * q[:, None, None, :]).sum(-1) / before.sum(-1).clamp(min=1)
    pair = torch.stack([mean, q[:, None, :].expand(rows, orders, n)], -1).reshape(-1, 2)
    copies = state[:, None, None, :].expand(rows, orders, n, state.shape[-1]).reshape(-1, state.shape[-1])
    to_first, to_second, to_bias, first_bias = weights.enter(copies).split(weights.widths, -1)
    first = weights.first_weight(to_first.relu()).abs().reshape(-1, 2, weights.embed)
    second = weights.second_weight(to_second.relu()).abs()
    hidden = torch.nn.functional.elu((pair[:, :, None] * first).sum(1) + first_bias)
    contribution = (hidden * second).sum(-1, keepdim=True) + weights.second_bias(to_bias.relu())
    return 1 + contribution.abs().reshape(rows, orders, n).mean(1)

"""A random part of a batch's steps, for what is too dear to do on all of them.

Of the B * T steps, ``count`` are drawn without replacement, first among those that count. The shape is fixed: if fewer
than ``count`` steps count, the others come with weight 0.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class StepSample(NamedTuple):
    """Which steps, as places in the flattened (B * T) axis."""

    place: Tensor
    """(G,) int64."""
    weight: Tensor
    """(G,) 1 for steps that count, else 0."""

    def of(self, tensor: Tensor) -> Tensor:
        """The sampled rows (G, ...) of a tensor (B, T, ...)."""
        return tensor.flatten(0, 1)[self.place]

    def mean(self, value: Tensor) -> Tensor:
        """Mean of ``value`` (G,) over the steps that count, 0-d; 0 if none does."""
        return (value * self.weight).sum() / self.weight.sum().clamp(min=1)


def sample_steps(counts: Tensor, count: int, generator: torch.Generator) -> StepSample:
    """``count`` of the steps of m (B, T), or all of them if ``count`` is 0 or more than there are."""
    flat = counts.flatten()
    if count == 0 or count >= flat.numel():
        return StepSample(torch.arange(flat.numel(), device=flat.device), flat)
    draws = torch.rand(flat.shape, generator=generator, device=flat.device)
    place = (draws + flat).topk(count).indices
    return StepSample(place, flat[place])

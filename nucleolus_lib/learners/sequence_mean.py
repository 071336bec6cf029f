"""Means over the steps that count: sum m x / sum m."""

from __future__ import annotations

from torch import Tensor


def masked_mean(value: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``value`` (B, T) over the steps with mask 1; 0 where no step counts. 0-d."""
    return (value * mask).sum() / mask.sum().clamp(min=1)

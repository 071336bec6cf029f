"""A few numbers of the host as a tensor on a device, without a copy from the host.

A captured CUDA graph may not copy from the host's memory, as ``torch.tensor(numbers, device="cuda")`` does. A number
that is filled in is an argument of a kernel, which the graph keeps. So every number takes a kernel of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def literal_tensor(numbers: Sequence[float], device: torch.device | str) -> Tensor:
    """(len(numbers),) float64, to the last bit the numbers given."""
    return torch.cat([torch.full((1,), number, dtype=torch.float64, device=device) for number in numbers])

"""Whether a batch of battles fits into memory.

Every game loop compares all pairs of U units, so it holds several float32 tensors of B x U x U at once;
with ``PAIR_TENSORS`` of them a batch takes

    4 * PAIR_TENSORS * B * U^2 bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

from nucleolus_lib.envs.errors import WorldParameterError

PAIR_TENSORS = 8
"""How many tensors over pairs of units a loop holds at once."""


def check_memory(name: str, batch: int, n_units: int, device: torch.device) -> None:
    """Refuse a batch that takes more than the device has left.

    Raises
    ------
    WorldParameterError
        With the bytes that it takes, the bytes there are, and the largest batch that fits.
    """
    each = 4 * PAIR_TENSORS * n_units**2
    free = available_bytes(device)
    if batch * each > free:
        raise WorldParameterError(
            f"{batch} battles of {name} compare {n_units} x {n_units} units each and take {batch * each} bytes; "
            f"{device} has {free} bytes left. Play at most {free // each} at once"
        )


def available_bytes(device: torch.device) -> int:
    """Memory that can still be taken on a device, in bytes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        # No such file outside Linux: all of the machine's memory is the best bound there is.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

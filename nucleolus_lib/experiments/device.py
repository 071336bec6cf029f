"""Which device a run uses, and what it is called in the record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from nucleolus_lib.experiments.errors import DeviceAbsentError
from nucleolus_lib.provenance import processor


def resolve_device(name: str) -> torch.device:
    """The device ``name`` stands for; "auto" is the GPU if there is one, else the CPU.

    Raises
    ------
    DeviceAbsentError
        It is not on this machine; the message says what is.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda", 0) if count else torch.device("cpu")
    present = ["cpu", *(f"cuda:{index}" for index in range(count))]
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is not None and device.type == "cpu":
        return torch.device("cpu")
    if device is not None and device.type == "cuda" and (device.index or 0) < count:
        return torch.device("cuda", device.index or 0)
    raise DeviceAbsentError(f"there is no device {name!r} on this machine; there is {', '.join(present)}. Say auto")


def describe_device(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)} (CUDA {torch.version.cuda})"
    return f"CPU: {processor()}"


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """torch computes with ``count`` threads inside, with as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Working on states without knowing their world.

A state is a frozen dataclass whose fields are tensors with B as first axis. These functions need no
more than that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

StateT = TypeVar("StateT")


def map_tensors(function: Callable[..., Tensor], *states: StateT) -> StateT:
    """The state whose every field is ``function`` of that field in ``states``."""
    fields = {
        field.name: function(*(getattr(state, field.name) for state in states))
        for field in dataclasses.fields(states[0])  # type: ignore[arg-type]
    }
    return dataclasses.replace(states[0], **fields)  # type: ignore[type-var]


def tensors_of(state: Any) -> dict[str, Tensor]:
    """Field name to tensor."""
    return {field.name: getattr(state, field.name) for field in dataclasses.fields(state)}


def select(mask: Tensor, if_true: StateT, if_false: StateT) -> StateT:
    """World by world, one state or the other: ``mask`` (B,) bool. For starting finished worlds anew."""

    def choose(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(mask.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return map_tensors(choose, if_true, if_false)


def world_slice(state: StateT, worlds: Any) -> StateT:
    """The chosen worlds (a slice or an index tensor) of a batch."""
    return map_tensors(lambda tensor: tensor[worlds], state)


def clone(state: StateT) -> StateT:
    """A copy that shares no memory."""
    return map_tensors(Tensor.clone, state)


def batch_size(state: Any) -> int:
    """B."""
    return int(next(iter(tensors_of(state).values())).shape[0])

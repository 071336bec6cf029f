"""How many kernels a piece of work launches, counted by its operations.

An operation of PyTorch that makes or changes numbers launches one kernel at least; a view, or memory that is only
asked for, launches none. So the count is a lower bound: sorting, scanning or filling by index take several.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

ALLOCATIONS = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"}
SAME_MEMORY = {"_unsafe_view", "_reshape_alias", "lift_fresh", "set_", "resize_"}
"""Views that the schema does not tell from others."""


class LaunchCount(TorchDispatchMode):
    """Counts while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.launches = 0
        self.by_name: dict[str, int] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if launches(function):
            self.launches += 1
            name = function.overloadpacket.__name__
            self.by_name[name] = self.by_name.get(name, 0) + 1
        return function(*args, **(kwargs or {}))


def launches(function: Any) -> bool:
    """Whether an operation launches a kernel: it is no view and more than an allocation."""
    name = function.overloadpacket.__name__
    if name in ALLOCATIONS or name in SAME_MEMORY:
        return False
    returns = function._schema.returns
    is_view = any(value.alias_info is not None and not value.alias_info.is_write for value in returns)
    return bool(returns) and not is_view


def count_launches(work: Callable[[], object]) -> int:
    """Kernels of ``work()``, at least."""
    with LaunchCount() as count:
        work()
    return count.launches

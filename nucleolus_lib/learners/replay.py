"""The replay buffer: the last ``capacity`` episodes, whole, in preallocated tensors on the learner's device.

Episodes are drawn uniformly without replacement. On the CPU a sample is cut to its longest episode; on another device,
where lengths cannot be read without waiting, it keeps the full length.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.learners.episode_batch import (
    MOMENT_FIELDS,
    SUBTASK_FIELDS,
    EpisodeBatch,
    batch_layout,
    check_batch,
)
from nucleolus_lib.learners.errors import ReplayError
from nucleolus_lib.learners.sizes import Sizes


class ReplayBuffer:
    """A ring of episodes.

    Parameters
    ----------
    capacity
        Episodes kept.
    sizes
        Of the world; episodes are padded to ``sizes.horizon`` steps.
    store_subtasks
        Whether subtask rewards, participants and requirements are kept.
    device
        Where the tensors live.

    Raises
    ------
    ReplayError
    """

    def __init__(
        self, capacity: int, sizes: Sizes, store_subtasks: bool = False, device: torch.device | str = "cpu"
    ) -> None:
        if capacity < 1:
            raise ReplayError(f"a replay buffer keeps at least one episode; got capacity={capacity}")
        self.capacity, self.sizes, self.store_subtasks = capacity, sizes, store_subtasks
        self.device = torch.device(device)
        self._stored = {
            name: torch.zeros((capacity, *shape), dtype=dtype, device=self.device)
            for name, (shape, dtype) in batch_layout(sizes, sizes.horizon).items()
            if store_subtasks or name not in SUBTASK_FIELDS
        }
        self._next = 0
        self._size = 0

    def __len__(self) -> int:
        """Episodes stored."""
        return self._size

    def add(self, batch: EpisodeBatch) -> None:
        """Store B episodes of ``sizes.horizon`` steps in place of the oldest ones.

        Raises
        ------
        ReplayError
            If there are more than ``capacity``, they are not ``horizon`` steps long, or lack the subtask fields.
        BatchError
            If a field has the wrong shape or type.
        """
        count = batch.n_episodes
        if count > self.capacity:
            raise ReplayError(f"{count} episodes at once do not fit into a buffer of {self.capacity}; make it larger")
        if batch.n_steps != self.sizes.horizon:
            raise ReplayError(
                f"this buffer keeps episodes padded to the horizon of {self.sizes.horizon} steps; got {batch.n_steps}"
            )
        check_batch(batch, self.sizes)
        tensors = batch.tensors()
        lacking = sorted(self._stored.keys() - tensors.keys())
        if lacking:
            raise ReplayError(f"this buffer stores subtasks, but the episodes came without {', '.join(lacking)}")
        first = min(count, self.capacity - self._next)
        for name, stored in self._stored.items():
            stored[self._next : self._next + first] = tensors[name][:first]
            stored[: count - first] = tensors[name][first:]
        self._next = (self._next + count) % self.capacity
        self._size = min(self._size + count, self.capacity)

    def sample(self, batch_size: int, generator: torch.Generator) -> EpisodeBatch:
        """``batch_size`` different episodes, drawn with ``generator`` (on the buffer's device).

        Raises
        ------
        ReplayError
            If fewer are stored.
        """
        if not 1 <= batch_size <= self._size:
            raise ReplayError(
                f"a batch must hold between 1 and {self._size} episodes, as many as are stored; got "
                f"batch_size={batch_size}. The buffer keeps up to {self.capacity}."
            )
        chosen = torch.randperm(self._size, generator=generator, device=self.device)[:batch_size]
        return EpisodeBatch(**{name: self._pick(name, chosen, self._steps(chosen)) for name in self._stored})

    def _steps(self, chosen: Tensor) -> int:
        if self.device.type != "cpu":
            return self.sizes.horizon
        return max(int(self._stored["filled"][chosen].sum(1).max()), 1)

    def _pick(self, name: str, chosen: Tensor, steps: int) -> Tensor:
        kept = self._stored[name][:, : steps + 1 if name in MOMENT_FIELDS else steps]
        return kept[chosen]

    def state_dict(self) -> dict[str, Any]:
        """The stored episodes and the place of the next one."""
        return {
            "capacity": self.capacity,
            "next": self._next,
            "size": self._size,
            "tensors": {name: stored[: self._size].clone() for name, stored in self._stored.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over stored episodes.

        Raises
        ------
        ReplayError
            If they were stored by a buffer of another capacity or for another world.
        """
        shapes = {name: tuple(tensor.shape[1:]) for name, tensor in state["tensors"].items()}
        expected = {name: tuple(tensor.shape[1:]) for name, tensor in self._stored.items()}
        if state["capacity"] != self.capacity or shapes != expected:
            raise ReplayError(
                f"the stored buffer does not fit: capacity {state['capacity']} (here {self.capacity}), "
                f"fields {shapes} (here {expected})"
            )
        for name, tensor in state["tensors"].items():
            self._stored[name][: state["size"]] = tensor.to(self.device)
        self._next, self._size = state["next"], state["size"]

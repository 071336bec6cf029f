"""Whole episodes side by side: what a rollout makes, the replay buffer keeps and a learner learns from.

Axes: B episodes, T steps (T + 1 moments, the last one after the last step), N agents, A actions, F observation
features, D state features, M subtasks.

Let filled_t say that step t was really played and e_t that the task ended in step t (a time limit is not an end of the
task). The steps that count are those played before the end,

    m_0 = filled_0,    m_t = filled_t (1 - e_(t-1)).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nucleolus_lib.learners.errors import BatchError
from nucleolus_lib.learners.sizes import Sizes


@dataclass(frozen=True)
class EpisodeBatch:
    """B episodes.

    Parameters
    ----------
    observation
        (B, T+1, N, F) float32.
    state
        (B, T+1, D) float32.
    available
        (B, T+1, N, A) bool.
    action
        (B, T, N) int64.
    reward
        (B, T) float32, the team reward.
    terminated
        (B, T) bool: the task ended in this step. False at a time limit.
    filled
        (B, T) bool: this step was played. Once False, it stays False.
    subtask_rewards, participants, requirement
        (B, T, M) float32, (B, T, M, N) bool, (B, T, M) uint8, or None where they are not stored.
    """

    observation: Tensor
    state: Tensor
    available: Tensor
    action: Tensor
    reward: Tensor
    terminated: Tensor
    filled: Tensor
    subtask_rewards: Tensor | None = None
    participants: Tensor | None = None
    requirement: Tensor | None = None

    @property
    def n_episodes(self) -> int:
        """B."""
        return int(self.action.shape[0])

    @property
    def n_steps(self) -> int:
        """T, the padded length."""
        return int(self.action.shape[1])

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.action.device

    def mask(self) -> Tensor:
        """m of the module's docstring, (B, T) float32."""
        played = self.filled.to(self.reward.dtype)
        played[:, 1:] *= ~self.terminated[:, :-1]
        return played

    def longest(self) -> int:
        """Steps of the longest episode. Reads the host, so it is for the CPU only."""
        return int(self.filled.sum(1).max())

    def truncated_to(self, length: int) -> EpisodeBatch:
        """The first ``length`` steps (and ``length + 1`` moments), as views.

        Raises
        ------
        BatchError
            If ``length`` is not within 1..T.
        """
        if not 1 <= length <= self.n_steps:
            raise BatchError(f"these episodes can be cut to 1..{self.n_steps} steps; got length={length}")
        return EpisodeBatch(
            **{
                name: tensor[:, : length + 1 if name in MOMENT_FIELDS else length]
                for name, tensor in self.tensors().items()
            }
        )

    def tensors(self) -> dict[str, Tensor]:
        """Field name to tensor, without the fields that are None."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: tensor for name, tensor in fields.items() if tensor is not None}

    def map(self, function: Callable[[Tensor], Tensor]) -> EpisodeBatch:
        """The batch with ``function`` applied to every tensor, for example an index or a move to another device."""
        return EpisodeBatch(**{name: function(tensor) for name, tensor in self.tensors().items()})


MOMENT_FIELDS = ("observation", "state", "available")
"""Fields that have T + 1 moments."""
SUBTASK_FIELDS = ("subtask_rewards", "participants", "requirement")
"""Fields that may be left out."""


def batch_layout(sizes: Sizes, n_steps: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    """Shape without B, and type, of every field of an :class:`EpisodeBatch` of ``n_steps`` steps."""
    n, m = sizes.n_agents, sizes.n_subtasks
    return {
        "observation": ((n_steps + 1, n, sizes.observation_size), torch.float32),
        "state": ((n_steps + 1, sizes.state_size), torch.float32),
        "available": ((n_steps + 1, n, sizes.n_actions), torch.bool),
        "action": ((n_steps, n), torch.int64),
        "reward": ((n_steps,), torch.float32),
        "terminated": ((n_steps,), torch.bool),
        "filled": ((n_steps,), torch.bool),
        "subtask_rewards": ((n_steps, m), torch.float32),
        "participants": ((n_steps, m, n), torch.bool),
        "requirement": ((n_steps, m), torch.uint8),
    }


def check_batch(batch: EpisodeBatch, sizes: Sizes) -> EpisodeBatch:
    """``batch`` unchanged, after checking shapes and types (never values, so a device is not stopped).

    Raises
    ------
    BatchError
        Naming the field, what it should be and what it is.
    """
    episodes, layout = batch.n_episodes, batch_layout(sizes, batch.n_steps)
    for name, tensor in batch.tensors().items():
        shape, dtype = layout[name]
        if tuple(tensor.shape) != (episodes, *shape) or tensor.dtype != dtype:
            raise BatchError(
                f"{name} of a batch of {episodes} episodes of {batch.n_steps} steps must be {dtype} "
                f"{(episodes, *shape)}; got {tensor.dtype} {tuple(tensor.shape)}. "
                "The sizes given to the learner must be those of the world."
            )
    return batch

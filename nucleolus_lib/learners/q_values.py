"""What every loss starts from: the individual values of a batch of episodes, worked out once per update.

Double Q-learning: the online network chooses the greedy action, the target network says what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.exploration import greedy


@dataclass(frozen=True)
class QValues:
    """Individual values along B episodes of T steps.

    Parameters
    ----------
    taken
        (B, T, N), online value of the action taken; carries gradients.
    all
        (B, T+1, N, A), online values of all actions; carries gradients.
    greedy
        (B, T+1, N) int64, the available action that is best online.
    target_greedy
        (B, T+1, N), the target network's value of ``greedy``; not a number for an algorithm that says it does not use
        the target agents.
    generator
        Chance for algorithms that sample; the learner's own, on its device.
    """

    taken: Tensor
    all: Tensor
    greedy: Tensor
    target_greedy: Tensor
    generator: torch.Generator


def q_values(
    online: AgentNetwork, target: AgentNetwork | None, batch: EpisodeBatch, generator: torch.Generator
) -> QValues:
    """Both networks unrolled once over the batch; without ``target`` there are no target values."""
    q = online.unroll(batch.observation, batch.action)
    taken = q[:, :-1].gather(-1, batch.action[..., None])[..., 0]
    with torch.no_grad():
        best = greedy(q.detach(), batch.available)
        if target is None:
            target_greedy = torch.full_like(q[..., 0], torch.nan)
        else:
            target_greedy = target.unroll(batch.observation, batch.action).gather(-1, best[..., None])[..., 0]
    return QValues(taken, q, best, target_greedy, generator)


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that have a learning rate and a gradient clip of their own."""

    name: str
    parameters: tuple[nn.Parameter, ...]
    learning_rate: float
    gradient_clip: float


class Algorithm(Protocol):
    """What an algorithm is to the learner: an ``nn.Module`` built as ``Algorithm(sizes, config)``, with a loss.

    The learner holds it twice; the target copy gets the online copy's parameters and buffers every ``target_period``
    gradient steps.
    """

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """The 0-d loss and 0-d metrics, on the device, without reading the host."""
        ...

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """Parameters that do not belong to the shared group; usually none."""
        ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """As in ``nn.Module``."""
        ...

    def buffers(self, recurse: bool = True) -> Iterable[Tensor]:
        """As in ``nn.Module``."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """As in ``nn.Module``."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """As in ``nn.Module``."""
        ...

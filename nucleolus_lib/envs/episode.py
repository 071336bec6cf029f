"""Playing one episode and keeping what happened, as arrays that figures can use.

With T steps, step t = 0, ..., T - 1 leads from state t to state t + 1, so states have T + 1 rows and
everything that belongs to a step has T.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.batched_state import StateT
from nucleolus_lib.envs.errors import EpisodeError
from nucleolus_lib.envs.protocol import BatchedWorld, check_actions, reset, step
from nucleolus_lib.envs.spec import Spec
from nucleolus_lib.envs.structure import structure_as_coalitions

Policy = Callable[[StateT, torch.Generator], torch.Tensor]
"""From a batched state (and chance) to actions (B, N) int64."""


@dataclass(frozen=True, eq=False)
class Episode:
    """What happened in one episode of T steps.

    Parameters
    ----------
    spec
        The world's sizes and names.
    entities
        (T + 1, E, G) float32, the state of every entity.
    actions
        (T, N) int64.
    subtask_rewards
        (T, M) float32.
    participants
        (T, M, N) bool.
    requirement
        (T, M) int64.
    structure
        (T, N) int64, lowest agent index in each agent's coalition.
    terminated, truncated
        Whether the episode ended by the task or by the clock; neither if it was cut at ``max_steps``.
    """

    spec: Spec
    entities: NDArray[np.float32]
    actions: NDArray[np.int64]
    subtask_rewards: NDArray[np.float32]
    participants: NDArray[np.bool_]
    requirement: NDArray[np.int64]
    structure: NDArray[np.int64]
    terminated: bool
    truncated: bool

    @property
    def n_steps(self) -> int:
        """T."""
        return len(self.actions)

    @cached_property
    def structures(self) -> tuple[tuple[int, ...], ...]:
        """The coalition structure of each step as bitmasks.

        This is what :func:`nucleolus_lib.markov.ec_pomdp.phases` and ``follows_life_cycle`` take.
        """
        return tuple(structure_as_coalitions(torch.as_tensor(row)) for row in self.structure)

    def feature(self, name: str) -> NDArray[np.float32]:
        """One column of the entities by name, (T + 1, E)."""
        if name not in self.spec.entity_features:
            raise EpisodeError(
                f"{self.spec.name} has the entity features {', '.join(self.spec.entity_features)}; got {name!r}"
            )
        return self.entities[:, :, self.spec.entity_features.index(name)]

    def of_kind(self, kind: str) -> NDArray[np.int64]:
        """Indices of the entities of one kind."""
        return np.array([k for k, entity in enumerate(self.spec.entities) if entity.kind == kind], dtype=np.int64)


def record_episode(
    world: BatchedWorld[StateT], policy: Policy[StateT], generator: torch.Generator, max_steps: int | None = None
) -> Episode:
    """Play one episode to its end, or for ``max_steps`` steps.

    Raises
    ------
    ActionsError
        If the policy names an action that the world does not have.
    """
    limit = world.spec.horizon if max_steps is None else min(max_steps, world.spec.horizon)
    if limit < 1:
        raise EpisodeError(f"an episode has at least one step; got max_steps={max_steps}")
    state = reset(world, 1, generator)
    entities, rows = [world.entities(state)], []
    for _ in range(limit):
        actions = check_actions(world.spec, policy(state, generator))
        result = step(world, state, actions, generator)
        state = result.state
        entities.append(world.entities(state))
        rows.append((actions, result, world.induced_structure(result)))
        if bool(result.terminated[0] | result.truncated[0]):
            break
    last = rows[-1][1]
    return Episode(
        spec=world.spec,
        entities=_stack(entities),
        actions=_stack([actions for actions, _, _ in rows]),
        subtask_rewards=_stack([result.subtask_rewards for _, result, _ in rows]),
        participants=_stack([result.participants for _, result, _ in rows]),
        requirement=_stack([result.requirement for _, result, _ in rows]),
        structure=_stack([structure for _, _, structure in rows]),
        terminated=bool(last.terminated[0]),
        truncated=bool(last.truncated[0]),
    )


def _stack(tensors: list[torch.Tensor]) -> NDArray[Any]:
    return torch.cat(tensors).cpu().numpy()

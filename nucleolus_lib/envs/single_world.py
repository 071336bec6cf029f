"""One world of a batched world, seen as the EC-POMDP of :mod:`nucleolus_lib.markov.ec_pomdp`.

The paper's tuple, one state at a time and in numpy: for ``rollout``, for reading off the life cycle of
coalitions, and for comparing a batched world with its exact tables in the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.batched_state import StateT
from nucleolus_lib.envs.protocol import BatchedWorld, check_actions
from nucleolus_lib.envs.spec import Spec
from nucleolus_lib.markov.ec_pomdp import Entity, StepResult, Subtask


def subtasks_of(spec: Spec) -> tuple[Subtask, ...]:
    """The composite task of a batched world in the words of :mod:`nucleolus_lib.markov.ec_pomdp`."""
    return tuple(
        Subtask(
            name=subtask.name,
            entities=tuple(spec.entities[e].name for e in subtask.entities),
            required=subtask.required,
            reward=subtask.reward,
            forms_coalition=subtask.forms_coalition,
        )
        for subtask in spec.subtasks
    )


class SingleWorld(Generic[StateT]):
    """A :class:`nucleolus_lib.markov.ec_pomdp.ECPOMDP` played by a batched world with B = 1.

    Parameters
    ----------
    world
        The batched world.
    gamma
        Discount of the tuple; a batched world has none.
    """

    def __init__(self, world: BatchedWorld[StateT], gamma: float) -> None:
        self._world = world
        self.gamma = gamma
        spec = world.spec
        names = [entity.name for entity in spec.entities]
        self.agent_names = tuple(names[: spec.n_agents])
        self.n_actions = (spec.n_actions,) * spec.n_agents
        self.noop = (spec.noop,) * spec.n_agents
        self.subtasks = subtasks_of(spec)

    def initial(self, rng: np.random.Generator) -> StateT:
        """A first state, B = 1."""
        return self._world.initial(self._draws(rng, self._world.spec.n_initial_draws))

    def step(self, state: StateT, actions: Sequence[int], rng: np.random.Generator) -> StepResult[StateT]:
        """The next state and every subtask's reward."""
        spec, device = self._world.spec, self._world.device
        chosen = check_actions(spec, torch.tensor([list(actions)], dtype=torch.int64, device=device))
        result = self._world.transition(state, chosen, self._draws(rng, spec.n_step_draws))
        groups = result.participants[0].tolist()
        return StepResult(
            state=result.state,
            subtask_rewards=result.subtask_rewards[0].double().cpu().numpy(),
            participants=tuple(sum(1 << i for i, took_part in enumerate(row) if took_part) for row in groups),
            terminated=bool(result.terminated[0]),
        )

    def observation(self, state: StateT, agent: int) -> NDArray[np.float64]:
        """What one agent sees, (F,)."""
        return self._world.observation(state)[0, agent].double().cpu().numpy()

    def entities(self, state: StateT) -> tuple[Entity, ...]:
        """Every entity with its state."""
        rows = self._world.entities(state)[0].tolist()
        return tuple(
            Entity(entity.name, tuple(row), is_agent=entity.kind == "agent")
            for entity, row in zip(self._world.spec.entities, rows, strict=True)
        )

    def _draws(self, rng: np.random.Generator, count: int) -> torch.Tensor:
        return torch.as_tensor(rng.random((1, count), dtype=np.float32), device=self._world.device)

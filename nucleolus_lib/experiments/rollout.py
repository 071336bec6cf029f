"""Whole episodes of B worlds side by side.

All worlds start together and are played for T = horizon steps; a world that has ended stays as it is and its further
steps are marked as not played (``filled`` False). So no shape depends on data and nothing is read from the device. On
the CPU, where reading costs nothing, a rollout stops when all worlds have ended.

*Chance* is drawn for :data:`BLOCK` steps at a time, (BLOCK, B, 2 N + draws of the world) uniform numbers: the first 2 N
are the agents' exploration, the others the world's. Whether all worlds have ended is asked at the end of a block.

On a GPU :mod:`~nucleolus_lib.experiments.captured_rollout` plays the same step as a captured graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.experiments.worlds import World, sizes_of
from nucleolus_lib.learners.episode_batch import MOMENT_FIELDS, SUBTASK_FIELDS, EpisodeBatch, batch_layout

BLOCK = 16
"""Steps between two draws of chance and, on the CPU, between two looks at whether all worlds have ended."""

Write = Callable[[str, Tensor], None]
"""Keeps a tensor (B, ...) as a field of the step, or moment, that is being played."""


class Acting(Protocol):
    """The part of a learner that a rollout needs; see :class:`nucleolus_lib.learners.q_learning.Learner`."""

    def initial_hidden(self, batch: int) -> Tensor:
        """(B, N, H)."""
        ...

    def act(
        self,
        observation: Tensor,
        last_action: Tensor,
        available: Tensor,
        hidden: Tensor,
        exploration_rate: Tensor | float,
        draws: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """(B, N) int64 and (B, N, H)."""
        ...


@dataclass(frozen=True)
class Carried:
    """What one step hands to the next.

    ``state`` of the world, ``hidden`` (B, N, H), ``last_action`` (B, N) int64, ``playing`` (B,) bool.
    """

    state: Any
    hidden: Tensor
    last_action: Tensor
    playing: Tensor


class Rollout:
    """Plays rollouts of one size, into the same memory every time.

    Parameters
    ----------
    world
        The world.
    learner
        Who acts, on the world's device.
    n_worlds
        B.
    store_subtasks
        Whether subtask rewards, participants and requirements are kept.
    """

    def __init__(self, world: World, learner: Acting, n_worlds: int, store_subtasks: bool = False) -> None:
        self.world, self.learner, self.n_worlds = world, learner, n_worlds
        self.horizon, self.n_agents = world.spec.horizon, world.spec.n_agents
        self.store_subtasks = store_subtasks
        self._kept = {
            name: torch.zeros((n_worlds, *shape), dtype=dtype, device=world.device)
            for name, (shape, dtype) in batch_layout(sizes_of(world.spec), self.horizon).items()
            if store_subtasks or name not in SUBTASK_FIELDS
        }
        self._at = {name: kept.unbind(1) for name, kept in self._kept.items()}
        self._n_draws = 2 * self.n_agents + world.spec.n_step_draws

    def play(self, exploration_rate: Tensor | float, generator: torch.Generator) -> tuple[EpisodeBatch, Any]:
        """One rollout.

        Parameters
        ----------
        exploration_rate
            A number or a 0-d tensor on the device; 0 plays greedily.
        generator
            On the world's device.

        Returns
        -------
        EpisodeBatch, state
            The episodes, in memory that the next call overwrites, and the worlds' final state.
        """
        with torch.inference_mode():
            last, steps = self._play(exploration_rate, generator)
            for name, kept in self._kept.items():
                kept[:, steps + (name in MOMENT_FIELDS) :].zero_()
        return EpisodeBatch(**self._kept), last.state

    def _play(self, exploration_rate: Tensor | float, generator: torch.Generator) -> tuple[Carried, int]:
        """The state after the last step played, and how many steps that were."""
        carried, steps = self._start(generator), 0
        stops_early = self.world.device.type == "cpu"
        while steps < self.horizon:
            for draws in self._block(generator)[: self.horizon - steps]:
                carried = self._advance(carried, exploration_rate, draws, self._writer(steps))
                steps += 1
            if stops_early and not bool(carried.playing.any()):
                break
        self._look(carried.state, self._writer(steps))
        return carried, steps

    def _start(self, generator: torch.Generator) -> Carried:
        batch, device = self.n_worlds, self.world.device
        draws = torch.rand((batch, self.world.spec.n_initial_draws), generator=generator, device=device)
        return Carried(
            state=self.world.initial(draws),
            hidden=self.learner.initial_hidden(batch),
            last_action=torch.full((batch, self.n_agents), -1, dtype=torch.int64, device=device),
            playing=torch.ones(batch, dtype=torch.bool, device=device),
        )

    def _block(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        shape = (BLOCK, self.n_worlds, self._n_draws)
        return torch.rand(shape, generator=generator, device=self.world.device).unbind(0)

    def _writer(self, index: int) -> Write:
        def write(name: str, value: Tensor) -> None:
            self._at[name][index].copy_(value)

        return write

    def _look(self, state: Any, write: Write) -> tuple[Tensor, Tensor]:
        """Keep what is seen in ``state``; the observation and the available actions."""
        observation, available = self.world.observation(state), self.world.available_actions(state)
        write("observation", observation)
        write("available", available)
        write("state", self.world.global_state(state))
        return observation, available

    def _advance(self, carried: Carried, exploration_rate: Tensor | float, draws: Tensor, write: Write) -> Carried:
        """One step of every world: look, act, move on, keep."""
        observation, available = self._look(carried.state, write)
        explore = draws[:, : 2 * self.n_agents].reshape(self.n_worlds, self.n_agents, 2)
        action, hidden = self.learner.act(
            observation, carried.last_action, available, carried.hidden, exploration_rate, explore
        )
        step: Step[Any] = self.world.transition(carried.state, action, draws[:, 2 * self.n_agents :])
        write("action", action)
        write("reward", step.reward)
        write("filled", carried.playing)
        write("terminated", step.terminated & carried.playing)
        if self.store_subtasks:
            write("subtask_rewards", step.subtask_rewards)
            write("participants", step.participants)
            write("requirement", step.requirement)
        return Carried(step.state, hidden, action, carried.playing & ~(step.terminated | step.truncated))


def make_rollout(
    world: World, learner: Acting, n_worlds: int, store_subtasks: bool = False, cuda_graphs: bool = True
) -> Rollout:
    """A rollout as the world's device plays it best: as a captured graph on a GPU, unless ``cuda_graphs`` is False."""
    if world.device.type == "cuda" and cuda_graphs:
        from nucleolus_lib.experiments.captured_rollout import CapturedRollout

        return CapturedRollout(world, learner, n_worlds, store_subtasks)
    return Rollout(world, learner, n_worlds, store_subtasks)


def rollout(
    world: World,
    learner: Acting,
    n_worlds: int,
    exploration_rate: Tensor | float,
    generator: torch.Generator,
    store_subtasks: bool = False,
) -> tuple[EpisodeBatch, Any]:
    """One rollout of ``n_worlds`` episodes and the worlds' final state; for many, keep a :class:`Rollout`."""
    return make_rollout(world, learner, n_worlds, store_subtasks).play(exploration_rate, generator)

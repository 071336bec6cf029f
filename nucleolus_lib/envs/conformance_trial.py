"""The play that :func:`nucleolus_lib.envs.check_env.check_env` looks at.

A batch of worlds is played without restarting any: a world that terminated goes on, since the
protocol says what must happen then (nothing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

import torch
from torch import Tensor

from nucleolus_lib.envs.batched_state import StateT, clone
from nucleolus_lib.envs.episode import Policy
from nucleolus_lib.envs.errors import ConformanceError
from nucleolus_lib.envs.protocol import BatchedWorld, Step, random_actions


@dataclass(frozen=True)
class Trial(Generic[StateT]):
    """What was played: T steps of B worlds, and everything needed to play it again.

    Parameters
    ----------
    world
        The world.
    batch
        B.
    initial_draws, draws
        The chance of the start, and of each step.
    actions
        T tensors (B, N).
    states
        T + 1 states as the world returned them.
    copies
        Copies of the states, made the moment they were returned.
    steps
        T results.
    """

    world: BatchedWorld[StateT]
    batch: int
    initial_draws: Tensor
    draws: tuple[Tensor, ...]
    actions: tuple[Tensor, ...]
    states: tuple[StateT, ...]
    copies: tuple[StateT, ...]
    steps: tuple[Step[StateT], ...]

    @property
    def sampled_times(self) -> tuple[int, ...]:
        """At most eight step numbers spread over the play, for the checks that play again."""
        last = len(self.steps) - 1
        return tuple(sorted({round(k * last / 7) for k in range(8)}))


def play_trial(
    world: BatchedWorld[StateT], batch: int, n_steps: int, seed: int, policy: Policy[StateT] | None
) -> Trial[StateT]:
    """Play ``batch`` worlds for ``n_steps`` steps and touch every method on the way."""
    generator = torch.Generator(world.device).manual_seed(seed)
    spec = world.spec
    initial_draws = torch.rand((batch, spec.n_initial_draws), generator=generator, device=world.device)
    state = world.initial(initial_draws)
    states, copies = [state], [_copy(world, state)]
    actions, draws, steps = [], [], []
    for _ in range(n_steps):
        look_at(world, state)
        chosen = random_actions(world, state, generator) if policy is None else policy(state, generator)
        chance = torch.rand((batch, spec.n_step_draws), generator=generator, device=world.device)
        step = world.transition(state, chosen, chance)
        world.induced_structure(step)
        state = step.state
        actions.append(chosen)
        draws.append(chance)
        steps.append(step)
        states.append(state)
        copies.append(_copy(world, state))
    look_at(world, state)
    return Trial(world, batch, initial_draws, tuple(draws), tuple(actions), tuple(states), tuple(copies), tuple(steps))


def look_at(world: BatchedWorld[StateT], state: StateT) -> dict[str, Tensor]:
    """Every view of a state."""
    return {
        "observation": world.observation(state),
        "global_state": world.global_state(state),
        "available_actions": world.available_actions(state),
        "entities": world.entities(state),
    }


def step_tensors(world: BatchedWorld[StateT], step: Step[StateT]) -> dict[str, Tensor]:
    """Every tensor of a step but its state, and the structure it induces."""
    names = ("reward", "subtask_rewards", "participants", "requirement", "terminated", "truncated")
    return {**{name: getattr(step, name) for name in names}, "induced_structure": world.induced_structure(step)}


def _copy(world: BatchedWorld[Any], state: StateT) -> StateT:
    try:
        return clone(state)
    except (TypeError, AttributeError) as error:
        raise ConformanceError(
            f"{world.spec.name}: state_is_a_frozen_dataclass_of_tensors: the state is a {type(state).__name__} that "
            "cannot be copied field by field; make it a dataclass with frozen=True whose fields are tensors (B, ...)"
        ) from error

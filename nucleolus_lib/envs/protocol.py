"""The batched world: what every environment of this project is.

A world is an entity-based coalition POMDP (paper, Section 3.1) played B times at once. Its methods
are the parts of the tuple, and every one of them is a pure function of tensors:

=====================  ==========================================  =======================
part of the tuple      method                                      result
=====================  ==========================================  =======================
initial state          ``initial(draws)``                          State
transition P, reward   ``transition(state, actions, draws)``       Step
observation O          ``observation(state)``                      (B, N, F) float32
state s                ``global_state(state)``                     (B, D) float32
available actions      ``available_actions(state)``                (B, N, A) bool
entities E             ``entities(state)``                         (B, E, G) float32
coalition structure    ``induced_structure(step)``                 (B, N) int64
=====================  ==========================================  =======================

The composite task is a list of M subtasks. A step pays r_k for subtask k, and the team reward is
R = sum_k r_k (paper, Section 3.1). A step also says who took part in each subtask and how many it
needed, so that what a coalition achieved on its own can be computed (:mod:`structure`).

*Randomness.* A world holds no generator. All chance enters as ``draws``, numbers uniform on [0, 1):
``spec.n_initial_draws`` of them per world at the start and ``spec.n_step_draws`` per step. So a world
is a deterministic function, two worlds can be compared under the same chance, and a batch of B must
equal B single worlds. :func:`reset` and :func:`step` take the draws from a ``torch.Generator``.

*Shapes.* No shape depends on data and nothing is read back to the host, so that a rollout can be
captured in a CUDA graph.

*Unavailable actions* are carried out as the no-op: a world is defined for every joint action.

*Ends.* ``terminated``: the task is over, and from then on the world pays nothing. ``truncated``: the
clock ran out at ``spec.horizon`` although the task is not over; a learner bootstraps here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from nucleolus_lib.envs.errors import ActionsError
from nucleolus_lib.envs.spec import Spec

StateT = TypeVar("StateT")


@dataclass(frozen=True)
class Step(Generic[StateT]):
    """What one transition yields, for B worlds.

    Parameters
    ----------
    state
        The next state.
    reward
        (B,) float32, the team reward R.
    subtask_rewards
        (B, M) float32, r_k; they add up to ``reward``.
    participants
        (B, M, N) bool, who took part in the subtask in this step.
    requirement
        (B, M) int64, how many participants the subtask needed in this step, at least 1. A subtask
        pays nothing while it has fewer. So a fine for a lone participant is a subtask of its own with
        requirement 1, and a cost that nobody caused is one in which everybody takes part.
    terminated, truncated
        (B,) bool; never both.
    """

    state: StateT
    reward: Tensor
    subtask_rewards: Tensor
    participants: Tensor
    requirement: Tensor
    terminated: Tensor
    truncated: Tensor


class BatchedWorld(Protocol[StateT]):
    """The methods every world has; see the module's table. Check yours with ``check_env``."""

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        ...

    def initial(self, draws: Tensor) -> StateT:
        """The state at the start of B episodes, from draws (B, n_initial_draws)."""
        ...

    def transition(self, state: StateT, actions: Tensor, draws: Tensor) -> Step[StateT]:
        """One step from actions (B, N) int64 and draws (B, n_step_draws)."""
        ...

    def observation(self, state: StateT) -> Tensor:
        """What each agent sees, (B, N, F) float32."""
        ...

    def global_state(self, state: StateT) -> Tensor:
        """The whole state as one vector, (B, D) float32; for training only, no agent sees it."""
        ...

    def available_actions(self, state: StateT) -> Tensor:
        """Which actions each agent has, (B, N, A) bool, at least one each."""
        ...

    def entities(self, state: StateT) -> Tensor:
        """The state of every entity, (B, E, G) float32."""
        ...

    def induced_structure(self, step: Step[StateT]) -> Tensor:
        """The coalition structure of a step, (B, N) int64; see :mod:`nucleolus_lib.envs.structure`."""
        ...


def reset(world: BatchedWorld[StateT], batch: int, generator: torch.Generator) -> StateT:
    """Start ``batch`` episodes with chance from ``generator`` (on the world's device)."""
    return world.initial(_draws(world, batch, world.spec.n_initial_draws, generator))


def step(world: BatchedWorld[StateT], state: StateT, actions: Tensor, generator: torch.Generator) -> Step[StateT]:
    """One step of every world with chance from ``generator`` (on the world's device).

    The values in ``actions`` are not checked here, since reading them would stop a GPU: see
    :func:`check_actions`.
    """
    spec = world.spec
    if actions.ndim != 2 or actions.shape[1] != spec.n_agents or actions.dtype != torch.int64:
        raise ActionsError(
            f"{spec.name} takes one action index per agent, an int64 tensor (B, {spec.n_agents}); "
            f"got {actions.dtype} {tuple(actions.shape)}"
        )
    return world.transition(state, actions, _draws(world, actions.shape[0], spec.n_step_draws, generator))


def check_actions(spec: Spec, actions: Tensor) -> Tensor:
    """``actions`` unchanged, after checking that every entry is an action of the world.

    Reads the tensor on the host, so it is for scripts and adapters and not for a training loop.
    """
    outside = (actions < 0) | (actions >= spec.n_actions)
    if bool(outside.any()):
        where = [int(i) for i in outside.nonzero()[0]]
        raise ActionsError(
            f"{spec.name} has actions 0..{spec.n_actions - 1} ({', '.join(spec.action_names)}); "
            f"world {where[0]}, agent {where[1]} was given {int(actions[tuple(where)])}"
        )
    return actions


def random_actions(world: BatchedWorld[Any], state: Any, generator: torch.Generator) -> Tensor:
    """One uniformly random available action per agent, (B, N) int64."""
    available = world.available_actions(state)
    scores = torch.rand(available.shape, generator=generator, device=available.device)
    return torch.where(available, scores, -1.0).argmax(-1)


def _draws(world: BatchedWorld[Any], batch: int, count: int, generator: torch.Generator) -> Tensor:
    return torch.rand((batch, count), generator=generator, device=world.device)

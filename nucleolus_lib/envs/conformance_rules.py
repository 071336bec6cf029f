"""The rules of the batched-world protocol, one function each.

A rule takes a :class:`~nucleolus_lib.envs.conformance_trial.Trial` and returns None, or what is wrong
and how to mend it. The name of the function is the name of the rule in error messages. The rules that
play a part again are in :mod:`nucleolus_lib.envs.conformance_replay`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.envs.batched_state import tensors_of
from nucleolus_lib.envs.conformance_replay import (
    TOLERANCE,
    batch_equals_singles,
    no_shape_depends_on_data,
    same_chance_same_play,
    unavailable_actions_act_as_the_noop,
)
from nucleolus_lib.envs.conformance_trial import Trial, look_at, step_tensors

Rule = Callable[[Trial[Any]], str | None]


def state_is_a_frozen_dataclass_of_tensors(trial: Trial[Any]) -> str | None:
    """State: frozen dataclass, every field a tensor (B, ...) on the world's device."""
    state = trial.states[0]
    if not state.__dataclass_params__.frozen:
        return f"{type(state).__name__} is a dataclass that can be changed; declare it with frozen=True"
    for t, state in enumerate(trial.states):
        for name, tensor in tensors_of(state).items():
            if not isinstance(tensor, Tensor) or tensor.ndim == 0 or tensor.shape[0] != trial.batch:
                return (
                    f"field {name!r} of state {t} must be a tensor with the batch, {trial.batch}, as first axis; "
                    f"got {getattr(tensor, 'shape', type(tensor).__name__)}. Keep constants in the world, not the state"
                )
            if tensor.device.type != trial.world.device.type:
                return f"field {name!r} is on {tensor.device}; the world says it lives on {trial.world.device}"
    return None


def shapes_and_dtypes(trial: Trial[Any]) -> str | None:
    """Every method returns what the protocol's table says."""
    spec, b = trial.world.spec, trial.batch
    n, m = spec.n_agents, spec.n_subtasks
    views = {
        "observation": ((b, n, spec.observation_size), torch.float32),
        "global_state": ((b, spec.state_size), torch.float32),
        "available_actions": ((b, n, spec.n_actions), torch.bool),
        "entities": ((b, spec.n_entities, len(spec.entity_features)), torch.float32),
    }
    results = {
        "reward": ((b,), torch.float32),
        "subtask_rewards": ((b, m), torch.float32),
        "participants": ((b, m, n), torch.bool),
        "requirement": ((b, m), torch.int64),
        "terminated": ((b,), torch.bool),
        "truncated": ((b,), torch.bool),
        "induced_structure": ((b, n), torch.int64),
    }
    for t in trial.sampled_times:
        found = {**look_at(trial.world, trial.states[t]), **step_tensors(trial.world, trial.steps[t])}
        for name, (shape, dtype) in {**views, **results}.items():
            if tuple(found[name].shape) != shape or found[name].dtype != dtype:
                return (
                    f"{name} must be {dtype} {shape}; got {found[name].dtype} {tuple(found[name].shape)}. "
                    "Change it, or the sizes in the Spec"
                )
    return None


def masks_are_never_empty(trial: Trial[Any]) -> str | None:
    """Every agent has an available action in every state."""
    for t, state in enumerate(trial.states):
        empty = ~trial.world.available_actions(state).any(-1)
        if bool(empty.any()):
            world, agent = (int(i) for i in empty.nonzero()[0])
            return (
                f"agent {agent} of world {world} has no available action in state {t}; "
                "leave one (the no-op, for an agent that is out of play)"
            )
    return None


def observations_lie_within_bounds(trial: Trial[Any]) -> str | None:
    """Observations are finite and between the Spec's bounds; so are states and entities finite."""
    spec = trial.world.spec
    for t, state in enumerate(trial.states):
        views = look_at(trial.world, state)
        for name in ("observation", "global_state", "entities"):
            if not bool(torch.isfinite(views[name]).all()):
                return f"{name} of state {t} has an entry that is NaN or infinite; look for a division or a log of 0"
        seen = views["observation"]
        low, high = float(seen.min()), float(seen.max())
        if low < spec.observation_low or high > spec.observation_high:
            column = int(((seen < spec.observation_low) | (seen > spec.observation_high)).nonzero()[0, 2])
            return (
                f"observations of state {t} reach from {low:g} to {high:g} (first in feature {column}); the Spec says "
                f"[{spec.observation_low:g}, {spec.observation_high:g}]. Scale the feature or widen the bounds"
            )
    return None


def subtask_rewards_sum_to_the_team_reward(trial: Trial[Any]) -> str | None:
    """R = sum_k r_k, all finite."""
    for t, step in enumerate(trial.steps):
        total = step.subtask_rewards.sum(1)
        if not bool(torch.isfinite(step.reward).all() & torch.isfinite(total).all()):
            return f"a reward of step {t} is NaN or infinite; look for a mean over nothing"
        if not torch.allclose(total, step.reward, rtol=TOLERANCE, atol=TOLERANCE):
            world = int((total - step.reward).abs().argmax())
            return (
                f"in step {t}, world {world} the subtask rewards sum to {float(total[world]):g} but the team reward is "
                f"{float(step.reward[world]):g}; give what is missing a subtask of its own"
            )
    return None


def rewards_are_paid_to_enough_participants(trial: Trial[Any]) -> str | None:
    """A subtask pays only if its participants meet its requirement, which is at least 1."""
    least = torch.tensor([subtask.required for subtask in trial.world.spec.subtasks])
    for t, step in enumerate(trial.steps):
        if bool((step.requirement.cpu() < least).any()):
            world, k = (int(i) for i in (step.requirement.cpu() < least).nonzero()[0])
            return (
                f"in step {t}, world {world} subtask {trial.world.spec.subtasks[k].name!r} requires "
                f"{int(step.requirement[world, k])} agents; the Spec says at least {int(least[k])}"
            )
        short = (step.subtask_rewards != 0) & (step.participants.sum(-1) < step.requirement)
        if bool(short.any()):
            world, k = (int(i) for i in short.nonzero()[0])
            return (
                f"in step {t}, world {world} subtask {trial.world.spec.subtasks[k].name!r} paid "
                f"{float(step.subtask_rewards[world, k]):g} to {int(step.participants[world, k].sum())} participants, "
                f"but it requires {int(step.requirement[world, k])}. A fine for too few is a subtask of its own with "
                "requirement 1; a cost nobody caused is one in which everybody takes part"
            )
    return None


def structure_is_a_partition(trial: Trial[Any]) -> str | None:
    """Coalitions are named by their lowest agent, and hold whoever worked on the same subtask."""
    world = trial.world
    forms = torch.tensor([subtask.forms_coalition for subtask in world.spec.subtasks], device=world.device)
    index = torch.arange(world.spec.n_agents, device=world.device)
    for t, step in enumerate(trial.steps):
        structure = world.induced_structure(step)
        in_range = bool(((structure >= 0) & (structure <= index)).all())
        if not in_range or not torch.equal(structure.gather(1, structure.clamp(0, len(index) - 1)), structure):
            return (
                f"in step {t} the structure {structure[0].tolist()} is not a partition written by lowest members; "
                "agent i's entry is the lowest agent of its coalition. Use structure_from_participants"
            )
        together = structure[:, :, None] == structure[:, None, :]
        working = step.participants & forms[:, None]
        side_by_side = (working[:, :, :, None] & working[:, :, None, :]).any(1)
        if bool((side_by_side & ~together).any()):
            row, i, j = (int(k) for k in (side_by_side & ~together).nonzero()[0])
            return (
                f"in step {t}, world {row} agents {i} and {j} worked on one subtask but are in different "
                "coalitions; use structure_from_participants, or set forms_coalition=False for that subtask"
            )
    return None


def ends_are_told_apart(trial: Trial[Any]) -> str | None:
    """Terminated by the task, truncated by the clock at the horizon; nothing happens after the end."""
    horizon = trial.world.spec.horizon
    over = torch.zeros(trial.batch, dtype=torch.bool, device=trial.world.device)
    for t, step in enumerate(trial.steps):
        if bool((step.terminated & step.truncated).any()):
            return f"a world is both terminated and truncated in step {t}; truncated means unfinished, so exclude it"
        if bool((over & ~step.terminated).any()):
            return f"a world that had terminated is not terminated in step {t}; the end is absorbing"
        if bool((over & (step.reward != 0)).any()):
            return f"a world that had terminated paid a reward in step {t}; after the end every subtask pays 0"
        if t + 1 < horizon and bool(step.truncated.any()):
            return f"a world is truncated after {t + 1} steps; the Spec says horizon={horizon}"
        if t + 1 == horizon and not bool((step.terminated | step.truncated).all()):
            return (
                f"the horizon {horizon} is reached but an unfinished world is not truncated; compare the clock after +1"
            )
        over = over | step.terminated
    return None


def states_are_not_changed(trial: Trial[Any]) -> str | None:
    """No method writes into a state that it was given."""
    for t, (state, copy) in enumerate(zip(trial.states, trial.copies, strict=True)):
        for name, tensor in tensors_of(state).items():
            if not torch.equal(tensor, tensors_of(copy)[name]):
                return (
                    f"field {name!r} of state {t} changed after it was returned; write to a new tensor "
                    "(torch.where, no index assignment and no method ending in _)"
                )
    return None


RULES: tuple[Rule, ...] = (
    state_is_a_frozen_dataclass_of_tensors,
    shapes_and_dtypes,
    masks_are_never_empty,
    observations_lie_within_bounds,
    subtask_rewards_sum_to_the_team_reward,
    rewards_are_paid_to_enough_participants,
    structure_is_a_partition,
    ends_are_told_apart,
    states_are_not_changed,
    same_chance_same_play,
    batch_equals_singles,
    unavailable_actions_act_as_the_noop,
    no_shape_depends_on_data,
)

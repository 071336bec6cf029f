"""The rules of the batched-world protocol that are seen by playing a part of the trial again.

Like those of :mod:`nucleolus_lib.envs.conformance_rules`, a rule returns None or what is wrong.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.envs.batched_state import map_tensors, tensors_of, world_slice
from nucleolus_lib.envs.conformance_trial import Trial, look_at, step_tensors

TOLERANCE = 1e-5
"""How far sums of float32 rewards, and batched and single results, may differ (relative and absolute)."""


def same_chance_same_play(trial: Trial[Any]) -> str | None:
    """Playing again with the same draws and actions, under another global seed, gives the same."""
    cpu_state = torch.random.get_rng_state()
    try:
        torch.manual_seed(987_654_321)
        state = trial.world.initial(trial.initial_draws)
        difference = _difference(_state_tensors(state), _state_tensors(trial.copies[0]))
        for t in range(len(trial.steps)):
            if difference:
                break
            step = trial.world.transition(state, trial.actions[t], trial.draws[t])
            state = step.state
            difference = _difference(_state_tensors(state), _state_tensors(trial.copies[t + 1])) or _difference(
                step_tensors(trial.world, step), step_tensors(trial.world, trial.steps[t])
            )
    finally:
        torch.random.set_rng_state(cpu_state)
    if difference:
        return f"the same draws and actions gave a different {difference}; take all chance from the draws"
    return None


def batch_equals_singles(trial: Trial[Any]) -> str | None:
    """World b of a batch does what it would do alone."""
    first = trial.world.initial(trial.initial_draws[:1])
    difference = _difference(_state_tensors(first), _state_tensors(world_slice(trial.copies[0], slice(0, 1))))
    if difference:
        return f"a single world starts with a different {difference} than in the batch; do not mix worlds"
    for t in trial.sampled_times:
        everything = step_tensors(trial.world, trial.steps[t]) | look_at(trial.world, trial.copies[t])
        everything |= _state_tensors(trial.copies[t + 1])
        for b in range(trial.batch):
            one = slice(b, b + 1)
            state = world_slice(trial.copies[t], one)
            step = trial.world.transition(state, trial.actions[t][one], trial.draws[t][one])
            alone = step_tensors(trial.world, step) | look_at(trial.world, state) | _state_tensors(step.state)
            difference = _difference(alone, {name: tensor[one] for name, tensor in everything.items()})
            if difference:
                return (
                    f"world {b} alone has a different {difference} in step {t} than within the batch; "
                    "reduce over agents or entities, never over the first axis"
                )
    return None


def unavailable_actions_act_as_the_noop(trial: Trial[Any]) -> str | None:
    """An action that is not available changes what the no-op changes."""
    world = trial.world
    for t in trial.sampled_times[::3]:
        state = trial.copies[t]
        available = world.available_actions(state)
        for action in range(world.spec.n_actions):
            forbidden = ~available[..., action]
            one = world.transition(state, torch.where(forbidden, action, trial.actions[t]), trial.draws[t])
            other = world.transition(state, torch.where(forbidden, world.spec.noop, trial.actions[t]), trial.draws[t])
            difference = _difference(
                _state_tensors(one.state) | step_tensors(world, one),
                _state_tensors(other.state) | step_tensors(world, other),
            )
            if difference:
                return (
                    f"action {world.spec.action_names[action]!r}, unavailable in state {t}, gave a different "
                    f"{difference} than the no-op; replace unavailable actions by the no-op before anything else"
                )
    return None


def no_shape_depends_on_data(trial: Trial[Any]) -> str | None:
    """Nothing is read back to the host, so that the step can be captured in a CUDA graph."""
    from torch._subclasses.fake_tensor import (
        DataDependentOutputException,
        DynamicOutputShapeException,
        FakeTensorMode,
    )

    world = trial.world
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    state = map_tensors(mode.from_tensor, trial.copies[0])
    actions, draws = mode.from_tensor(trial.actions[0]), mode.from_tensor(trial.draws[0])
    try:
        with mode:
            world.initial(mode.from_tensor(trial.initial_draws))
            look_at(world, state)
            world.induced_structure(world.transition(state, actions, draws))
    except RuntimeError as error:
        reads = (DataDependentOutputException, DynamicOutputShapeException)
        # numpy() and tolist() on a tensor without values have no exception class of their own.
        if not isinstance(error, reads) and not any(word in str(error) for word in ("FakeTensor", "subclass")):
            raise
        return (
            f"a value is read from a tensor or decides a shape ({type(error).__name__}: {error}); "
            "use torch.where and masked reductions instead of if, item(), nonzero() and boolean indexing"
        )
    return None


def _state_tensors(state: Any) -> dict[str, Tensor]:
    """The tensors of a state under names that no view or result has."""
    return {f"state field {name!r}": tensor for name, tensor in tensors_of(state).items()}


def _difference(found: dict[str, Tensor], expected: dict[str, Tensor]) -> str | None:
    """The name of the first tensor that differs, or None."""
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape:
            return name
        if tensor.is_floating_point():
            same = torch.allclose(tensor, expected[name], rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        else:
            same = torch.equal(tensor, expected[name])
        if not same:
            return name
    return None

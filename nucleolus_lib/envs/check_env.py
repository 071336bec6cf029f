"""Does a world keep the protocol? One function, usable on any world.

:func:`check_env` plays a few episodes at once and looks at every method. The first rule that is broken
raises a :class:`~nucleolus_lib.envs.errors.ConformanceError` whose message names the rule, what was
found, and how to mend it. The rules are the functions in :mod:`nucleolus_lib.envs.conformance_rules`.

What passes is what was seen: the report says how many episodes ended and how. If none terminated under
random play, pass a policy that gets the task done.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nucleolus_lib.envs.batched_state import StateT
from nucleolus_lib.envs.conformance_rules import RULES
from nucleolus_lib.envs.conformance_trial import Trial, play_trial
from nucleolus_lib.envs.episode import Policy
from nucleolus_lib.envs.errors import ConformanceError, WorldParameterError
from nucleolus_lib.envs.protocol import BatchedWorld

__all__ = ["ConformanceReport", "check_env"]


@dataclass(frozen=True)
class ConformanceReport:
    """What :func:`check_env` saw of a world that keeps the protocol.

    Parameters
    ----------
    world
        Its name.
    rules
        The rules that were checked.
    n_worlds, n_steps
        How many worlds were played at once, and for how many steps.
    n_terminated, n_truncated
        How many of them ended by the task and by the clock. Where one is 0, that end was not seen.
    n_paid
        (world, step, subtask) triples with a non-zero reward.
    """

    world: str
    rules: tuple[str, ...]
    n_worlds: int
    n_steps: int
    n_terminated: int
    n_truncated: int
    n_paid: int


def check_env(
    world: BatchedWorld[StateT],
    *,
    batch: int = 4,
    max_steps: int | None = None,
    seed: int = 0,
    policy: Policy[StateT] | None = None,
) -> ConformanceReport:
    """Check a world against the protocol.

    Parameters
    ----------
    world
        The world.
    batch
        Worlds played at once, at least 2.
    max_steps
        Steps to play; default the horizon, which is needed to see truncation.
    seed
        Seed of the chance and of the random actions.
    policy
        How to act; default: uniformly random available actions.

    Returns
    -------
    ConformanceReport

    Raises
    ------
    ConformanceError
        At the first rule that is broken.
    WorldParameterError
        If ``batch`` is below 2.
    """
    if batch < 2:
        raise WorldParameterError(f"check_env compares worlds of a batch with single ones, so batch >= 2; got {batch}")
    trial: Trial[StateT] = play_trial(world, batch, max_steps or world.spec.horizon, seed, policy)
    for rule in RULES:
        problem = rule(trial)
        if problem:
            raise ConformanceError(f"{world.spec.name}: {rule.__name__}: {problem}")
    terminated = torch.stack([step.terminated for step in trial.steps]).any(0)
    truncated = torch.stack([step.truncated for step in trial.steps]).any(0)
    return ConformanceReport(
        world=world.spec.name,
        rules=tuple(rule.__name__ for rule in RULES),
        n_worlds=batch,
        n_steps=len(trial.steps),
        n_terminated=int(terminated.sum()),
        n_truncated=int(truncated.sum()),
        n_paid=int(sum((step.subtask_rewards != 0).sum() for step in trial.steps)),
    )

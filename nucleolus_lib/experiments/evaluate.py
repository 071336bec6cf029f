"""What a policy achieves: whole episodes, and their outcomes as the world reports them.

A world names its outcomes and reads them from the final state of an episode (``outcome_names``, ``outcome(state)``).
Worlds without outcomes of their own have two: ``return``, the sum of the team reward, and ``length``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.envs.protocol import reset, step
from nucleolus_lib.experiments.rollout import Acting, Rollout, make_rollout
from nucleolus_lib.experiments.worlds import World

Policy = Callable[[Any, torch.Generator], Tensor]
"""From a batched state and chance to actions (B, N) int64."""


def outcome_names(world: World) -> tuple[str, ...]:
    """What :func:`outcomes` holds."""
    return tuple(getattr(world, "outcome_names", ("return", "length")))


def outcomes(world: World, final_state: Any, reward: Tensor, filled: Tensor) -> Tensor:
    """(B, number of outcomes) float32, from the final state, or from rewards and played steps (B, T)."""
    if hasattr(world, "outcome_names"):
        found: Tensor = world.outcome(final_state)  # type: ignore[attr-defined]
        return found
    return torch.stack([(reward * filled).sum(1), filled.sum(1).float()], 1)


def evaluate(
    world: World, learner: Acting, episodes: int, generator: torch.Generator, player: Rollout | None = None
) -> Tensor:
    """The outcomes of ``episodes`` greedy episodes, (episodes, number of outcomes).

    Parameters
    ----------
    player
        A rollout of ``episodes`` worlds, when there are many evaluations.
    """
    player = player or make_rollout(world, learner, episodes)
    batch, final = player.play(0.0, generator)
    return outcomes(world, final, batch.reward, batch.filled)


def evaluate_policy(world: World, policy: Policy, episodes: int, generator: torch.Generator) -> Tensor:
    """The outcomes of ``episodes`` episodes of a scripted policy, (episodes, number of outcomes)."""
    with torch.inference_mode():
        state = reset(world, episodes, generator)
        playing = torch.ones(episodes, dtype=torch.bool, device=world.device)
        rewards, filled = [], []
        for _ in range(world.spec.horizon):
            result = step(world, state, policy(state, generator), generator)
            state = result.state
            rewards.append(result.reward)
            filled.append(playing)
            playing = playing & ~(result.terminated | result.truncated)
        return outcomes(world, state, torch.stack(rewards, 1), torch.stack(filled, 1))


def summary(names: tuple[str, ...], values: Tensor) -> dict[str, float]:
    """Mean and standard deviation (over episodes, divisor n) of every outcome, read from the device once."""
    values = values.double()
    both = torch.stack([values.mean(0), values.std(0, correction=0)]).tolist()
    means = {f"{name}_mean": value for name, value in zip(names, both[0], strict=True)}
    return means | {f"{name}_std": value for name, value in zip(names, both[1], strict=True)}

"""Many hunts at once, and what came of them: captures over time, the sizes of the coalitions that made them, outcomes.

For worlds with prey, on the plane or on the grid: every subtask that forms a coalition is the capture of one prey, and
the world reports outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.episode import Episode, Policy, record_episode
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.protocol import reset, step


@dataclass(frozen=True, eq=False)
class Hunts:
    """B episodes of at most T steps.

    Parameters
    ----------
    captures
        (T + 1, B) int64, prey caught so far.
    split
        (T, B) bool, whether the step was played and its structure was not the grand coalition.
    played
        (T, B) bool, whether the episode was still going on.
    catchers
        (N + 1,) int64, how many captures were made by a coalition with that many participants.
    outcome_names
        Names of the columns of ``outcome``.
    outcome
        (B, K) float32.
    """

    captures: NDArray[np.int64]
    split: NDArray[np.bool_]
    played: NDArray[np.bool_]
    catchers: NDArray[np.int64]
    outcome_names: tuple[str, ...]
    outcome: NDArray[np.float32]

    def of(self, name: str) -> NDArray[np.float32]:
        """One outcome of every episode, (B,)."""
        return self.outcome[:, self.outcome_names.index(name)]

    def mean(self, name: str) -> float:
        """The mean of one outcome."""
        return float(self.of(name).mean(dtype=np.float64))

    def standard_error(self, name: str) -> float:
        """The standard error of that mean."""
        return float(self.of(name).std(ddof=1, dtype=np.float64) / np.sqrt(len(self.outcome)))

    @property
    def share_split(self) -> float:
        """The share of all steps played whose structure had more than one coalition."""
        return float(self.split.sum() / self.played.sum())


def play_hunts(world: Any, policy: Policy[Any], n_worlds: int, seed: int = 0) -> Hunts:
    """Play ``n_worlds`` episodes side by side.

    Parameters
    ----------
    world
        A batched world with ``outcome`` and ``outcome_names`` whose subtasks that form coalitions are captures.
    policy
        From state and chance to actions.
    n_worlds
        B, at least 2.
    seed
        Of all chance.

    Raises
    ------
    WorldParameterError
        If ``n_worlds`` is below 2, which has no standard error.
    """
    if n_worlds < 2:
        raise WorldParameterError(f"play_hunts averages over episodes, so n_worlds >= 2; got {n_worlds}")
    spec = world.spec
    hunts = [k for k, subtask in enumerate(spec.subtasks) if subtask.forms_coalition]
    generator = torch.Generator(world.device).manual_seed(seed)
    state = reset(world, n_worlds, generator)
    over = torch.zeros(n_worlds, dtype=torch.bool, device=world.device)
    captures, split, played = [over.long()], [], []
    catchers = torch.zeros(spec.n_agents + 1, dtype=torch.int64, device=world.device)
    for _ in range(spec.horizon):
        result = step(world, state, policy(state, generator), generator)
        caught = result.subtask_rewards[:, hunts] > 0
        captures.append(captures[-1] + caught.sum(1))
        catchers += torch.bincount(result.participants[:, hunts].sum(-1)[caught], minlength=len(catchers))
        played.append(~over)
        split.append(~over & (world.induced_structure(result) != 0).any(1))
        over = over | result.terminated
        state = result.state
    return Hunts(
        captures=torch.stack(captures).cpu().numpy(),
        split=torch.stack(split).cpu().numpy(),
        played=torch.stack(played).cpu().numpy(),
        catchers=catchers.cpu().numpy(),
        outcome_names=world.outcome_names,
        outcome=world.outcome(state).cpu().numpy(),
    )


def record_hunt(world: Any, policy: Policy[Any], seed: int = 0, max_steps: int | None = None) -> Episode:
    """One episode kept step by step, with all chance from ``seed``."""
    return record_episode(world, policy, torch.Generator(world.device).manual_seed(seed), max_steps)

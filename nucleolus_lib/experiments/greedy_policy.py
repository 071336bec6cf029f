"""What a learner would do without exploring, as a policy like the scripted ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.experiments.worlds import World
from nucleolus_lib.learners.q_learning import Learner


class GreedyPolicy:
    """Plays one batch of episodes, step by step from their beginning; for the next batch make another.

    Parameters
    ----------
    world, learner
        Where, and with what; the sizes of the learner are those of the world.
    """

    def __init__(self, world: World, learner: Learner) -> None:
        self._world, self._learner = world, learner
        self._hidden: Tensor | None = None
        self._last = self._draws = torch.empty(0)

    @torch.inference_mode()
    def __call__(self, state: Any, generator: torch.Generator) -> Tensor:
        """The greedy joint actions (B, N) int64 in the next state of the episodes."""
        observation = self._world.observation(state)
        if self._hidden is None:
            batch, n = observation.shape[:2]
            self._hidden = self._learner.initial_hidden(batch)
            self._last = torch.full((batch, n), -1, dtype=torch.int64, device=observation.device)
            self._draws = torch.zeros((batch, n, 2), device=observation.device)
        available = self._world.available_actions(state)
        self._last, self._hidden = self._learner.act(observation, self._last, available, self._hidden, 0.0, self._draws)
        return self._last

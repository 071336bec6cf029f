"""What one update of each method costs, in CPU time of this process.

Episodes are random: time does not depend on what is in them. The first updates, which also make the optimiser's
buffers, are not counted. The median of several updates is reported, because other work on the machine adds time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from nucleolus_lib.learners.episode_batch import EpisodeBatch, batch_layout
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.learners.sizes import Sizes


@dataclass(frozen=True)
class UpdateCost:
    """CPU milliseconds of one update, and the number of parameters that are trained."""

    algorithm: str
    milliseconds: float
    parameters: int


def update_costs(
    configs: Sequence[LearnerConfig], sizes: Sizes, n_episodes: int, n_repeats: int = 5, n_warm_up: int = 2
) -> list[UpdateCost]:
    """Cost of an update of each learner on ``n_episodes`` episodes of ``sizes.horizon`` steps.

    The repetitions go around all learners, so that a busy moment of the machine meets all of them.
    """
    batch = full_random_batch(sizes, n_episodes)
    learners = [Learner(config, sizes) for config in configs]
    spent = np.zeros((n_warm_up + n_repeats, len(learners)))
    for row in spent:
        for k, learner in enumerate(learners):
            start = time.process_time()
            learner.update(batch)
            row[k] = time.process_time() - start
    middle = np.median(spent[n_warm_up:], axis=0) * 1000
    return [
        UpdateCost(
            learner.config.algorithm, float(cost), sum(p.numel() for group in learner.groups for p in group.parameters)
        )
        for learner, cost in zip(learners, middle, strict=True)
    ]


def full_random_batch(sizes: Sizes, n_episodes: int, seed: int = 0) -> EpisodeBatch:
    """Random episodes that all last to the time limit, every action available."""
    draw = torch.Generator().manual_seed(seed)
    fields = {}
    for name, (shape, dtype) in batch_layout(sizes, sizes.horizon).items():
        full = (n_episodes, *shape)
        if name in ("available", "filled"):
            fields[name] = torch.ones(full, dtype=dtype)
        elif name == "terminated":
            fields[name] = torch.zeros(full, dtype=dtype)
        elif name == "action":
            fields[name] = torch.randint(sizes.n_actions, full, generator=draw)
        elif dtype == torch.float32:
            fields[name] = torch.randn(full, generator=draw)
        else:
            fields[name] = torch.randint(2, full, generator=draw).to(dtype)
    return EpisodeBatch(**fields)

"""Runs of a few hundred steps, for tests."""

from __future__ import annotations

from typing import Any

import torch

from nucleolus_lib.experiments.config import RunConfig, preset
from nucleolus_lib.experiments.runs import RunResult

TIMES = ["wall_s", "cpu_s"]


def tiny(env: str = "split-the-task", algorithm: str = "vdn", **settings: Any) -> RunConfig:
    """About 50 rollouts of 4 short episodes."""
    small = {
        "total_steps": 240,
        "evaluation_interval": 60,
        "evaluation_episodes": 4,
        "checkpoint_interval": 80,
        "n_worlds": 4,
        "batch_size": 8,
        "buffer_size": 24,
        "updates_per_rollout": 1,
        "exploration_anneal_steps": 200,
        "learner.hidden_size": 8,
        "learner.target_period": 3,
        "device": "cpu",
    }
    return preset(env, algorithm, **{**small, **settings})


def same_numbers(one: RunResult, other: RunResult) -> bool:
    """Whether two runs have the same rows, to the last bit, and learned the same weights."""
    mine, theirs = one.table.drop(columns=TIMES), other.table.drop(columns=TIMES)
    weights, others = one.learner.agent.state_dict(), other.learner.agent.state_dict()
    return mine.equals(theirs) and all(torch.equal(weights[name], others[name]) for name in weights)

"""The regression that all value-factorisation methods share: Q_tot on its lambda-return.

    loss = c * sum_t m_t (Q_tot,t - G_t)^2 / sum_t m_t,

over the steps that count, c = ``squared_error_factor``. G is a number: no gradient flows through it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.td_lambda import lambda_returns


def team_target(batch: EpisodeBatch, counts: Tensor, next_value: Tensor, config: LearnerConfig) -> Tensor:
    """G (B, T) of the team reward, from m (B, T) and the target value after every step, (B, T)."""
    with torch.no_grad():
        return lambda_returns(batch.reward, batch.terminated, counts, next_value, config.discount, config.td_lambda)


def td_loss(
    value: Tensor, target: Tensor, counts: Tensor, config: LearnerConfig, weight: Tensor | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of ``value`` (B, T) on ``target`` (B, T), and the metrics that every method logs.

    ``weight`` (B, T), if given, multiplies the squared errors (OW-QMIX). Metrics: ``td_error_abs``, ``q_taken`` (mean
    Q_tot of the actions taken) and ``target_mean``.
    """
    error = value - target
    squared = error.square() if weight is None else weight * error.square()
    loss = config.squared_error_factor * masked_mean(squared, counts)
    with torch.no_grad():
        metrics = {
            "td_error_abs": masked_mean(error.abs(), counts),
            "q_taken": masked_mean(value, counts),
            "target_mean": masked_mean(target, counts),
        }
    return loss, metrics

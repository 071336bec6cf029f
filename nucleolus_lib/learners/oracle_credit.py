"""Oracle credit: independent Q-learning on rewards that already say who earned what.

A step pays r_k for subtask k, in which the agents P_k took part. The reward of agent i is

    r_i = sum over k of r_k, without those k that form no coalition and in which exactly one other agent took part:

what a coalition earns (or nobody, or several at once) is everybody's, what a lone agent earns in a subtask that forms
no coalition, such as the shaping by its own distance, is its own. Each q_i is trained on the lambda-return of r_i,
bootstrapped on its own target value; loss = 1/2 sum_i mean_t (q_i - G_i)^2.

No method of the comparison has this information. It is a reference: what the same network reaches when nobody has to
work out the credit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.errors import BatchError
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_lambda import lambda_returns


def agent_rewards(subtask_rewards: Tensor, participants: Tensor, forms_coalition: Tensor) -> Tensor:
    """r_i (..., N) from subtask rewards (..., M), participants (..., M, N) and forms_coalition (M,) bool."""
    lone = (participants.sum(-1) == 1) & ~forms_coalition
    receives = participants | ~lone[..., None]
    return (subtask_rewards[..., None] * receives).sum(-2)


class OracleCredit(nn.Module):
    """Independent learners with known credit."""

    forms_coalition: Tensor

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("forms_coalition", torch.tensor(sizes.forms_coalition), persistent=False)

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD errors of all agents. Metrics: the shared ones, of sums over agents."""
        if batch.subtask_rewards is None or batch.participants is None:
            raise BatchError("oracle credit needs subtask rewards and participants; store them in the replay buffer")
        counts = batch.mask()
        reward = agent_rewards(batch.subtask_rewards, batch.participants, self.forms_coalition)
        config = self.config
        target = lambda_returns(
            reward, batch.terminated, counts, qs.target_greedy[:, 1:], config.discount, config.td_lambda
        )
        error = qs.taken - target
        loss = config.squared_error_factor * masked_mean(error.square().sum(-1), counts)
        with torch.no_grad():
            metrics = {
                "td_error_abs": masked_mean(error.abs().sum(-1), counts),
                "q_taken": masked_mean(qs.taken.sum(-1), counts),
                "target_mean": masked_mean(target.sum(-1), counts),
            }
        return loss, metrics

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None."""
        return ()

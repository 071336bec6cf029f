"""Two credits made of the coalitions' own rewards, without coalition values (register, rows I8 and I9).

Both see R_C, what C's own participants achieved in a step (:mod:`nucleolus_lib.markov.own_reward`), which is more than
the baselines see; R_N is the team reward.

"reward_shares" (beyond the paper). The game of one step is C -> R_C. Its exact share r_i, with sum_i r_i = R, is the
reward of agent i, and each Q_i is trained on the lambda-return of its own reward:

    loss = 1/2 mean_t sum_i (Q_i - G_i)^2,    G_i built on r_i and the target network's Q_i at the greedy action.

It divides every reward by the nucleolus when it is paid; "shares" divides the value of the future.

"additive" (the control of row I9). VDN given the same information: the individual values must explain what every
coalition earns, not N alone, each coalition being as good as another,

    loss = 1/2 mean_t mean over C of (sum_{i in C} Q_i - G_C)^2,

G_C built on R_C and sum_{i in C} of the target network's Q_i at the greedy action.

No nucleolus is in it. What "reward_shares" and "shares" gain over this control is due to how they divide, and what the
control gains over VDN is due to the information.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.coalition_value_critic import step_rewards
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_coalitions import all_members
from nucleolus_lib.learners.nucleolus_credit import exact_shares
from nucleolus_lib.learners.nucleolus_limits import check_agents
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_lambda import lambda_returns


class RewardSharesCredit(nn.Module):
    """Independent learners whose rewards are exact shares of every step's game."""

    member: Tensor

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        check_agents(sizes.n_agents, config.nucleolus)
        self.register_buffer("member", all_members(sizes.n_agents), persistent=False)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None."""
        return ()

    def loss(self, batch: EpisodeBatch, qs: QValues, target: RewardSharesCredit) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD errors of all agents on their shares of the reward."""
        config, counts = self.config, batch.mask()
        game = step_rewards(batch, self.member, "own")
        shares = exact_shares(game.flatten(0, 1), config.nucleolus.credit_rule)
        reward = shares.payoff.reshape(qs.taken.shape)
        goal = lambda_returns(
            reward, batch.terminated, counts, qs.target_greedy[:, 1:], config.discount, config.td_lambda
        )
        error = qs.taken - goal
        loss = config.squared_error_factor * masked_mean(error.square().sum(-1), counts)
        with torch.no_grad():
            metrics = {
                "td_error_abs": masked_mean(error.abs().sum(-1), counts),
                "q_taken": masked_mean(qs.taken.sum(-1), counts),
                "target_mean": masked_mean(goal.sum(-1), counts),
                "payoff_spread": masked_mean(qs.taken.std(-1), counts),
                "games_solved": masked_mean(shares.is_solved.reshape(counts.shape).to(counts.dtype), counts),
            }
        return loss, metrics


class AdditiveCredit(nn.Module):
    """VDN on every coalition's own reward."""

    member: Tensor

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        check_agents(sizes.n_agents, config.nucleolus)
        self.register_buffer("member", all_members(sizes.n_agents)[1:], persistent=False)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None."""
        return ()

    def loss(self, batch: EpisodeBatch, qs: QValues, target: AdditiveCredit) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD errors of the sums over every coalition."""
        config, counts = self.config, batch.mask()
        inside = self.member.to(qs.taken.dtype).T
        goal = lambda_returns(
            step_rewards(batch, self.member, "own"),
            batch.terminated,
            counts,
            qs.target_greedy[:, 1:] @ inside,
            config.discount,
            config.td_lambda,
        )
        error = qs.taken @ inside - goal
        loss = config.squared_error_factor * masked_mean(error.square().mean(-1), counts)
        with torch.no_grad():
            metrics = {
                "td_error_abs": masked_mean(error[..., -1].abs(), counts),
                "q_taken": masked_mean(qs.taken.sum(-1), counts),
                "target_mean": masked_mean(goal[..., -1], counts),
                "payoff_spread": masked_mean(qs.taken.std(-1), counts),
            }
        return loss, metrics

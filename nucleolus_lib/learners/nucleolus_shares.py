"""Exact credit ("shares"): Q_i is regressed on agent i's share of the coalition game (row I8; beyond the paper).

What is regressed on what, on a sample of steps (s, a):

1.  V(s, a_C; omega), for all 2**n coalitions, on the targets y_C of (20) without penalty
    (:mod:`nucleolus_lib.learners.coalition_value_critic`), bootstrapped on omega- at the greedy joint action a' of
    the Q_i.
2.  A game g at (s, a), from numbers:
        ``credit_game="targets"``   g(C) = y_C - y_empty, so that g(N) is the target of the team's value, less y_empty;
        ``credit_game="values"``    g(C) = V(s, a_C; omega) - V(s, empty; omega).
    (Row I2 "literal": nothing is subtracted, and g(empty) = 0.)
3.  x(s, a) = the exact share of g: its (pre)nucleolus, or its Shapley value (``credit_rule``); sum_i x_i = g(N).
4.  loss = 1/2 * mean over the sample of sum_i (Q_i(tau_i, a_i) - x_i)^2 (the factor is ``squared_error_factor``).

There is no mixer, no multiplier and no TD error of Q_tot: the future enters through V alone, and Q_i is the
conditional mean of the share given what agent i knows, E[x_i | tau_i, a_i]. Acting is greedy in Q_i.

"targets" and "values" differ because the nucleolus is not linear: the first shares out noisy games and averages
the shares, the second averages first. For the Shapley value, which is linear, they have the same mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.coalition_value_critic import CoalitionCritic
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_coalitions import all_members
from nucleolus_lib.learners.nucleolus_credit import exact_shares
from nucleolus_lib.learners.nucleolus_exact import compare
from nucleolus_lib.learners.nucleolus_limits import check_agents
from nucleolus_lib.learners.nucleolus_sample import StepSample, sample_steps
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sizes import Sizes


class SharesCredit(nn.Module):
    """See the module's text.

    Parameters
    ----------
    sizes, config
        Of the world and the learner.

    Raises
    ------
    NucleolusConfigError
        If there are too many agents for exact solutions.
    """

    member: Tensor

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config, self.options = config, config.nucleolus
        check_agents(sizes.n_agents, self.options)
        self.critic = CoalitionCritic(sizes, config)
        self.register_buffer("member", all_members(sizes.n_agents), persistent=False)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """omega."""
        return (self.critic.parameter_group(),)

    def loss(self, batch: EpisodeBatch, qs: QValues, target: SharesCredit) -> tuple[Tensor, dict[str, Tensor]]:
        """The regression of V on its targets and of every Q_i on its share."""
        counts = batch.mask()
        with torch.no_grad():
            following = target.critic(batch.state[:, 1:], qs.greedy[:, 1:])
            worth = self.critic.targets(batch, counts, following, self.member, None)
        value_loss = self.critic.loss(batch, counts, worth, None, qs.generator)
        sample = sample_steps(counts, self.options.credit_samples, qs.generator)
        game = self.credit_game(batch, worth, sample)
        q = sample.of(qs.taken)
        loss, metrics = share_regression(q, game, sample, self.config)
        return loss + value_loss, metrics | {"value_loss": value_loss.detach()}

    @torch.no_grad()
    def credit_game(self, batch: EpisodeBatch, worth: Tensor, sample: StepSample) -> Tensor:
        """g of step 2, (G, 2**n)."""
        if self.options.credit_game == "targets":
            values = sample.of(worth)
        else:
            values = self.critic(sample.of(batch.state[:, :-1]), sample.of(batch.action))
        if self.options.coalition_game == "zero_normalised":
            values = values - values[:, :1]
        return torch.cat([torch.zeros_like(values[:, :1]), values[:, 1:]], 1)


def share_regression(
    q: Tensor, game: Tensor, sample: StepSample, config: LearnerConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """Step 4: the loss of Q_i(tau_i, a_i) (G, n) on the exact shares of games (G, 2**n), and metrics."""
    shares = exact_shares(game, config.nucleolus.credit_rule)
    weight = shares.is_solved.to(q.dtype)
    error = q - shares.payoff
    loss = config.squared_error_factor * sample.mean(weight * error.square().sum(1))
    mine = q.detach()
    exact = compare(game, mine, sample)
    metrics = {
        "td_error_abs": sample.mean(error.detach().abs().sum(1)),
        "q_taken": sample.mean(mine.sum(1)),
        "target_mean": sample.mean(game[:, -1]),
        "payoff_spread": sample.mean(mine.std(1)),
        "empty_core": exact.empty_core,
        "least_core": exact.least_core,
        "nucleolus_distance": exact.distance,
        "games_solved": exact.solved,
    }
    return loss, metrics

"""Algorithm 1 of the paper: the Lagrangian credit ("lagrangian") and its pull to the exact nucleolus ("pull").

From B episodes, with the registers' readings:

    V        coalition values V(s, a_C; omega) of every coalition C                          (coalition_value)
    x        payoffs x_i = w_i Q_i + (b - V_empty) / n                                       (10; I2, I4)
    e_max    max over proper C of v(C) - x(C), with V of the target network omega-           (11; I3)
    p        penalty lambda (e_max - target), target 0, the running least-core value, or
             the larger of both                                                              (16, 17; I5)
    (20)     V(s, a_C; omega) on R_C - p + gamma_V V(s', a'_C; omega-)                       (I6, I9)
    (21)     Q_tot(s, a; theta) on the lambda-return of R - p, bootstrapped on theta-        (I1)
    (22)     lambda <- clip(lambda + xi * mean of [e_max - target], 0, lambda_max)           (I5, I6)

I1. Under "stop", p is a number. Under "flow", the residual of (21) is G - p(theta) - Q_tot(theta) with the
gradient of both terms; the later penalties within G stay numbers.

I8. "pull" adds ``credit_coefficient`` * mean of sum_i (x_i - nu_i)^2 / n over a sample of steps, nu the exact share of
the game with v(N) = x(N). As nu has the same total as x, the pull changes who gets what and not how much there is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.coalition_value_critic import CoalitionCritic
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.monotonic_mixer import MonotonicMixer
from nucleolus_lib.learners.nucleolus_coalitions import all_members, proper, sampled_members
from nucleolus_lib.learners.nucleolus_config import CreditRule
from nucleolus_lib.learners.nucleolus_credit import MAX_EXACT_AGENTS, exact_shares
from nucleolus_lib.learners.nucleolus_exact import ExactComparison, compare, with_total
from nucleolus_lib.learners.nucleolus_excess import excesses, largest_excess, payoffs
from nucleolus_lib.learners.nucleolus_limits import check_agents, takes_all
from nucleolus_lib.learners.nucleolus_mixer import LinearMixer
from nucleolus_lib.learners.nucleolus_multiplier import dual_step, running_mean
from nucleolus_lib.learners.nucleolus_sample import StepSample, sample_steps
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_lambda import lambda_returns
from nucleolus_lib.learners.td_loss import td_loss


class LagrangianCredit(nn.Module):
    """Losses (20) and (21) and the dual step (22).

    Parameters
    ----------
    sizes, config
        Of the world and the learner.

    Raises
    ------
    NucleolusConfigError
        If exact solutions are asked for and there are too many agents for them.
    """

    multiplier: Tensor
    least_core_sum: Tensor
    least_core_weight: Tensor
    n_losses: Tensor
    member: Tensor

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config, self.options, self.n_agents = config, config.nucleolus, sizes.n_agents
        check_agents(sizes.n_agents, self.options)
        self.critic = CoalitionCritic(sizes, config)
        self.is_linear = self.options.mixing == "linear"
        self.mixer: nn.Module = LinearMixer(sizes, config) if self.is_linear else MonotonicMixer(sizes, config)
        self.takes_all = takes_all(sizes.n_agents, self.options)
        if self.takes_all:
            self.register_buffer("member", all_members(sizes.n_agents), persistent=False)
        self.register_buffer("multiplier", torch.tensor(float(self.options.initial_multiplier)))
        self.register_buffer("least_core_sum", torch.tensor(0.0))
        self.register_buffer("least_core_weight", torch.tensor(0.0))
        self.register_buffer("n_losses", torch.tensor(0))

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """omega."""
        return (self.critic.parameter_group(),)

    def coalitions(self, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """The coalitions of this update, (K, N), and what the value network is to be asked for (None for all)."""
        if self.takes_all:
            return self.member, None
        shape = (self.options.n_sampled_coalitions, self.n_agents + 1)
        draws = torch.rand(shape, generator=generator, device=self.multiplier.device)
        member = sampled_members(draws, self.options.sampling)
        return member, member

    def split(self, q: Tensor, state: Tensor, idle: Tensor) -> tuple[Tensor, Tensor]:
        """Q_tot (...) and payoffs (..., N) of individual values (..., N), with V_empty = ``idle`` (...) taken out."""
        if self.is_linear:
            weight, bias = self.mixer.parts(state)  # type: ignore[operator]
            payoff = payoffs(weight * q, bias - idle)
            return payoff.sum(-1) + idle, payoff
        return self.mixer(q, state), payoffs(q, -idle)

    def game(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """v(C) (..., K) of row I2 and V_empty (...), from V(s, a_C) (..., K) whose first column is the empty one."""
        idle = values[..., 0] if self.options.coalition_game == "zero_normalised" else torch.zeros_like(values[..., 0])
        return values - idle[..., None], idle

    def loss(self, batch: EpisodeBatch, qs: QValues, target: LagrangianCredit) -> tuple[Tensor, dict[str, Tensor]]:
        """(20) + (21), and the dual step (22) on the multiplier."""
        options, counts = self.options, batch.mask()
        state, after = batch.state[:, :-1], batch.state[:, 1:]
        member, asked = self.coalitions(qs.generator)
        with torch.no_grad():
            game, idle = self.game(target.critic(state, batch.action, asked))
            following = target.critic(after, qs.greedy[:, 1:], asked)
            next_total = target.split(qs.target_greedy[:, 1:], after, torch.zeros_like(idle))[0]
        total, payoff = self.split(qs.taken, state, idle)
        shared = payoff if options.excess_gradient == "flow" else payoff.detach()
        worst = largest_excess(excesses(game, shared, member), proper(member.shape[0], member.device))
        pull, exact, metrics = self._exact(batch, counts, payoff, target, game, qs.generator)
        level = self._constraint_level(exact)
        # A copy, since the dual step below changes lambda before the backward pass needs it.
        multiplier = self.multiplier.clone()
        penalty = multiplier * (worst - level)
        fixed = penalty.detach()
        with torch.no_grad():
            team = lambda_returns(
                batch.reward - fixed, batch.terminated, counts, next_total, self.config.discount, self.config.td_lambda
            )
            worth = self.critic.targets(batch, counts, following, member, fixed)
        loss, shared_metrics = td_loss(total + (penalty - fixed), team, counts, self.config)
        value_loss = self.critic.loss(batch, counts, worth, asked, qs.generator)
        violation = masked_mean(worst.detach(), counts) - level
        metrics |= shared_metrics | {
            "excess_max": masked_mean(worst.detach(), counts),
            "payoff_spread": masked_mean(payoff.detach().std(-1), counts),
            "multiplier": multiplier,
            "value_loss": value_loss.detach(),
        }
        self._dual_step(violation)
        return loss + value_loss + options.credit_coefficient * pull, metrics

    def _exact(
        self,
        batch: EpisodeBatch,
        counts: Tensor,
        payoff: Tensor,
        target: LagrangianCredit,
        game: Tensor,
        generator: torch.Generator,
    ) -> tuple[Tensor, ExactComparison | None, dict[str, Tensor]]:
        """The pull of row I8 (0-d, 0 unless asked for), and the sample's comparison with the nucleolus."""
        nothing = torch.zeros((), device=payoff.device)
        pulls = self.options.credit == "pull"
        if self.n_agents > MAX_EXACT_AGENTS or (self.options.credit_samples == 0 and not pulls):
            return nothing, None, {}
        sample = sample_steps(counts, self.options.credit_samples, generator)
        mine = sample.of(payoff)
        if self.takes_all:
            games = sample.of(game)
        else:
            with torch.no_grad():
                games = self.game(target.critic(sample.of(batch.state[:, :-1]), sample.of(batch.action)))[0]
        games = with_total(games, mine)
        exact = compare(games, mine.detach(), sample)
        metrics = {
            "empty_core": exact.empty_core,
            "least_core": exact.least_core,
            "nucleolus_distance": exact.distance,
            "games_solved": exact.solved,
        }
        return (_pull(mine, games, sample, self.options.credit_rule) if pulls else nothing), exact, metrics

    @torch.no_grad()
    def _constraint_level(self, exact: ExactComparison | None) -> Tensor:
        """What max_C e is held against: 0, the running least-core value (this batch included), or the larger."""
        if self.options.constraint_target == "zero" or exact is None:
            return torch.zeros((), device=self.multiplier.device)
        new = running_mean(self.least_core_sum, self.least_core_weight, exact.least_core, self.options.least_core_rate)
        self.least_core_sum.copy_(new[0])
        self.least_core_weight.copy_(new[1])
        level = self.least_core_sum / self.least_core_weight.clamp(min=1e-12)
        return level.clamp(min=0.0) if self.options.constraint_target == "relaxed" else level

    @torch.no_grad()
    def _dual_step(self, violation: Tensor) -> None:
        options = self.options
        self.n_losses.add_(1)
        new = dual_step(self.multiplier, violation, options.multiplier_step, options.largest_multiplier)
        self.multiplier.copy_(torch.where(self.n_losses % options.multiplier_period == 0, new, self.multiplier))


def _pull(payoff: Tensor, games: Tensor, sample: StepSample, rule: CreditRule) -> Tensor:
    shares = exact_shares(games, rule)
    return sample.mean(shares.is_solved * (payoff - shares.payoff).square().mean(1))

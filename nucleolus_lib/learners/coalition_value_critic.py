"""Training the coalition values (paper, equation 20; register, rows I6 and I9).

For every coalition C, V(s, a_C; omega) is regressed on

    y_C = R_C - penalty + gamma_V (1 - e) V(s', a'_C; omega-),

with a' the greedy actions of the individual networks and e the end flag (TD(0); with ``value_td_lambda`` > 0 the
lambda-return of the same recursion). Two readings of the reward:

"team"   R_C = R for every C, and penalty = lambda (max_C e - target), the text's (20). V(s, empty) is then the value of
         the state, whatever is done.
"own"    R_C is what C's own participants achieved, with V(s, empty) = 0 by construction. The penalty is left out: it is
         one number for all coalitions, which the zero-normalised game would not see.

Note that others act while C is observed: y_C averages over what the agents outside C did in the batch. The tabular
V_C of :mod:`nucleolus_lib.markov.coalition_values` has them play the no-op instead. The two agree where what others
do does not touch C's reward and next state.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.coalition_value import CoalitionValueNetwork
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_config import CoalitionReward
from nucleolus_lib.learners.nucleolus_sample import sample_steps
from nucleolus_lib.learners.q_values import ParameterGroup
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_lambda import lambda_returns
from nucleolus_lib.markov.own_reward import coalition_rewards


class CoalitionCritic(nn.Module):
    """V(s, a_C; omega) with its loss.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``discount``, ``gradient_clip`` and the fields of ``nucleolus`` named ``value_...``,
        ``agent_embedding`` and ``coalition_reward``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        options = config.nucleolus
        self.reading, self.steps = options.coalition_reward, options.value_steps
        self.discount = config.discount if options.value_discount is None else options.value_discount
        self.td_lambda, self.learning_rate = options.value_td_lambda, options.value_learning_rate
        self.gradient_clip = config.gradient_clip
        self.network = CoalitionValueNetwork(
            sizes.n_agents,
            sizes.n_actions,
            sizes.state_size,
            options.value_hidden_size,
            options.agent_embedding,
        )

    def forward(self, state: Tensor, action: Tensor, member: Tensor | None = None) -> Tensor:
        """V(s, a_C), (..., K), for coalitions ``member`` (K, N) whose first row is the empty one; None for all 2**n."""
        values = cast(Tensor, self.network(state, action, member))
        if self.reading == "own":
            values = torch.cat([torch.zeros_like(values[..., :1]), values[..., 1:]], -1)
        return values

    def targets(
        self, batch: EpisodeBatch, counts: Tensor, following: Tensor, member: Tensor, penalty: Tensor | None
    ) -> Tensor:
        """y_C of every step, (B, T, K), from ``following`` (B, T, K) = V(s', a'_C; omega-) and penalty (B, T)."""
        reward = step_rewards(batch, member, self.reading)
        if penalty is not None and self.reading == "team":
            reward = reward - penalty[..., None]
        return lambda_returns(reward, batch.terminated, counts, following, self.discount, self.td_lambda)

    def loss(
        self, batch: EpisodeBatch, counts: Tensor, targets: Tensor, member: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        """1/2 of the squared error of (20), mean over coalitions and over (a sample of) the steps that count."""
        sample = sample_steps(counts, self.steps, generator)
        values = self(sample.of(batch.state[:, :-1]), sample.of(batch.action), member)
        return 0.5 * sample.mean((values - sample.of(targets)).square().mean(-1))

    def parameter_group(self) -> ParameterGroup:
        """omega has a learning rate and a clip of its own."""
        return ParameterGroup("value", tuple(self.parameters()), self.learning_rate, self.gradient_clip)


def step_rewards(batch: EpisodeBatch, member: Tensor, reading: CoalitionReward) -> Tensor:
    """R_C of every step, (B, T, K), for coalitions ``member`` (K, N) bool.

    Under "own" the grand coalition gets the team reward itself, so that the credits add up to it also where a step
    pays for a subtask with fewer participants than it needs.
    """
    if reading == "team":
        return batch.reward[..., None].expand(-1, -1, member.shape[0])
    assert batch.subtask_rewards is not None
    assert batch.participants is not None
    assert batch.requirement is not None
    own = coalition_rewards(batch.subtask_rewards, batch.participants, batch.requirement, member)
    return torch.where(member.all(1), batch.reward[..., None], own)

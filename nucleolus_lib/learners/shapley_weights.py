"""SHAQ's weight of an action that is not the greedy one: an estimate of the agent's marginal contribution.

    alpha_i(s) = 1 + mean_k | f_s( qbar_(C_i^k), q_i ) |,

where the k-th of K sampled orders of the agents has C_i^k before agent i, qbar_C is the mean of q_j over C (0 if C is
empty), and f_s is a network 2 -> E -> elu -> 1 whose weights hypernetworks make from the state:

    f_s(y) = W_2(s)^T elu( W_1(s)^T y + b_1(s) ) + b_2(s),    W_1 = |H_1(s)| (2 x E),  W_2 = |H_2(s)| (E).

An order is drawn as N uniform numbers, agent j coming before i if its number is smaller.

The hypernetworks depend on the state alone. SHAQ's code gives them a copy of the state for every order and agent, K N
times; here they run once per state, with the same result.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sizes import Sizes


def mean_before(q: Tensor, keys: Tensor) -> Tensor:
    """qbar of the agents before each agent, (..., K, N), from q (..., N) and the numbers of K orders (..., K, N)."""
    before = (keys[..., None, :] < keys[..., :, None]).to(q.dtype)
    total = (before @ q[..., None, :, None])[..., 0]
    return total / before.sum(-1).clamp(min=1)


class ShapleyWeights(nn.Module):
    """alpha_i(s) of every agent.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``mixing_embed`` (E) and ``hypernet_embed``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.embed = config.mixing_embed
        self.widths = (config.hypernet_embed, config.hypernet_embed, config.mixing_embed, config.mixing_embed)
        self.enter = nn.Linear(sizes.state_size, sum(self.widths))
        self.first_weight = nn.Linear(config.hypernet_embed, 2 * config.mixing_embed)
        self.second_weight = nn.Linear(config.hypernet_embed, config.mixing_embed)
        self.second_bias = nn.Linear(config.mixing_embed, 1)

    def forward(self, q: Tensor, state: Tensor, keys: Tensor) -> Tensor:
        """alpha (..., N), at least 1, of q (..., N), state (..., D) and orders (..., K, N)."""
        to_first, to_second, to_bias, first_bias = self.enter(state).split(self.widths, -1)
        first = self.first_weight(to_first.relu()).abs().reshape(*state.shape[:-1], 2, self.embed)
        second = self.second_weight(to_second.relu()).abs()
        second_bias = self.second_bias(to_bias.relu())
        own = q[..., None, :].expand(keys.shape)
        pairs = torch.stack([mean_before(q, keys), own], -1).flatten(-3, -2)
        hidden = nn.functional.elu(pairs @ first + first_bias[..., None, :])
        contribution = (hidden @ second[..., None])[..., 0] + second_bias
        weight: Tensor = 1 + contribution.abs().reshape(keys.shape).mean(-2)
        return weight

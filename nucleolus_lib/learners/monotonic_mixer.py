"""QMIX's mixing network: a team value that rises in every individual value (Rashid et al. 2018).

    Q_tot(q, s) = W_2(s)^T elu( W_1(s)^T q + b_1(s) ) + b_2(s),    W_1 = p(H_1(s)) (N x E), W_2 = p(H_2(s)) (E),

where p is |x| (default), softplus(x) or x^2 / 2, H_1 and H_2 are networks D -> 64 -> relu -> ., b_1 is linear in s and
b_2 is a network D -> E -> relu -> 1. As p >= 0 and elu rises, dQ_tot / dq_i >= 0 for every i.

The four first layers read the same state, so they are one matrix here; PyTorch's initial weights depend on D alone, so
this changes nothing else.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.learner_config import LearnerConfig, PositiveFunction
from nucleolus_lib.learners.sizes import Sizes


def positive(value: Tensor, function: PositiveFunction) -> Tensor:
    """p(x) of the module's docstring."""
    if function == "abs":
        return value.abs()
    return nn.functional.softplus(value) if function == "softplus" else value.square() / 2


class MonotonicMixer(nn.Module):
    """Q_tot of individual values and a state.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``mixing_embed`` (E), ``hypernet_embed`` and ``positive_function``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.n_agents, self.embed, self.positive_function = (
            sizes.n_agents,
            config.mixing_embed,
            config.positive_function,
        )
        self.widths = (config.hypernet_embed, config.hypernet_embed, config.mixing_embed, config.mixing_embed)
        self.enter = nn.Linear(sizes.state_size, sum(self.widths))
        self.first_weight = nn.Linear(config.hypernet_embed, config.mixing_embed * sizes.n_agents)
        self.second_weight = nn.Linear(config.hypernet_embed, config.mixing_embed)
        self.second_bias = nn.Linear(config.mixing_embed, 1)

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        """Q_tot (...,) of q (..., N) and state (..., D)."""
        shape, q = q.shape[:-1], q.reshape(-1, self.n_agents)
        entered = self.enter(state.reshape(-1, state.shape[-1]))
        to_first, to_second, to_bias, first_bias = entered.split(self.widths, -1)
        first = positive(self.first_weight(to_first.relu()), self.positive_function)
        second = positive(self.second_weight(to_second.relu()), self.positive_function)
        first = first.reshape(*q.shape, self.embed)
        hidden = nn.functional.elu((q[:, :, None] * first).sum(1) + first_bias)
        mixed: Tensor = (hidden * second).sum(-1) + self.second_bias(to_bias.relu())[:, 0]
        return mixed.reshape(shape)


def mixed_next_value(mixer: nn.Module, value: Tensor, state: Tensor) -> Tensor:
    """Target Q_tot of the moments after every step, (B, T), from values (B, T+1, N) and states (B, T+1, D)."""
    with torch.no_grad():
        mixed: Tensor = mixer(value[:, 1:], state[:, 1:])
        return mixed

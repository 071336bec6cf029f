"""The efficient mixer of nucleolus Q-learning (register, row I4).

    Q_tot = sum_i w_i(s) Q_i + b(s),    w_i(s) = |H(s)_i| >= 0,

H: D -> 64 -> relu -> n and b: D -> 32 -> relu -> 1, the sizes of QMIX's hypernetworks. Since w_i >= 0, the joint greedy
action of the Q_i is greedy for Q_tot. The last layer of H starts with bias 1, so that learning starts near VDN, all
w_i near 1, and not with every agent almost switched off.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sizes import Sizes


class LinearMixer(nn.Module):
    """w(s) and b(s).

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``hypernet_embed`` (hidden units of H) and ``mixing_embed`` (of b).
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        inputs, hidden, embed = sizes.state_size, config.hypernet_embed, config.mixing_embed
        last = nn.Linear(hidden, sizes.n_agents)
        nn.init.ones_(last.bias)
        self.weight_net = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), last)
        self.bias_net = nn.Sequential(nn.Linear(inputs, embed), nn.ReLU(), nn.Linear(embed, 1))

    def parts(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """w (..., N) and b (...) of states (..., D)."""
        return self.weight_net(state).abs(), self.bias_net(state)[..., 0]

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        """Q_tot (...) of individual values (..., N)."""
        weight, bias = self.parts(state)
        return cast(Tensor, torch.linalg.vecdot(weight, q) + bias)

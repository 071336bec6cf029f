"""Value decomposition networks (Sunehag et al. 2018): the team value is the sum of the individual values.

    Q_tot(tau, a) = sum_i q_i(tau_i, a_i),    loss = 1/2 mean_t (Q_tot - G_t)^2,

with the lambda-return G_t built on the sum of the target network's values of the online greedy actions. It has no
network of its own.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_loss import td_loss, team_target


class VDN(nn.Module):
    """The sum of the individual values."""

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD error of the sum, and the shared metrics."""
        counts = batch.mask()
        target = team_target(batch, counts, qs.target_greedy[:, 1:].sum(-1), self.config)
        return td_loss(qs.taken.sum(-1), target, counts, self.config)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None."""
        return ()

"""QMIX (Rashid et al. 2018): the team value is a monotonic mixture of the individual values.

Q_tot = mixer(q_1, ..., q_N, s) with the network of :mod:`~nucleolus_lib.learners.monotonic_mixer`; the target is the
lambda-return on the target mixer of the target network's values of the online greedy actions; the loss is
1/2 mean (Q_tot - G)^2. Because Q_tot rises in every q_i, the joint greedy action is each agent's own greedy action.
"""

from __future__ import annotations

from torch import Tensor, nn

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.monotonic_mixer import MonotonicMixer, mixed_next_value
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_loss import td_loss, team_target


class QMIX(nn.Module):
    """The monotonic mixture."""

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        self.mixer = MonotonicMixer(sizes, config)

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: QMIX) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD error of the mixture, and the shared metrics."""
        counts = batch.mask()
        next_value = mixed_next_value(target_algorithm.mixer, qs.target_greedy, batch.state)
        target = team_target(batch, counts, next_value, self.config)
        return td_loss(self.mixer(qs.taken, batch.state[:, :-1]), target, counts, self.config)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None."""
        return ()

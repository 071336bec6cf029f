"""SHAQ, Shapley Q-learning (Wang et al. 2022).

    Q_sh = sum_i delta_i q_i,    delta_i = 1 if the action taken is agent i's greedy one, else alpha_i(s) >= 1,

with the weights of :mod:`~nucleolus_lib.learners.shapley_weights`. The target is built on the plain sum of the target
network's values of the online greedy actions, because the weights of greedy actions are 1. Gradients flow through alpha
into its network and into the individual values. The network of alpha has no target copy in use, its own learning rate
and its own clip.

Deviations from the authors' repository, each of which a setting undoes: lambda-returns (``td_lambda=0`` for its
one-step target), the factor 0.5 (``squared_error_factor=1``), Adam (``optimiser="rmsprop"``, ``learning_rate=5e-4``),
the period of the target copy. Not undone by a setting: hypernetworks run once per state (same numbers), orders come
from the learner's generator, and both groups of parameters share one optimiser object.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.shapley_weights import ShapleyWeights
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_loss import td_loss, team_target


class SHAQ(nn.Module):
    """The weighted sum of the individual values."""

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        self.weights = ShapleyWeights(sizes, config) if config.shapley_weight is None else None

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared TD error of the weighted sum.

        Metric beside the shared ones: ``shapley_weight``, the mean of alpha over agents and steps.
        """
        counts = batch.mask()
        target = team_target(batch, counts, qs.target_greedy[:, 1:].sum(-1), self.config)
        weight = self.shapley_weight(batch, qs)
        is_greedy = batch.action == qs.greedy[:, :-1]
        value = (torch.where(is_greedy, 1.0, weight) * qs.taken).sum(-1)
        loss, metrics = td_loss(value, target, counts, self.config)
        metrics["shapley_weight"] = masked_mean(weight.detach().mean(-1), counts)
        return loss, metrics

    def shapley_weight(self, batch: EpisodeBatch, qs: QValues) -> Tensor:
        """alpha (B, T, N), from orders drawn anew."""
        if self.weights is None:
            assert self.config.shapley_weight is not None
            return torch.full_like(qs.taken, self.config.shapley_weight)
        *steps, n = qs.taken.shape
        shape = (*steps, self.config.shapley_samples, n)
        keys = torch.rand(shape, generator=qs.generator, device=qs.taken.device)
        weight: Tensor = self.weights(qs.taken, batch.state[:, :-1], keys)
        return weight

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """The network of alpha."""
        if self.weights is None:
            return ()
        parameters = tuple(self.weights.parameters())
        return (ParameterGroup("shapley", parameters, self.config.shapley_learning_rate, self.config.gradient_clip),)

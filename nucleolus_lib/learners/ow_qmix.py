"""Optimistically weighted QMIX (Rashid et al. 2020): a monotonic mixture that trusts good surprises more than bad ones.

Two team values are learned from the same lambda-return G:

(a) Q_tot, the mixture of QMIX, from which the agents act;
(b) Q*, the *central* value: individual values q^c of a second agent network, joined without any restriction by
    Q* = MLP([s | q^c_1 .. q^c_N]) + V(s), with three hidden layers of 256 in the MLP and one in V.

G is built on the target copy of Q* at u*, the joint action that is greedy for (a) online. The loss is

    c mean_t w_t (Q_tot - G)^2 + c* mean_t (Q* - G)^2,    c = ``squared_error_factor``, c* = ``central_loss_factor``,

with weights that are numbers, alpha = ``optimistic_weight``:

optimistic (OW)   w = 1 if Q_tot < G, else alpha;
central (CW)      w = 1 if the joint action taken is u* or G > target Q*(s, u*), else alpha.

Deviations: PyMARL2 takes c = 1 and c* = 0.5, WQMIX c = c* = 1, both of which the settings allow; here c is the 0.5 that
all methods share. WQMIX has one-step targets (``td_lambda=0``) and RMSprop.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.monotonic_mixer import MonotonicMixer
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sequence_mean import masked_mean
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.td_loss import td_loss, team_target


class CentralMixer(nn.Module):
    """Q* of individual values and a state, without any restriction.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``central_embed``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        width = config.central_embed
        self.joint = nn.Sequential(
            nn.Linear(sizes.state_size + sizes.n_agents, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 1),
        )
        self.state_value = nn.Sequential(nn.Linear(sizes.state_size, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, q: Tensor, state: Tensor) -> Tensor:
        """Q* (...,) of q (..., N) and state (..., D)."""
        value: Tensor = self.joint(torch.cat([state, q], -1)) + self.state_value(state)
        return value[..., 0]


class OWQMIX(nn.Module):
    """The weighted monotonic mixture and the central value."""

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        self.mixer = MonotonicMixer(sizes, config)
        self.central_agent = AgentNetwork(sizes, config)
        self.central_mixer = CentralMixer(sizes, config)

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: OWQMIX) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted squared TD error of the mixture plus that of the central value.

        Metrics beside the shared ones: ``central_loss`` and ``weight`` (the mean of w).
        """
        counts = batch.mask()
        value = self.mixer(qs.taken, batch.state[:, :-1])
        with torch.no_grad():
            best = target_algorithm.central_value(batch, qs.greedy, batch.state)
            target = team_target(batch, counts, best[:, 1:], self.config)
            weight = self._weight(batch, qs, value, target, best[:, :-1])
        loss, metrics = td_loss(value, target, counts, self.config, weight)
        central = self.central_value(batch, batch.action, batch.state[:, :-1])
        central_loss = self.config.central_loss_factor * masked_mean((central - target).square(), counts)
        metrics["central_loss"] = central_loss.detach()
        metrics["weight"] = masked_mean(weight, counts)
        return loss + central_loss, metrics

    def central_value(self, batch: EpisodeBatch, action: Tensor, state: Tensor) -> Tensor:
        """Q* of joint actions (B, L, N) at the first L moments, states (B, L, D)."""
        q = self.central_agent.unroll(batch.observation, batch.action)[:, : action.shape[1]]
        mixed: Tensor = self.central_mixer(q.gather(-1, action[..., None])[..., 0], state)
        return mixed

    def _weight(self, batch: EpisodeBatch, qs: QValues, value: Tensor, target: Tensor, best: Tensor) -> Tensor:
        if self.config.weighting == "optimistic":
            trusted = value < target
        else:
            trusted = (batch.action == qs.greedy[:, :-1]).all(-1) | (target > best)
        return torch.where(trusted, 1.0, self.config.optimistic_weight)

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """None: one optimiser and one clip for everything, as in PyMARL2."""
        return ()

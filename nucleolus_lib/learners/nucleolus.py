"""Nucleolus Q-learning (Li, Cao, Qiao and Hu 2025) with every reading of the interpretation register.

==================  =============================================================  ==========================
``credit``          what it is                                                     module
==================  =============================================================  ==========================
"lagrangian"        the paper's Algorithm 1: losses (20), (21), dual step (22)     nucleolus_lagrangian
"pull"              the same, payoffs drawn to the exact nucleolus (I8)            nucleolus_lagrangian
"shares"            Q_i regressed on exact shares of the coalition values (I8)     nucleolus_shares
"reward_shares"     Q_i trained on exact shares of every reward (I8, I9)           nucleolus_own_rewards
"additive"          the control of I9: VDN with the same information               nucleolus_own_rewards
==================  =============================================================  ==========================

Only the first is the paper's. The others are labelled as beyond it wherever results are shown.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_lagrangian import LagrangianCredit
from nucleolus_lib.learners.nucleolus_own_rewards import AdditiveCredit, RewardSharesCredit
from nucleolus_lib.learners.nucleolus_shares import SharesCredit
from nucleolus_lib.learners.q_values import ParameterGroup, QValues
from nucleolus_lib.learners.sizes import Sizes

CREDITS: dict[str, Any] = {
    "lagrangian": LagrangianCredit,
    "pull": LagrangianCredit,
    "shares": SharesCredit,
    "reward_shares": RewardSharesCredit,
    "additive": AdditiveCredit,
}


class Nucleolus(nn.Module):
    """The credit that ``config.nucleolus.credit`` names, on the seam of all learners.

    Parameters
    ----------
    sizes, config
        Of the world and the learner.

    Raises
    ------
    NucleolusConfigError
        If the world has too few or too many agents for the settings.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.credit = CREDITS[config.nucleolus.credit](sizes, config)

    def loss(self, batch: EpisodeBatch, qs: QValues, target_algorithm: Nucleolus) -> tuple[Tensor, dict[str, Tensor]]:
        """The credit's loss and metrics."""
        result: tuple[Tensor, dict[str, Tensor]] = self.credit.loss(batch, qs, target_algorithm.credit)
        return result

    def separate_groups(self) -> tuple[ParameterGroup, ...]:
        """The coalition values, where there are any."""
        groups: tuple[ParameterGroup, ...] = self.credit.separate_groups()
        return groups

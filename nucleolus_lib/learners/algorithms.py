"""Which learner a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus import Nucleolus
from nucleolus_lib.learners.oracle_credit import OracleCredit
from nucleolus_lib.learners.ow_qmix import OWQMIX
from nucleolus_lib.learners.q_values import Algorithm
from nucleolus_lib.learners.qmix import QMIX
from nucleolus_lib.learners.shaq import SHAQ
from nucleolus_lib.learners.sizes import Sizes
from nucleolus_lib.learners.vdn import VDN

ALGORITHMS: Mapping[str, Callable[[Sizes, LearnerConfig], Algorithm]] = {
    "vdn": VDN,
    "qmix": QMIX,
    "ow_qmix": OWQMIX,
    "shaq": SHAQ,
    "nucleolus": Nucleolus,
    "oracle_credit": OracleCredit,
}
"""Every algorithm by its name in a :class:`~nucleolus_lib.learners.learner_config.LearnerConfig`."""

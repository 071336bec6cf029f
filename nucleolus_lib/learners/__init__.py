"""What is learned. Learners know episodes, not worlds; they meet in :mod:`nucleolus_lib.experiments`.

:class:`~nucleolus_lib.learners.q_learning.Learner` holds what all algorithms share; a file such as
:mod:`~nucleolus_lib.learners.vdn` holds one algorithm's difference, its loss.
"""

from nucleolus_lib.learners.algorithms import ALGORITHMS
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.learners.replay import ReplayBuffer
from nucleolus_lib.learners.sizes import Sizes

__all__ = ["ALGORITHMS", "EpisodeBatch", "Learner", "LearnerConfig", "ReplayBuffer", "Sizes"]

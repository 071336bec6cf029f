"""What can be wrong with a learner, its settings or its data: one class each, all of them :class:`LearnerError`.

Every message says what was expected, what came, and how to mend it.
"""

from __future__ import annotations


class LearnerError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.learners`."""


class SizesError(LearnerError, ValueError):
    """The sizes of a world contradict themselves."""


class ConfigError(LearnerError, ValueError):
    """A setting of a learner is outside its stated range."""


class UnknownAlgorithmError(ConfigError):
    """No learner of that name."""


class BatchError(LearnerError, ValueError):
    """Episodes have a shape or type that does not fit the learner, or lack a field it needs."""


class ReplayError(LearnerError, ValueError):
    """The replay buffer cannot take or give what was asked."""


class LearnerStateError(LearnerError, ValueError):
    """A stored state does not belong to this learner."""

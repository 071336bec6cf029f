"""What can be wrong with the options of nucleolus Q-learning."""

from nucleolus_lib.learners.errors import ConfigError


class NucleolusConfigError(ConfigError):
    """A field of :class:`~nucleolus_lib.learners.nucleolus_config.NucleolusConfig` is wrong or contradicts another."""

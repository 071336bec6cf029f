"""What can be wrong with the options of nucleolus Q-learning."""


class NucleolusConfigError(ValueError):
    """A field of :class:`~nucleolus_lib.learners.nucleolus_config.NucleolusConfig` is wrong or contradicts another."""

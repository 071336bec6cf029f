"""What can be wrong with a world, its rules or its use: one class each, all of them :class:`WorldError`.

Every message says what was expected, what came, and how to mend it.
"""


class WorldError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.envs`."""


class SpecError(WorldError, ValueError):
    """A world's description contradicts itself."""


class LayoutError(WorldError, ValueError):
    """A fire-rescue map cannot be played: unknown sign, ragged rows, a fire nobody can reach or put out."""


class WorldParameterError(WorldError, ValueError):
    """A parameter of a world is outside its stated range."""


class ActionsError(WorldError, ValueError):
    """A joint action has the wrong shape or type, or names an action the world does not have."""


class ConformanceError(WorldError, AssertionError):
    """A world breaks the protocol; raised by :func:`nucleolus_lib.envs.check_env.check_env`."""


class EpisodeError(WorldError, ValueError):
    """An episode cannot be recorded or read as asked."""


class ScenarioError(WorldError, ValueError):
    """A battle cannot be set up: unknown map, ruleset or unit, a unit outside the walkable area or on another."""


class SmacMissingError(WorldError, ImportError):
    """The real SMAC cannot be started: package, game or map are missing."""


class SmacWorkerError(WorldError, RuntimeError):
    """A process that plays a battle failed for good."""

"""What can be wrong with a game, a payoff or a solve: one class each, all of them :class:`GameError`.

Every message says what was expected, what came, and how to mend it.
"""


class GameError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.games`."""


class ValuesLengthError(GameError, ValueError):
    """The number of values is not 2**n for any n >= 1."""


class NonFiniteValueError(GameError, ValueError):
    """A coalition's value is NaN, infinite or not a number at all."""


class EmptyCoalitionValueError(GameError, ValueError):
    """v(empty coalition) is not zero."""


class TooManyPlayersError(GameError, ValueError):
    """The tables for so many players would not fit the stated limit; the message gives the bytes."""


class UnknownPlayerError(GameError, ValueError):
    """A coalition, weight or payoff names a player the game does not have."""


class PayoffShapeError(GameError, ValueError):
    """A payoff is not one finite number per player."""


class EmptyImputationSetError(GameError, ValueError):
    """sum_i v({i}) > v(N): no payoff is both efficient and individually rational."""


class NotAPartitionError(GameError, ValueError):
    """A coalition structure leaves a player out, names one twice, or holds an empty coalition."""


class CatalogueParameterError(GameError, ValueError):
    """A parameter of a named game is outside its stated range."""


class ConvergenceError(GameError, RuntimeError):
    """A solver stopped without an answer it could certify; it never returns a silent guess."""


class EmptyCoalitionError(GameError, ValueError):
    """An operation that needs at least one player was given the empty coalition."""


class SamplingParameterError(GameError, ValueError):
    """A sampled solution was asked for without a generator, a number of players or enough samples."""


class DataFolderError(GameError, FileNotFoundError):
    """The folder with the data sets, or a file in it, is not where it is looked for."""


class DataFileError(GameError, ValueError):
    """A data set's file is damaged or incomplete."""


class SolverOptionError(GameError, ValueError):
    """A solver was called with an option it does not know."""

"""What can be wrong with a finite coalition MDP or a solve on it: one class each, all of them :class:`MarkovError`.

Every message says what was expected, what came, and how to mend it. A coalition structure that is not a
partition raises :class:`nucleolus_lib.games.errors.NotAPartitionError`, as everywhere in the library.
"""


class MarkovError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.markov`."""


class TableShapeError(MarkovError, ValueError):
    """An array does not have the shape, the range or the finiteness that the world needs."""


class TransitionRowError(MarkovError, ValueError):
    """A row of the transition table is not a probability distribution over states."""


class DiscountError(MarkovError, ValueError):
    """The discount is outside [0, 1)."""


class MissingNoopError(MarkovError, ValueError):
    """An agent has no no-op, so "everybody outside the coalition does nothing" has no meaning."""


class UnknownAgentError(MarkovError, ValueError):
    """A subtask, a policy or a coalition names an agent the world does not have."""


class TerminalStateError(MarkovError, ValueError):
    """A state called terminal can be left, or still pays a reward."""


class TableTooLargeError(MarkovError, MemoryError):
    """The tables of a world this large would not fit the stated limit; the message gives the bytes."""


class UnreachableToleranceError(MarkovError, ValueError):
    """The tolerance lies below what float64 arithmetic can certify, or the sweeps allowed did not reach it."""


class CreditParameterError(MarkovError, ValueError):
    """An option of a credit, operator or learning function is outside its stated range."""

"""What can be wrong with a chapter's parameters or with what it publishes: all of them :class:`ReportError`.

Every message says what was expected, what came, and how to mend it.
"""


class ReportError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.report`."""


class UnknownParameterError(ReportError, ValueError):
    """A parameter was passed to a chapter that does not have it."""


class MissingParameterError(ReportError, ValueError):
    """A declared parameter is not set by the chapter's parameters cell."""


class ParameterTypeError(ReportError, TypeError):
    """A parameter is of the wrong kind, such as a text where a number is needed."""


class ParameterRangeError(ReportError, ValueError):
    """A parameter is outside its allowed range."""


class ArtifactNameError(ReportError, ValueError):
    """The name of a chapter or artifact cannot be a file name and a reference at once, or is used twice."""


class MissingDescriptionError(ReportError, ValueError):
    """A figure without alternative text, or an artifact that does not say which data it came from."""


class ArtifactTypeError(ReportError, TypeError):
    """The object to publish is not of the kind that the method publishes."""


class TriangleError(ReportError, ValueError):
    """The game or payoff cannot be drawn in the triangle of three players' imputations."""


class CoalitionPlotError(ReportError, ValueError):
    """A figure of coalitions was asked for that cannot be drawn legibly, such as a lattice of ten players."""


class SharePlotError(ReportError, ValueError):
    """Ways to share that cannot be drawn side by side: too many of them, or rows of different lengths."""


class SurveyError(ReportError, ValueError):
    """A survey of random games was asked for with no games or confidence out of range."""


class StoredRunError(ReportError, ValueError):
    """A stored result is missing, or was written with another schema than the reader knows."""


class StatisticsError(ReportError, ValueError):
    """Scores of the wrong shape, scores that are not numbers, or a confidence out of range."""


class BenchmarkFileError(ReportError, ValueError):
    """A stored benchmark is missing, of another version, or incomplete."""

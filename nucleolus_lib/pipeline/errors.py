"""What can stop a build: all of them :class:`PipelineError`, each with what to do."""


class PipelineError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.pipeline`."""


class UnknownProfileError(PipelineError, ValueError):
    """The profile is not one of those the build knows."""


class ChapterSettingsError(PipelineError, ValueError):
    """``book/chapters.toml`` names a chapter, a key or a data file that does not exist."""


class ChapterRunError(PipelineError, RuntimeError):
    """A notebook stopped with an error, wrote a warning, or read data it does not declare."""


class DownloadError(PipelineError, RuntimeError):
    """A third-party script could not be fetched, or is not the one that was expected."""


class RenderError(PipelineError, RuntimeError):
    """Jupyter Book reported a warning or an error."""


class BuildRunningError(PipelineError, RuntimeError):
    """Another build of the same profile is running."""


class ExpectationError(PipelineError, RuntimeError):
    """Regenerated tables differ from the committed ones, or there is nothing to compare with."""

"""What can be wrong with a run, its settings or its files: one class each, all of them :class:`ExperimentError`.

Every message says what was expected, what came, and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExperimentError(Exception):
    """Any failure raised by :mod:`nucleolus_lib.experiments`."""


class RunConfigError(ExperimentError, ValueError):
    """A setting of a run is outside its range, or two settings contradict each other."""


class UnknownWorldError(ExperimentError, ValueError):
    """No world, option of a world or scripted policy of that name."""


class DeviceAbsentError(ExperimentError, ValueError):
    """The device asked for is not on this machine."""


class RunFileError(ExperimentError, ValueError):
    """A run file is damaged, of another schema version, or belongs to a run with other settings."""


class CheckpointError(ExperimentError, ValueError):
    """A checkpoint is missing, damaged, or belongs to a run with other settings."""


class WriteError(ExperimentError, OSError):
    """A file could not be written; what was there before is still there."""


class NotFiniteError(ExperimentError, ArithmeticError):
    """A loss or gradient is not a finite number; the batch was saved."""


class SuiteError(ExperimentError, ValueError):
    """A suite of runs is not described, or contradicts itself."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The names that are known, and the one that was perhaps meant, as the end of a message."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower().replace("_", "-"), names, n=1, cutoff=0.4)
    near = near or difflib.get_close_matches(name.lower().replace("-", "_"), names, n=1, cutoff=0.4)
    return f"{', '.join(names)}" + (f". Did you mean {near[0]!r}?" if near else "")

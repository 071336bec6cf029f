"""Writing a file in one step: whatever happens, the old file or the new one is there, never half of one.

The text is written to another file in the same folder, forced to the disk, and then put in the old one's place.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from nucleolus_lib.experiments.errors import WriteError

PART = ".part"
"""Ending of a file that is being written; one that was left behind by a kill can be deleted."""


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Make ``path`` hold what ``write`` writes.

    Raises
    ------
    WriteError
        The disk is full or the folder cannot be written to. What was at ``path`` before is still there.
    """
    # The process id keeps two writers apart; the later one wins, and each file is whole.
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except Exception as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError) or _is_failed_write(error):
            raise WriteError(
                f"{path} could not be written ({error}); what was there before is unchanged. "
                "Make room or choose another folder, then start the same command again: it continues"
            ) from error
        raise


def write_json_atomically(path: Path, record: Any) -> None:
    """Make ``path`` hold ``record`` as JSON."""
    text = json.dumps(record, indent=1, default=str) + "\n"
    write_atomically(path, lambda stream: stream.write(text.encode()))


def _is_failed_write(error: Exception) -> bool:
    """torch reports a full disk as a RuntimeError of its file writer."""
    return isinstance(error, RuntimeError) and ("PytorchStreamWriter" in str(error) or "unexpected pos" in str(error))

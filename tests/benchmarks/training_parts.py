"""The parts of a benchmark that is interrupted and resumed: how long each took and how busy the GPU was in it.

The sum over parts is only right if no part is lost. So a part is in the file from its beginning on, and its seconds
are brought up to date while it runs. One that was killed stays as it was last written, marked as not ended: the sum is
then too small by up to :data:`HEARTBEAT_SECONDS` for each of them, and :attr:`Parts.cut_off` counts them. The file is
written in one step, and one that cannot be read is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nucleolus_lib.experiments.atomic_file import write_json_atomically
from tests.benchmarks.gpu_samples import Sample

FORMAT = 1
HEARTBEAT_SECONDS = 5.0
"""Between two writings of a part that is under way."""
FIELDS = {"wall_s": float, "ended": bool, "jobs": int, "commit": str, "samples": list}


class PartsFileError(ValueError):
    """The file of parts is damaged, or belongs to other work."""


class Parts:
    """The parts so far; :meth:`begin` adds one.

    Parameters
    ----------
    path
        The file.
    work
        What is measured: runs, device, folders. Parts of other work cannot be added up.

    Raises
    ------
    PartsFileError
        The file is damaged or its parts are of other work.
    """

    def __init__(self, path: Path, work: Mapping[str, Any]) -> None:
        self.path = path
        # As it comes back from a file.
        self.work = json.loads(json.dumps(dict(work)))
        self.parts: list[dict[str, Any]] = _read(path, self.work) if path.exists() else []

    @property
    def wall_s(self) -> float:
        """Seconds over all parts."""
        return sum(part["wall_s"] for part in self.parts)

    @property
    def cut_off(self) -> int:
        """Parts that did not end by themselves."""
        return sum(not part["ended"] for part in self.parts)

    @property
    def samples(self) -> list[Sample]:
        """Of all parts."""
        return [tuple(sample) for part in self.parts for sample in part["samples"]]

    def begin(self, jobs: int, commit: str) -> None:
        """A new part, of no seconds yet."""
        self.parts.append({"wall_s": 0.0, "ended": False, "jobs": jobs, "commit": commit, "samples": []})
        self._write()

    def update(self, wall_s: float, samples: Sequence[Sample], problem: str = "", ended: bool = False) -> None:
        """Bring the part under way up to date."""
        new = {"wall_s": round(wall_s, 3), "samples": [list(sample) for sample in samples], "ended": ended}
        self.parts[-1] |= new | {"problem": problem}
        self._write()

    def _write(self) -> None:
        write_json_atomically(self.path, {"format": FORMAT, "work": self.work, "parts": self.parts})


def _read(path: Path, work: Mapping[str, Any]) -> list[dict[str, Any]]:
    remedy = (
        f"The seconds of the parts so far are not known then: delete {path} and the runs and checkpoints it stands "
        "for, and begin anew"
    )
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PartsFileError(f"{path} is damaged or half-written ({error}). {remedy}") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        found = stored.get("format") if isinstance(stored, dict) else None
        raise PartsFileError(f"{path} has format {found}, and this code reads format {FORMAT}. {remedy}")
    different = sorted(key for key in work.keys() | stored["work"].keys() if work.get(key) != stored["work"].get(key))
    if different:
        raise PartsFileError(
            f"{path} holds parts of other work, whose seconds cannot be added: "
            + "; ".join(f"{key} = {stored['work'].get(key)!r} there, {work.get(key)!r} here" for key in different)
            + ". Go on with what is there, or name another --state, --out and --checkpoints"
        )
    parts: list[dict[str, Any]] = stored["parts"]
    for number, part in enumerate(parts):
        lacking = [name for name, kind in FIELDS.items() if not isinstance(part.get(name), kind)]
        if lacking:
            raise PartsFileError(f"{path}: part {number} lacks {', '.join(lacking)}. {remedy}")
    return parts

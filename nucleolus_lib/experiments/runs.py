"""Result files: what a run leaves behind, and how it is read again. Nothing here needs torch.

Below the folder of a suite, ``data/runs/<suite>``:

* ``<world>/<name>/seed<k>.parquet``, one row per evaluation (:data:`COLUMNS`, then the outcomes and the metrics);
* ``<world>/<name>/seed<k>.json``, the settings, the commit, versions, device and times;
* ``<world>/scripted/<policy>.parquet`` and ``.json``, one row per episode of a scripted policy.

Both files are written in one step each, the table first. So after a kill the table holds at least the rows that the
record counts, and all of them are whole: a run that was cut short is a readable beginning with ``complete`` false.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nucleolus_lib.experiments.atomic_file import write_atomically, write_json_atomically
from nucleolus_lib.experiments.errors import RunFileError

SCHEMA_VERSION = 1
"""Changes whenever a column or field changes its meaning or goes away."""

COLUMNS = ("env_steps", "gradient_steps", "wall_s", "cpu_s", "exploration_rate")
"""Columns of every training run. Then, for every outcome of the world, ``<outcome>_mean`` and ``<outcome>_std`` over
the evaluation's episodes; then ``train/<metric>``, means over the gradient steps since the row before (for
``train/return`` over the episodes)."""

SCRIPTED = "scripted"
"""Folder of the scripted policies, beside those of the algorithms."""

FIELDS = ("schema_version", "kind", "world", "name", "seed", "config", "complete", "rows", "commit")
"""What every record has."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run, or the episodes of one scripted policy.

    Parameters
    ----------
    table
        One row per evaluation, or per episode.
    record
        Where it comes from; at least :data:`FIELDS`.
    learner
        What was learned, when the run was made just now.
    """

    table: pd.DataFrame
    record: dict[str, Any]
    learner: Any = field(default=None, repr=False)

    @property
    def world(self) -> str:
        """World and options, ``pp-grid,penalty=-2``."""
        return str(self.record["world"])

    @property
    def name(self) -> str:
        """The algorithm, or the run's label; of a scripted run the policy."""
        return str(self.record["name"])

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.record["seed"])

    @property
    def complete(self) -> bool:
        """Whether the run reached the end it was given."""
        return bool(self.record["complete"])

    @property
    def config(self) -> dict[str, Any]:
        """The settings as plain values."""
        return dict(self.record["config"])

    @property
    def env_steps(self) -> int:
        """Environment steps at the last row."""
        return int(self.table["env_steps"].iloc[-1]) if len(self.table) else 0


def run_stem(suite: Path | str, world: str, name: str, seed: int) -> Path:
    """The path of a run's two files, without ending."""
    return Path(suite) / world / name / f"seed{seed}"


def scripted_stem(suite: Path | str, world: str, policy: str) -> Path:
    """The path of a scripted policy's two files, without ending."""
    return Path(suite) / world / SCRIPTED / policy


def write(result: RunResult, stem: Path | str) -> None:
    """Write table and record.

    Raises
    ------
    WriteError
        With what was there before unchanged.
    """
    table_path, record_path = _paths(stem)
    # In memory first: pyarrow would report a full disk in a way of its own.
    memory = io.BytesIO()
    result.table.to_parquet(memory, index=False)
    write_atomically(table_path, lambda stream: stream.write(memory.getbuffer()))
    write_json_atomically(record_path, result.record | {"rows": len(result.table)})


def read(stem: Path | str) -> RunResult:
    """The run at ``stem`` (the ending .json or .parquet may be given, too).

    Raises
    ------
    RunFileError
        A file is missing or damaged, or was written in another schema version.
    """
    table_path, record_path = _paths(stem)
    record = read_record(record_path)
    try:
        table = pd.read_parquet(table_path)
    except Exception as error:
        raise RunFileError(
            f"{table_path} is missing or damaged ({error}); delete it and {record_path.name} and make the run again "
            f"with {_command(record)}, which continues from the checkpoint if that is still there"
        ) from error
    if len(table) < record["rows"]:
        raise RunFileError(
            f"{table_path} has {len(table)} rows, but its record counts {record['rows']}: they do not belong "
            f"together. Delete both and make the run again with {_command(record)}"
        )
    return RunResult(table, record)


def read_record(path: Path | str) -> dict[str, Any]:
    """The record alone, checked.

    Raises
    ------
    RunFileError
    """
    path = _paths(path)[1]
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFileError(f"there is no run at {path}; make it with python -m nucleolus_lib train or sweep") from error
    except (ValueError, OSError) as error:
        raise RunFileError(f"{path} is damaged ({error}); delete it and make the run again") from error
    version = record.get("schema_version") if isinstance(record, dict) else None
    if version != SCHEMA_VERSION:
        commit = record.get("commit", "unknown") if isinstance(record, dict) else "unknown"
        raise RunFileError(
            f"{path} has schema version {version}, and this code reads version {SCHEMA_VERSION}. Read it with the "
            f"code that wrote it (commit {commit}), or delete it and make the run again with this code"
        )
    lacking = [name for name in FIELDS if name not in record]
    if lacking:
        raise RunFileError(f"{path} lacks {', '.join(lacking)}: it is damaged; delete it and make the run again")
    return dict(record)


def exists(stem: Path | str) -> bool:
    """Whether there is a run at ``stem``, whole or not."""
    return _paths(stem)[1].exists()


def find(suite: Path | str, kind: str = "training") -> list[Path]:
    """The stems of all runs below a suite's folder, sorted; ``kind`` is "training" or "scripted"."""
    records = sorted(Path(suite).glob("*/*/*.json"))
    return [path.with_suffix("") for path in records if (path.parent.name == SCRIPTED) == (kind == "scripted")]


def read_suite(suite: Path | str, kind: str = "training") -> list[RunResult]:
    """Every run below a suite's folder.

    Raises
    ------
    RunFileError
        There is none, or one cannot be read.
    """
    found = [read(stem) for stem in find(suite, kind)]
    if not found:
        raise RunFileError(f"there are no {kind} runs below {suite}; make some with python -m nucleolus_lib sweep")
    return found


def suite_table(suite: Path | str, kind: str = "training") -> pd.DataFrame:
    """All rows of a suite in one table, with columns ``world``, ``name``, ``seed`` and ``complete`` in front."""
    parts = []
    for run in read_suite(suite, kind):
        part = run.table.copy()
        for place, column in enumerate(("world", "name", "seed", "complete")):
            part.insert(place, column, getattr(run, column))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _paths(stem: Path | str) -> tuple[Path, Path]:
    path = Path(stem)
    if path.suffix in (".json", ".parquet"):
        path = path.with_suffix("")
    return path.with_name(path.name + ".parquet"), path.with_name(path.name + ".json")


def _command(record: dict[str, Any]) -> str:
    return f"python -m nucleolus_lib train --env {record['world']} --algorithm {record['name']} --seed {record['seed']}"

"""Stored benchmarks as tables: what was measured, against whom, and on which machine.

The files ``data/benchmarks/<name>.json`` are written by the benchmarks under ``tests/benchmarks`` (``--json``). They
are measured on a machine that does nothing else and not while the book is built.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nucleolus_lib.report.errors import BenchmarkFileError
from nucleolus_lib.report.locations import repository_root

SCHEMA_VERSION = 1
"""Of the files that this module reads."""
COLUMNS = ("work", "ours", "peer", "figure", "ratio", "bar", "holds")
"""What a row of a file must have, in the order of the table."""


@dataclass(frozen=True)
class Benchmark:
    """One stored benchmark.

    Parameters
    ----------
    name
        Of the benchmark.
    rows
        What was measured, each with :data:`COLUMNS` at least.
    date, machine, commit, versions
        When, where and with what; ``versions`` by package.
    load
        Load average over the minute before the first and at the last measurement; more than about 1 means that other
        work disturbed it. Empty where the system did not tell.
    quoted
        Where the figures come from that were not measured in the same run; may be empty.
    """

    name: str
    rows: tuple[Mapping[str, Any], ...]
    date: str
    machine: str
    commit: str
    versions: Mapping[str, str]
    load: tuple[float, ...]
    quoted: str

    def table(self) -> pd.DataFrame:
        """Work, our figure, the peer's, whether that is of the same run or quoted, the ratio, the bar, the verdict."""
        return pd.DataFrame(
            {
                "work": [row["work"] for row in self.rows],
                "ours": [row["ours"] for row in self.rows],
                "peer": [row["peer"] for row in self.rows],
                "peer's figure": [row["figure"] for row in self.rows],
                "ratio": [float(row["ratio"]) for row in self.rows],
                "bar": [row["bar"] for row in self.rows],
                "verdict": [_verdict(row) for row in self.rows],
            }
        )


def read_benchmark(name: str, folder: Path | None = None) -> Benchmark:
    """The benchmark stored as ``data/benchmarks/<name>.json``.

    Parameters
    ----------
    name
        "train" or "predator_prey".
    folder
        Another folder.

    Raises
    ------
    BenchmarkFileError
        There is no such file, it is of another version, or it lacks something; the message says how to write it.
    """
    path = (folder or repository_root() / "data" / "benchmarks") / f"{name}.json"
    remedy = f"write it anew: python -m tests.benchmarks.bench_{name} --json {path.as_posix()}"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkFileError(f"{path} cannot be read ({error}); {remedy}") from error
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise BenchmarkFileError(f"{path} has schema version {found}, {SCHEMA_VERSION} is expected; {remedy}")
    try:
        benchmark = Benchmark(
            name=content["benchmark"],
            rows=tuple(content["rows"]),
            date=content["date"],
            machine=content["machine"],
            commit=content["commit"],
            versions={"python": content["python"], **content["packages"]},
            load=(*content["load_before"][:1], *content["load_after"][:1]),
            quoted=content["quoted"],
        )
    except KeyError as error:
        raise BenchmarkFileError(f"{path} has no {error}; {remedy}") from error
    lacking = sorted({column for row in benchmark.rows for column in COLUMNS if column not in row})
    if lacking:
        raise BenchmarkFileError(f"{path} has rows without {', '.join(lacking)}; {remedy}")
    return benchmark


def machines_table(benchmarks: Sequence[Benchmark]) -> pd.DataFrame:
    """When, where and with what each was measured."""
    return pd.DataFrame(
        {
            "benchmark": [benchmark.name.replace("_", " ") for benchmark in benchmarks],
            "date": [benchmark.date for benchmark in benchmarks],
            "machine": [benchmark.machine for benchmark in benchmarks],
            "load before, after": [", ".join(f"{load:.1f}" for load in benchmark.load) for benchmark in benchmarks],
            "commit": [_short(benchmark.commit) for benchmark in benchmarks],
            "Python, torch": [f"{b.versions['python']}, {b.versions['torch']}" for b in benchmarks],
        }
    )


def _verdict(row: Mapping[str, Any]) -> str:
    if row["bar"] == "none":
        return "reported"
    return "holds" if row["holds"] else "missed"


def _short(commit: str) -> str:
    """The first eight digits of a commit, and what is said after it."""
    digits, space, rest = commit.partition(" ")
    return f"{digits[:8]}{space}{rest}" if len(digits) == 40 else commit

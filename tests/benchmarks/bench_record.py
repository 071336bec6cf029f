"""A benchmark's result as a file: the rows, and on which machine, when and with what they were measured.

``data/benchmarks/<name>.json`` holds what chapter 07 shows. It is written by ``--json`` of a benchmark, on a machine
that does nothing else; the load average before and after says whether it did. The commit counts as clean if the
library, the tests and the pinned versions are as committed: other files cannot change a measurement, and the files
of two benchmarks are written one after the other.

A row has at least the keys of :data:`KEYS`. ``figure`` says where the peer's number is from: "this run", or "quoted".
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from nucleolus_lib.experiments.device import describe_device
from nucleolus_lib.provenance import provenance

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_VERSION = 1
KEYS = frozenset({"work", "ours", "peer", "ratio", "bar", "holds", "figure"})
MEASURED = ("nucleolus_lib", "tests", "constraints.txt", "pyproject.toml")
"""What can change a measurement."""


def machine() -> str:
    """The processor's name, the number of its cores and the memory."""
    return f"{describe_device(torch.device('cpu'))}, {os.cpu_count()} cores{_memory()}"


def load() -> list[float]:
    """Runnable processes over 1, 5 and 15 minutes; nothing where the system does not tell."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def record(
    benchmark: str, rows: Sequence[Mapping[str, Any]], load_before: Sequence[float], quoted: str, threads: int = 1
) -> dict[str, Any]:
    """What is written.

    Parameters
    ----------
    benchmark
        Its name.
    rows
        As described above.
    load_before
        :func:`load` before the first row was measured.
    quoted
        Where the figures come from that were not measured in this run; empty if there is none.
    threads
        How many the measured code had.
    """
    for row in rows:
        if not row.keys() >= KEYS:
            raise ValueError(f"a row of {benchmark} lacks {', '.join(sorted(KEYS - row.keys()))}: {row}")
        if row["figure"] not in ("this run", "quoted") or (row["figure"] == "quoted" and not quoted):
            raise ValueError(f"a row of {benchmark} must say 'this run', or 'quoted' and from where; got {row}")
    origin = provenance(ROOT)
    origin["commit"] = _commit()
    return {
        "schema_version": SCHEMA_VERSION,
        "benchmark": benchmark,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "threads": threads,
        "load_before": list(load_before),
        "load_after": load(),
        "quoted": quoted,
        **origin,
        "rows": [dict(row) for row in rows],
    }


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a :func:`record`, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return ""
    return f", {size / 2**30:.0f} GiB, {platform.system()}"


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "HEAD")
    if not head:
        return "unknown (no git checkout)"
    return f"{head} + local changes" if git("status", "--porcelain", "--", *MEASURED) else head

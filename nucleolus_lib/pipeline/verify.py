"""Compare regenerated tables with the committed ones: ``python -m nucleolus_lib.pipeline.verify --profile full``.

Expectations are in ``data/expected/CHAPTER/PROFILE/TABLE.csv``. Beside them, ``data/expected/CHAPTER/tolerances.toml``
states how far a number may be off::

    [default]
    relative = 1e-9
    absolute = 1e-12

    [tables.solutions.share]      # one column of one table
    relative = 1e-6

A number agrees when ``|found - expected| <= absolute + relative * |expected|``. Anything else must be equal as
text, exact fractions included. Tables whose name begins with ``timing_`` are not compared.

``--accept`` takes the regenerated tables over as the new expectations.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleolus_lib.pipeline.build import run_build
from nucleolus_lib.pipeline.chapters import PROFILES, chapter_names
from nucleolus_lib.pipeline.errors import ExpectationError, PipelineError
from nucleolus_lib.pipeline.readme_figure import accept_figure, figure_differences
from nucleolus_lib.report.locations import repository_root

EXPECTED_FOLDER = "data/expected"
TOLERANCES_FILE = "tolerances.toml"
NOT_COMPARED = "timing_"
SHOWN_DIFFERENCES = 20
DEFAULT_TOLERANCES = "[default]\nrelative = 1e-9\nabsolute = 1e-12\n"


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be from the expected one."""

    relative: float
    absolute: float

    def agrees(self, found: float, expected: float) -> bool:
        """Whether ``found`` is close enough; two NaN or two equal infinities agree."""
        if found == expected or (found != found and expected != expected):
            return True
        return abs(found - expected) <= self.absolute + self.relative * abs(expected)


class Tolerances:
    """The tolerances of one chapter's tables."""

    def __init__(self, text: str) -> None:
        tables = tomllib.loads(text)
        self._default = _tolerance(tables.get("default", {}), Tolerance(0.0, 0.0))
        self._columns: Mapping[str, Mapping[str, Any]] = tables.get("tables", {})

    def of(self, table: str, column: str) -> Tolerance:
        """The tolerance of one column."""
        return _tolerance(self._columns.get(table, {}).get(column, {}), self._default)


def compare_chapter(expected: Path, tolerances: Tolerances, found: Path) -> list[str]:
    """What differs between the tables of two folders, one line each; empty when they agree."""
    names = {path.name for path in compared_tables(expected)}
    made = {path.name for path in compared_tables(found)}
    differences = [f"{name}: expected, but not made any more" for name in sorted(names - made)]
    differences += [f"{name}: made, but there is no expectation" for name in sorted(made - names)]
    for name in sorted(names & made):
        table = Path(name).stem
        lines = compare_tables(read_rows(expected / name), read_rows(found / name), table, tolerances)
        differences += [f"{name}: {line}" for line in lines]
    return differences


def compare_tables(
    expected: Sequence[Sequence[str]], found: Sequence[Sequence[str]], table: str, tolerances: Tolerances
) -> Iterator[str]:
    """What differs between two tables whose first row holds the column names."""
    if not expected or not found or expected[0] != found[0]:
        yield f"columns {list(found[0]) if found else []}, expected {list(expected[0]) if expected else []}"
        return
    if len(expected) != len(found):
        yield f"{len(found) - 1} rows, expected {len(expected) - 1}"
        return
    columns = expected[0]
    for number, (old, new) in enumerate(zip(expected[1:], found[1:], strict=True), start=1):
        for column, before, now in zip(columns, old, new, strict=True):
            if not cells_agree(before, now, tolerances.of(table, column)):
                yield f"row {number}, {column}: {now}, expected {before}"


def cells_agree(expected: str, found: str, tolerance: Tolerance) -> bool:
    """Whether two cells say the same: as text, or as numbers within the tolerance."""
    if expected == found:
        return True
    try:
        return tolerance.agrees(float(found), float(expected))
    except ValueError:
        return False


def compared_tables(folder: Path) -> list[Path]:
    """The tables of a folder that two runs must agree on."""
    return sorted(path for path in folder.glob("*.csv") if not path.name.startswith(NOT_COMPARED))


def read_rows(path: Path) -> list[list[str]]:
    """A CSV file as rows of texts."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def accept_chapter(found: Path, chapter: Path, profile: str) -> None:
    """Take the tables of ``found`` over as the expectations of one chapter and profile."""
    target = chapter / profile
    shutil.rmtree(target, ignore_errors=True)
    tables = compared_tables(found)
    if tables:
        target.mkdir(parents=True)
    for path in tables:
        shutil.copy(path, target / path.name)
    stated = chapter / TOLERANCES_FILE
    if tables and not stated.exists():
        stated.write_text(DEFAULT_TOLERANCES, encoding="utf-8")


def verify(root: Path, build: Path, profile: str) -> int:
    """Compare every chapter's tables below ``build`` with the committed ones; return how many were compared.

    Raises
    ------
    ExpectationError
        Something differs, or there is nothing to compare.
    """
    differences = figure_differences(root, build) if profile == "full" else []
    compared = 0
    for name in chapter_names(root):
        chapter = root / EXPECTED_FOLDER / name
        stated = chapter / TOLERANCES_FILE
        tolerances = Tolerances(stated.read_text(encoding="utf-8") if stated.exists() else DEFAULT_TOLERANCES)
        found = build / "artifacts" / name
        compared += len(compared_tables(found))
        differences += [f"{name}/{line}" for line in compare_chapter(chapter / profile, tolerances, found)]
    if differences:
        more = len(differences) - SHOWN_DIFFERENCES
        shown = differences[:SHOWN_DIFFERENCES] + ([f"... and {more} more"] if more > 0 else [])
        raise ExpectationError(
            "\n".join(shown) + "\nIf the new tables are right, take them over: make accept, look at git diff, commit"
        )
    if compared == 0:
        raise ExpectationError("no chapter publishes a table, so nothing was verified")
    return compared


def _tolerance(stated: Mapping[str, Any], default: Tolerance) -> Tolerance:
    unknown = set(stated) - {"relative", "absolute"}
    if unknown:
        raise ExpectationError(f"a tolerance has 'relative' and 'absolute'; got {sorted(unknown)}")
    return Tolerance(float(stated.get("relative", default.relative)), float(stated.get("absolute", default.absolute)))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make all tables again and compare them with the committed ones.")
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--accept", action="store_true", help="take the new tables over")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    root = repository_root()
    # in a folder of its own, emptied first: every chapter is executed, whatever a build has left
    build = f"build/verify_{given.profile}"
    shutil.rmtree(root / build, ignore_errors=True)
    try:
        status = run_build(root, build, given.profile, "results", given.cores, [])
        if status != 0:
            return status
        if given.accept:
            for name in chapter_names(root):
                found = root / build / "artifacts" / name
                accept_chapter(found, root / EXPECTED_FOLDER / name, given.profile)
            if given.profile == "full":
                accept_figure(root, root / build)
            print(f"The tables are in {EXPECTED_FOLDER}; look at git diff before you commit them.")
            return 0
        print(f"{verify(root, root / build, given.profile)} tables agree with {EXPECTED_FOLDER}.")
    except PipelineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Suites: which runs belong together, from a small TOML file.

``data/runs/suites.toml`` has one table per suite::

    [pp]
    worlds = ["pp-8v4", "pp-8v4-paper", "pp-grid,penalty=-2"]
    algorithms = ["vdn", "nucleolus", "nucleolus_pull"]
    seeds = [0, 1, 2]
    total_steps = 300_000

    [pp.settings]                       # for all runs; what differs from the presets
    "learner.td_lambda" = 0.8

    [pp.variants.nucleolus_pull]        # an algorithm with settings of its own, under its own name
    algorithm = "nucleolus"
    settings = { "learner.nucleolus.credit" = "pull" }

A suite has one run per world, algorithm (or variant) and seed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nucleolus_lib.experiments.errors import SuiteError, nearest

SUITES_FILE = Path("data/runs/suites.toml")

SCRIPTED_JOB = "scripted"
"""What the job that plays a world's scripted policies is called beside those of the algorithms."""


@dataclass(frozen=True)
class Variant:
    """An algorithm with settings of its own."""

    algorithm: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """Runs that belong together; see the module's text."""

    name: str
    worlds: tuple[str, ...]
    algorithms: tuple[str, ...]
    seeds: tuple[int, ...]
    total_steps: int
    settings: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("worlds", "algorithms", "seeds"):
            if not getattr(self, part):
                raise SuiteError(f"suite {self.name!r} needs {part}; it has none")
        unused = sorted(set(self.variants) - set(self.algorithms))
        if unused:
            raise SuiteError(
                f"suite {self.name!r} describes the variants {unused}, which are not among its algorithms "
                f"{list(self.algorithms)}; add them there or take them out"
            )

    def only(
        self,
        worlds: Sequence[str] | None = None,
        algorithms: Sequence[str] | None = None,
        seeds: Sequence[int] | None = None,
        total_steps: int | None = None,
    ) -> Suite:
        """The suite with some parts replaced; what is None stays."""
        chosen = tuple(algorithms or self.algorithms)
        return Suite(
            self.name,
            tuple(worlds or self.worlds),
            chosen,
            self.seeds if seeds is None else tuple(seeds),
            total_steps or self.total_steps,
            self.settings,
            {name: variant for name, variant in self.variants.items() if name in chosen},
        )


def read_suites(path: Path | str = SUITES_FILE) -> dict[str, Suite]:
    """All suites of a file; none if there is no file.

    Raises
    ------
    SuiteError
        The file is not TOML, or a table has a part that is not known.
    """
    path = Path(path)
    if not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{path} is not TOML: {error}") from error
    return {name: _suite(path, name, table) for name, table in tables.items()}


def read_suite(name: str, path: Path | str = SUITES_FILE) -> Suite:
    """One suite of a file.

    Raises
    ------
    SuiteError
        There is none of that name (with the nearest one).
    """
    suites = read_suites(path)
    if name not in suites:
        raise SuiteError(f"{path} has no suite {name!r}; it has {nearest(name, suites) or 'none'}")
    return suites[name]


def job_text(suites: dict[str, Suite], name: str, algorithm: str) -> str:
    """What decides the runs of one algorithm in a suite, as text: a change of it is a reason to look at them again."""
    if name not in suites:
        return ""
    suite = suites[name]
    variant = suite.variants.get(algorithm, Variant(algorithm))
    return f"{suite.total_steps} steps, seeds {suite.seeds}, {suite.settings}, {variant}"


_PARTS = ("worlds", "algorithms", "seeds", "total_steps", "settings", "variants")


def _suite(path: Path, name: str, table: dict[str, Any]) -> Suite:
    unknown = sorted(set(table) - set(_PARTS)) if isinstance(table, dict) else [name]
    if unknown:
        raise SuiteError(f"{path}, suite {name!r}: unknown part {unknown[0]!r}; known: {nearest(unknown[0], _PARTS)}")
    lacking = [part for part in _PARTS[:4] if part not in table]
    if lacking:
        raise SuiteError(f"{path}, suite {name!r} lacks {', '.join(lacking)}")
    variants = {}
    for label, given in table.get("variants", {}).items():
        if set(given) - {"algorithm", "settings"} or "algorithm" not in given:
            raise SuiteError(f"{path}, suite {name!r}, variant {label!r}: it has algorithm and settings; got {given}")
        variants[label] = Variant(given["algorithm"], dict(given.get("settings", {})))
    return Suite(
        name,
        tuple(table["worlds"]),
        tuple(table["algorithms"]),
        tuple(table["seeds"]),
        int(table["total_steps"]),
        dict(table.get("settings", {})),
        variants,
    )

"""Which chapters there are, and what each needs.

``book/chapters.toml`` has one table per chapter that needs anything beyond its own defaults::

    ["02_the_nucleolus"]
    data = ["data/games/*.json"]   # files it may read; a change executes the chapter again
    smoke = { n_games = 20 }       # parameters of the quick profile

The profile ``full`` is the notebooks' own defaults. A line ``readme_figure = "CHAPTER/NAME"`` above the
tables names the figure that the README shows (:mod:`.readme_figure`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nucleolus_lib.pipeline.errors import ChapterSettingsError, UnknownProfileError

PROFILES = ("smoke", "full")
SETTINGS_FILE = "book/chapters.toml"


@dataclass(frozen=True)
class ChapterSettings:
    """What ``book/chapters.toml`` says of one chapter."""

    data: tuple[str, ...] = ()
    """Files or patterns below ``data/`` that the chapter may read."""

    smoke: dict[str, Any] = field(default_factory=dict)
    """Parameters that the smoke profile changes."""


def check_profile(profile: str) -> str:
    """``profile``, if there is one of that name."""
    if profile not in PROFILES:
        raise UnknownProfileError(f"the profiles are {' and '.join(PROFILES)}; got {profile!r}. Say PROFILE=smoke")
    return profile


def chapter_names(root: Path) -> list[str]:
    """The notebooks of the book, in order."""
    return sorted(path.stem for path in (root / "book").glob("[0-9][0-9]_*.ipynb"))


def read_settings(root: Path) -> dict[str, ChapterSettings]:
    """The settings of every chapter.

    Raises
    ------
    ChapterSettingsError
        A table is for a chapter that does not exist, has an unknown key, or names data that no file matches.
    """
    path = root / SETTINGS_FILE
    tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    tables.pop("readme_figure", None)
    names = chapter_names(root)
    for name, table in tables.items():
        if name not in names:
            raise ChapterSettingsError(f"{SETTINGS_FILE} has a table {name!r}, but the chapters are {names}")
        unknown = set(table) - {"data", "smoke"}
        if unknown:
            raise ChapterSettingsError(f"{SETTINGS_FILE}, {name!r}: unknown {sorted(unknown)}; known: data, smoke")
        for pattern in table.get("data", ()):
            if not pattern.startswith("data/") or not list(root.glob(pattern)):
                raise ChapterSettingsError(f"{SETTINGS_FILE}, {name!r}: no file below data/ matches {pattern!r}")
    return {
        name: ChapterSettings(tuple(tables.get(name, {}).get("data", ())), dict(tables.get(name, {}).get("smoke", {})))
        for name in names
    }


def profile_parameters(settings: ChapterSettings, profile: str) -> dict[str, Any]:
    """The parameters that ``profile`` passes to the chapter."""
    return dict(settings.smoke) if check_profile(profile) == "smoke" else {}


def data_files(root: Path, settings: ChapterSettings) -> list[str]:
    """The files the chapter may read, relative to the repository."""
    found = {path for pattern in settings.data for path in root.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(root).as_posix() for path in found)

"""The one figure of the README: a chapter's own figure, committed so that GitHub can show it.

``readme_figure = "CHAPTER/NAME"`` at the top of ``book/chapters.toml`` says which. ``make accept`` copies it, and
``make verify`` compares the committed file with the chapter's: texts and shapes must be equal, coordinates within
a small tolerance.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

from nucleolus_lib.pipeline.chapters import SETTINGS_FILE
from nucleolus_lib.pipeline.errors import ChapterSettingsError

README_FIGURE = "book/_assets/readme_figure.svg"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
TOLERANCE = 1e-3
"""Largest difference of a coordinate, in points: far below what can be seen."""


def source_of_figure(root: Path, build: Path) -> Path | None:
    """The chapter's file that the README shows; None when none is named."""
    named: str | None = tomllib.loads((root / SETTINGS_FILE).read_text(encoding="utf-8")).get("readme_figure")
    if named is None:
        return None
    chapter, _, name = named.partition("/")
    path = build.joinpath("artifacts", chapter, f"{name}.svg")
    if not path.is_file():
        raise ChapterSettingsError(
            f"{SETTINGS_FILE} has readme_figure = {named!r}, but no chapter publishes that figure"
        )
    return path


def accept_figure(root: Path, build: Path) -> None:
    """Copy the chapter's figure to where the README shows it."""
    source = source_of_figure(root, build)
    if source is not None:
        shutil.copy(source, root / README_FIGURE)


def figure_differences(root: Path, build: Path) -> list[str]:
    """Why the committed figure is not the chapter's; empty when it is."""
    source = source_of_figure(root, build)
    if source is None:
        return []
    committed = root / README_FIGURE
    if not committed.is_file():
        return [f"{README_FIGURE} is missing; make accept writes it"]
    if not svg_agree(committed.read_text(encoding="utf-8"), source.read_text(encoding="utf-8")):
        return [f"{README_FIGURE} is not the figure that {source.parent.name} draws now"]
    return []


def svg_agree(one: str, other: str) -> bool:
    """Whether two SVG texts draw the same: equal but for coordinates that differ by less than the tolerance."""
    if NUMBER.sub("0", one) != NUMBER.sub("0", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs)

"""One look per algorithm, the same in every figure of the book.

The five learners have the five colours of :data:`.COLORS` that are easiest to tell apart, and each a dash and a mark of
its own, so that a figure is read without colour, too. What is a reference rather than a contestant is grey: oracle
credit, which is told what no learner knows, and scripts, which do not learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nucleolus_lib.report.style import COLORS, FAINT

Dash = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class AlgorithmStyle:
    """How one algorithm is drawn."""

    label: str
    color: str
    dash: Dash
    mark: str

    def line(self) -> dict[str, Any]:
        """Keywords of a matplotlib line."""
        return {"color": self.color, "linestyle": self.dash}


_GREY = "#4d4d4d"

STYLES = {
    "vdn": AlgorithmStyle("VDN", COLORS["blue"], "-", "o"),
    "qmix": AlgorithmStyle("QMIX", COLORS["orange"], (0, (5, 1.5)), "s"),
    "ow_qmix": AlgorithmStyle("OW-QMIX", COLORS["green"], (0, (5, 1.5, 1, 1.5)), "D"),
    "shaq": AlgorithmStyle("SHAQ", COLORS["purple"], (0, (2, 1)), "^"),
    "nucleolus": AlgorithmStyle("nucleolus", COLORS["vermilion"], "-", "v"),
    "oracle_credit": AlgorithmStyle("oracle credit", _GREY, (0, (1, 1)), "P"),
}
"""The algorithms of the book in their order, by the names of :data:`nucleolus_lib.learners`."""

ORDER = tuple(STYLES)

REFERENCE_DASHES: tuple[Dash, ...] = ((0, (8, 3)), (0, (3, 3)), (0, (1, 3)), (0, (8, 3, 1, 3)))
"""Dashes of horizontal reference lines, in the order in which they take them; all of them are :data:`.FAINT`."""


def style_of(algorithm: str) -> AlgorithmStyle:
    """The style of ``algorithm``; a name that the book does not know is drawn grey under its own name."""
    return STYLES.get(algorithm, AlgorithmStyle(algorithm.replace("_", " "), FAINT, ":", "X"))


def in_order(algorithms: Any) -> list[str]:
    """``algorithms`` without repetition, those of the book first and in its order, others by name."""
    found = set(algorithms)
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))

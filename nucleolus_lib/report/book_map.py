"""The map of the book: which chapter answers which question, and which ones to read before.

The table below is the one place that knows; the figure is drawn from it. A test compares ``is_written``
with the notebooks in ``book/``, so that the map cannot promise a chapter that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nucleolus_lib.report.style import CARD, COLORS, COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass(frozen=True)
class BookChapter:
    """One chapter of the book."""

    number: int
    title: str
    question: str
    part: str
    reads_on_from: tuple[int, ...]
    """Chapters whose results it uses."""
    is_written: bool


GAMES, MARKOV, LEARNING, RESULTS = "Games", "Markov worlds", "Worlds and learners", "Results"

CHAPTERS = (
    BookChapter(0, "Start here", "What is this book about?", GAMES, (), True),
    BookChapter(1, "Games and the core", "When can a team share so that no group would leave?", GAMES, (0,), True),
    BookChapter(2, "The nucleolus", "Which stable payoff treats the least content group best?", GAMES, (1,), True),
    BookChapter(3, "Shapley versus nucleolus", "Two fair shares: when do they differ?", GAMES, (2,), True),
    BookChapter(
        4, "The entity-based coalition POMDP", "What is a task made of subtasks, in symbols?", MARKOV, (1,), True
    ),
    BookChapter(
        5, "The Markov core and the Markov nucleolus", "What is stable in every state of a world?", MARKOV, (2, 4), True
    ),
    BookChapter(6, "The nucleolus Q-operator", "Does learning with it converge, and to what?", MARKOV, (5,), True),
    BookChapter(7, "Batched worlds", "How are a thousand worlds stepped at once?", LEARNING, (4,), True),
    BookChapter(8, "Value factorisation", "How do VDN, QMIX and SHAQ share credit?", LEARNING, (3, 7), True),
    BookChapter(9, "Nucleolus Q-learning", "What does the deep version do, line by line?", LEARNING, (6, 8), True),
    BookChapter(10, "Predator-prey results", "Does it learn faster when hunting?", RESULTS, (9,), True),
    BookChapter(11, "Battle results", "Does it win more battles?", RESULTS, (9,), True),
    BookChapter(12, "Coalitions that form", "Who works with whom, and when?", RESULTS, (11,), True),
    BookChapter(13, "Ablations", "Which reading of the paper makes the difference?", RESULTS, (10, 11), False),
    BookChapter(14, "Claims", "Which claims of the paper hold here?", RESULTS, (6, 12, 13), False),
)

PART_COLORS = {GAMES: "blue", MARKOV: "green", LEARNING: "vermilion", RESULTS: "purple"}

ROW = 0.52
"""Height of a chapter's row in inches."""

WIDEST_ARC = 1.7
"""How far an arc may reach to the left."""


def chapter_table() -> DataFrame:
    """The map as a table, one row a chapter."""
    import pandas as pd

    rows = [
        {
            "chapter": f"{entry.number:02d} {_title(entry)}",
            "question it answers": entry.question,
            "read before": ", ".join(f"{number:02d}" for number in entry.reads_on_from) or "nothing",
        }
        for entry in CHAPTERS
    ]
    return pd.DataFrame(rows)


def draw_book_map() -> Figure:
    """The chapters from top to bottom with their questions; an arc leads from a chapter to each that builds on it.

    Chapters that are written have a filled mark, planned ones an open one.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, ROW * (len(CHAPTERS) + len(PART_COLORS))))
    places = _rows_of_chapters()
    for part, row in _rows_of_parts().items():
        axes.text(0.5, row + 0.1, part, fontsize=11, fontweight="bold", color=FAINT, va="center")
    for entry in CHAPTERS:
        for earlier in entry.reads_on_from:
            _draw_arc(axes, places[earlier], places[entry.number], PART_COLORS[entry.part])
        _draw_chapter(axes, entry, places[entry.number])
    lowest = max(places.values())
    axes.set(xlim=(-WIDEST_ARC - 0.2, 6.2), ylim=(lowest + 0.6, -0.6))
    axes.axis("off")
    return figure


def _title(entry: BookChapter) -> str:
    return entry.title if entry.is_written else f"{entry.title} (planned)"


def _rows_of_parts() -> dict[str, float]:
    """The row of every part's heading, counted from the top."""
    first = {part: next(k for k, entry in enumerate(CHAPTERS) if entry.part == part) for part in PART_COLORS}
    return {part: float(k + number) for number, (part, k) in enumerate(first.items())}


def _rows_of_chapters() -> dict[int, float]:
    order = list(PART_COLORS)
    return {entry.number: float(k + order.index(entry.part) + 1) for k, entry in enumerate(CHAPTERS)}


def _draw_chapter(axes: Axes, entry: BookChapter, row: float) -> None:
    color = COLORS[PART_COLORS[entry.part]]
    face = color if entry.is_written else CARD
    # white is not legible on the pale colour of the results
    ink = CARD if entry.is_written and entry.part != RESULTS else INK
    box = {
        "boxstyle": "circle,pad=0.28",
        "facecolor": face,
        "edgecolor": color,
        "linestyle": "-" if entry.is_written else (0, (2, 1.5)),
        "linewidth": 1.4,
    }
    number = f"{entry.number:02d}"
    axes.text(0.12, row, number, fontsize=9, fontweight="bold", color=ink, ha="center", va="center", bbox=box)
    axes.text(0.5, row - 0.2, _title(entry), fontsize=11, fontweight="bold", va="center")
    axes.text(0.5, row + 0.21, entry.question, fontsize=10, va="center")


def _draw_arc(axes: Axes, start: float, end: float, color: str) -> None:
    """A half ellipse to the left of the numbers, as wide as the step is long."""
    from matplotlib.patches import Arc

    span = end - start
    width = min(0.35 + 0.2 * span, WIDEST_ARC)
    arc = Arc(
        (-0.12, (start + end) / 2),
        2 * width,
        span,
        theta1=90,
        theta2=270,
        color=COLORS[color],
        linewidth=1.3,
        alpha=0.85,
    )
    axes.add_patch(arc)
    axes.plot(-0.13, end, marker=">", markersize=5, color=COLORS[color], zorder=3)

"""The map of the book: it tells the truth about which chapters there are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt

from nucleolus_lib.report.book_map import CHAPTERS, PART_COLORS, BookChapter, chapter_table, draw_book_map

BOOK = Path(__file__).parents[2] / "book"


def false_promises(chapters: tuple[BookChapter, ...], book: Path) -> list[str]:
    """What the map says that the folder of notebooks does not bear out."""
    found = {path.stem[:2]: path for path in book.glob("[0-9][0-9]_*.ipynb")}
    wrong = []
    for entry in chapters:
        notebook = found.pop(f"{entry.number:02d}", None)
        if (notebook is not None) != entry.is_written:
            wrong.append(f"{entry.number:02d}: is_written={entry.is_written}, notebook={notebook}")
        elif notebook is not None:
            first = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
            if not first.startswith(f"# {entry.title}\n"):
                wrong.append(f"{entry.number:02d}: the notebook's title is not {entry.title!r}")
    return wrong + [f"{number}: not on the map" for number in found]


def test_the_map_says_which_chapters_are_written() -> None:
    assert false_promises(CHAPTERS, BOOK) == []


def test_a_false_promise_is_found() -> None:
    first, last = CHAPTERS[0], CHAPTERS[-1]
    assert false_promises((replace(first, is_written=not first.is_written), *CHAPTERS[1:]), BOOK)
    assert false_promises((replace(first, title="Another title"), *CHAPTERS[1:]), BOOK)
    assert false_promises((*CHAPTERS[:-1], replace(last, is_written=not last.is_written)), BOOK)
    assert false_promises(CHAPTERS[1:], BOOK)


def test_chapters_are_numbered_in_order_and_build_on_earlier_ones() -> None:
    assert [entry.number for entry in CHAPTERS] == list(range(len(CHAPTERS)))
    assert all(earlier < entry.number for entry in CHAPTERS for earlier in entry.reads_on_from)
    assert {entry.part for entry in CHAPTERS} == set(PART_COLORS)


def test_the_table_and_the_figure_show_every_chapter() -> None:
    table = chapter_table()
    for name, entry in zip(table["chapter"], CHAPTERS, strict=True):
        assert name.startswith(f"{entry.number:02d} {entry.title}")
        assert name.endswith("(planned)") != entry.is_written
    figure = draw_book_map()
    texts = {text.get_text() for text in figure.axes[0].texts}
    plt.close(figure)
    for entry in CHAPTERS:
        assert entry.question in texts
        assert (entry.title if entry.is_written else f"{entry.title} (planned)") in texts

"""Tables, interactive figures and sources as a page or a notebook shows them."""

from __future__ import annotations

from fractions import Fraction

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.games import excesses
from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.interactive import interactive_html
from nucleolus_lib.report.source import show_source, source_text
from nucleolus_lib.report.style import CARD, COLORS, FAINT, INK, use_style
from nucleolus_lib.report.table_view import html_table, page_table, plain_table

FRAME = pd.DataFrame(
    {"who": ["Ann", "<Ben>"], "share": [1 / 3, 20000.0], "exact": [Fraction(1, 3), Fraction(2)], "n": [3, 40000]}
)


def test_the_page_rounds_and_marks_numbers() -> None:
    page = page_table(FRAME, {"n": ","})
    assert page["columns"] == ["who", "share", "exact", "n"]
    assert page["rows"] == [["Ann", "0.3333", "1/3", "3"], ["<Ben>", "2e+04", "2", "40,000"]]
    assert page["numeric"] == [False, True, True, True]


def test_the_page_says_where_there_is_no_number() -> None:
    page = page_table(pd.DataFrame({"share": [0.5, float("nan")]}), {"share": ".1%"})
    assert page["rows"] == [["50.0%"], ["\N{EN DASH}"]]
    assert page["numeric"] == [True]


def test_html_is_escaped_and_headed() -> None:
    text = html_table(page_table(FRAME))
    assert "&lt;Ben&gt;" in text
    assert '<th scope="col">who</th>' in text


def test_plain_table_is_aligned() -> None:
    lines = plain_table(page_table(FRAME)).splitlines()
    assert [line.index(word) for line, word in zip(lines, ("share", "0.3333", "2e+04"), strict=True)] == [7, 7, 7]


def test_a_text_cannot_end_the_script_early() -> None:
    text = interactive_html("turn", '{"title":"</script><b>"}', 'He said "two"')
    assert text.count("</script>") == 1
    assert 'aria-label="He said &quot;two&quot;"' in text


def example(x: int) -> int:
    """Say it.

    At length.
    """
    return x + 1


def test_source_without_docstring() -> None:
    assert source_text(example) == "def example(x: int) -> int:\n    return x + 1"
    assert "At length." in source_text(example, docstring=True)


def test_shown_source_names_file_and_line() -> None:
    shown = show_source(excesses).data
    assert shown.startswith("`nucleolus_lib/games/excess.py, line ")
    assert "```python\ndef excesses(" in shown


def test_what_has_no_source_is_refused() -> None:
    with pytest.raises(ArtifactTypeError, match="written in Python"):
        source_text(len)


def luminance(color: str) -> float:
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_texts_and_marks_stand_out_from_the_card() -> None:
    assert contrast(INK, CARD) >= 7
    assert contrast(FAINT, CARD) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # a line or mark needs less than a text; the palest of the palette are for areas and large marks
    assert contrast(COLORS["blue"], CARD) >= 3
    assert contrast(COLORS["vermilion"], CARD) >= 3


def test_the_style_does_not_depend_on_the_readers_settings() -> None:
    mpl.rcParams["lines.linewidth"] = 17
    mpl.rcParams["axes.grid"] = True
    use_style()
    assert mpl.rcParams["lines.linewidth"] == 1.8
    assert mpl.rcParams["axes.grid"] is False
    mpl.rcdefaults()

"""Tables compared with the committed ones: equal ones pass, and every kind of difference is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nucleolus_lib.pipeline.errors import ChapterSettingsError, ExpectationError
from nucleolus_lib.pipeline.readme_figure import accept_figure, figure_differences, svg_agree
from nucleolus_lib.pipeline.verify import (
    DEFAULT_TOLERANCES,
    Tolerances,
    accept_chapter,
    cells_agree,
    compare_chapter,
    compare_tables,
    verify,
)

EXPECTED = [["who", "share"], ["Ann", "0.25"], ["Ben", "1/3"]]
STATED = Tolerances("[default]\nrelative = 1e-6\nabsolute = 1e-9\n[tables.shares.share]\nrelative = 0.1\n")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([["who", "part"], ["Ann", "0.25"], ["Ben", "1/3"]], "columns"),
        (EXPECTED[:2], "1 rows, expected 2"),
        ([["who", "share"], ["Ann", "0.26"], ["Ben", "1/3"]], "row 1, share: 0.26, expected 0.25"),
        ([["who", "share"], ["Ann", "0.25"], ["Ben", "1/4"]], "row 2, share: 1/4, expected 1/3"),
        ([["who", "share"], ["Anna", "0.25"], ["Ben", "1/3"]], "row 1, who"),
        ([["who", "share"], ["Ann", "nan"], ["Ben", "1/3"]], "row 1, share: nan"),
        ([], "columns"),
    ],
)
def test_a_difference_is_told(found: list[list[str]], told: str) -> None:
    lines = list(compare_tables(EXPECTED, found, "other", STATED))
    assert any(told in line for line in lines), lines


def test_equal_tables_and_small_differences_pass() -> None:
    assert list(compare_tables(EXPECTED, EXPECTED, "other", STATED)) == []
    close = [["who", "share"], ["Ann", "0.2500001"], ["Ben", "1/3"]]
    assert list(compare_tables(EXPECTED, close, "other", STATED)) == []


def test_a_column_has_its_own_tolerance() -> None:
    wide = [["who", "share"], ["Ann", "0.26"], ["Ben", "1/3"]]
    assert list(compare_tables(EXPECTED, wide, "shares", STATED)) == []
    assert STATED.of("shares", "share").absolute == 1e-9


def test_a_tolerance_with_another_key_is_refused() -> None:
    with pytest.raises(ExpectationError, match="percent"):
        Tolerances("[default]\npercent = 1\n")


def test_special_numbers() -> None:
    exact = Tolerances("").of("t", "c")
    assert cells_agree("nan", "nan", exact)
    assert cells_agree("inf", "inf", exact)
    assert cells_agree("1.0", "1", exact)
    assert not cells_agree("inf", "-inf", exact)
    assert not cells_agree("", "0", exact)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "book" / "_assets").mkdir(parents=True)
    (tmp_path / "book" / "01_one.ipynb").write_text("")
    (tmp_path / "book" / "chapters.toml").write_text('readme_figure = "01_one/triangle"\n')
    made = tmp_path / "build" / "artifacts" / "01_one"
    made.mkdir(parents=True)
    (made / "shares.csv").write_text("who,share\nAnn,0.25\n")
    (made / "timing_solve.csv").write_text("n,seconds\n3,0.1\n")
    (made / "triangle.svg").write_text('<svg><path d="M 1.0 2.5"/></svg>')
    return tmp_path


def accept(root: Path) -> None:
    accept_chapter(root / "build" / "artifacts" / "01_one", root / "data" / "expected" / "01_one", "full")
    accept_figure(root, root / "build")


def test_accepted_tables_are_verified_until_they_change(root: Path) -> None:
    with pytest.raises(ExpectationError, match=r"shares.csv: made, but there is no expectation"):
        verify(root, root / "build", "full")
    accept(root)
    assert verify(root, root / "build", "full") == 1
    made = root / "build" / "artifacts" / "01_one"
    (made / "timing_solve.csv").write_text("n,seconds\n3,99\n")
    assert verify(root, root / "build", "full") == 1, "measured times are not compared"
    (made / "shares.csv").write_text("who,share\nAnn,0.26\n")
    with pytest.raises(ExpectationError, match=r"0\.26, expected 0\.25"):
        verify(root, root / "build", "full")
    (made / "shares.csv").unlink()
    with pytest.raises(ExpectationError, match="not made any more"):
        verify(root, root / "build", "full")


def test_accepting_keeps_stated_tolerances(root: Path) -> None:
    accept(root)
    stated = root / "data" / "expected" / "01_one" / "tolerances.toml"
    assert stated.read_text() == DEFAULT_TOLERANCES
    stated.write_text("[default]\nrelative = 0.5\n")
    accept(root)
    assert stated.read_text() == "[default]\nrelative = 0.5\n"


def test_nothing_to_compare_is_no_success(root: Path) -> None:
    (root / "build" / "artifacts" / "01_one" / "shares.csv").unlink()
    accept(root)
    with pytest.raises(ExpectationError, match="nothing was verified"):
        verify(root, root / "build", "full")


def test_a_missing_folder_of_expectations_is_a_difference(root: Path) -> None:
    found = root / "build" / "artifacts" / "01_one"
    assert compare_chapter(root / "nowhere", STATED, found) == ["shares.csv: made, but there is no expectation"]


def test_the_readme_figure_is_the_chapters(root: Path) -> None:
    assert "missing" in figure_differences(root, root / "build")[0]
    accept(root)
    assert figure_differences(root, root / "build") == []
    (root / "book" / "_assets" / "readme_figure.svg").write_text('<svg><path d="M 1.0 2.6"/></svg>')
    assert "is not the figure" in figure_differences(root, root / "build")[0]
    (root / "book" / "chapters.toml").write_text('readme_figure = "01_one/square"\n')
    with pytest.raises(ChapterSettingsError, match="01_one/square"):
        figure_differences(root, root / "build")


def test_svg_agreement() -> None:
    assert svg_agree('<path d="M 1.00001 2.5"/>', '<path d="M 1.00002 2.5"/>')
    assert not svg_agree('<path d="M 1.0 2.5"/>', '<path d="M 1.1 2.5"/>')
    assert not svg_agree('<path d="M 1.0 2.5"/>', '<path d="L 1.0 2.5"/>')

"""book/chapters.toml: what it may say, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nucleolus_lib.pipeline.chapters import (
    ChapterSettings,
    chapter_names,
    check_profile,
    data_files,
    profile_parameters,
    read_settings,
)
from nucleolus_lib.pipeline.errors import ChapterSettingsError, UnknownProfileError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "book/01_one.ipynb",
        "book/00_zero.ipynb",
        "book/notes.ipynb",
        "data/games/a.json",
        "data/games/b.json",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def settings(root: Path, text: str) -> dict[str, ChapterSettings]:
    (root / "book" / "chapters.toml").write_text(text)
    return read_settings(root)


def test_chapters_are_the_numbered_notebooks_in_order(root: Path) -> None:
    assert chapter_names(root) == ["00_zero", "01_one"]
    assert read_settings(root) == {"00_zero": ChapterSettings(), "01_one": ChapterSettings()}


def test_data_and_parameters(root: Path) -> None:
    read = settings(root, 'readme_figure = "01_one/x"\n["01_one"]\ndata = ["data/games/*.json"]\nsmoke = { n = 2 }\n')
    assert data_files(root, read["01_one"]) == ["data/games/a.json", "data/games/b.json"]
    assert profile_parameters(read["01_one"], "smoke") == {"n": 2}
    assert profile_parameters(read["01_one"], "full") == {}
    assert data_files(root, read["00_zero"]) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["02_two"]\n', "02_two"),
        ('["01_one"]\nfull = { n = 2 }\n', "full"),
        ('["01_one"]\ndata = ["data/games/c.json"]\n', "c.json"),
        ('["01_one"]\ndata = ["book/notes.ipynb"]\n', "below data/"),
    ],
)
def test_wrong_settings_are_named(root: Path, text: str, told: str) -> None:
    with pytest.raises(ChapterSettingsError, match=told):
        settings(root, text)


def test_an_unknown_profile_is_named() -> None:
    assert check_profile("smoke") == "smoke"
    with pytest.raises(UnknownProfileError, match="'fast'"):
        check_profile("fast")

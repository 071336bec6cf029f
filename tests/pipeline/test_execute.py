"""One chapter executed: its results, its log, and everything that must stop it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from nucleolus_lib.pipeline.errors import ChapterRunError
from nucleolus_lib.pipeline.execute import check_read_files, clean_notebook, execute_chapter
from nucleolus_lib.report.locations import BUILD_DIR_VARIABLE, repository_root

NAME = "99_tiny"
START = (
    "from nucleolus_lib.report import Chapter, Integer, check_parameters\n"
    f'chapter = Chapter("{NAME}", check_parameters(globals(), n=Integer(1, 5)))\n'
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(BUILD_DIR_VARIABLE, "")
    monkeypatch.setenv("PYTHONPATH", str(repository_root()))
    (tmp_path / "book").mkdir()
    return tmp_path


def write(root: Path, code: str, smoke: str = "") -> None:
    cells = [
        nbformat.v4.new_code_cell("n = 2", metadata={"tags": ["parameters"]}, id="a"),
        nbformat.v4.new_code_cell(START + code, id="b"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), root / "book" / f"{NAME}.ipynb")
    (root / "book" / "chapters.toml").write_text(f'["{NAME}"]\n{smoke}\n')


def run(root: Path, profile: str = "full") -> Path:
    build = root / "build"
    execute_chapter(root, build, NAME, profile)
    return build


def test_results_are_put_in_place(root: Path) -> None:
    write(root, 'chapter.number("double", 2 * n)', "smoke = { n = 4 }")
    build = run(root, "smoke")
    assert (build / "artifacts" / NAME / "numbers.csv").read_text() == "name,value\ndouble,8\n"
    assert sorted(path.name for path in (build / "artifacts" / NAME).iterdir()) == ["index.json", "numbers.csv"]
    record = json.loads((build / "provenance" / f"{NAME}.json").read_text())
    assert record["profile"] == "smoke"
    assert "finished in" in (build / "logs" / f"{NAME}.log").read_text()
    assert list((build / "running").iterdir()) == []
    executed = (build / "notebooks" / f"{NAME}.ipynb").read_text()
    assert str(root) not in executed
    run(root, "smoke")
    assert (build / "notebooks" / f"{NAME}.ipynb").read_text() == executed, "the same results are the same file"


@pytest.mark.parametrize(
    ("code", "smoke", "told"),
    [
        ("", "smoke = { n = 9 }", "ParameterRangeError: parameter 'n' must be from 1 to 5; got 9"),
        ("", "smoke = { m = 2 }", "there is no parameter 'm'"),
        ("raise ZeroDivisionError('by hand')", "", "ZeroDivisionError: by hand"),
        ("import warnings; warnings.warn('careful')", "", "careful"),
    ],
)
def test_what_stops_a_chapter_is_told(root: Path, code: str, smoke: str, told: str) -> None:
    write(root, code, smoke)
    with pytest.raises(ChapterRunError) as raised:
        run(root, "smoke")
    assert told in str(raised.value)
    assert not (root / "build" / "notebooks" / f"{NAME}.ipynb").exists()
    assert (root / "build" / "logs" / f"{NAME}.failed.ipynb").exists()


def test_undeclared_data_stop_a_chapter() -> None:
    check_read_files(["data/a.json"], ["data/a.json", "data/b.json"])
    with pytest.raises(ChapterRunError, match=r"data/c.json"):
        check_read_files(["data/a.json", "data/c.json"], ["data/a.json"])


def test_data_that_a_notebook_opens_are_seen(root: Path) -> None:
    data = repository_root() / "data" / "games" / "tennessee_valley.json"
    write(root, f"open({str(data)!r}).close()")
    with pytest.raises(ChapterRunError, match=r"data/games/tennessee_valley.json"):
        run(root)


def notebook_with(text: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("stream", name="stderr", text=text)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])


def test_progress_is_left_out_and_anything_else_is_refused() -> None:
    bar = "\rsolving:  50%|#####     | 5/10 [00:01<00:01, 5.0it/s]\rsolving: 100%|##########| 10/10 [00:02<00:00]\n"
    assert clean_notebook(notebook_with(bar)).cells[0].outputs == []
    with pytest.raises(ChapterRunError, match="RuntimeWarning"):
        clean_notebook(notebook_with("a.py:1: RuntimeWarning: divide by zero\n"))

"""What a chapter publishes: files, their bytes, the index, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.animation import FuncAnimation
from PIL import Image

from nucleolus_lib.report import Chapter, artifacts
from nucleolus_lib.report.errors import ArtifactNameError, ArtifactTypeError, MissingDescriptionError
from nucleolus_lib.report.locations import BUILD_DIR_VARIABLE, repository_root

ALT = "A line that rises from zero to one."


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chapter:
    monkeypatch.setenv(BUILD_DIR_VARIABLE, str(tmp_path))
    return Chapter("99_example", {"n_players": 3, "seed": 1})


def line(height: float = 1):
    figure, axes = plt.subplots()
    axes.plot([0, 1], [0, height], label="a share $x_i$")
    axes.legend()
    return figure


def index_of(chapter: Chapter) -> dict:
    return json.loads((chapter.folder / "index.json").read_text(encoding="utf-8"))


def test_a_figure_is_written_named_and_closed(chapter: Chapter) -> None:
    figure = line()
    chapter.figure("rise", figure, alt=ALT, data="computed")
    svg = (chapter.folder / "rise.svg").read_text(encoding="utf-8")
    assert f"<title>{ALT}</title>" in svg
    assert 'role="img"' in svg
    assert "<text" not in svg, "letters must be outlines, or they need a font that the reader may not have"
    assert (chapter.folder / "rise.png").read_bytes().startswith(b"\x89PNG")
    assert figure.number not in plt.get_fignums()
    assert index_of(chapter)["artifacts"] == [
        {"kind": "figure", "name": "rise", "files": ["rise.png", "rise.svg"], "data": "computed", "alt": ALT}
    ]


def test_two_runs_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = []
    for run in ("one", "two"):
        monkeypatch.setenv(BUILD_DIR_VARIABLE, str(tmp_path / run))
        chapter = Chapter("99_example")
        chapter.figure("rise", line(), alt=ALT, data="computed")
        chapter.interactive("turn", go.Figure(go.Scatter(y=np.arange(3.0))), alt=ALT, data="computed")
        chapter.animation("grow", [line(), line()], alt=ALT, data="computed")
        contents.append({path.name: path.read_bytes() for path in chapter.folder.glob("*.*") if path.suffix != ".txt"})
        plt.close("all")
    assert contents[0] == contents[1]
    assert len(contents[0]) == 6


def test_a_table_keeps_every_digit_and_fraction(chapter: Chapter) -> None:
    frame = pd.DataFrame({"share": [1 / 3, 2.0], "exact": [Fraction(1, 3), Fraction(2)]}, index=["a", "b"])
    chapter.table("shares", frame, data="computed", formats={"share": ".1%"})
    assert (chapter.folder / "shares.csv").read_text() == "share,exact\n0.3333333333333333,1/3\n2.0,2\n"


def test_numbers_are_collected(chapter: Chapter) -> None:
    chapter.number("third", 1 / 3, ".2f")
    chapter.number("exact_third", Fraction(1, 3))
    chapter.number("many", 12345, ",")
    chapter.number("measured", np.float64(0.25), ".1%")
    assert (chapter.folder / "numbers.csv").read_text() == (
        "name,value\nthird,0.3333333333333333\nexact_third,1/3\nmany,12345\nmeasured,0.25\n"
    )
    assert [entry["shown"] for entry in index_of(chapter)["artifacts"]] == ["0.33", "1/3", "12,345", "25.0%"]


@pytest.mark.parametrize(("value", "specification", "shown"), [(1.6, ".2f", "1.60"), (141858, ",", "141,858")])
def test_the_page_shows_a_number_as_it_was_formatted(
    chapter: Chapter, monkeypatch: pytest.MonkeyPatch, value: float, specification: str, shown: str
) -> None:
    from myst_nb.core.variables import format_plain_text

    glued = []
    monkeypatch.setattr(artifacts, "glue", lambda name, bundle, metadata: glued.append(bundle["text/plain"]))
    chapter.number("it", value, specification)
    assert [format_plain_text(text, "") for text in glued] == [shown]
    assert format_plain_text(shown, "") != shown  # what the page would make of the bare text


def test_an_interactive_figure_is_a_specification_without_template(chapter: Chapter) -> None:
    chapter.interactive("turn", go.Figure(go.Scatter(y=[1, 2])), alt=ALT, data="computed")
    specification = json.loads((chapter.folder / "turn.json").read_text())
    assert "template" not in specification.get("layout", {})
    assert specification["data"][0]["type"] == "scatter"


def frames_by_matplotlib() -> FuncAnimation:
    figure, axes = plt.subplots(figsize=(2, 1))
    (drawn,) = axes.plot([0, 1], [0, 0])
    return FuncAnimation(figure, lambda k: drawn.set_ydata([0, k]), frames=3)


@pytest.mark.parametrize(
    "frames",
    [
        lambda: [line(1), line(2), line(3)],
        lambda: [np.full((4, 6, 3), shade, dtype=np.uint8) for shade in (0, 100, 200)],
        lambda: [Image.new("RGB", (6, 4), color) for color in ("red", "green", "blue")],
        frames_by_matplotlib,
    ],
)
def test_an_animation_has_its_frames(chapter: Chapter, frames) -> None:
    chapter.animation("grow", frames(), alt=ALT, data="computed")
    with Image.open(chapter.folder / "grow.webp") as moving:
        assert moving.n_frames == 3
    assert (chapter.folder / "grow.png").is_file()
    plt.close("all")


def test_the_command_names_the_parameters(chapter: Chapter) -> None:
    command = "papermill book/99_example.ipynb out.ipynb -p n_players 3 -p seed 1"
    assert chapter.command == command
    assert index_of(chapter)["command"] == command


def test_a_new_run_removes_what_the_last_one_left(chapter: Chapter) -> None:
    chapter.number("old", 1)
    again = Chapter("99_example")
    assert not (again.folder / "numbers.csv").exists()
    assert index_of(again)["artifacts"] == []


def test_by_hand_the_results_go_below_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(BUILD_DIR_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    chapter = Chapter("99_by_hand")
    assert chapter.folder == repository_root() / "build" / "manual" / "artifacts" / "99_by_hand"
    (chapter.folder / "index.json").unlink()
    chapter.folder.rmdir()


def test_a_data_file_that_does_not_exist_is_refused(chapter: Chapter) -> None:
    with pytest.raises(MissingDescriptionError, match=r"data/games/nothing.json"):
        chapter.number("x", 1, data="data/games/nothing.json")
    chapter.number("x", 1, data="data/games/tennessee_valley.json")


def test_what_lacks_a_description_is_refused(chapter: Chapter) -> None:
    with pytest.raises(MissingDescriptionError, match="alternative text"):
        chapter.figure("rise", line(), alt="A line.", data="computed")
    with pytest.raises(MissingDescriptionError, match="which data"):
        chapter.number("x", 1, data=" ")
    plt.close("all")


@pytest.mark.parametrize("name", ["Rise", "1st", "with space", "index", "numbers", ""])
def test_names_that_are_no_names_are_refused(chapter: Chapter, name: str) -> None:
    with pytest.raises(ArtifactNameError):
        chapter.number(name, 1)


def test_a_name_used_twice_is_refused(chapter: Chapter) -> None:
    chapter.number("x", 1)
    with pytest.raises(ArtifactNameError, match="two artifacts named 'x'"):
        chapter.number("x", 2)


def test_a_chapter_is_named_like_its_notebook() -> None:
    with pytest.raises(ArtifactNameError, match="NN_lower_case"):
        Chapter("The nucleolus")


def test_objects_of_another_kind_are_refused(chapter: Chapter) -> None:
    with pytest.raises(ArtifactTypeError, match="matplotlib figure; got str"):
        chapter.figure("a", "text", alt=ALT, data="computed")
    with pytest.raises(ArtifactTypeError, match="DataFrame; got list"):
        chapter.table("b", [1, 2], data="computed")
    with pytest.raises(ArtifactTypeError, match="plotly figure"):
        chapter.interactive("c", {"data": []}, alt=ALT, data="computed")
    with pytest.raises(ArtifactTypeError, match="got list"):
        chapter.animation("d", [], alt=ALT, data="computed")
    with pytest.raises(ArtifactTypeError, match="frame of type ndarray"):
        chapter.animation("e", [np.zeros((4, 4))], alt=ALT, data="computed")

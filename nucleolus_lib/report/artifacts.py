"""How a chapter publishes its results.

A chapter makes one :class:`Chapter` and hands it every figure, table and number that its text
uses. Each is written as a file below the build folder, is *glued* into the notebook under its name so
that the text can place it, and is entered in the chapter's ``index.json``, from which the book's list
of figures and tables and ``make verify`` are made.

=================  =========================================  ==========================================
method             files                                      placed in the text by
=================  =========================================  ==========================================
``figure``         ``name.svg``, ``name.png``                 directive ``{glue:figure} name``
``interactive``    ``name.json`` (plotly specification)       directive ``{glue:figure} name``
``animation``      ``name.webp``, ``name.png`` (first frame)  directive ``{glue:figure} name``
``table``          ``name.csv``                               directive ``{glue:table} name``
``number``         a row of ``numbers.csv``                   role ``{glue:text}`name```
=================  =========================================  ==========================================

Two runs write the same bytes: no time, no version and no random id is in any file.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nucleolus_lib.report import animation as animated
from nucleolus_lib.report import interactive, table_view
from nucleolus_lib.report.errors import ArtifactNameError, ArtifactTypeError, MissingDescriptionError
from nucleolus_lib.report.figure_files import png_bytes, svg_text
from nucleolus_lib.report.glue import glue, show
from nucleolus_lib.report.locations import build_folder, is_pipeline_run, repository_root
from nucleolus_lib.report.read_files import watch
from nucleolus_lib.report.style import use_style

if TYPE_CHECKING:
    from pandas import DataFrame

INDEX_FILE = "index.json"
NUMBERS_FILE = "numbers.csv"
READ_FILES_FILE = "read_files.txt"
TABLE_TYPE = "application/vnd.nucleolus.table+json"
"""Type under which a glued table carries its columns and rows for the book's ``{glue:table}``."""


class Chapter:
    """The results of one chapter.

    Parameters
    ----------
    name
        The notebook's file name without ending, such as ``02_the_nucleolus``.
    parameters
        The checked parameters (:func:`.check_parameters`); they are printed in the list of figures and tables
        as the command that makes the result again.

    Notes
    -----
    What an earlier run of the same chapter left in the build folder is removed first.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        if not re.fullmatch(r"\d\d_[a-z0-9_]+", name):
            raise ArtifactNameError(f"a chapter is named like its notebook, 'NN_lower_case'; got {name!r}")
        self.name = name
        self.parameters = dict(parameters or {})
        self.folder = build_folder() / "artifacts" / name
        self._entries: dict[str, dict[str, Any]] = {}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        use_style()
        self._write_index()
        if is_pipeline_run():
            watch(repository_root() / "data", self.folder / READ_FILES_FILE)

    @property
    def command(self) -> str:
        """The command that runs this chapter again with these parameters."""
        given = "".join(f" -p {key} {value}" for key, value in self.parameters.items())
        return f"papermill book/{self.name}.ipynb out.ipynb{given}"

    def figure(self, name: str, figure: Any, *, alt: str, data: str) -> None:
        """Publish a matplotlib figure as SVG and PNG, and close it.

        Parameters
        ----------
        name
            Lower-case name, unique in the chapter; also the glue key.
        figure
            A ``matplotlib.figure.Figure``, or anything with an attribute ``figure``, such as axes.
        alt
            What the figure shows, in words: text alternative and accessible name.
        data
            What it was made from: a path below ``data/``, or how it was computed.
        """
        import matplotlib.pyplot as plt

        drawn = getattr(figure, "figure", figure)
        if not hasattr(drawn, "savefig"):
            raise ArtifactTypeError(f"figure() publishes a matplotlib figure; got {type(figure).__name__}")
        _check_description(name, alt)
        svg, png = svg_text(drawn, alt), png_bytes(drawn)
        plt.close(drawn)
        self._publish(
            "figure",
            name,
            {f"{name}.svg": svg.encode(), f"{name}.png": png},
            {"image/svg+xml": svg, "image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt},
            alt=alt,
            data=data,
        )

    def table(self, name: str, frame: DataFrame, *, data: str, formats: Mapping[str, str] | None = None) -> None:
        """Publish a data frame (without its index) as CSV with every digit, and as a table on the page.

        ``formats`` gives the page's format by column, such as ``{"share": ".1%"}``.
        """
        if not hasattr(frame, "to_csv"):
            raise ArtifactTypeError(f"table() publishes a pandas DataFrame; got {type(frame).__name__}")
        page = table_view.page_table(frame, formats)
        self._publish(
            "table",
            name,
            {f"{name}.csv": table_view.csv_text(frame).encode()},
            {TABLE_TYPE: page, "text/html": table_view.html_table(page), "text/plain": table_view.plain_table(page)},
            data=data,
        )

    def number(self, name: str, value: Any, specification: str = "", *, data: str = "computed in the chapter") -> None:
        """Publish one number for use inside a sentence; ``specification`` is a format such as ``".3f"``."""
        shown = table_view.format_value(value, specification)
        exact = repr(float(value)) if isinstance(value, float) or hasattr(value, "dtype") else str(value)
        # The page reads the text as a Python literal: bare, 1.60 would lose its zero and 141,858 become a pair.
        self._publish("number", name, {}, {"text/plain": repr(shown)}, data=data, value=exact, shown=shown)
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(("name", "value"))
        writer.writerows(
            (entry["name"], entry["value"]) for entry in self._entries.values() if entry["kind"] == "number"
        )
        (self.folder / NUMBERS_FILE).write_text(buffer.getvalue(), encoding="utf-8")

    def interactive(self, name: str, figure: Any, *, alt: str, data: str) -> None:
        """Publish a plotly figure; the page draws it without a network, in both themes."""
        _check_description(name, alt)
        text = interactive.specification_text(interactive.plotly_specification(figure))
        bundle = {"text/html": interactive.interactive_html(name, text, alt), "text/plain": alt}
        # outside of the book there is no vendored script: the notebook shows plotly's own view
        self._publish("interactive", name, {f"{name}.json": text.encode()}, bundle, own_view=figure, alt=alt, data=data)

    def animation(self, name: str, frames: Any, *, alt: str, data: str, frame_seconds: float = 0.2) -> None:
        """Publish an animation with a play button.

        Parameters
        ----------
        frames
            A matplotlib Animation, or a list of figures, PIL images or (height, width, 3) uint8 arrays.
        frame_seconds
            How long one frame is shown.
        """
        _check_description(name, alt)
        pictures = animated.frames_of(frames)
        moving = animated.webp_of(pictures, frame_seconds)
        self._publish(
            "animation",
            name,
            {f"{name}.webp": moving, f"{name}.png": animated.png_of(pictures[0])},
            {"text/html": animated.animation_html(name, pictures, alt, frame_seconds), "text/plain": alt},
            own_view={"image/webp": base64.b64encode(moving).decode("ascii"), "text/plain": alt},
            alt=alt,
            data=data,
        )

    def _publish(
        self,
        kind: str,
        name: str,
        files: Mapping[str, bytes],
        bundle: Mapping[str, Any],
        *,
        data: str,
        own_view: Any = None,
        **details: str,
    ) -> None:
        self._check_name(name)
        _check_data(name, data)
        for file, content in files.items():
            (self.folder / file).write_bytes(content)
        self._entries[name] = {"kind": kind, "name": name, "files": sorted(files), "data": data, **details}
        self._write_index()
        glue(name, bundle, {"nucleolus": {"alt": details.get("alt", "")}})
        if not is_pipeline_run():
            show(bundle if own_view is None else own_view)

    def _check_name(self, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in ("index", "numbers"):
            raise ArtifactNameError(
                f"an artifact has a lower-case name of letters, digits and '_', not 'index' or 'numbers'; got {name!r}"
            )
        # a reader may run a cell twice; in the pipeline each cell runs once
        if name in self._entries and is_pipeline_run():
            raise ArtifactNameError(f"the chapter publishes two artifacts named {name!r}; rename one")

    def _write_index(self) -> None:
        index = {
            "chapter": self.name,
            "command": self.command,
            "parameters": self.parameters,
            "artifacts": list(self._entries.values()),
        }
        text = json.dumps(index, indent=1, ensure_ascii=False, default=str) + "\n"
        (self.folder / INDEX_FILE).write_text(text, encoding="utf-8")


def _check_description(name: str, alt: str) -> None:
    if len(alt.split()) < 3:
        raise MissingDescriptionError(
            f"figure {name!r} needs alternative text: a sentence that says what a reader without it should know; "
            f"got {alt!r}"
        )


def _check_data(name: str, data: str) -> None:
    if not data.strip():
        raise MissingDescriptionError(f"artifact {name!r} does not say which data it was made from; pass data=...")
    if data.startswith("data/") and not (repository_root() / data).exists():
        raise MissingDescriptionError(f"artifact {name!r} names the data {data!r}, which the repository does not have")

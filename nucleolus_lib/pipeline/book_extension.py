"""What the book needs from Sphinx beyond its published extensions.

* ``{glue:table}`` places a table published by :meth:`.Chapter.table` as a numbered table with caption.
* ``{glue:figure}`` takes the alternative text that was given to :meth:`.Chapter.figure`, unless the
  text gives its own by ``:alt:``.
* Scripts registered twice by two extensions are loaded once, and plotly's only on pages that use it.
* Finished pages are mended by :mod:`.page_mending`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.directives import PasteFigureDirective
from myst_nb.ext.glue.utils import glue_warning, retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nucleolus_lib.pipeline.page_mending import mend_folder
from nucleolus_lib.report.artifacts import TABLE_TYPE

PLOTLY_FILE = "vendor/plotly.min.js"
DRAWING_FILE = "interactive.js"
INTERACTIVE_MARK = 'class="interactive-figure"'


class GluedFigure(PasteFigureDirective):  # type: ignore[misc]
    """``{glue:figure}`` with the alternative text of the published figure as default."""

    def run(self) -> list[nodes.Node]:
        if "alt" not in self.options:
            alt = self._published_alt()
            if alt:
                self.options["alt"] = alt
        figure: list[nodes.Node] = super().run()
        return figure

    def _published_alt(self) -> str:
        try:
            glued = retrieve_glue_data(self.document, self.arguments[0])
        except RetrievalError:
            return ""  # the directive itself reports the missing key
        return str(glued.metadata.get("nucleolus", {}).get("alt", ""))


class GluedTable(SphinxDirective):
    """``{glue:table} name``: a published table, numbered, with the directive's content as caption."""

    required_arguments = 1
    has_content = True
    option_spec = {"name": directives.unchanged}  # noqa: RUF012, docutils reads it from the class

    def run(self) -> list[nodes.Node]:
        key = self.arguments[0]
        document = self.state.document
        try:
            glued = retrieve_glue_data(document, key)
        except RetrievalError as error:
            return [glue_warning(str(error), document, self.lineno)]
        if TABLE_TYPE not in glued.data:
            return [glue_warning(f"{key!r} was not published by Chapter.table()", document, self.lineno)]
        table = self._table(glued.data[TABLE_TYPE])
        self.add_name(table)
        return [table]

    def _table(self, page: dict[str, Any]) -> nodes.table:
        table = nodes.table(classes=["published-table"])
        self.set_source_info(table)
        if self.content:
            text, messages = self.state.inline_text(" ".join(self.content), self.lineno)
            table += nodes.title("", "", *text, *messages)
        group = nodes.tgroup(cols=len(page["columns"]))
        group += [nodes.colspec(colwidth=1) for _ in page["columns"]]
        headings = [self.state.inline_text(name, self.lineno)[0] for name in page["columns"]]
        group += nodes.thead("", self._row(headings, page["numeric"]))
        rows = [self._row([[nodes.Text(cell)] for cell in row], page["numeric"]) for row in page["rows"]]
        group += nodes.tbody("", *rows)
        table += group
        return table

    @staticmethod
    def _row(cells: Iterable[list[nodes.Node]], numeric: list[bool]) -> nodes.row:
        row = nodes.row()
        for cell, is_numeric in zip(cells, numeric, strict=True):
            row += nodes.entry("", nodes.paragraph("", "", *cell), classes=["text-right"] if is_numeric else [])
        return row


def arrange_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the drawing scripts where they are needed; drop repeated scripts, and Thebe, which is not used."""
    if doctree is not None and any(INTERACTIVE_MARK in raw.astext() for raw in doctree.findall(nodes.raw)):
        app.add_js_file(PLOTLY_FILE)
        app.add_js_file(DRAWING_FILE)
    kept: dict[str, Any] = {}
    for script in context.get("script_files", []):
        content = f"{script!s}{getattr(script, 'attributes', {}).get('body', '')}"
        if "thebe" not in content.lower():
            kept.setdefault(content, script)
    context["script_files"] = list(kept.values())


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Apply :mod:`.page_mending` to the finished pages."""
    if exception is None and app.builder.format == "html":
        mend_folder(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.setup_extension("myst_nb")
    app.add_directive_to_domain("glue", "figure", GluedFigure, override=True)
    app.add_directive_to_domain("glue", "table", GluedTable)
    app.connect("html-page-context", arrange_scripts, priority=900)
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

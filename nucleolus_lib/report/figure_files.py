"""Figures as files that do not change from one run to the next.

Matplotlib writes the time, its version and random ids into its files. Here they are fixed or left
out, so that two runs of a chapter write the same bytes and only a changed figure shows as changed.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import matplotlib as mpl

from nucleolus_lib.report.style import HASH_SALT

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def svg_text(figure: Figure, title: str) -> str:
    """The figure as SVG with ``title`` as its accessible name; same figure, same text."""
    buffer = io.StringIO()
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context({"svg.hashsalt": HASH_SALT}):
        figure.savefig(buffer, format="svg", metadata=metadata)
    head, opening, rest = _split_opening_tag(buffer.getvalue())
    named = opening[:-1] + ' role="img">'
    return f"{head}{named}\n <title>{escape(title)}</title>{rest}"


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG without version and time; same figure, same bytes on one matplotlib version."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _split_opening_tag(svg: str) -> tuple[str, str, str]:
    start = svg.index("<svg")
    end = svg.index(">", start) + 1
    return svg[:start], svg[start:end], svg[end:]

"""Tables as text: one form for files, one for pages.

The file holds every digit, so that it can be compared and reused. The page holds rounded numbers.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from numbers import Integral, Number, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

DEFAULT_FORMAT = ".4g"
UNKNOWN = "\N{EN DASH}"
"""What the page shows where there is no number (nan); the file says nan with an empty cell, as pandas does."""


def csv_text(frame: DataFrame) -> str:
    """All columns, every digit of a float, fractions as ``1/3``; the index is not written."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return str(text)


def page_table(frame: DataFrame, formats: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The table as the page shows it: ``columns``, ``rows`` of texts, and which columns are ``numeric``.

    Parameters
    ----------
    formats
        Format specification by column, such as ``{"share": ".1%"}``; other numbers get four
        significant digits.
    """
    chosen = dict(formats or {})
    columns = [str(column) for column in frame.columns]
    cells = [
        [_shown(value, chosen.get(name, "")) for name, value in zip(columns, row, strict=True)] for row in _rows(frame)
    ]
    numeric = [all(_is_number(value) for value in frame[column]) for column in frame.columns]
    return {"columns": columns, "rows": cells, "numeric": numeric}


def html_table(page: Mapping[str, Any]) -> str:
    """The table of :func:`page_table` as HTML, for a notebook that a person runs."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in page["columns"])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in page["rows"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def plain_table(page: Mapping[str, Any]) -> str:
    """The table of :func:`page_table` in columns of plain text."""
    lines = [page["columns"], *page["rows"]]
    widths = [max(len(line[k]) for line in lines) for k in range(len(page["columns"]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def format_value(value: Any, specification: str) -> str:
    """One value as text; an exact fraction stays one unless a format asks for decimals."""
    if isinstance(value, Fraction) and not specification:
        return str(value)
    return format(float(value) if isinstance(value, Fraction) else value, specification)


def _rows(frame: DataFrame) -> Sequence[Sequence[Any]]:
    return [list(row) for row in frame.itertuples(index=False, name=None)]


def _shown(value: Any, specification: str) -> str:
    if isinstance(value, float) and math.isnan(value):
        return UNKNOWN
    if specification or isinstance(value, Fraction):
        return format_value(value, specification)
    if isinstance(value, Real) and not isinstance(value, Integral):
        return format(float(value), DEFAULT_FORMAT)
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)

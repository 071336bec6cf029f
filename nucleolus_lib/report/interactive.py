"""Interactive figures that need no network.

A plotly figure is written as its JSON specification inside the page. One vendored script draws it
(``book/_assets/interactive.js`` with plotly's own file beside it), and draws it again in the page's
colours when the reader changes the theme. Readers without scripts, and screen readers, get the
text alternative, which is always part of the page.
"""

from __future__ import annotations

import html
import json
from typing import Any

from nucleolus_lib.report.errors import ArtifactTypeError


def plotly_specification(figure: Any) -> dict[str, Any]:
    """``data`` and ``layout`` of a plotly figure, without the template: the page sets the colours."""
    if not hasattr(figure, "to_plotly_json"):
        raise ArtifactTypeError(
            f"interactive() publishes a plotly figure (plotly.graph_objects.Figure); got {type(figure).__name__}"
        )
    specification = json.loads(figure.to_json())
    specification.get("layout", {}).pop("template", None)
    return {key: specification[key] for key in ("data", "layout", "frames") if specification.get(key)}


def specification_text(specification: dict[str, Any]) -> str:
    """The specification as JSON with sorted keys: same figure, same text."""
    return json.dumps(specification, sort_keys=True, separators=(",", ":"), allow_nan=False)


def interactive_html(name: str, specification: str, alt: str) -> str:
    """The figure as a piece of a page."""
    described = html.escape(alt, quote=True)
    # "</" inside a string would end the script element early
    embedded = specification.replace("</", "<\\/")
    return (
        f'<div class="interactive-figure" id="interactive-{name}">'
        f'<div class="interactive-figure-canvas" role="img" aria-label="{described}"></div>'
        f'<p class="figure-description">{html.escape(alt)}</p>'
        f'<script type="application/json">{embedded}</script></div>'
    )

"""Results stored in a notebook under a name, for the text to place.

The record is the one that MyST-NB reads: an output that is not displayed, whose types carry a prefix
and whose metadata names it. It is written here, rather than by MyST-NB's own function, so that a
chapter can be run without the packages that build the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RECORD_PREFIX = "application/papermill.record/"


def glue(name: str, bundle: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Store ``bundle`` (content by type) under ``name`` in the running notebook; nothing outside of one."""
    if not is_notebook():
        return
    from IPython.display import display

    record = {RECORD_PREFIX + kind: content for kind, content in bundle.items()}
    scrapbook = {"scrapbook": {"name": name, "mime_prefix": RECORD_PREFIX}}
    display(record, raw=True, metadata={**scrapbook, **metadata})


def show(content: Any) -> None:
    """Display ``content`` (an object, or content by type) in the running notebook; nothing outside of one."""
    if not is_notebook():
        return
    from IPython.display import display

    display(content, raw=isinstance(content, dict))


def is_notebook() -> bool:
    """Whether this runs in an IPython kernel or shell."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None

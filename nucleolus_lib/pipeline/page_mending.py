"""Small faults of the theme and of docutils, mended in the finished pages.

Each rule is a pattern, its replacement and the reason. They concern what assistive technology reads, and what a
reader sees who opens a page from a folder instead of a server.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple


class Rule(NamedTuple):
    """One mend."""

    pattern: re.Pattern[str]
    replacement: str
    reason: str


RULES = (
    Rule(
        re.compile(r'<link rel="preload" as="font"[^>]*>\s*'),
        "",
        "the style sheet loads the icon fonts anyway; from a folder the hint is an error in the console",
    ),
    Rule(
        re.compile(r'(<button[^>]*search-button-field[^>]*?)\s+aria-label="Search"'),
        r"\1",
        "the label hides the visible text 'Search Ctrl+K' from assistive technology (WCAG 2.5.3)",
    ),
    Rule(
        re.compile(r'<summary aria-label="Toggle hidden content">'),
        "<summary>",
        "the label hides the visible text, 'Show code cell source' (WCAG 2.5.3)",
    ),
    Rule(re.compile(r' role="doc-biblioentry"'), "", "a deprecated role"),
    Rule(re.compile(r'<div role="list" (class="citation-list")'), r"<div \1", "its children are no list items"),
)


def mend(page: str) -> str:
    """The page with every rule applied."""
    for rule in RULES:
        page = rule.pattern.sub(rule.replacement, page)
    return page


def mend_folder(folder: Path) -> None:
    """Apply the rules to every page below ``folder``."""
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        mended = mend(text)
        if mended != text:
            path.write_text(mended, encoding="utf-8")

"""Every page of the built book in headless Chromium: no network, no error, readable by everybody.

The book is the one that ``BOOK_HTML`` names, else the newest of ``build/full/html`` and ``build/smoke/html``.
Without Chromium or without a book the tests are skipped and say so; with ``REQUIRE_BROWSER=1``, as in
``.ci/run``, they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nucleolus_lib.pipeline.vendor import AXE_CORE, fetch_npm
from tests.book.page_checks import DESKTOP, PHONE, OpenPage, browser, chromium_path, served

ROOT = Path(__file__).resolve().parents[2]
THEMES = ("light", "dark")
pytestmark = pytest.mark.browser


def book_folder() -> Path | None:
    named = os.environ.get("BOOK_HTML")
    folders = [ROOT / named] if named else [ROOT / "build" / profile / "html" for profile in ("full", "smoke")]
    built = [folder for folder in folders if (folder / "index.html").is_file()]
    return max(built, key=lambda folder: (folder / "index.html").stat().st_mtime, default=None)


BOOK = book_folder()
PAGES = sorted(path.relative_to(BOOK).as_posix() for path in BOOK.glob("*.html")) if BOOK else []


def missing(what: str) -> None:
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    executable = chromium_path()
    if executable is None:
        missing(
            "Chromium is not installed, so no page was looked at. Debian: apt-get install chromium; or set CHROMIUM"
        )
    with browser(executable) as running:
        yield running


@pytest.fixture(scope="module")
def axe() -> str:
    return (fetch_npm(AXE_CORE, ROOT / "build" / "vendor" / "axe-core") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(BOOK) as own:
        yield own


def test_there_is_a_book() -> None:
    if not PAGES:
        missing("there is no built book to look at; run make book PROFILE=smoke first")
    assert "index.html" in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_page(chromium, axe, address, name) -> None:
    opened = OpenPage(chromium, f"{address}/{name}", address)
    problems = []
    try:
        for theme in THEMES:
            for screen, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
                opened.show(theme, viewport)
                found = opened.content_problems() + opened.overflow_problems() + opened.accessibility_problems(axe)
                problems += [f"{theme}, {screen}: {problem}" for problem in found]
    finally:
        opened.close()
    problems += opened.problems
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", PAGES)
def test_page_opened_from_a_folder(chromium, name) -> None:
    opened = OpenPage(chromium, (BOOK / name).as_uri(), BOOK.as_uri())
    try:
        problems = opened.content_problems() + opened.problems
    finally:
        opened.close()
    assert not problems, "\n".join(problems)


BAD_PAGES = {
    "external request": '<img src="https://example.org/a.png" alt="a picture far away">',
    "console error": '<script>console.error("something is wrong")</script>',
    "script error": "<script>thisDoesNotExist()</script>",
    "missing file": '<script src="not_there.js"></script>',
    "raw formula": "<p>the excess $e(S, x)$ is raw</p>",
    "not rendered": '<span class="math">\\(x\\)</span>',
    "without alternative text": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "is not drawn": '<div class="interactive-figure" id="empty"></div>',
    "color-contrast": '<p style="color: #bbb; background: #fff">too pale to be read by everybody</p>',
    "wider than the screen": '<div style="width: 900px; background: #eee">wide</div>',
}


@pytest.mark.parametrize("problem", BAD_PAGES)
def test_a_bad_page_is_reported(chromium, axe, tmp_path, problem) -> None:
    page = f'<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1>{BAD_PAGES[problem]}</main></html>'
    (tmp_path / "bad.html").write_text(page, encoding="utf-8")
    with served(tmp_path) as own:
        opened = OpenPage(chromium, f"{own}/bad.html", own)
        try:
            opened.show("light", PHONE)
            found = opened.content_problems() + opened.overflow_problems() + opened.accessibility_problems(axe)
            found += opened.problems
        finally:
            opened.close()
    assert any(problem in line for line in found), found

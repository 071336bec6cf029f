"""What must hold for a page in a browser; each check returns the problems it found, one line each."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SETTLE_MILLISECONDS = 400
WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

OPEN_EVERYTHING = """() => {
    document.querySelectorAll("details").forEach(item => item.open = true);
    document.querySelectorAll(".toggle-hidden").forEach(item => item.classList.remove("toggle-hidden"));
}"""

SET_THEME = """(theme) => {
    document.documentElement.dataset.mode = theme;
    document.documentElement.dataset.theme = theme;
}"""

RAW_FORMULAS = r"""() => {
    const problems = [];
    for (const item of document.querySelectorAll("span.math, div.math")) {
        if (!item.querySelector("mjx-container")) problems.push("not rendered: " + item.textContent.slice(0, 60));
    }
    for (const item of document.querySelectorAll("mjx-merror")) problems.push("wrong formula: " + item.textContent);
    const texts = document.createTreeWalker(document.querySelector("main") || document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.textContent;
        const inside = texts.currentNode.parentElement;
        if (inside.closest("pre, code, script, style, mjx-container")) continue;
        if (/\\\(|\\\)|\\\[|\\\]|\$[^$]*\$/.test(text)) problems.push("raw formula: " + text.trim().slice(0, 60));
    }
    return problems;
}"""

MISSING_ALT = """() => [...document.querySelectorAll("img")]
    .filter(picture => !(picture.getAttribute("alt") || "").trim())
    .map(picture => "picture without alternative text: " + picture.src.slice(0, 100))"""

BROKEN_PICTURES = """() => [...document.querySelectorAll("img")]
    .filter(picture => picture.complete && picture.naturalWidth === 0)
    .map(picture => "picture that does not load: " + picture.src.slice(0, 100))"""

EMPTY_INTERACTIVE = """() => [...document.querySelectorAll(".interactive-figure")]
    .filter(figure => !figure.querySelector(".main-svg, canvas"))
    .map(figure => "interactive figure is not drawn: " + figure.id)"""

OVERFLOW = """() => {
    const width = document.documentElement.clientWidth;
    const total = document.documentElement.scrollWidth;
    if (total <= width) return [];
    const scrolls = item => item && item !== document.body
        && (getComputedStyle(item).overflowX !== "visible" || scrolls(item.parentElement));
    const isWide = item => item.getBoundingClientRect().right > width && !scrolls(item.parentElement);
    const items = [...document.querySelectorAll("main article, main article *")];
    const wide = items.filter(isWide).map(item => item.outerHTML.slice(0, 100));
    return ["wider than the screen: " + total + " instead of " + width + ": " + wide.slice(0, 3).join(" and ")];
}"""

AXE = """(tags) => axe.run(document, {runOnly: tags}).then(result => result.violations.flatMap(violation =>
    violation.nodes.map(node => violation.id + ": " + violation.help + ": " + node.html.slice(0, 150))))"""


def chromium_path() -> str | None:
    """Chromium's command, by the variable CHROMIUM or on the path."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return named or next((path for path in found if path), None)


@contextmanager
def browser(executable: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_FLAGS))
        try:
            yield running
        finally:
            running.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which ``folder`` is served on this machine."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class OpenPage:
    """One page, opened once, with what it asked for and what it complained of."""

    def __init__(self, running: Browser, address: str, own: str) -> None:
        self.problems: list[str] = []
        self._context = running.new_context(viewport=DESKTOP)
        self.page: Page = self._context.new_page()
        self._context.route("**/*", lambda route: self._pass(route, own))
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("response", self._note_response)
        self.page.goto(address, wait_until="load")
        self.page.evaluate("() => window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => 0) : 0")
        self.page.evaluate(OPEN_EVERYTHING)

    def show(self, theme: str, viewport: dict[str, int]) -> None:
        """Change the theme and the size, as a reader does, and wait until the page has followed."""
        self.page.set_viewport_size(viewport)
        self.page.evaluate(SET_THEME, theme)
        self.page.wait_for_timeout(SETTLE_MILLISECONDS)

    def close(self) -> None:
        """Close it."""
        self._context.close()

    def content_problems(self) -> list[str]:
        """Formulas, pictures, interactive figures."""
        checks = (RAW_FORMULAS, MISSING_ALT, BROKEN_PICTURES, EMPTY_INTERACTIVE)
        return [problem for check in checks for problem in self.page.evaluate(check)]

    def overflow_problems(self) -> list[str]:
        """Whether the page must be scrolled sideways."""
        return list(self.page.evaluate(OVERFLOW))

    def accessibility_problems(self, axe_script: str) -> list[str]:
        """Violations of WCAG A and AA that axe-core finds."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(axe_script)
        return list(self.page.evaluate(AXE, WCAG_TAGS))

    def _pass(self, route, own: str) -> None:  # type: ignore[no-untyped-def]
        address = route.request.url
        if address.startswith((own, "data:", "blob:")):
            route.continue_()
            return
        self.problems.append(f"external request: {address}")
        route.abort()

    def _note_console(self, message) -> None:  # type: ignore[no-untyped-def]
        if message.type == "error":
            self.problems.append(f"console error: {message.text}")

    def _note_response(self, response) -> None:  # type: ignore[no-untyped-def]
        if response.status >= 400:
            self.problems.append(f"missing file: {response.url}")

"""The list of every figure and table of the book, written from what the chapters published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nucleolus_lib.report.artifacts import INDEX_FILE

KINDS = {"figure": "figure", "table": "table", "interactive": "interactive figure", "animation": "animation"}
FILES_FOLDER = "artifacts"
"""Where the page finds the files, relative to the book's folder."""


def read_indexes(build: Path, chapters: Iterable[str]) -> list[dict[str, Any]]:
    """The index of each chapter's results, in order."""
    paths = (build / "artifacts" / name / INDEX_FILE for name in chapters)
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def results_markdown(indexes: Iterable[Mapping[str, Any]], titles: Mapping[str, str], profile: str) -> str:
    """The list as MyST Markdown, one section a chapter, headed by the chapter's title."""
    sections = [_section(index, titles[index["chapter"]]) for index in indexes]
    if not sections:
        return "No chapter has been built yet.\n"
    return f"This copy of the book was built with the profile `{profile}`.\n\n" + "\n".join(sections)


def _section(index: Mapping[str, Any], title: str) -> str:
    chapter = index["chapter"]
    shown = [artifact for artifact in index["artifacts"] if artifact["kind"] in KINDS]
    numbers = [artifact for artifact in index["artifacts"] if artifact["kind"] == "number"]
    # A link in the heading would stand inside the link of the page's contents, which no browser lays out.
    lines = [f"## {title}", "", f"{{doc}}`{chapter}`. Run it again by", "", "```text", index["command"], "```", ""]
    lines += [_entry(chapter, artifact) for artifact in shown]
    if numbers:
        lines.append(_numbers(chapter, numbers))
    if not shown and not numbers:
        lines.append("This chapter publishes no figure and no table.\n")
    return "\n".join(lines)


def _entry(chapter: str, artifact: Mapping[str, Any]) -> str:
    files = " ".join(_download(chapter, file) for file in artifact["files"])
    alt = f"{artifact['alt']} " if artifact.get("alt") else ""
    return f"`{artifact['name']}` ({KINDS[artifact['kind']]})\n: {alt}Data: {artifact['data']}. Files: {files}.\n"


def _numbers(chapter: str, numbers: Iterable[Mapping[str, Any]]) -> str:
    listed = ", ".join(f"`{number['name']}` = {number['shown']}" for number in numbers)
    return f"Numbers in the text\n: {listed}. File: {_download(chapter, 'numbers.csv')}.\n"


def _download(chapter: str, file: str) -> str:
    return f"{{download}}`{Path(file).suffix[1:]} <{FILES_FOLDER}/{chapter}/{file}>`"

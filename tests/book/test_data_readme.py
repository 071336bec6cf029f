"""Every file below data/ is in data/README.md, and what it names is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
NOT_ENOUGH = {"runs/", "games/", "golden/", "battle/", "benchmarks/", "tests/", "/"}
"""Folders whose parts must be named one by one."""


def named(text: str) -> set[str]:
    """Files and folders in code marks, relative to ``data/``."""
    return {name for name in re.findall(r"`([\w./,=-]+)`", text) if "/" in name or name == "README.md"}


def uncovered(files: list[str], text: str) -> list[str]:
    """Which files are neither named nor in a folder that is named and enough."""
    names = named(text) | {"README.md"}
    folders = tuple(name for name in names - NOT_ENOUGH if name.endswith("/"))
    return [file for file in files if file not in names and not file.startswith(folders)]


def stored_files() -> list[str]:
    done = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [name.removeprefix("data/") for name in done.stdout.splitlines()]


def test_every_file_is_named() -> None:
    found = stored_files()
    assert len(found) > 20
    assert uncovered(found, README) == []


def test_a_file_that_is_not_named_is_seen() -> None:
    text = "`runs/` `games/a.json` `runs/pp/`"
    assert uncovered(["games/b.json", "runs/x/y.json", "runs/pp/z.json", "games/a.json"], text) == [
        "games/b.json",
        "runs/x/y.json",
    ]


def test_files_of_tests_that_are_named_exist() -> None:
    files = [name for name in named(README) if name.startswith("tests/") and not name.endswith("/")]
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []

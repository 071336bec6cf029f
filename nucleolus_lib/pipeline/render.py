"""Render the book: ``python -m nucleolus_lib.pipeline.render --profile full --build build/full``.

Every warning is an error. Pages are put in place only when all of them are right: the last good book stays
readable while the next one is built.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from nucleolus_lib.pipeline.book_source import write_book_source
from nucleolus_lib.pipeline.chapters import PROFILES
from nucleolus_lib.pipeline.errors import PipelineError, RenderError
from nucleolus_lib.report.locations import repository_root

SHOWN_LINES = 40
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
"""Jupyter Book has no ``python -m``; this is its command in the interpreter that runs this module."""


def render_book(root: Path, build: Path, profile: str) -> Path:
    """Build ``build/html`` from the executed notebooks below ``build``; the log is ``build/logs/book.log``.

    Raises
    ------
    RenderError
        Sphinx reported a warning or an error; the message ends with them.
    """
    source = write_book_source(root, build, profile)
    work = build / "jupyter_book"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(source)]
    command += ["--config", str(root / "_config.yml"), "--path-output", str(work), "--all", "-n", "-W", "--keep-going"]
    log = build / "logs" / "book.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    pages = work / "_build" / "html"
    if done.returncode != 0 or not (pages / "index.html").is_file():
        raise RenderError(f"{trouble(done.stdout + done.stderr)}\nThe book was not built. The whole story is in {log}")
    target = build / "html"
    shutil.rmtree(target, ignore_errors=True)
    pages.replace(target)
    return target


def trouble(output: str) -> str:
    """The warnings and errors among Jupyter Book's output, or its last lines when it names none."""
    lines = output.splitlines()
    named = [line for line in lines if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return "\n".join((named or lines)[-SHOWN_LINES:])


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Render the book from executed notebooks.")
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--build", type=Path, required=True, help="build folder")
    given = parser.parse_args()
    try:
        render_book(repository_root(), given.build.resolve(), given.profile)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

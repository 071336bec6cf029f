"""Execute one chapter: ``python -m nucleolus_lib.pipeline.execute 02_the_nucleolus --profile smoke``.

The notebook runs in a folder of its own, and its results are moved into the build folder only when it has
finished, so that a build killed at any point leaves either the old results or the new ones. Below the
build folder:

* ``notebooks/NAME.ipynb``, the executed notebook without times and machine paths: same results, same file;
* ``artifacts/NAME/``, what the chapter published;
* ``provenance/NAME.json``, the commit, the versions and how long it took;
* ``logs/NAME.log``; and ``logs/NAME.failed.ipynb`` if it stopped with an error.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import papermill

from nucleolus_lib.pipeline.chapters import PROFILES, data_files, profile_parameters, read_settings
from nucleolus_lib.pipeline.errors import ChapterRunError, PipelineError
from nucleolus_lib.provenance import provenance
from nucleolus_lib.report.artifacts import READ_FILES_FILE
from nucleolus_lib.report.locations import BUILD_DIR_VARIABLE, repository_root

PROGRESS = re.compile(r"\d+%\||\d+it |it/s|s/it|^\s*$")
CELL_TIMEOUT_SECONDS = 3600


def execute_chapter(root: Path, build: Path, name: str, profile: str) -> None:
    """Execute the chapter ``name`` and put its results below ``build``.

    Raises
    ------
    ChapterRunError
        A cell failed, wrote to its error stream, or read a data file that the chapter does not declare.
    """
    settings = read_settings(root)[name]
    parameters = profile_parameters(settings, profile)
    log = build / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    failed = log.with_suffix(".failed.ipynb")
    failed.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=_folder(build / "running")) as scratch:
        executed = Path(scratch) / f"{name}.ipynb"
        os.environ[BUILD_DIR_VARIABLE] = scratch
        started = time.perf_counter()
        try:
            _run(root / "book" / f"{name}.ipynb", executed, parameters, log)
            seconds = time.perf_counter() - started
            notebook = clean_notebook(nbformat.read(executed, as_version=4))
            results = Path(scratch) / "artifacts" / name
            if not results.is_dir():
                raise ChapterRunError(
                    f"the chapter published nothing under its own name; make it Chapter({name!r}, ...)"
                )
            check_read_files(
                (results / READ_FILES_FILE).read_text(encoding="utf-8").split("\n")[:-1], data_files(root, settings)
            )
        except Exception:
            if executed.exists():
                shutil.move(executed, failed)
            raise
        (results / READ_FILES_FILE).unlink()
        _replace_folder(results, _folder(build / "artifacts") / name)
        record = provenance(root) | {"profile": profile, "seconds": round(seconds, 1)}
        _write(_folder(build / "provenance") / f"{name}.json", json.dumps(record, indent=1) + "\n")
        _write(_folder(build / "notebooks") / f"{name}.ipynb", nbformat.writes(notebook))
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"finished in {seconds:.1f} s\n")


def clean_notebook(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The executed notebook without times, machine paths and progress bars.

    Raises
    ------
    ChapterRunError
        A cell wrote anything but progress to its error stream: a warning is mended, not printed in a book.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(notebook.cells):
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        # papermill gives the cell that it adds a random id
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_progress(output, number)]
    return notebook


def check_read_files(read: Iterable[str], declared: Iterable[str]) -> None:
    """Raise :class:`ChapterRunError` when a chapter read data that would not execute it again on a change."""
    missing = sorted(set(read) - set(declared))
    if missing:
        raise ChapterRunError(f"the chapter read {missing}; declare them under its data in book/chapters.toml")


def _run(notebook: Path, executed: Path, parameters: dict[str, Any], log: Path) -> None:
    handler = logging.FileHandler(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        papermill.execute_notebook(
            str(notebook),
            str(executed),
            parameters=parameters,
            kernel_name="python3",
            log_output=True,
            progress_bar=sys.stderr.isatty(),
            execution_timeout=CELL_TIMEOUT_SECONDS,
            cwd=str(notebook.parent),
        )
    except papermill.PapermillExecutionError as error:
        logger.info(str(error))
        raise ChapterRunError(f"cell {error.cell_index} stopped with {error.ename}: {error.evalue}") from error
    finally:
        logger.removeHandler(handler)
        handler.close()


def _is_progress(output: nbformat.NotebookNode, number: int) -> bool:
    if output.output_type != "stream" or output.name != "stderr":
        return False
    lines = re.split(r"[\r\n]", output.text)
    others = [line for line in lines if not PROGRESS.search(line)]
    if others:
        raise ChapterRunError(f"cell {number} wrote to its error stream: {others[0]!r}; mend the cause")
    return True


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _replace_folder(new: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    new.replace(old)


def _write(path: Path, text: str) -> None:
    """Write in one step: a kill leaves the old file or the new one."""
    beside = path.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Execute one chapter of the book.")
    parser.add_argument("chapter")
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--build", type=Path, required=True, help="build folder")
    given = parser.parse_args()
    root = repository_root()
    try:
        execute_chapter(root, given.build.resolve(), given.chapter, given.profile)
    except PipelineError as error:
        log = given.build / "logs" / f"{given.chapter}.log"
        print(f"{given.chapter}: {error}\nThe whole story is in {log}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

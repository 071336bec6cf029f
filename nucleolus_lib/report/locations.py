"""Where the repository is and where a chapter writes.

A chapter writes below one *build folder*. The pipeline names it in the environment variable
``NUCLEOLUS_BUILD_DIR``; a notebook run by hand writes to ``build/manual`` of the repository,
whatever the current directory is.
"""

from __future__ import annotations

import os
from pathlib import Path

BUILD_DIR_VARIABLE = "NUCLEOLUS_BUILD_DIR"


def repository_root() -> Path:
    """The folder of the checkout; the current directory when the library was installed without one."""
    package_parent = Path(__file__).resolve().parents[2]
    for folder in (package_parent, Path.cwd(), *Path.cwd().parents):
        if (folder / "pyproject.toml").is_file() and (folder / "book").is_dir():
            return folder
    return Path.cwd()


def is_pipeline_run() -> bool:
    """Whether the pipeline executes this notebook, rather than a person."""
    return bool(os.environ.get(BUILD_DIR_VARIABLE))


def build_folder() -> Path:
    """The folder below which figures and tables are written."""
    named = os.environ.get(BUILD_DIR_VARIABLE)
    return Path(named).resolve() if named else repository_root() / "build" / "manual"

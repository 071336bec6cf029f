"""The folder from which Jupyter Book builds: the book's own files, executed notebooks, generated pages.

The executed notebooks stay out of ``book/``, so that the checkout never holds outputs.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat

from nucleolus_lib.pipeline.chapters import chapter_names
from nucleolus_lib.pipeline.results_page import FILES_FOLDER, read_indexes, results_markdown

GENERATED_LIST = "_generated/figures_and_tables.md"
COPIED_FROM_ROOT = {
    "CHANGELOG.md": "_generated/changelog.md",
    "CONTRIBUTING.md": "_generated/contributing.md",
    "data/README.md": "_generated/data.md",
}


def write_book_source(root: Path, build: Path, profile: str) -> Path:
    """Fill ``build/source`` afresh and return it."""
    source = build / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(root / "book", source, ignore=shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints"))
    (source / "_generated").mkdir()
    names = chapter_names(root)
    titles: dict[str, str] = {}
    for name in names:
        provenance = json.loads((build / "provenance" / f"{name}.json").read_text(encoding="utf-8"))
        notebook = nbformat.read(build / "notebooks" / f"{name}.ipynb", as_version=4)
        titles[name] = title_of(notebook)
        nbformat.write(with_provenance(notebook, name, provenance), source / f"{name}.ipynb")
        shutil.copytree(build / "artifacts" / name, source / FILES_FOLDER / name)
    listing = results_markdown(read_indexes(build, names), titles, profile)
    (source / GENERATED_LIST).write_text(listing, encoding="utf-8")
    for original, copy in COPIED_FROM_ROOT.items():
        shutil.copy(root / original, source / copy)
    return source


def title_of(notebook: nbformat.NotebookNode) -> str:
    """The chapter's title: its first heading."""
    lines = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), "Untitled")


def with_provenance(notebook: nbformat.NotebookNode, name: str, record: dict[str, object]) -> nbformat.NotebookNode:
    """The notebook with a last cell that says how the page was made."""
    packages = record["packages"]
    assert isinstance(packages, dict)
    versions = ", ".join(f"{package} {number}" for package, number in packages.items())
    text = (
        ":::{admonition} How this page was made\n:class: note dropdown\n\n"
        f"Executed from `book/{name}.ipynb` with the profile `{record['profile']}` in {record['seconds']} s.\n\n"
        f"Commit: `{record['commit']}`. Python {record['python']} on {record['platform']}; {versions}.\n:::"
    )
    notebook.cells.append(nbformat.v4.new_markdown_cell(text, id="provenance"))
    return notebook

"""The notebooks in git: without outputs, with declared parameters, and without logic of their own."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nucleolus_lib.pipeline.chapters import chapter_names, read_settings

ROOT = Path(__file__).resolve().parents[2]
NAMES = chapter_names(ROOT)
LONGEST_CELL = 20
THIRD_PARTY = {"matplotlib", "numpy", "pandas", "plotly", "seaborn", "tqdm"}
STANDARD = {
    "collections",
    "dataclasses",
    "fractions",
    "functools",
    "itertools",
    "math",
    "statistics",
    "textwrap",
    "time",
}
ALLOWED_IMPORTS = {"nucleolus_lib"} | THIRD_PARTY | STANDARD
TRAINING_CALLS = {"backward", "zero_grad"}


def read(name: str) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def problems(notebook: dict[str, Any], name: str) -> list[str]:
    """What is wrong with a notebook, one line each."""
    cells = code_cells(notebook)
    tagged = [k for k, cell in enumerate(cells) if "parameters" in cell["metadata"].get("tags", [])]
    found = [] if tagged == [0] else [f"the first code cell, and no other, must be tagged 'parameters'; found {tagged}"]
    if len(cells) > 1 and "check_parameters(" not in source(cells[1]):
        found.append("the second code cell must call check_parameters")
    if not any(f'Chapter("{name}"' in source(cell) for cell in cells):
        found.append(f'no cell makes Chapter("{name}", ...)')
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        found.append("every cell needs an id of its own (nbformat 4.5)")
    return found + [f"cell {k}: {line}" for k, cell in enumerate(cells) for line in cell_problems(cell)]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def cell_problems(cell: dict[str, Any]) -> list[str]:
    text = source(cell)
    found = []
    if cell.get("outputs") or cell.get("execution_count"):
        found.append("has outputs; run nbstripout")
    if len(text.splitlines()) > LONGEST_CELL:
        found.append(f"has {len(text.splitlines())} lines, at most {LONGEST_CELL} fit in a glance")
    if any(line.lstrip().startswith(("!", "%")) for line in text.splitlines()):
        return [*found, "has a shell command or a magic"]
    if "sys.path" in text:
        found.append("touches sys.path")
    return found + [line for node in ast.walk(ast.parse(text)) for line in node_problems(node)]


def node_problems(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ClassDef):
        return [f"defines the class {node.name}"]
    if isinstance(node, ast.Attribute) and node.attr in TRAINING_CALLS:
        return [f"trains: calls {node.attr}"]
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return [f"imports {module}" for module in modules if module.split(".")[0] not in ALLOWED_IMPORTS]


@pytest.mark.parametrize("name", NAMES)
def test_notebook(name: str) -> None:
    found = problems(read(name), name)
    assert not found, "\n".join(found)


def good_cell(text: str, **changes: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": text[:8], "metadata": {}, "source": text, "outputs": [], "execution_count": None}
    return cell | changes


GOOD = {
    "cells": [
        good_cell("seed = 1", metadata={"tags": ["parameters"]}),
        good_cell('from nucleolus_lib.report import *\nc = Chapter("99_good", check_parameters(globals()))'),
        good_cell("import numpy as np\nnp.zeros(3)"),
    ]
}


def test_a_good_notebook_passes() -> None:
    assert problems(GOOD, "99_good") == []


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (good_cell("1", outputs=[{"output_type": "stream"}]), "has outputs"),
        (good_cell("1", execution_count=3), "has outputs"),
        (good_cell("x = 1\n" * 21), "21 lines"),
        (good_cell("!pip install numpy"), "shell command"),
        (good_cell("import sys\nsys.path.insert(0, '..')"), "sys.path"),
        (good_cell("class Agent:\n    pass"), "class Agent"),
        (good_cell("loss.backward()"), "trains"),
        (good_cell("import torch"), "imports torch"),
        (good_cell("from scipy.optimize import linprog"), "imports scipy"),
        (good_cell("seed = 2", metadata={"tags": ["parameters"]}), "tagged 'parameters'"),
        (good_cell("x = 2", id="seed = 1"), "id of its own"),
    ],
)
def test_a_bad_cell_is_seen(cell: dict[str, Any], complaint: str) -> None:
    found = problems({"cells": [*GOOD["cells"], cell]}, "99_good")
    assert any(complaint in line for line in found), found


def test_a_notebook_without_chapter_or_check_is_seen() -> None:
    found = problems({"cells": [GOOD["cells"][0], good_cell("x = 2")]}, "99_good")
    assert any("check_parameters" in line for line in found)
    assert any("Chapter" in line for line in found)


def test_every_notebook_is_in_the_table_of_contents() -> None:
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert sorted(file for file in files if file[:2].isdigit()) == NAMES
    assert [file for file in files if file[:2].isdigit()] == NAMES, "the chapters are out of order"


def test_settings_can_be_read() -> None:
    assert list(read_settings(ROOT)) == NAMES

"""Which modules a notebook depends on: neither too few nor all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nucleolus_lib.pipeline.dependencies import library_files, notebook_source

FILES = {
    "__init__.py": "",
    "games/__init__.py": (
        "from nucleolus_lib.games.excess import excesses\nfrom nucleolus_lib.games.core import least_core\n"
    ),
    "games/excess.py": "from nucleolus_lib.games.coalitions import sums\n",
    "games/coalitions.py": "import numpy\n",
    "games/core.py": "def least_core():\n    from nucleolus_lib.games.kernel import solve\n",
    "games/kernel.py": "",
    "markov/__init__.py": "",
    "markov/tabular.py": "import nucleolus_lib.games.excess\n",
    "report/__init__.py": "from nucleolus_lib.report import style as look\n",
    "report/style.py": "",
    "report/plots.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "nucleolus_lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def reached(root: Path, source: str) -> set[str]:
    return {name.removeprefix("nucleolus_lib/") for name in library_files(root, source)}


GAMES = {"__init__.py", "games/__init__.py"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy", set()),
        ("from nucleolus_lib.games import excesses", GAMES | {"games/excess.py", "games/coalitions.py"}),
        ("from nucleolus_lib.games.excess import excesses", GAMES | {"games/excess.py", "games/coalitions.py"}),
        # an import inside a function counts
        ("from nucleolus_lib.games import least_core", GAMES | {"games/core.py", "games/kernel.py"}),
        ("from nucleolus_lib.games import core", GAMES | {"games/core.py", "games/kernel.py"}),
        ("import nucleolus_lib.games.kernel as k", GAMES | {"games/kernel.py"}),
        # a whole package, or a name that cannot be traced, counts with everything
        ("import nucleolus_lib.games", GAMES | {f"games/{m}.py" for m in ("excess", "coalitions", "core", "kernel")}),
        (
            "from nucleolus_lib import games",
            GAMES | {f"games/{m}.py" for m in ("excess", "coalitions", "core", "kernel")},
        ),
        (
            "from nucleolus_lib.games import untraced",
            GAMES | {f"games/{m}.py" for m in ("excess", "coalitions", "core", "kernel")},
        ),
        # another layer is followed
        (
            "from nucleolus_lib.markov import tabular",
            GAMES | {"markov/__init__.py", "markov/tabular.py", "games/excess.py", "games/coalitions.py"},
        ),
        ("from nucleolus_lib.report import look", {"__init__.py", "report/__init__.py", "report/style.py"}),
    ],
)
def test_reached(root: Path, source: str, expected: set[str]) -> None:
    assert reached(root, source) == expected


def test_notebook_source_leaves_out_text_and_magics(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "import nothing"},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import numpy"]},
        {"cell_type": "code", "source": "x = 1"},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert notebook_source(path) == "pass\nimport numpy\nx = 1"

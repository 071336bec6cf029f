"""The layers import one way, and light layers stay light.

games -> markov -> envs -> learners -> experiments -> report -> pipeline. A module imports from its own layer and from
those before it, with two stricter rules: learners never import envs (they meet in experiments), and report never trains
(it imports neither learners nor what trains).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = "nucleolus_lib"
LAYERS = ("games", "markov", "envs", "learners", "experiments", "report", "pipeline")
FORBIDDEN = {
    "learners": ("nucleolus_lib.envs",),
    "report": (
        "nucleolus_lib.learners",
        "nucleolus_lib.experiments.train",
        "nucleolus_lib.experiments.rollout",
        "torch",
    ),
    "pipeline": ("nucleolus_lib.learners", "nucleolus_lib.envs", "nucleolus_lib.experiments.train", "torch"),
}
MODULES = sorted((ROOT / LIBRARY).rglob("*.py"))


def layer_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == LIBRARY and len(parts) > 1 and parts[1] in LAYERS else None


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(source: str, module: str, is_package: bool = False) -> list[str]:
    """Every module that ``source`` imports, anywhere in it; ``from a import b`` counts as ``a`` and ``a.b``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            found += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return found


def violations(module: str, imports: list[str]) -> list[str]:
    """What the layer of ``module`` does not allow among ``imports``."""
    layer = layer_of(module)
    if layer is None:
        return []
    found = []
    for name in imports:
        other = layer_of(name)
        if other is not None and LAYERS.index(other) > LAYERS.index(layer):
            found.append(f"{module} ({layer}) imports {name}: {other} comes after {layer}")
        found += [
            f"{module} ({layer}) imports {name}: {layer} never imports {banned}"
            for banned in FORBIDDEN.get(layer, ())
            if name == banned or name.startswith(banned + ".")
        ]
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_one_way(path: Path) -> None:
    module = module_name(path)
    imports = imported_modules(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    found = violations(module, imports)
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nucleolus_lib.games.excess", "from nucleolus_lib.markov.tabular import ECMDP"),
        ("nucleolus_lib.games.excess", "def f():\n    import nucleolus_lib.report"),
        ("nucleolus_lib.markov.tabular", "from nucleolus_lib import envs"),
        ("nucleolus_lib.learners.qmix", "from nucleolus_lib.envs.predator_prey import PredatorPrey"),
        ("nucleolus_lib.learners.qmix", "from ..envs import predator_prey"),
        ("nucleolus_lib.report.curves", "from nucleolus_lib.experiments.train import train"),
        ("nucleolus_lib.report.curves", "from nucleolus_lib.learners import qmix"),
        ("nucleolus_lib.report.curves", "import torch.nn"),
        ("nucleolus_lib.experiments.train", "from nucleolus_lib.pipeline import build"),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str) -> None:
    assert violations(module, imported_modules(source, module))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nucleolus_lib.markov.tabular", "from nucleolus_lib.games import TUGame"),
        ("nucleolus_lib.learners.qmix", "import torch\nfrom nucleolus_lib.games.batched import nucleolus_batch"),
        ("nucleolus_lib.experiments.train", "from nucleolus_lib.learners import qmix\nfrom nucleolus_lib import envs"),
        ("nucleolus_lib.report.curves", "from nucleolus_lib.experiments.runs import read"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert violations(module, imported_modules(source, module)) == []


def loaded_by(statement: str, watched: tuple[str, ...]) -> set[str]:
    """Which of the ``watched`` packages a fresh interpreter has loaded after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*(name for name in {watched!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_games_load_neither_numba_nor_scipy() -> None:
    assert loaded_by("import nucleolus_lib.games", ("numba", "scipy")) == set()


def test_report_loads_no_torch() -> None:
    modules = [module_name(path) for path in MODULES if layer_of(module_name(path)) == "report"]
    assert loaded_by("import " + ", ".join(modules), ("torch",)) == set()


def test_what_is_loaded_is_seen() -> None:
    assert loaded_by("import scipy", ("numba", "scipy")) == {"scipy"}

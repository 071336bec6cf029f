"""Which modules of the library a notebook depends on.

The imports of a notebook are followed through the library, wherever they stand in a file, so that a
chapter is executed again when a module that it can reach changes, and not when another one does.

``from package import name`` is followed to the module from which the package's ``__init__`` takes
``name``. Where that cannot be read off the source, every module of the package counts.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

LIBRARY = "nucleolus_lib"


def notebook_source(path: Path) -> str:
    """The Python source of a notebook's code cells, without magics and shell commands."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    lines = (line for source in sources for line in source.splitlines())
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def library_files(root: Path, source: str) -> list[str]:
    """The library's files that ``source`` can reach by imports, relative to ``root``, sorted."""
    reached: set[Path] = set()
    waiting = _imported(root, source)
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        if path.name == "__init__.py":
            continue  # what it re-exports is followed name by name
        waiting |= _imported(root, path.read_text(encoding="utf-8")) - reached
    return sorted(path.relative_to(root).as_posix() for path in reached)


def _imported(root: Path, source: str) -> set[Path]:
    found: set[Path] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found |= _module_files(root, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found |= _name_files(root, node.module, alias.name)
    return found


def _name_files(root: Path, module: str, name: str) -> set[Path]:
    """The files behind ``from module import name``."""
    if module.split(".")[0] != LIBRARY:
        return set()
    if _path_of(root, f"{module}.{name}") is not None:
        return _module_files(root, f"{module}.{name}")
    path = _path_of(root, module)
    if path is None:
        return set()
    files = _packages_above(root, module) | {path}
    if path.name == "__init__.py":
        origin = _origin_in_package(path, name)
        files |= _every_module(path.parent) if origin is None else _name_files(root, *origin)
    return files


def _module_files(root: Path, module: str) -> set[Path]:
    """The files behind ``import module``; a package counts with all its modules."""
    if module.split(".")[0] != LIBRARY:
        return set()
    path = _path_of(root, module)
    if path is None:
        return set()
    own = _every_module(path.parent) if path.name == "__init__.py" else {path}
    return own | _packages_above(root, module)


def _path_of(root: Path, module: str) -> Path | None:
    base = root.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _packages_above(root: Path, module: str) -> set[Path]:
    parts = module.split(".")
    starts = (root.joinpath(*parts[:k], "__init__.py") for k in range(1, len(parts)))
    return {path for path in starts if path.is_file()}


def _every_module(package: Path) -> set[Path]:
    return set(package.rglob("*.py"))


def _origin_in_package(init: Path, name: str) -> tuple[str, str] | None:
    """The module and name behind ``name`` in a package's ``__init__``; None when it is not imported there."""
    for node in ast.walk(ast.parse(init.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return node.module, alias.name
    return None

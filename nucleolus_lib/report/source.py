"""The library's own source, shown in a chapter.

What a chapter explains is the code that runs, not a copy of it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nucleolus_lib.report.errors import ArtifactTypeError
from nucleolus_lib.report.locations import repository_root

if TYPE_CHECKING:
    from IPython.display import Markdown


def show_source(*objects: Any, docstring: bool = False) -> Markdown:
    """The source of functions or classes, with file and line, highlighted in page and notebook.

    Parameters
    ----------
    *objects
        Functions or classes written in Python.
    docstring
        Whether to show their docstrings too.
    """
    from IPython.display import Markdown

    blocks = [f"`{_location(item)}`\n\n```python\n{source_text(item, docstring)}\n```" for item in objects]
    return Markdown("\n\n".join(blocks))


def source_text(item: Any, docstring: bool = False) -> str:
    """The source of one function or class, without indentation and, by default, without docstring."""
    item = inspect.unwrap(getattr(item, "py_func", item))
    try:
        source = textwrap.dedent(inspect.getsource(item))
    except (OSError, TypeError) as error:
        raise ArtifactTypeError(f"show_source() shows functions and classes written in Python; got {item!r}") from error
    return source.rstrip() if docstring else _without_docstring(source).rstrip()


def _location(item: Any) -> str:
    item = inspect.unwrap(getattr(item, "py_func", item))
    path = Path(inspect.getsourcefile(item) or "").resolve()
    root = repository_root()
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return f"{shown}, line {inspect.getsourcelines(item)[1]}"


def _without_docstring(source: str) -> str:
    definition = ast.parse(source).body[0]
    body = getattr(definition, "body", [])
    if (
        not isinstance(definition, ast.FunctionDef | ast.ClassDef)
        or ast.get_docstring(definition) is None
        or len(body) < 2
    ):
        return source
    lines = source.splitlines()
    end = body[0].end_lineno
    assert end is not None
    # blank lines after the docstring go with it
    while end < len(lines) and not lines[end].strip():
        end += 1
    return "\n".join(lines[: body[0].lineno - 1] + lines[end:])

"""Which data files a chapter reads, seen by the interpreter itself.

The pipeline executes a chapter again when its data changes. What that data is, is declared in
``book/chapters.toml``; that nothing was forgotten is checked here: from :func:`watch` on, every file below
``data/`` that Python opens is listed. (Files opened by compiled code, such as pyarrow's, are not seen.)
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_lists: dict[Path, Path] = {}
_seen: set[Path] = set()
_is_hooked = False


def watch(folder: Path, listing: Path) -> None:
    """List the files opened below ``folder`` from now on in ``listing``, one a line, relative to its parent."""
    global _is_hooked
    _lists.clear()
    _seen.clear()
    _lists[folder.resolve()] = listing
    listing.write_text("", encoding="utf-8")
    if not _is_hooked:
        sys.addaudithook(_note)
        _is_hooked = True


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    for folder, listing in tuple(_lists.items()):
        name = os.fsdecode(arguments[0])
        if folder.name not in name:
            continue  # cheap, for the thousands of other files a run opens
        path = Path(name).resolve()
        if path in _seen or not path.is_relative_to(folder) or path.is_dir():
            continue
        _seen.add(path)
        with listing.open("a", encoding="utf-8") as stream:
            stream.write(path.relative_to(folder.parent).as_posix() + "\n")

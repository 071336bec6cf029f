"""Where a result came from: commit, versions, machine.

It belongs to no layer: studies, runs and chapters all record it, and it imports nothing of the library.
"""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULT_PATHS = ("book", "nucleolus_lib", "data", "constraints.txt", "pyproject.toml")
"""What can change a result: a change there that is not committed makes the commit not the whole truth."""

PACKAGES = ("numpy", "scipy", "numba", "torch", "pandas", "matplotlib", "plotly")


def provenance(root: Path) -> dict[str, object]:
    """The commit, whether it is the whole truth, and the versions that made a result."""
    return {
        "commit": commit(root),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def commit(root: Path) -> str:
    """The commit checked out, with ``+ local changes`` when files that make results differ from it."""
    head = _git(root, "rev-parse", "HEAD")
    if not head:
        return "unknown (no git checkout)"
    changed = _git(root, "status", "--porcelain", "--", *RESULT_PATHS)
    return f"{head} + local changes" if changed else head


def processor() -> str:
    """The processor's name as the system gives it."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

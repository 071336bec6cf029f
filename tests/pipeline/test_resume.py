"""A build on a small copy of the repository: only what changed is executed, and a killed build continues."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICK, LATE = "01_quick", "02_late"
START = "from nucleolus_lib.report import Chapter, Integer, check_parameters\n"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="kills a process group")]


def write(root: Path, name: str, code: str) -> None:
    published = f'chapter = Chapter("{name}", check_parameters(globals(), n=Integer(1, 5)))\nchapter.number("n", n)\n'
    cells = [
        nbformat.v4.new_code_cell("n = 2", metadata={"tags": ["parameters"]}, id="a"),
        nbformat.v4.new_code_cell(START + published + code, id="b"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), root / "book" / f"{name}.ipynb")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "nucleolus_lib", tmp_path / "nucleolus_lib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "book").mkdir()
    write(tmp_path, QUICK, "from nucleolus_lib.games import excess")
    write(tmp_path, LATE, "import time; time.sleep(20 if n == 2 else 0)")
    return tmp_path


def start(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "nucleolus_lib.pipeline.build", "--target", "results", "--cores", "1"]
    environment = os.environ | {"PYTHONPATH": str(root), "NUCLEOLUS_BUILD_DIR": ""}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=root, env=environment, text=True, stdout=pipe, stderr=subprocess.STDOUT, start_new_session=True
    )


def finish(root: Path) -> str:
    build = start(root)
    output, _ = build.communicate(timeout=120)
    assert build.returncode == 0, output
    return output


def executed(output: str) -> list[str]:
    """The chapters that a build executed."""
    return sorted(name for name in (QUICK, LATE) if f"wildcards: chapter={name}" in output)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 90
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was never made"
        time.sleep(0.2)


def test_a_killed_build_loses_no_finished_chapter(root: Path) -> None:
    notebooks = root / "build" / "full" / "notebooks"
    killed = start(root)
    wait_for(notebooks / f"{QUICK}.ipynb")
    time.sleep(4)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (notebooks / f"{LATE}.ipynb").exists()
    assert executed(finish(root)) == [LATE]
    assert (notebooks / f"{LATE}.ipynb").exists()

    # now that everything is there, only what changed is executed again
    assert executed(finish(root)) == []
    (root / "book" / f"{QUICK}.ipynb").touch()
    assert executed(finish(root)) == []
    with (root / "nucleolus_lib" / "games" / "excess.py").open("a") as stream:
        stream.write("# changed\n")
    assert executed(finish(root)) == [QUICK]
    (root / "book" / "chapters.toml").write_text(f'["{QUICK}"]\nsmoke = {{ n = 3 }}\n')
    assert executed(finish(root)) == [], "the parameters of another profile change nothing"

"""The README's code blocks run.

Python blocks are executed. Of the shell blocks, the papermill example is executed, with the smoke profile's values for
what it does not set, and the training examples are executed with a handful of steps. ``make`` lines are checked by a
dry run, because ``make test`` would run this test again. A line of another kind fails the test, so that none goes
unchecked.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nucleolus_lib.pipeline.chapters import chapter_names, read_settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


SHELL_LINES = [line for block in blocks("bash") for line in block.splitlines() if line.strip()]


def run(arguments: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


def test_there_are_blocks_of_both_kinds() -> None:
    assert blocks("python")
    assert any(line.startswith("make book") for line in SHELL_LINES)
    assert any(line.startswith("make test") for line in SHELL_LINES)
    assert any(line.startswith("papermill") for line in SHELL_LINES)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_block(code: str) -> None:
    done = run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 0, done.stderr
    promised = re.findall(r"print\(.*\)  # ([\d /]+)", code)
    assert done.stdout.split("\n")[: len(promised)] == [text.strip() for text in promised]


@pytest.mark.parametrize("line", SHELL_LINES)
def test_shell_line(line: str, tmp_path: Path) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        if shutil.which("make") is None:
            pytest.skip("make is not installed")
        done = run(["make", "--dry-run", *words[1:]], cwd=ROOT)
        assert done.returncode == 0, done.stderr
    elif words[0] == "papermill":
        run_papermill(words, tmp_path)
    elif words[:4] == ["python", "-m", "nucleolus_lib", "train"]:
        run_training(words, tmp_path)
    else:
        pytest.fail(f"no way to check {line!r} is written down here")


def run_papermill(words: list[str], tmp_path: Path) -> None:
    notebook, output = words[1], words[2]
    if Path(notebook).stem not in chapter_names(ROOT):
        pytest.fail(f"the README runs {notebook}, which does not exist")
    smoke = read_settings(ROOT)[Path(notebook).stem].smoke
    quick = [word for name, value in smoke.items() if name not in words for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", str(ROOT / notebook), str(tmp_path / output), *words[3:], *quick]
    done = run(command, cwd=tmp_path, env=os.environ | {"NUCLEOLUS_BUILD_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "artifacts" / Path(notebook).stem / "index.json").is_file()


def test_files_that_the_readme_names_exist() -> None:
    named = set(re.findall(r"`((?:book|data|nucleolus_lib)/[\w./]*)`", README)) | set(
        re.findall(r"\]\((book/[^)]*)\)", README)
    )
    assert len(named) > 5
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing, f"the README names files that do not exist: {missing}"


def run_training(words: list[str], tmp_path: Path) -> None:
    quick = ["--total-steps", "1", "--quiet", "--checkpoints", str(tmp_path), "--set"]
    quick += ["n_worlds=1", "batch_size=1", "evaluation_episodes=1", "updates_per_rollout=1"]
    done = run([sys.executable, *words[1:], *quick], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    written = list((tmp_path / words[words.index("--out") + 1]).rglob("seed0.parquet"))
    assert len(written) == 1

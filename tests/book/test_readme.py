"""The README's code blocks run.

Python blocks are executed. Of the shell blocks, the papermill example is executed, with the smoke profile's values for
what it does not set, and the training examples are executed with a handful of steps. ``make`` lines are checked by a
dry run, because ``make test`` would run this test again. Playing the real StarCraft II is tried twice: without the
game, where the error must say what is missing, and with the simulator in the game's place; its shell lines must name
what the error names. A line of another kind fails the test, so that none goes unchecked.
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
import torch

from nucleolus_lib.envs.smac_adapter import SmacBattles
from nucleolus_lib.envs.smac_install import DOWNLOAD, INSTALL, MAPS
from nucleolus_lib.experiments.evaluate import evaluate
from nucleolus_lib.experiments.worlds import sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.pipeline.chapters import chapter_names, read_settings
from tests.envs.battle_workers import stand_in

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


SHELL_LINES = [line for block in blocks("bash") for line in block.splitlines() if line.strip()]
REAL_GAME = next(code for code in blocks("python") if "SmacBattles" in code)
MAPS_FILE = MAPS.rsplit("/", 1)[1]
REAL_GAME_LINES = (
    'unzip SC2.4.10.zip -d "$HOME"',
    'export SC2PATH="$HOME/StarCraftII"',
    f"wget {MAPS}",
    f'unzip {MAPS_FILE} -d "$SC2PATH/Maps"',
    INSTALL,
)


def run(arguments: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


def test_there_are_blocks_of_both_kinds() -> None:
    assert blocks("python")
    assert any(line.startswith("make book") for line in SHELL_LINES)
    assert any(line.startswith("make test") for line in SHELL_LINES)
    assert any(line.startswith("papermill") for line in SHELL_LINES)


@pytest.mark.parametrize("code", [code for code in blocks("python") if code != REAL_GAME])
def test_python_block(code: str) -> None:
    done = run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 0, done.stderr
    promised = re.findall(r"print\(.*\)  # ([\d /]+)", code)
    assert done.stdout.split("\n")[: len(promised)] == [text.strip() for text in promised]


@pytest.mark.parametrize("line", SHELL_LINES)
def test_shell_line(line: str, tmp_path: Path) -> None:
    words = shlex.split(line, comments=True)
    if line in REAL_GAME_LINES:
        return
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


def test_the_real_game_is_installed_from_where_the_errors_say() -> None:
    assert DOWNLOAD in README
    assert set(REAL_GAME_LINES) <= set(SHELL_LINES)


def test_the_real_game_block_says_what_is_missing(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", REAL_GAME], cwd=ROOT, env=os.environ | {"SC2PATH": str(tmp_path)})
    assert done.returncode != 0
    error = done.stderr.splitlines()[-1]
    assert "SmacMissingError" in error
    assert INSTALL in error or DOWNLOAD in error


def test_the_real_game_block_plays_when_the_simulator_stands_in_for_the_game(tmp_path: Path) -> None:
    code = REAL_GAME.replace("n_workers=2", "n_workers=2, make_battle=simulated_battle")
    assert code != REAL_GAME
    script = tmp_path / "real.py"
    script.write_text(f"from tests.envs.battle_workers import simulated_battle\n{code}", encoding="utf-8")
    done = run([sys.executable, str(script)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    assert "'won': " in done.stdout


def test_a_learner_can_be_tried_on_the_game_as_the_readme_says() -> None:
    with SmacBattles("3m", 2, make_battle=stand_in, start_method="fork") as battles:
        learner = Learner(LearnerConfig("vdn"), sizes_of(battles.spec), "cpu", 0)
        found = evaluate(battles, learner, 2, torch.Generator().manual_seed(0))
    assert found.shape == (2, len(battles.outcome_names))
    assert (found[:, battles.outcome_names.index("return")] > 0).all()


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

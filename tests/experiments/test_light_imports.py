"""Training on a GPU needs torch, numpy, pandas, pyarrow and tqdm, on a CPU numba too; reading results needs no torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_ON_A_BARE_MACHINE = (
    "pettingzoo",
    "gymnasium",
    "matplotlib",
    "seaborn",
    "plotly",
    "mpe2",
    "scipy",
    "snakemake",
)

PROGRAM = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("blocked: " + name, name=name)
sys.meta_path.insert(0, Refuse())
{statements}
"""


def run(blocked, statements):
    code = PROGRAM.format(blocked=blocked, statements=statements)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_training_runs_on_a_bare_machine(tmp_path):
    statements = f"""
from nucleolus_lib.experiments.command_line import main
small = ["batch_size=4", "buffer_size=8", "learner.hidden_size=8", "evaluation_episodes=2", "env_options.n_predators=3"]
for env, algorithm in (("pp-8v4", "vdn"), ("pp-8v4", "nucleolus")):
    assert main(["train", "--env", env, "--algorithm", algorithm, "--total-steps", "60", "--quiet", "--device", "cpu",
        "--set", "env_options.horizon=5", "n_worlds=4", "label=" + algorithm + "_here", *small,
        "--out", {str(tmp_path)!r}, "--checkpoints", {str(tmp_path / "checkpoints")!r}]) == 0
"""
    done = run(NOT_ON_A_BARE_MACHINE, statements)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pp-8v4,horizon=5,n_predators=3" / "vdn_here" / "seed0.json").exists()


def test_training_is_imported_without_the_compiler_that_only_a_cpu_needs():
    done = run(
        (*NOT_ON_A_BARE_MACHINE, "numba"), "import nucleolus_lib.experiments.train, nucleolus_lib.experiments.sweep"
    )
    assert done.returncode == 0, done.stderr


def test_results_are_read_and_suites_known_without_torch():
    modules = ("runs", "suites", "atomic_file", "errors", "command_line")
    statements = "\n".join(f"import nucleolus_lib.experiments.{name}" for name in modules)
    done = run(("torch",), statements)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("blocked", [("tqdm",), ("torch",)])
def test_a_package_that_is_needed_is_missed(blocked):
    statements = "from nucleolus_lib.experiments.progress import Progress\nProgress"
    statements += "\nfrom nucleolus_lib.experiments.config import preset\nProgress(preset('pp-8v4', 'vdn'), 0, False)"
    assert run(blocked, statements).returncode != 0

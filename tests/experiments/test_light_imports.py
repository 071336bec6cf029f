"""Training needs torch, numpy, pandas, pyarrow and tqdm, and on a CPU numba; reading results does not need torch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_ON_A_BARE_MACHINE = ("pettingzoo", "gymnasium", "matplotlib", "seaborn", "plotly", "mpe2", "scipy", "snakemake")

PROGRAM = """
import sys
class Refuse:
    blocked = {blocked!r}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.blocked:
            raise ModuleNotFoundError("blocked: " + name, name=name)
refuse = Refuse()
sys.meta_path.insert(0, refuse)
{statements}
"""


def run(blocked, statements):
    code = PROGRAM.format(blocked=blocked, statements=statements)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_training_runs_on_a_bare_machine(tmp_path):
    statements = f"""
import nucleolus_lib.experiments.sweep
from nucleolus_lib.experiments.command_line import main
refuse.blocked = {NOT_ON_A_BARE_MACHINE!r}  # from here on numba is there: this test has only a CPU
small = ["batch_size=4", "buffer_size=8", "learner.hidden_size=8", "evaluation_episodes=2", "env_options.n_predators=3"]
assert main(["train", "--env", "pp-8v4", "--algorithm", "nucleolus", "--total-steps", "60", "--quiet",
    "--device", "cpu", "--set", "env_options.horizon=5", "n_worlds=4", *small,
    "--out", {str(tmp_path)!r}, "--checkpoints", {str(tmp_path / "checkpoints")!r}]) == 0
"""
    done = run((*NOT_ON_A_BARE_MACHINE, "numba"), statements)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pp-8v4,horizon=5,n_predators=3" / "nucleolus" / "seed0.json").exists()


def test_results_are_read_and_suites_known_without_torch():
    modules = ("runs", "suites", "atomic_file", "errors", "command_line")
    done = run(("torch",), "\n".join(f"import nucleolus_lib.experiments.{name}" for name in modules))
    assert done.returncode == 0, done.stderr


def test_a_package_that_is_needed_is_missed():
    done = run(("torch",), "import nucleolus_lib.experiments.worlds")
    assert "blocked: torch" in done.stderr

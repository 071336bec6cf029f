"""The Snakefile's training jobs on a real Slurm of one node, this machine: ``pytest -m slow tests/cluster`` as root.

It was run so on 2026-11-22 and passed, on Debian 12 with its packages slurmctld, slurmd and slurm-client 22.05.8 and
munge, snakemake 9.15.0 and snakemake-executor-plugin-slurm 2.8.0, in six minutes on two cores that were also training
(a job's 200 steps take seconds, its interpreters and imports the rest): three jobs, two of training with both seeds
inside and one of scripted policies, each submitted by sbatch and run by slurmd.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.suites import read_suite
from nucleolus_lib.experiments.sweep import configs_of
from tests.cluster.single_node_slurm import install, missing, single_node_slurm

ROOT = Path(__file__).resolve().parents[2]
TOOL = "snakemake_executor_plugin_slurm"

SUITE = """
[tiny]
worlds = ["split-the-task"]
algorithms = ["vdn", "qmix"]
seeds = [0, 1]
total_steps = 200
[tiny.settings]
evaluation_interval = 100
batch_size = 8
device = "cpu"
"""


@pytest.mark.slow
def test_training_jobs_run_on_slurm(tmp_path):
    pytest.importorskip(TOOL, reason="pip install '.[cluster]'")
    install()
    if missing():
        pytest.skip(missing())
    (tmp_path / "suites.toml").write_text(SUITE)
    places = {name: tmp_path / name for name in ("runs", "checkpoints")}
    command = [sys.executable, "-m", "snakemake", "runs", "--executor", "slurm", "--jobs", "2", "--nolock"]
    # Without accounting Slurm cannot be asked for finished jobs by sacct, and there is no account to charge.
    command += ["--slurm-status-command", "squeue", "--slurm-no-account", "--slurm-logdir", str(tmp_path / "logs")]
    command += [
        "--default-resources",
        "slurm_partition=main",
        "runtime=30",
        "mem_mb=0",
        "--seconds-between-status-checks",
    ]
    command += ["5", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(ROOT)]
    command += ["--config", "suite=tiny", f"suites={tmp_path / 'suites.toml'}"]
    command += [f"{name}={place}" for name, place in places.items()]
    with single_node_slurm():
        done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
    logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in (tmp_path / "logs").rglob("*.log"))
    assert done.returncode == 0, done.stderr[-3000:] + logs
    # Slurm, not this process, ran them.
    assert "SLURM jobid" in done.stderr
    for config in configs_of(read_suite("tiny", tmp_path / "suites.toml")):
        result = runs.read(runs.run_stem(places["runs"] / "tiny", config.world, config.name, config.seed))
        assert result.complete
        assert result.env_steps >= 200
    assert runs.find(places["runs"] / "tiny", "scripted")

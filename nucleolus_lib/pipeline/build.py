"""One command for the whole build: ``python -m nucleolus_lib.pipeline.build --profile smoke``.

It calls Snakemake on the ``Snakefile``. After a build that was killed, the next one makes the half-finished outputs
again; what had finished is kept. Two builds of one folder at the same time are refused.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nucleolus_lib.pipeline.chapters import PROFILES, check_profile, read_settings
from nucleolus_lib.pipeline.errors import BuildRunningError, PipelineError
from nucleolus_lib.report.locations import repository_root

TARGETS = ("book", "results")
PID_FILE = "build.pid"


def run_build(root: Path, build: str, profile: str, target: str, cores: int, extra: list[str]) -> int:
    """Bring ``target`` up to date and return Snakemake's exit status.

    Parameters
    ----------
    build
        Build folder relative to ``root``.
    target
        ``book`` for the rendered pages, ``results`` for the executed chapters alone.
    extra
        Further arguments for Snakemake, such as ``--dry-run`` or an executor.

    Raises
    ------
    BuildRunningError
        Another build writes to the same folder.
    """
    check_profile(profile)
    read_settings(root)
    folder = root / build
    folder.mkdir(parents=True, exist_ok=True)
    claim(folder / PID_FILE)
    # what chapters that were killed have left
    shutil.rmtree(folder / "running", ignore_errors=True)
    # worker processes: torch with several threads stalls when they fork on few cores
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    command = [sys.executable, "-m", "snakemake", target, "--cores", str(cores)]
    command += ["--directory", str(root), "--snakefile", str(root / "Snakefile")]
    # --nolock: a killed build leaves Snakemake's lock behind; the process id claimed above can be checked instead
    command += ["--nolock", "--rerun-incomplete", "--keep-going", *extra]
    command += ["--config", f"profile={profile}", f"build={build}"]
    try:
        return subprocess.run(command, check=False, env=environment).returncode
    finally:
        (folder / PID_FILE).unlink(missing_ok=True)


def claim(pid_file: Path) -> None:
    """Note this process as the one that builds; refuse when the one noted is still alive."""
    if pid_file.exists():
        text = pid_file.read_text(encoding="utf-8").strip()
        if text.isdigit() and int(text) != os.getpid() and _is_alive(int(text)):
            raise BuildRunningError(
                f"process {text} is building into {pid_file.parent}; wait for it, or end it. "
                f"If that process is something else, delete {pid_file}"
            )
    pid_file.write_text(str(os.getpid()), encoding="utf-8")


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        listed = subprocess.run(["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=False)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> int:
    """Command line; arguments after ``--`` go to Snakemake."""
    parser = argparse.ArgumentParser(description="Build the book, or its results alone.")
    parser.add_argument("--profile", default="full", help=f"one of {', '.join(PROFILES)}")
    parser.add_argument("--build", help="build folder, relative to the repository; default build/PROFILE")
    parser.add_argument("--target", choices=TARGETS, default="book")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    given, extra = parser.parse_known_args()
    build = given.build or f"build/{given.profile}"
    extra = [argument for argument in extra if argument != "--"]
    try:
        status = run_build(repository_root(), build, given.profile, given.target, given.cores, extra)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return 1
    if status == 0 and given.target == "book" and not extra:
        print(f"The book is in {build}/html/index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())

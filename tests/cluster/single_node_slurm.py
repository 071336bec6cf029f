"""A Slurm cluster of one node, this machine, for as long as a test takes.

It needs root and Debian's packages ``slurmctld slurmd slurm-client munge``, which :func:`install` gets. What it writes
is in a folder of its own, except munge's key and ``/etc/slurm/slurm.conf``, which is taken away at the end: the
executor plugin clears Slurm's variables in a job, so the configuration must be where Slurm looks for it. Where there is
such a file already, this machine has a cluster, and nothing is started. There is no accounting, and processes are
followed without cgroups, so that it works in a container, too.

By hand: ``python -m tests.cluster.single_node_slurm`` starts it and stops it on Enter.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PLACE = Path("/etc/slurm/slurm.conf")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "munged")

CONFIGURATION = """
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={port}
SlurmdPort={node_port}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why a cluster cannot be started here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Slurm cluster of one's own needs Linux and root"
    lacking = [name for name in PROGRAMS if _which(name) is None]
    if lacking:
        return f"{', '.join(lacking)} not found; install {' '.join(PACKAGES)}"
    return f"{PLACE} is there: this machine has a cluster of its own" if PLACE.exists() else ""


def install() -> None:
    """Install Debian's packages, if apt-get is there and something is missing."""
    if missing() and shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
        subprocess.run(command, check=True, env=environment)


@contextmanager
def single_node_slurm(cpus: int | None = None, patience: float = 120.0) -> Iterator[None]:
    """Have a cluster while entered.

    Raises
    ------
    RuntimeError
        The node is not ready in time; the message holds the end of the daemons' logs.
    """
    host = socket.gethostname().split(".")[0]
    with tempfile.TemporaryDirectory(prefix="slurm-") as name:
        folder = Path(name)
        for below in ("state", "spool"):
            (folder / below).mkdir()
        port, node_port = _free_ports(2)
        text = CONFIGURATION.format(
            host=host, folder=folder, port=port, node_port=node_port, cpus=cpus or os.cpu_count() or 1
        )
        PLACE.parent.mkdir(exist_ok=True)
        with PLACE.open("x", encoding="utf-8") as stream:
            stream.write(text)
        daemons = []
        munge = _start_munge(folder)
        if munge is not None:
            daemons.append(munge)
        try:
            for command in (["slurmctld", "-D"], ["slurmd", "-D", "-N", host]):
                daemons.append(_start([_which(command[0]) or command[0], *command[1:]], folder))
            _wait_until_ready(folder, patience)
            yield
        finally:
            for daemon in reversed(daemons):
                daemon.terminate()
            for daemon in daemons:
                try:
                    daemon.wait(10)
                except subprocess.TimeoutExpired:
                    daemon.kill()
            PLACE.unlink()


def _start_munge(folder: Path) -> subprocess.Popen[bytes] | None:
    """munged in the foreground, unless one is already answering."""
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0:
        return None
    Path("/run/munge").mkdir(exist_ok=True)
    shutil.chown("/run/munge", "munge", "munge")
    if not Path("/etc/munge/munge.key").exists():
        subprocess.run(["runuser", "-u", "munge", "--", _which("mungekey") or "mungekey", "-c"], check=True)
    command = ["runuser", "-u", "munge", "--", _which("munged") or "munged", "--foreground", "--force"]
    return _start(command, folder)


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    log = (folder / f"{Path(command[0]).name}.out").open("ab")
    with log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def _wait_until_ready(folder: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        asked = subprocess.run(["sinfo", "--noheader", "--format=%t"], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and "idle" in asked.stdout:
            return
        time.sleep(0.5)
    logs = [f"{log.name}:\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(folder.glob("*.log"))]
    logs += [f"{log.name}:\n{log.read_text(errors='replace')[-500:]}" for log in sorted(folder.glob("*.out"))]
    raise RuntimeError(f"the node is not ready after {patience:g} s\n" + "\n".join(logs))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


if __name__ == "__main__":
    install()
    with single_node_slurm():
        input("Slurm is up; Enter ends it. ")

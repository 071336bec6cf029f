"""How busy the GPU is, once a second, as ``nvidia-smi`` tells it.

A *sample* is three numbers: the share of the last moment in which a kernel ran (per cent), the share in which memory
was read or written (per cent), and the memory in use (MiB). Without ``nvidia-smi``, or if it answers with something
else, there are no samples and :attr:`Sampler.problem` says why.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from types import TracebackType

import numpy as np

QUERY = "--query-gpu=utilization.gpu,utilization.memory,memory.used"
SAMPLE_SECONDS = 1.0
ANSWER_SECONDS = 20.0

Sample = tuple[float, float, float]


def parse_sample(text: str) -> Sample:
    """The numbers of one answer, ``"97, 34, 5120"``.

    Raises
    ------
    ValueError
        It is something else, for example ``[N/A]`` where the driver does not tell.
    """
    lines = text.strip().splitlines()
    parts = [part.strip() for part in lines[0].split(",")] if len(lines) == 1 else []
    try:
        busy, memory, used = (float(part) for part in parts)
    except ValueError:
        raise ValueError(f"three numbers of one GPU were expected from nvidia-smi; it answered {text!r}") from None
    return busy, memory, used


def read_sample(program: str, index: int) -> Sample:
    """One sample of GPU ``index``.

    Raises
    ------
    OSError
        There is no ``program``.
    ValueError
        It does not answer as expected.
    """
    command = [program, f"--id={index}", QUERY, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        raise ValueError(f"{program} did not answer within {ANSWER_SECONDS:g} s") from None
    if done.returncode != 0:
        raise ValueError(f"{program} failed with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return parse_sample(done.stdout)


class Sampler:
    """Takes samples in a thread of its own while it is entered."""

    def __init__(self, index: int = 0, program: str = "nvidia-smi", pause: float = SAMPLE_SECONDS) -> None:
        self.samples: list[Sample] = []
        self.problem = ""
        self._source = (program, index)
        self._pause = pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True, name="utilisation")

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _take(self) -> None:
        while not self._ended.is_set():
            try:
                self.samples.append(read_sample(*self._source))
            except OSError as error:
                self.problem = f"{self._source[0]} cannot be run ({error}); utilisation is not measured"
                return
            except ValueError as error:
                # One answer that is missing does not spoil the others.
                self.problem = str(error)
            self._ended.wait(self._pause)


def utilisation(samples: Sequence[Sample]) -> dict[str, float]:
    """Mean and 90th percentile of the share of time with a kernel, most memory in MiB, ...; empty without samples."""
    if not samples:
        return {}
    table = np.asarray(samples, dtype=float)
    return {
        "mean_percent": float(table[:, 0].mean()),
        "p90_percent": float(np.percentile(table[:, 0], 90)),
        "memory_mean_percent": float(table[:, 1].mean()),
        "most_memory_mib": float(table[:, 2].max()),
        "samples": len(samples),
    }

"""Compiled loops use as many threads as PyTorch may use, and leave PyTorch's number of threads alone.

A run that was given one thread shares the machine with other runs. Two things would take more:

* numba's parallel loops take all cores;
* numba and PyTorch may share one OpenMP library, and when numba starts its threads it sets that library's number, which
  is PyTorch's too: ``torch.get_num_threads()`` then answers with the number of cores, and every small operation is
  shared out among threads that wait for each other by turning in circles.

Measured with the nucleolus learner on two busy cores: 490 to 700 ms of CPU time per update so, 60 to 90 ms on one
thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads_of_torch() -> Iterator[None]:
    """Within it numba's parallel loops take ``torch.get_num_threads()`` threads; PyTorch keeps its number."""
    threads = torch.get_num_threads()
    # numba is loaded when it is first needed.
    import numba

    before = numba.get_num_threads()
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(threads, most))
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)
        torch.set_num_threads(threads)

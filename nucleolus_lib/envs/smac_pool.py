"""Processes that play battles, and what happens when one of them fails.

A worker may die (its pipe closes), hang (no answer in time) or fail (it answers with a traceback). Each of
these costs the battle that was being played there and nothing else: the worker is ended, a new one is
started in its place, and the request is answered by :class:`Restarted`. A worker that fails
``max_failures`` times in a row without playing a step in between is given up.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from nucleolus_lib.envs.errors import SmacWorkerError, WorldParameterError
from nucleolus_lib.envs.smac_worker import Failed, Look, MakeBattle, Played, Ready, play_battles


class Restarted(NamedTuple):
    """The battle was lost with its process; a new process is in its place."""

    reason: str


Answer = Look | Played | Restarted


class _Worker(NamedTuple):
    process: Any
    pipe: Connection
    ready: Ready


class WorkerPool:
    """B processes with one battle each.

    Parameters
    ----------
    make
        Makes a battle in the process.
    map_name, options
        Passed to ``make``.
    n_workers
        B.
    seed
        Worker b gets seed + b; one started in its place gets a seed of its own.
    start_seconds, step_seconds
        How long to wait for a battle to start and for a step.
    max_failures
        See the module's docstring.
    start_method
        Of :mod:`multiprocessing`. "spawn" starts a fresh process each time; a forked one can hang where torch has
        run before.

    Raises
    ------
    SmacWorkerError
        If a battle cannot be started.
    """

    def __init__(
        self,
        make: MakeBattle,
        map_name: str,
        options: dict[str, Any],
        n_workers: int,
        seed: int,
        *,
        start_seconds: float = 300.0,
        step_seconds: float = 60.0,
        max_failures: int = 3,
        start_method: str = "spawn",
    ) -> None:
        if n_workers < 1:
            raise WorldParameterError(f"n_workers counts processes, 1 or more; got {n_workers}")
        self.restarts = 0
        self._make, self._map_name, self._options = make, map_name, options
        self._seed, self._n_workers = seed, n_workers
        self._start_seconds, self._step_seconds = start_seconds, step_seconds
        self._max_failures = max_failures
        self._failures = [0] * n_workers
        self._context: Any = multiprocessing.get_context(start_method)
        self._workers: list[_Worker | None] = [None] * n_workers
        try:
            started = [self._launch(index, seed + index) for index in range(n_workers)]
            for index, (process, pipe) in enumerate(started):
                self._workers[index] = self._greet(index, process, pipe)
        except BaseException:
            self.close()
            raise

    @property
    def n_workers(self) -> int:
        """B."""
        return self._n_workers

    @property
    def ready(self) -> Ready:
        """What the first worker said when it was started: SMAC's ``get_env_info`` and a first look."""
        return self._worker(0).ready

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the workers, in order."""
        return tuple(worker.process.pid for worker in self._workers if worker is not None)

    def ask(self, requests: Sequence[tuple[Any, ...] | None]) -> list[Answer | None]:
        """Send request b to worker b, all at once, and wait for the answers; None asks nothing.

        Raises
        ------
        SmacWorkerError
            If a worker failed too often in a row.
        """
        problems: dict[int, str] = {}
        for index, request in enumerate(requests):
            if request is not None:
                try:
                    self._worker(index).pipe.send(request)
                except OSError as error:
                    problems[index] = f"it was gone ({error!r})"
        end = time.monotonic() + self._step_seconds
        answers: list[Answer | None] = [None] * len(requests)
        for index, request in enumerate(requests):
            if request is None:
                continue
            if index not in problems:
                answer = self._answer(index, end)
                if isinstance(answer, str):
                    problems[index] = answer
                else:
                    answers[index] = answer
                    if isinstance(answer, Played):
                        self._failures[index] = 0
            if index in problems:
                answers[index] = self._restart(index, problems[index])
        return answers

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            if worker is not None:
                with contextlib.suppress(OSError):
                    worker.pipe.send(("close",))
                worker.process.join(5)
                _end(worker.process, worker.pipe)
        self._workers = [None] * self._n_workers

    def _worker(self, index: int) -> _Worker:
        worker = self._workers[index]
        if worker is None:
            raise SmacWorkerError("the battles are closed; make a new adapter")
        return worker

    def _answer(self, index: int, end: float) -> Any:
        """The answer, or in words why there is none."""
        pipe = self._worker(index).pipe
        try:
            if not pipe.poll(max(0.0, end - time.monotonic())):
                return f"it did not answer within {self._step_seconds:g} s"
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            return f"it died ({type(error).__name__})"
        return answer.text if isinstance(answer, Failed) else answer

    def _restart(self, index: int, reason: str) -> Restarted:
        old = self._worker(index)
        _end(old.process, old.pipe)
        self._workers[index] = None
        self.restarts += 1
        self._failures[index] += 1
        if self._failures[index] >= self._max_failures:
            raise SmacWorkerError(
                f"worker {index}, which plays {self._map_name}, failed {self._failures[index]} times in a row; "
                f"the last time: {reason}"
            )
        seed = self._seed + index + self._n_workers * self.restarts
        self._workers[index] = self._greet(index, *self._launch(index, seed))
        return Restarted(reason)

    def _launch(self, index: int, seed: int) -> tuple[Any, Connection]:
        here, there = self._context.Pipe()
        process = self._context.Process(
            target=play_battles,
            args=(there, self._make, self._map_name, seed, self._options),
            name=f"battle-{index}",
            daemon=True,
        )
        process.start()
        # Ours is the only end that must stay open here, or a dead worker would not be noticed.
        there.close()
        return process, here

    def _greet(self, index: int, process: Any, pipe: Connection) -> _Worker:
        try:
            answer = pipe.recv() if pipe.poll(self._start_seconds) else None
        except (EOFError, OSError):
            answer = None
        if isinstance(answer, Ready):
            return _Worker(process, pipe, answer)
        _end(process, pipe)
        said = answer.text if isinstance(answer, Failed) else f"nothing within {self._start_seconds:g} s"
        raise SmacWorkerError(f"worker {index} could not start a battle on {self._map_name}; it said: {said}")


def _end(process: Any, pipe: Connection) -> None:
    pipe.close()
    if process.is_alive():
        process.terminate()
        process.join(5)
    if process.is_alive():
        process.kill()
        process.join(5)

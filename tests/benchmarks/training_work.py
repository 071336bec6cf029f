"""What the benchmarks of training share: a run that is ready to be timed, and its CPU seconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from nucleolus_lib.experiments.config import preset
from nucleolus_lib.experiments.training_state import TrainingState


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of ``work()``, the median over ``rounds``."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def ready_to_learn(env: str, algorithm: str, batch_size: int, **settings: Any) -> TrainingState:
    """A run whose replay holds a batch and whose kernels are compiled: 8 worlds, one gradient step per rollout."""
    config = preset(
        env,
        algorithm,
        n_worlds=8,
        updates_per_rollout=1,
        batch_size=batch_size,
        buffer_size=max(256, batch_size),
        **settings,
    )
    state = TrainingState(config)
    while len(state.replay) < batch_size:
        state.play()
    state.learn()
    return state

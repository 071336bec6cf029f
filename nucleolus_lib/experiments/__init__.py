"""Where worlds meet learners: settings, episodes, training, evaluation, and the files that keep the results.

:mod:`~nucleolus_lib.experiments.runs` reads and writes result files and does not need torch, so figures can be made
without it. What needs torch is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nucleolus_lib.experiments.config import RunConfig, preset
    from nucleolus_lib.experiments.evaluate import evaluate
    from nucleolus_lib.experiments.rollout import rollout
    from nucleolus_lib.experiments.runs import RunResult
    from nucleolus_lib.experiments.train import train
    from nucleolus_lib.experiments.worlds import make_world

_WHERE = {
    "RunConfig": "config",
    "RunResult": "runs",
    "evaluate": "evaluate",
    "make_world": "worlds",
    "preset": "config",
    "rollout": "rollout",
    "train": "train",
}

__all__ = ["RunConfig", "RunResult", "evaluate", "make_world", "preset", "rollout", "train"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"{__name__} has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)

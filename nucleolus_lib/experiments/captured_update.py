"""One gradient step as a CUDA graph: captured at the first update, replayed at each further one.

The batch is copied into fixed tensors, and the graph reads it there. What the graph cannot hold stays outside: counting
the updates and the copy to the target network. Gradient steps before the capture, in which libraries and the optimiser
set themselves up, are undone, so the first replay is the first update.

An algorithm that cannot be captured (one that reads the device) is updated step by step instead;
``CapturedUpdate.is_captured`` says which it is.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.q_learning import Learner

WARM_UP_STEPS = 3


class CapturedUpdate:
    """Updates a learner by replaying its gradient step.

    Parameters
    ----------
    learner
        On a CUDA device; on another one nothing is captured and the same steps are taken one by one.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._batch: EpisodeBatch | None = None
        self._metrics: dict[str, Tensor] = {}
        self._graph: torch.cuda.CUDAGraph | None = None

    @property
    def is_captured(self) -> bool:
        """Whether updates replay a graph."""
        return self._graph is not None

    def update(self, batch: EpisodeBatch) -> dict[str, Tensor]:
        """The same as :meth:`Learner.update`; the metrics are overwritten by the next call."""
        learner = self.learner
        if self._batch is None:
            self._batch = batch.map(Tensor.clone)
            if learner.device.type == "cuda":
                self._capture(self._batch)
        for kept, new in zip(self._batch.tensors().values(), batch.tensors().values(), strict=True):
            kept.copy_(new)
        if self._graph is None:
            self._metrics = learner.gradient_step(self._batch)
        else:
            self._graph.replay()
        learner.n_updates += 1
        if learner.n_updates % learner.config.target_period == 0:
            learner.copy_to_target()
        return self._metrics

    def _capture(self, batch: EpisodeBatch) -> None:
        learner = self.learner
        before = _Snapshot(learner)
        stream = torch.cuda.Stream(learner.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(learner.device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_STEPS):
                learner.gradient_step(batch)
        torch.cuda.current_stream(learner.device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(learner.generator)
        try:
            # Left to itself, the capture takes a stream of the current device, which need not be the learner's.
            with torch.cuda.graph(graph, stream=stream):
                self._metrics = learner.gradient_step(batch)
            self._graph = graph
        except RuntimeError as error:
            warnings.warn(f"{learner.config.algorithm} is updated without a CUDA graph: {error}", stacklevel=2)
            learner.optimiser.zero_grad(set_to_none=True)
            # A capture that failed leaves its generators waiting for its end, and they can draw no more.
            learner.generator = torch.Generator(learner.device)
        before.restore()


class _Snapshot:
    """All that gradient steps change, to be put back in place: a graph keeps the addresses of tensors."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._tensors = [tensor.detach().clone() for tensor in self._weights()]
        self._optimiser = {
            parameter: {name: value.clone() for name, value in state.items()}
            for parameter, state in learner.optimiser.state.items()
        }
        self._chance = learner.generator.get_state()

    def _weights(self) -> list[Tensor]:
        found: list[Tensor] = []
        for module in (self._learner.agent, self._learner.algorithm):
            found += [*module.parameters(), *module.buffers()]
        return found

    @torch.no_grad()
    def restore(self) -> None:
        """Put everything back. What the optimiser did not have before begins with zeros, as it does when it is new."""
        for tensor, kept in zip(self._weights(), self._tensors, strict=True):
            tensor.copy_(kept)
        for parameter, state in self._learner.optimiser.state.items():
            earlier: dict[str, Any] = self._optimiser.get(parameter, {})
            for name, value in state.items():
                value.copy_(earlier[name]) if name in earlier else value.zero_()
        self._learner.generator.set_state(self._chance)

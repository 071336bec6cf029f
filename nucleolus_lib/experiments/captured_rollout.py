"""The step of a rollout as a CUDA graph: captured once, replayed T times per rollout.

A captured graph runs the same kernels on the same memory each time. So everything that changes from step to step lives
in fixed tensors: the carried state, the step's number (a tensor, with which rows are picked and put by index), the
exploration rate, and the chance of the whole rollout, (T, B, draws), which is drawn before the first step with the
run's generator. The last thing a step does is to copy what it carries on into the tensors that the next one reads.

The eager :class:`~nucleolus_lib.experiments.rollout.Rollout` and this one play the same steps; on the CPU, where
nothing is captured, this class runs the step that would be, which is how it is tested without a GPU.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.batched_state import map_tensors, tensors_of
from nucleolus_lib.experiments.rollout import Acting, Carried, Rollout
from nucleolus_lib.experiments.worlds import World

WARM_UP_STEPS = 3
"""Steps on another stream before the capture, in which libraries set themselves up."""


class CapturedRollout(Rollout):
    """Plays rollouts by replaying a graph; see :class:`~nucleolus_lib.experiments.rollout.Rollout`."""

    def __init__(self, world: World, learner: Acting, n_worlds: int, store_subtasks: bool = False) -> None:
        super().__init__(world, learner, n_worlds, store_subtasks)
        device = world.device
        self._index = torch.zeros(1, dtype=torch.int64, device=device)
        self._rate = torch.zeros((), device=device)
        self._draws = torch.zeros((self.horizon, n_worlds, self._n_draws), device=device)
        self._carried: Carried | None = None
        self._graph: torch.cuda.CUDAGraph | None = None

    def _play(self, exploration_rate: Tensor | float, generator: torch.Generator) -> tuple[Carried, int]:
        start = self._start(generator)
        if self._carried is None:
            self._carried = _clone(start)
            if self.world.device.type == "cuda":
                self._capture()
        _copy(start, self._carried)
        self._index.zero_()
        self._draws.uniform_(generator=generator)
        if isinstance(exploration_rate, Tensor):
            self._rate.copy_(exploration_rate)
        else:
            self._rate.fill_(exploration_rate)
        for _ in range(self.horizon):
            if self._graph is None:
                self._step()
            else:
                self._graph.replay()
        self._look(self._carried.state, self._writer(self.horizon))
        # The next rollout overwrites the carried tensors, so the final state is handed out as a copy.
        return _clone(self._carried), self.horizon

    def _capture(self) -> None:
        """Capture :meth:`_step`. The steps played here are not kept: a rollout starts from its own beginning."""
        stream = torch.cuda.Stream(self.world.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(self.world.device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_STEPS):
                self._index.zero_()
                self._step()
        torch.cuda.current_stream(self.world.device).wait_stream(stream)
        self._index.zero_()
        graph = torch.cuda.CUDAGraph()
        # Left to itself, the capture takes a stream of the current device, which need not be this world's.
        with torch.cuda.graph(graph, stream=stream):
            self._step()
        self._graph = graph

    def _step(self) -> None:
        """One step, from fixed tensors to fixed tensors."""
        assert self._carried is not None
        draws = self._draws.index_select(0, self._index)[0]
        _copy(self._advance(self._carried, self._rate, draws, self._write_at_index), self._carried)
        self._index += 1

    def _write_at_index(self, name: str, value: Tensor) -> None:
        kept = self._kept[name]
        kept.index_copy_(1, self._index, value.to(kept.dtype)[:, None])


def _clone(carried: Carried) -> Carried:
    state = map_tensors(Tensor.clone, carried.state)
    return Carried(state, carried.hidden.clone(), carried.last_action.clone(), carried.playing.clone())


def _tensors(carried: Carried) -> list[Tensor]:
    return [*tensors_of(carried.state).values(), carried.hidden, carried.last_action, carried.playing]


def _copy(new: Carried, into: Carried) -> None:
    """Copy every tensor of ``new`` into that of ``into``."""
    targets, sources = _tensors(into), _tensors(new)
    fixed = {tensor.untyped_storage().data_ptr() for tensor in targets}
    # A world may hand a field on unchanged, even as another field: that must be read before it is overwritten.
    sources = [source.clone() if source.untyped_storage().data_ptr() in fixed else source for source in sources]
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)

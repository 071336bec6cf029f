"""Half of ``make bench-gpu``: battles on one GPU, B = 4096 at once, every step a captured graph.

One env step is a transition of one battle under random available actions, with masks, observations of all agents, the
state vector and the automatic start of a new battle where one is over, as in ``bench_battle``. All of it, for B
battles, is one CUDA graph. What changes from step to step lies in fixed tensors: the state, and the chance of
:data:`BLOCK` steps, which is drawn before every :data:`BLOCK` replays and picked by the step's number. Time is that of
the device, between two events around the replays and the drawing; the median over rounds counts.

The bars are 1M env steps per second on 5m_vs_6m, 0.5M on corridor and 0.2M on 2c_vs_64zg. Beside them stand two floors
of a step of B battles (:mod:`~tests.benchmarks.gpu_peaks`):

    bytes     state read and written, chance read, actions, masks, observations, state vector, reward, ends written,
              each once, over the memory's peak
    launches  kernels of the step, counted by :mod:`~tests.benchmarks.gpu_launches` (a lower bound), at 1.5 us each.

Before the timing, one replay is compared with the same step played without a graph, from the same state and chance: the
share of numbers that differ is told, and a row with any of them misses its bar.

On a CPU nothing is captured and B is small: that is for tests and measures nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.envs.batched_state import clone, select, tensors_of
from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_state import BattleState
from nucleolus_lib.experiments.device import describe_device, resolve_device
from nucleolus_lib.experiments.errors import ExperimentError
from tests.benchmarks import bench_record
from tests.benchmarks.gpu_launches import count_launches
from tests.benchmarks.gpu_peaks import LAUNCH_SECONDS, Peaks, peaks_of

BARS = {"5m_vs_6m": 1e6, "corridor": 5e5, "2c_vs_64zg": 2e5}
BLOCK = 32
"""Steps between two drawings of chance."""
WARM_UP_STEPS = 3
"""Steps on another stream before the capture, in which libraries set themselves up."""
MEETING_STEPS = 64
"""Steps before the timing, after which battles are at different moments and the sides have met."""


@dataclass(frozen=True)
class Seen:
    """What a step of B battles hands out: actions (B, A) and masks before it, what is seen and paid after it."""

    action: Tensor
    available: Tensor
    observation: Tensor
    global_state: Tensor
    reward: Tensor
    terminated: Tensor
    truncated: Tensor

    def tensors(self) -> tuple[Tensor, ...]:
        """All fields."""
        return tuple(tensors_of(self).values())


class CapturedBattles:
    """B battles in play, a step of which is one graph on a CUDA device, and single operations elsewhere.

    Parameters
    ----------
    name
        The map.
    batch
        B.
    device
        Where they are played.
    """

    def __init__(self, name: str, batch: int, device: torch.device | str) -> None:
        self.world, self.batch = Battle(name, device=device), batch
        spec, device = self.world.spec, self.world.device
        self._generator = torch.Generator(device).manual_seed(0)
        self._n_scores = spec.n_agents * spec.n_actions
        self._chance = torch.zeros((BLOCK, batch, self._n_scores + spec.n_step_draws), device=device)
        self._index = torch.zeros(1, dtype=torch.int64, device=device)
        self._start = self.world.initial(torch.zeros((batch, spec.n_initial_draws), device=device))
        self.state = clone(self._start)
        self.seen: Seen | None = None
        self._graph: torch.cuda.CUDAGraph | None = None

    @property
    def is_captured(self) -> bool:
        """Whether steps are replays of a graph."""
        return self._graph is not None

    @torch.inference_mode()
    def play(self, n_steps: int) -> None:
        """Go on for so many steps of every battle."""
        if self._graph is None and self.world.device.type == "cuda":
            self._capture()
        for number in range(n_steps):
            if number % BLOCK == 0:
                self._draw()
            if self._graph is None:
                self.step()
            else:
                self._graph.replay()

    def step(self) -> None:
        """One step, from fixed tensors to fixed tensors."""
        after, self.seen = self.eager_step(self.state)
        _copy(after, self.state)
        self._index += 1

    def eager_step(self, state: BattleState) -> tuple[BattleState, Seen]:
        """The state after one step from ``state``, finished battles begun anew, and what is seen of it."""
        world, spec = self.world, self.world.spec
        chance = self._chance.index_select(0, self._index)[0]
        available = world.available_actions(state)
        scores = chance[:, : self._n_scores].reshape(available.shape)
        action = torch.where(available, scores, -1.0).argmax(-1)
        step = world.transition(state, action, chance[:, self._n_scores : self._n_scores + spec.n_step_draws])
        after = select(step.terminated | step.truncated, self._start, step.state)
        seen = Seen(
            action=action,
            available=available,
            observation=world.observation(after),
            global_state=world.global_state(after),
            reward=step.reward,
            terminated=step.terminated,
            truncated=step.truncated,
        )
        return after, seen

    @torch.inference_mode()
    def share_that_differs(self) -> float:
        """Of the numbers after one step as :meth:`play` plays it, those that a step without a graph makes otherwise."""
        before = clone(self.state)
        self.play(1)
        self._index.zero_()
        after, seen = self.eager_step(before)
        self._index += 1
        assert self.seen is not None
        mine = [*tensors_of(self.state).values(), *self.seen.tensors()]
        theirs = [*tensors_of(after).values(), *seen.tensors()]
        wrong = sum(int((one != other).sum()) for one, other in zip(mine, theirs, strict=True))
        return wrong / sum(one.numel() for one in mine)

    @torch.inference_mode()
    def launches(self) -> int:
        """Kernels of a step, at least."""
        self._index.zero_()
        # The graph goes on writing into what it handed out.
        kept = self.seen
        counted = count_launches(self.step)
        self.seen = kept if self.is_captured else self.seen
        return counted

    def bytes(self) -> int:
        """Bytes of a step as the module's text counts them; some step must have been played."""
        assert self.seen is not None
        state = sum(map(_bytes, tensors_of(self.state).values()))
        return 2 * state + _bytes(self._chance) // BLOCK + sum(map(_bytes, self.seen.tensors()))

    def seconds(self, n_steps: int) -> float:
        """What so many steps take, by the device's own clock where it has one."""
        if self.world.device.type != "cuda":
            start = time.process_time()
            self.play(n_steps)
            return time.process_time() - start
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        stream = torch.cuda.current_stream(self.world.device)
        begin.record(stream)
        self.play(n_steps)
        end.record(stream)
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3

    def _draw(self) -> None:
        self._chance.uniform_(generator=self._generator)
        self._index.zero_()

    def _capture(self) -> None:
        """Capture :meth:`step`; the steps played here are taken back."""
        before = clone(self.state)
        device = self.world.device
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_STEPS):
                self.step()
        torch.cuda.current_stream(device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Left to itself, the capture takes a stream of the current device, which need not be this world's.
        with torch.cuda.graph(graph, stream=stream):
            self.step()
        _copy(before, self.state)
        self._index.zero_()
        self._graph = graph


def measure(name: str, batch: int, device: torch.device, steps: int, rounds: int) -> dict[str, Any]:
    """A map's figures: seconds and env steps per second, bytes and kernels of a step, and whether it is right."""
    battles = CapturedBattles(name, batch, device)
    battles.play(MEETING_STEPS)
    differs = battles.share_that_differs()
    taken = [battles.seconds(steps) / steps for _ in range(rounds)]
    seconds = statistics.median(taken)
    return {
        "map": name,
        "batch": batch,
        "captured": battles.is_captured,
        "seconds_of_a_step": seconds,
        "least_seconds": min(taken),
        "most_seconds": max(taken),
        "env_steps_per_s": batch / seconds,
        "bytes_of_a_step": battles.bytes(),
        "launches_of_a_step": battles.launches(),
        "share_that_differs": differs,
    }


def rows_of(found: dict[str, Any], peaks: tuple[str, Peaks] | None) -> list[dict[str, Any]]:
    """The rows of one map."""
    name, seconds, bar = found["map"], found["seconds_of_a_step"], BARS[found["map"]]
    how = "captured graph" if found["captured"] else "single operations"
    rate, differs = found["env_steps_per_s"], found["share_that_differs"]
    wrong = f", {100 * differs:.2g} % of the numbers differ from a step without a graph" if differs else ""
    rows = [
        {
            "work": f"{name}, {found['batch']} battles, {how}{wrong}",
            "ours": f"{rate:,.0f} steps/s",
            "peer": f"bar {bar:,.0f}",
            "ratio": rate / bar,
            "bar": ">= 1",
            "holds": rate >= bar and found["captured"] and not differs,
            "figure": "this run",
        }
    ]
    floors = {f"{found['launches_of_a_step']:,} launches of 1.5 us": found["launches_of_a_step"] * LAUNCH_SECONDS}
    if peaks is not None:
        floors[f"{found['bytes_of_a_step']:,} bytes, {peaks[0]}"] = found["bytes_of_a_step"] / peaks[1].bandwidth
    for floor, least in floors.items():
        rows.append(
            {
                "work": f"{name}, time over the floor from {floor}",
                "ours": f"{1e6 * seconds:,.0f} us per step of all",
                "peer": f"{1e6 * least:,.3g} us",
                "ratio": seconds / least,
                "bar": "none",
                "holds": True,
                "figure": "this run",
            }
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a bar is missed or the device is not there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, default=4096, help="battles at once")
    parser.add_argument("--maps", nargs="+", default=list(BARS), choices=list(BARS))
    parser.add_argument("--steps", type=int, default=256, help="steps of all battles in a round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the table and where it was measured to this file")
    chosen = parser.parse_args(arguments)
    try:
        device = resolve_device(chosen.device)
    except ExperimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    described = describe_device(device)
    print(f"{described}; torch {torch.__version__}", flush=True)
    load_before, rows, maps = bench_record.load(), [], []
    for name in chosen.maps:
        found = measure(name, chosen.batch, device, chosen.steps, chosen.rounds)
        new = rows_of(found, peaks_of(described))
        for row in new:
            verdict = "    " if row["bar"] == "none" else "ok  " if row["holds"] else "MISS"
            print(f"{verdict} {row['work']}: {row['ours']} against {row['peer']}: {row['ratio']:.3g} x", flush=True)
        rows += new
        maps.append(found)
        # After every map, so that what was measured is kept if a later one does not end.
        if chosen.json:
            content = bench_record.record("gpu_battle", rows, load_before, "")
            bench_record.write(chosen.json, content | {"device": described, "maps": maps})
    return 0 if all(row["holds"] for row in rows) else 1


def _copy(new: BattleState, into: BattleState) -> None:
    """Copy every field of ``new`` into that of ``into``."""
    targets, sources = list(tensors_of(into).values()), list(tensors_of(new).values())
    fixed = {tensor.untyped_storage().data_ptr() for tensor in targets}
    # A world may hand a field on unchanged: that must be read before it is overwritten.
    sources = [source.clone() if source.untyped_storage().data_ptr() in fixed else source for source in sources]
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


if __name__ == "__main__":
    sys.exit(main())

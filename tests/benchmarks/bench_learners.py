"""Gradient steps, acting and SHAQ's weights in CPU milliseconds, one thread, beside PyTorch's own GRU in the same run.

    python -m tests.benchmarks.bench_learners [--repeats 4]

Work of an update: 8 agents, 38 observation numbers, 5 actions, a state of 304 numbers, GRU of 64, B whole episodes of T
steps. "Agents" is what :mod:`nucleolus_lib.learners.agent_unroll` replaces: the online network forwards and backwards
and the target network forwards. The twin feeds ``nn.GRU`` with the concatenated input, all agents and episodes as one
batch. The floor counts the multiplications of the agents' products at the rate of a product of 256 x 64 by 64 x 192 in
the same run.

Each figure is the least of several repeats, because other work on the machine only adds to it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.learners import ALGORITHMS, EpisodeBatch, Learner, LearnerConfig, Sizes
from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.shapley_weights import ShapleyWeights
from tests.learners.random_episodes import random_episodes
from tests.reference.agent_by_concatenation import concatenated_input
from tests.reference.shaq_by_replication import shapley_weights_replicated

SHAPES = ((8, 100), (32, 25), (32, 100), (128, 25))
"""(episodes, steps) of an update."""
SHAQ_BAR = 10.0
GRU_BAR = 1.5


def sizes(steps: int) -> Sizes:
    """The sizes of simple_tag with 8 predators and 4 prey, the state all observations side by side."""
    return Sizes(8, 5, 38, 304, 12, steps, (True,) * 4 + (False,) * 8)


def milliseconds(work: Callable[..., object], *arguments: Any, repeats: int, calls: int = 2) -> float:
    """CPU milliseconds of ``work(*arguments)``, the least of ``repeats`` means over ``calls``; one call warms up."""
    work(*arguments)
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(calls):
            work(*arguments)
        least = min(least, (time.process_time() - start) / calls)
    return 1e3 * least


def pytorch_unroll(network: AgentNetwork, observation: Tensor, action: Tensor) -> Tensor:
    """The agents' values by PyTorch's layers, all episodes and agents as one batch."""
    batch, moments, n = observation.shape[:3]
    entered = network.enter(concatenated_input(network, observation, action)).relu()
    along = entered.transpose(0, 1).reshape(moments, batch * n, -1)
    q: Tensor = network.leave(network.memory(along)[0]).reshape(moments, batch, n, -1).transpose(0, 1)
    return q


def agents_once(unroll: Callable[[Tensor, Tensor], Tensor], batch: EpisodeBatch) -> None:
    """Online forwards and backwards, target forwards."""
    with torch.no_grad():
        unroll(batch.observation, batch.action)
    unroll(batch.observation, batch.action).square().mean().backward()  # type: ignore[no-untyped-call]


def product_rate() -> float:
    """Multiply-adds per millisecond of a product of 256 x 64 by 64 x 192."""
    left, right, out = torch.randn(256, 64), torch.randn(64, 192), torch.empty(256, 192)
    return 256 * 64 * 192 / milliseconds(partial(torch.mm, out=out), left, right, repeats=20, calls=50)


def updates(repeats: int) -> int:
    """Print the table of updates; returns the number of bars missed."""
    missed = 0
    rate = product_rate()
    print(f"product rate {2 * rate / 1e6:.0f} GFLOP/s")
    names = list(ALGORITHMS)
    print(
        f"{'B x T':>10}{'floor':>8}{'agents':>8}{'nn.GRU':>8}{'ratio':>7}  update:" + "".join(f"{n:>14}" for n in names)
    )
    for episodes, steps in SHAPES:
        batch = random_episodes(sizes(steps), episodes, full=True)
        network = Learner(LearnerConfig(), sizes(steps)).agent
        own = milliseconds(agents_once, network.unroll, batch, repeats=repeats)
        peer = milliseconds(agents_once, partial(pytorch_unroll, network), batch, repeats=repeats)
        # Forwards twice, backwards costs two forwards.
        floor = 4 * episodes * 8 * (steps + 1) * (38 * 64 + 2 * 64 * 192 + 64 * 5) / rate
        cells = []
        for name in names:
            learner = Learner(LearnerConfig(algorithm=name), sizes(steps))  # type: ignore[arg-type]
            cells.append(milliseconds(learner.update, batch, repeats=repeats))
        missed += peer / own < GRU_BAR
        print(
            f"{f'{episodes} x {steps}':>10}{floor:8.1f}{own:8.1f}{peer:8.1f}{peer / own:7.2f}         "
            + "".join(f"{cell:14.1f}" for cell in cells),
            flush=True,
        )
    print(f"bar: agents at least {GRU_BAR} x as fast as nn.GRU: {'holds' if not missed else f'MISSED {missed} times'}")
    return missed


def acting(repeats: int) -> None:
    """Print what a step of a rollout costs the learner."""
    learner = Learner(LearnerConfig(), sizes(100))
    for worlds in (8, 64, 512):
        observation, hidden = torch.randn(worlds, 8, 38), learner.initial_hidden(worlds)
        last, available = torch.zeros(worlds, 8, dtype=torch.int64), torch.ones(worlds, 8, 5, dtype=torch.bool)
        draws = torch.rand(worlds, 8, 2)
        cost = milliseconds(learner.act, observation, last, available, hidden, 0.1, draws, repeats=repeats, calls=100)
        print(f"acting, {worlds:4d} worlds: {cost:.3f} ms per step, {worlds / cost:.0f} k env steps/s")


def shapley(repeats: int) -> int:
    """Print SHAQ's weights hoisted and replicated, B = 32, T = 25, K = 10; returns the number of bars missed."""
    torch.manual_seed(0)
    weights = ShapleyWeights(sizes(25), LearnerConfig())
    q, state, keys = torch.randn(800, 8, requires_grad=True), torch.randn(800, 304), torch.rand(800, 10, 8)

    def once(alpha: Tensor) -> Tensor:
        alpha.sum().backward()  # type: ignore[no-untyped-call]
        return alpha.detach()

    gap = (once(weights(q, state, keys)) - once(shapley_weights_replicated(weights, q, state, keys))).abs().max()
    own = milliseconds(lambda: once(weights(q, state, keys)), repeats=repeats)
    peer = milliseconds(lambda: once(shapley_weights_replicated(weights, q, state, keys)), repeats=repeats, calls=1)
    holds = peer / own >= SHAQ_BAR and float(gap) <= 1e-5
    print(
        f"SHAQ's weights, forwards and backwards: {own:.1f} ms, replicated {peer:.1f} ms, {peer / own:.1f} x, "
        f"largest difference {float(gap):.1e}; bar {SHAQ_BAR} x and 1e-5: {'holds' if holds else 'MISSED'}"
    )
    return int(not holds)


def main() -> int:
    """Print the tables; returns the number of bars missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=4)
    repeats = parser.parse_args().repeats
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        missed = shapley(repeats)
        acting(repeats)
        return missed + updates(repeats)
    finally:
        torch.set_num_threads(threads)


if __name__ == "__main__":
    raise SystemExit(main())

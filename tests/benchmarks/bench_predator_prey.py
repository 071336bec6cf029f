"""Env steps per CPU second of predator-prey, against mpe2 and JaxMARL, in one run on one thread.

The bars: at least 300 times mpe2's simple_tag with B >= 512 worlds, 60 times with B = 8, and 1.2 times JaxMARL's
simple_tag with B >= 1024. One step is a transition under random actions with the observations of all agents. Two of our
worlds are timed: ``pp-8v4``, whose fleeing prey, captures, shaping and subtasks the peers do not have, and
``simple_tag``, the peers' own rules (no walls, no capture, prey at random). The bars are for both. Actions are drawn
beforehand, except in JaxMARL, where they are drawn in the compiled loop. Our worlds are played in
``torch.inference_mode``, as rollouts may be; that matters at B = 8, where what counts is the cost of a call. Ours and
mpe2's rounds alternate, are short, and the best of each counts, so that other work on the machine harms both alike.

JaxMARL needs other versions than this project: name a Python that has ``jaxmarl`` in ``JAXMARL_PYTHON``, and it is run
there; otherwise it is run here if it is installed, and left out if not. Every figure is measured in the same run.

``--json data/benchmarks/predator_prey.json`` writes the table for chapter 07.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules, pp_8v4
from nucleolus_lib.envs.protocol import reset, step
from tests.benchmarks import bench_record

WORLDS = {
    "pp-8v4": pp_8v4(),
    "simple_tag": replace(pp_8v4(), wall=None, capture=False, prey="random", shaping_scale=0.0, horizon=25),
}
BATCHES = (1, 8, 512, 1024, 4096)
JAXMARL_BATCHES = (8, 1024, 4096)
ROUNDS = 20


class Row(NamedTuple):
    """One comparison: rates are env steps per CPU second; ``bar`` is the least ratio asked for, 0 if none."""

    world: str
    batch: int
    ours: float
    peer: str
    theirs: float
    bar: float

    @property
    def ratio(self) -> float:
        """How many times the peer's rate ours is."""
        return self.ours / self.theirs

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.ratio >= self.bar


class _OurWorlds:
    """B worlds in play; ``rate()`` plays one round."""

    def __init__(self, rules: PredatorPreyRules, batch: int) -> None:
        self._world = PredatorPrey(rules)
        self._generator = torch.Generator().manual_seed(0)
        self._actions = [
            torch.randint(5, (batch, rules.n_predators), generator=self._generator) for _ in range(rules.horizon)
        ]
        self._batch = batch
        # Short enough to alternate often, long enough for the clock.
        self._n_steps = min(rules.horizon, 25 if batch < 1024 else 10)
        self.rate()

    @torch.inference_mode()
    def rate(self) -> float:
        world, generator = self._world, self._generator
        state = reset(world, self._batch, generator)
        start = time.process_time()
        for t in range(self._n_steps):
            state = step(world, state, self._actions[t], generator).state
            world.observation(state)
        return self._n_steps * self._batch / (time.process_time() - start)


class _Mpe2:
    """mpe2's simple_tag; ``rate()`` plays one episode."""

    def __init__(self, n_steps: int = 25) -> None:
        from mpe2 import simple_tag_v3

        self._env = simple_tag_v3.parallel_env(num_good=4, num_adversaries=8, num_obstacles=0, max_cycles=n_steps)
        self._rng = np.random.default_rng(0)
        self._n_steps = n_steps
        self.rate()

    def rate(self) -> float:
        env = self._env
        env.reset(seed=0)
        drawn = self._rng.integers(5, size=(self._n_steps, 12)).tolist()
        actions = [dict(zip(env.possible_agents, row, strict=True)) for row in drawn]
        start = time.process_time()
        for joint in actions:
            env.step(joint)
        return self._n_steps / (time.process_time() - start)


def jaxmarl_rates(batches: tuple[int, ...] = JAXMARL_BATCHES) -> dict[int, float] | None:
    """Rates of JaxMARL's simple_tag, or None where it is not to be had."""
    python = os.environ.get("JAXMARL_PYTHON")
    if python is None and importlib.util.find_spec("jaxmarl") is None:
        return None
    script = Path(__file__).with_name("jaxmarl_tag.py")
    command = [python or sys.executable, str(script), *map(str, batches)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed; is jaxmarl installed there? It said:\n{done.stderr[-2000:]}")
    return {int(batch): rate for batch, rate in json.loads(done.stdout.splitlines()[-1]).items()}


def measure(batches: tuple[int, ...] = BATCHES, rounds: int = ROUNDS, with_jaxmarl: bool = True) -> list[Row]:
    """Time everything; one row per world, batch and peer."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = []
        peer = _Mpe2()
        for name, rules in WORLDS.items():
            for batch in batches:
                ours = _OurWorlds(rules, batch)
                pairs = [(ours.rate(), peer.rate()) for _ in range(rounds)]
                our_best, their_best = (max(rates) for rates in zip(*pairs, strict=True))
                bar = 300.0 if batch >= 512 else 60.0 if batch >= 8 else 0.0
                rows.append(Row(name, batch, our_best, "mpe2", their_best, bar))
    finally:
        torch.set_num_threads(threads)
    theirs = jaxmarl_rates() if with_jaxmarl else None
    for row in list(rows):
        if theirs and row.batch in theirs:
            bar = 1.2 if row.batch >= 1024 else 0.0
            rows.append(Row(row.world, row.batch, row.ours, "JaxMARL", theirs[row.batch], bar))
    return rows


def recorded(row: Row) -> dict[str, Any]:
    """A row as it is stored."""
    return {
        "work": f"{row.world}, {row.batch:,} world{'s' * (row.batch > 1)}",
        "ours": f"{row.ours:,.0f} steps/s",
        "peer": f"{row.peer} {row.theirs:,.0f}",
        "ratio": row.ratio,
        "bar": f">= {row.bar:g}" if row.bar else "none",
        "holds": row.holds,
        "figure": "this run",
        "world": row.world,
        "batch": row.batch,
        "our_rate": row.ours,
        "their_rate": row.theirs,
    }


def main() -> int:
    """Print the table; the exit status is the number of bars missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="write the table and where it was measured to this file")
    chosen = parser.parse_args()
    load_before = bench_record.load()
    print(f"{bench_record.machine()}; one thread, torch {torch.__version__}; env steps per CPU second")
    rows = measure(rounds=chosen.rounds)
    for row in rows:
        verdict = ("holds " if row.holds else "MISSED") if row.bar else "      "
        bar = f">= {row.bar:g} x" if row.bar else "reported"
        print(
            f"{verdict}  {row.world:12}B = {row.batch:<6}{row.ours:>10,.0f}   "
            f"{row.peer:8}{row.theirs:>10,.0f}   {row.ratio:8.1f} x   {bar}"
        )
    if not any(row.peer == "JaxMARL" for row in rows):
        print("JaxMARL was left out: name a Python that has jaxmarl in JAXMARL_PYTHON")
    if chosen.json:
        content = bench_record.record("predator_prey", [recorded(row) for row in rows], load_before, "")
        bench_record.write(chosen.json, content)
    return sum(not row.holds for row in rows)


if __name__ == "__main__":
    sys.exit(main())

"""``make bench-battle``: battles against SMAX and SMAClite, in CPU seconds, on one thread.

One env step is a transition of one battle under random available actions, drawn in the loop, with masks, observations
of all agents, the state vector and the automatic start of a new battle where one is over. Every map is timed with the
eager game loop and with the compiled one (numba on a processor). SMAX plays the same way, in a Python that has
``jaxmarl``, named in ``JAXMARL_PYTHON``; its rounds and ours alternate, are short, and the best of each counts, so that
other work on the machine harms both alike. It is simpler: no walls, shields, armour, missiles or delays, a
marine moves 1.4 times as far in a step, and our corridor has ways round walls. Both sides enter with the better of
their two batches.

SMAClite's figures are quoted: version 0d6abbe with its C++ collision avoidance in a Release build, one battle at a
time, measured once on 2 AMD EPYC cores; the greater of the figure in quiet and the figure per CPU second in load.

QMIX end to end is QMIX's training on 5m_vs_6m, GRU of 64, rollouts of 8 battles. Beside it stand JaxMARL's
qmix_rnn on SMAX (2,397 steps per CPU second; 8 battles by 64 steps per rollout, 21 updates with batch 16 in 36
rollouts, which is one update per 878 steps) and PyMARL2 with the game itself (134 steps per second of wall clock,
issue 32 of hijkzzz/pymarl2; 8 battles per rollout, one update with batch 128 per rollout). Both are quoted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from nucleolus_lib.envs.batched_state import select
from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.protocol import random_actions, reset, step
from tests.benchmarks import bench_record
from tests.benchmarks.training_work import median_seconds, ready_to_learn

MAPS = ("5m_vs_6m", "corridor", "2c_vs_64zg")
SMAX_MAPS = ("5m_vs_6m", "corridor")
BATCHES = (64, 1024)
SMAX_BARS = {("5m_vs_6m", "eager"): 1.0, ("corridor", "eager"): 1.0, ("5m_vs_6m", "compiled"): 2.0}
SMACLITE = {"5m_vs_6m": 107.0, "corridor": 45.0, "2c_vs_64zg": 38.0}
SMACLITE_BARS = {"5m_vs_6m": 100.0, "corridor": 40.0, "2c_vs_64zg": 8.0}
JAXMARL_QMIX, JAXMARL_STEPS_PER_UPDATE = 2397.0, 878.0
PYMARL2_QMIX = 134.0
QUOTED = (
    "SMAClite 0d6abbe with C++ collision avoidance (Release), one battle, the greater of its figures in quiet (wall) "
    "and in load (CPU); JaxMARL's qmix_rnn at c793d09 on SMAX 5m_vs_6m, per CPU second; both measured once, before "
    "this run, on 2 cores of an AMD EPYC without GPU. PyMARL2 with the game: steps per second of wall clock, from the "
    "log in issue 32 of hijkzzz/pymarl2"
)
TIMED_STEPS = 2048


class Rate(NamedTuple):
    """Env steps per CPU second: who, on which map, with how many battles at once."""

    who: str
    map_name: str
    batch: int
    steps_per_cpu_second: float


class Row(NamedTuple):
    """One comparison of env steps per CPU second; ``bar`` is the least ratio asked for, 0 if none."""

    work: str
    ours: float
    peer: str
    theirs: float
    bar: float
    figure: str

    @property
    def ratio(self) -> float:
        """How many times the peer's rate ours is."""
        return self.ours / self.theirs

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.ratio >= self.bar


class _OurBattles:
    """B battles in play; ``rate()`` plays one round."""

    def __init__(self, name: str, batch: int, compiled: bool) -> None:
        self._world = Battle(name, compiled=compiled)
        self._generator = torch.Generator().manual_seed(0)
        self._batch = batch
        self._start = self._state = reset(self._world, batch, self._generator)
        # Until the sides have met: the compiled loop has less to do before.
        self._play(12)
        self._n_steps = max(2, TIMED_STEPS // batch // (8 if name == "2c_vs_64zg" else 1))

    @torch.inference_mode()
    def _play(self, n_steps: int) -> None:
        world, state = self._world, self._state
        for _ in range(n_steps):
            actions = random_actions(world, state, self._generator)
            done = step(world, state, actions, self._generator)
            state = select(done.terminated | done.truncated, self._start, done.state)
            world.observation(state)
            world.global_state(state)
        self._state = state

    def rate(self) -> float:
        start = time.process_time()
        self._play(self._n_steps)
        return self._n_steps * self._batch / (time.process_time() - start)


class _Smax:
    """The program of ``jaxmarl_smax.py``, in another Python."""

    def __init__(self, python: str) -> None:
        script = Path(__file__).with_name("jaxmarl_smax.py")
        self._child = subprocess.Popen(
            [python, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def rate(self, name: str, batch: int) -> float:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{name} {batch}\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._child.args!r} ended with {self._child.wait()}; is jaxmarl installed there?")
        return float(answer)

    def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()


def env_rates(rounds: int) -> list[Rate]:
    """The best of so many rounds of everybody, map by map."""
    python = os.environ.get("JAXMARL_PYTHON")
    rates: list[Rate] = []
    for name in MAPS:
        smax = _Smax(python) if python and name in SMAX_MAPS else None
        for batch in BATCHES:
            players: dict[str, Callable[[], float]] = {
                kind: _OurBattles(name, batch, kind == "compiled").rate for kind in ("eager", "compiled")
            }
            if smax is not None:
                players["SMAX"] = partial(smax.rate, name, batch)
            best = dict.fromkeys(players, 0.0)
            for _ in range(rounds):
                for who, rate in players.items():
                    best[who] = max(best[who], rate())
            rates += [Rate(who, name, batch, found) for who, found in best.items()]
            for who, found in best.items():
                print(f"{name:12} B = {batch:<5} {who:9} {found:>10,.0f} steps per CPU second", flush=True)
        if smax is not None:
            smax.close()
    return rates


def comparisons(rates: list[Rate]) -> list[Row]:
    """Every rate beside its peers, and the comparisons that have a bar."""
    by_player = {tuple(rate[:3]): rate.steps_per_cpu_second for rate in rates}
    rows = []
    for name in MAPS:
        for kind in ("eager", "compiled"):
            ours = {batch: by_player[kind, name, batch] for batch in BATCHES}
            theirs = {batch: by_player[key] for batch in BATCHES if (key := ("SMAX", name, batch)) in by_player}
            if theirs:
                rows += [
                    Row(f"{name}, {kind}, {batch} battles", ours[batch], "SMAX", theirs[batch], 0.0, "this run")
                    for batch in BATCHES
                ]
                bar = SMAX_BARS.get((name, kind), 0.0)
                work = f"{name}, {kind}, each at its best"
                rows.append(Row(work, max(ours.values()), "SMAX", max(theirs.values()), bar, "this run"))
            for batch in BATCHES if not theirs else BATCHES[-1:]:
                bar = SMACLITE_BARS[name] if batch == BATCHES[-1] else 0.0
                work = f"{name}, {kind}, {batch} battles"
                rows.append(Row(work, ours[batch], "SMAClite C++", SMACLITE[name], bar, "quoted"))
    return rows


def training_rows(rounds: int) -> list[Row]:
    """QMIX end to end: env steps per CPU second at the peers' batches and updates per env step."""
    found = []
    for batch, peer, theirs, steps_per_update in (
        (16, "JaxMARL on SMAX", JAXMARL_QMIX, JAXMARL_STEPS_PER_UPDATE),
        (128, "PyMARL2 with the game, wall", PYMARL2_QMIX, None),
    ):
        state = ready_to_learn("5m_vs_6m", "qmix", batch, env_options={"compiled": True})
        before = int(state.steps)
        play = median_seconds(state.play, rounds)
        steps = (int(state.steps) - before) / rounds
        learn = median_seconds(state.learn, max(3, rounds // 2))
        per_update = steps_per_update or steps
        rate = per_update / (per_update / steps * play + learn)
        print(f"QMIX batch {batch}: {1e3 * play:.0f} ms for {steps:.0f} steps, update {1e3 * learn:.0f} ms", flush=True)
        work = f"QMIX on 5m_vs_6m, batch {batch}, an update per {per_update:.0f} steps"
        found.append(Row(work, rate, peer, theirs, 0.0, "quoted"))
    return found


def recorded(row: Row) -> dict[str, Any]:
    """A row as it is stored."""
    return {
        "work": row.work,
        "ours": f"{row.ours:,.0f} steps/s",
        "peer": f"{row.peer} {row.theirs:,.0f}",
        "ratio": row.ratio,
        "bar": f">= {row.bar:g}" if row.bar else "none",
        "holds": row.holds,
        "figure": row.figure,
        "our_rate": row.ours,
        "their_rate": row.theirs,
    }


def main() -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the table and where it was measured to this file")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    load_before = bench_record.load()
    print(f"{bench_record.machine()}; one thread, torch {torch.__version__}; env steps per CPU second")
    rows = comparisons(env_rates(chosen.rounds)) + training_rows(chosen.rounds)
    for row in rows:
        verdict = ("ok  " if row.holds else "MISS") if row.bar else "    "
        bar = f"bar >= {row.bar:g}" if row.bar else "reported"
        print(f"{verdict} {row.work}: {row.ours:,.0f} against {row.peer} {row.theirs:,.0f}: {row.ratio:.2f} x ({bar})")
    if not any(row.peer == "SMAX" for row in rows):
        print("SMAX was left out: name a Python that has jaxmarl in JAXMARL_PYTHON")
    if chosen.json:
        content = bench_record.record("battle", [recorded(row) for row in rows], load_before, QUOTED)
        bench_record.write(chosen.json, content)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""``make bench-train``: training against the peers, in one run, on one thread, in CPU seconds.

The work is the peers': simple_tag with 8 adversaries and 4 good agents, 2 landmarks, 25 steps, the state all
observations side by side (304 numbers), 8 worlds per rollout, one gradient step per rollout on 32 or 128 episodes, GRU
of 64. One unit is a rollout and its gradient step, after the kernels are compiled and the replay holds a batch.

The figures of PyMARL2 and JaxMARL are quoted, not measured in this run, and each row says so. PyMARL2 does not
install beside this project; JaxMARL's training programs are in its repository and not in the package ``jaxmarl``, which
has the worlds alone (its world is timed live by ``bench_predator_prey``). Where they come from: :data:`QUOTED`. What is
measured in this run on both sides: nucleolus with all 254 coalitions against QMIX, and SHAQ's weights against the form
that copies the state for every sample and agent. ``--json data/benchmarks/train.json`` writes chapter 07's table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.shapley_weights import ShapleyWeights
from nucleolus_lib.learners.sizes import Sizes
from tests.benchmarks import bench_record
from tests.benchmarks.training_work import median_seconds, ready_to_learn
from tests.reference.shaq_by_replication import shapley_weights_replicated

QUOTED = (
    "PyMARL2 (hijkzzz/pymarl2 at 8ccac7c, qmix.yaml) and JaxMARL's qmix_rnn (FLAIROx/JaxMARL at c793d09, steady state "
    "from the slope between two lengths), measured once on 2 cores of an AMD EPYC without GPU at load 7 to 13, in "
    "steps per CPU second of the process and its workers; the first call in wall seconds"
)
PYMARL2 = {32: 143.0, 128: 129.0}
"""Steps per CPU second of PyMARL2's QMIX by batch; at 128 between 129 and 145."""
JAXMARL = 1722.0
"""Steps per CPU second of JaxMARL's qmix_rnn at a batch of 32, and episodes of 26 steps."""
JAXMARL_FIRST_CALL = 95.0
"""Seconds until its first call returned, the least of several."""
SIMPLE_TAG = {
    "wall": None,
    "capture": False,
    "prey": "random",
    "shaping_scale": 0.0,
    "n_landmarks": 2,
    "horizon": 25,
    "state": "observations",
}


class Row(NamedTuple):
    """One line of the table."""

    work: str
    ours: str
    peer: str
    ratio: float
    bar: str
    holds: bool
    figure: str = "quoted"


def _training(algorithm: str, batch_size: int, rounds: int) -> tuple[float, float, float]:
    """Env steps per CPU second, and the CPU seconds of one rollout and of one gradient step."""
    state = ready_to_learn("pp-8v4", algorithm, batch_size, env_options=SIMPLE_TAG)
    play = median_seconds(state.play, rounds)
    learn = median_seconds(state.learn, rounds)
    return 8 * 25 / (play + learn), play, learn


def _first_update() -> float:
    """Wall seconds from nothing but the imports to the first gradient step."""
    start = time.perf_counter()
    ready_to_learn("pp-8v4", "qmix", 32, env_options=SIMPLE_TAG)
    return time.perf_counter() - start


def _shaq(rounds: int) -> tuple[float, float]:
    """CPU seconds of SHAQ's weights and their gradient, hoisted and replicated, on 32 episodes of 25 steps."""
    sizes = Sizes(8, 5, 38, 304, 4, 25)
    network = ShapleyWeights(sizes, LearnerConfig(algorithm="shaq"))
    generator = torch.Generator().manual_seed(0)
    state, q = torch.randn(32 * 25, 304, generator=generator), torch.randn(32 * 25, 8, generator=generator)
    keys = torch.rand(32 * 25, 10, 8, generator=generator)

    def step(function: Callable[..., torch.Tensor]) -> Callable[[], None]:
        def run() -> None:
            leaf = q.clone().requires_grad_()
            function(leaf).sum().backward()

        return run

    hoisted = step(lambda leaf: network(leaf, state, keys))
    replicated = step(lambda leaf: shapley_weights_replicated(network, leaf, state, keys))
    hoisted()
    replicated()
    return median_seconds(hoisted, rounds), median_seconds(replicated, max(3, rounds // 4))


def measure(rounds: int = 20) -> list[Row]:
    """The table."""
    torch.set_num_threads(1)
    first = _first_update()
    rows, learn_at = [], {}
    for batch, bar in ((32, 8.0), (128, 3.5)):
        rate, play, learn = _training("qmix", batch, rounds if batch == 32 else max(5, rounds // 2))
        learn_at[batch] = learn
        ours = f"{rate:,.0f} steps/s ({1e3 * play:.0f} ms rollout, {1e3 * learn:.0f} ms update; .005 updates per step)"
        ratio = rate / PYMARL2[batch]
        rows.append(
            Row(f"QMIX, batch {batch}, T 25", ours, f"PyMARL2 {PYMARL2[batch]:.0f}", ratio, f">= {bar:g}", ratio >= bar)
        )
        if batch == 32:
            ratio = rate / JAXMARL
            rows.append(Row("QMIX, batch 32, T 25", ours, f"JaxMARL {JAXMARL:,.0f}", ratio, ">= 0.9", ratio >= 0.9))
    ratio = JAXMARL_FIRST_CALL / first
    work = "to the first update, wall, with a compiled cache"
    rows.append(Row(work, f"{first:.1f} s", f"JaxMARL {JAXMARL_FIRST_CALL:.0f} s", ratio, ">= 10", ratio >= 10))
    _, _, nucleolus = _training("nucleolus", 32, rounds)
    ratio = nucleolus / learn_at[32]
    rows.append(
        Row(
            "nucleolus update, 254 coalitions, batch 32",
            f"{1e3 * nucleolus:.0f} ms",
            f"our QMIX {1e3 * learn_at[32]:.0f} ms",
            ratio,
            "<= 3",
            ratio <= 3,
            "this run",
        )
    )
    hoisted, replicated = _shaq(rounds)
    ratio = replicated / hoisted
    rows.append(
        Row(
            "SHAQ weights",
            f"{1e3 * hoisted:.1f} ms",
            f"replicated {1e3 * replicated:.0f} ms",
            ratio,
            ">= 10",
            ratio >= 10,
            "this run",
        )
    )
    return rows


def main() -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the table and where it was measured to this file")
    chosen = parser.parse_args()
    load_before = bench_record.load()
    rows = measure(chosen.rounds)
    print(f"{bench_record.machine()}; one thread, torch {torch.__version__}")
    for row in rows:
        print(
            f"{'ok  ' if row.holds else 'MISS'} {row.work}: {row.ours} against {row.peer}: "
            f"{row.ratio:.2f} x (bar {row.bar}; the peer's figure: {row.figure})"
        )
    if chosen.json:
        content = bench_record.record("train", [row._asdict() for row in rows], load_before, QUOTED)
        bench_record.write(chosen.json, content)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

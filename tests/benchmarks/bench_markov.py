"""``make bench-markov``: the values of all coalitions against the obvious loop, in one run, in CPU seconds.

The bars: 4 agents with 5 actions and 2,000 states in at most 60 CPU seconds and 4 GiB, at least ten times
faster than the loop over coalitions and states in ``tests/reference``. The loop is run to the end on 200 states; on
2,000 states some of its sweeps are timed, and multiplied by the number of sweeps that plain value
iteration needs for the same tolerance. *Plain value iteration* is the library's without its steps along the
greedy policy, so that this row compares equal work. Answers are compared: a fast wrong answer counts as a failure.
"""

from __future__ import annotations

import argparse
import math
import platform
import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.random_ecmdp import random_ecmdp
from nucleolus_lib.provenance import processor
from tests.reference.coalition_values_state_by_state import (
    coalition_values_state_by_state,
    legal_joint_actions,
    sweep_state_by_state,
)

TOLERANCE = 1e-6
SHAPE = {"n_agents": 4, "n_actions": 5, "n_subtasks": 3, "gamma": 0.95, "n_successors": 4}

Row = tuple[str, str, str, bool]


def _peak_gibibytes() -> float:
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _whole_loop(seed: int, n_states: int) -> Iterator[Row]:
    world = random_ecmdp(np.random.default_rng(seed), n_states=n_states, **SHAPE)
    start = time.process_time()
    values = coalition_values(world, TOLERANCE)
    ours = time.process_time() - start
    start = time.process_time()
    by_loop = coalition_values_state_by_state(world, TOLERANCE)
    loop = time.process_time() - start
    apart = float(np.abs(values.state_values - by_loop).max())
    measured = f"{ours:.2f} s, loop {loop:.1f} s, {loop / ours:.0f} x, apart {apart:.0e}"
    holds = loop >= 10 * ours and apart <= 2 * TOLERANCE
    yield f"{n_states} states, loop to the end", ">= 10 x", measured, holds


def _full_size(seed: int, n_states: int, loop_sweeps: int) -> Iterator[Row]:
    world = random_ecmdp(np.random.default_rng(seed), n_states=n_states, **SHAPE)
    start = time.process_time()
    values = coalition_values(world, TOLERANCE)
    ours = time.process_time() - start
    memory = _peak_gibibytes()
    measured = f"{ours:.2f} s, {memory:.2f} GiB at the peak, {values.n_sweeps} sweeps, error {values.error_bound:.1e}"
    yield f"{n_states} states, all coalitions", "<= 60 s, 4 GiB", measured, ours <= 60 and memory <= 4
    start = time.process_time()
    for coalition in range(1 << world.n_agents):
        joint, value = legal_joint_actions(world, coalition), np.zeros(n_states)
        for _ in range(loop_sweeps):
            value = sweep_state_by_state(world, joint, value)
    per_sweep = (time.process_time() - start) / loop_sweeps
    first_change = float(np.abs(world.reward).max())
    # The change of plain value iteration shrinks by gamma a sweep, from max |R| to tolerance * (1 - gamma) / gamma.
    needed = math.ceil(math.log(TOLERANCE * (1 - world.gamma) / (world.gamma * first_change)) / math.log(world.gamma))
    loop = per_sweep * needed
    yield (
        f"{n_states} states, loop by sweeps",
        ">= 10 x",
        f"{per_sweep:.2f} s a sweep, {needed} sweeps: {loop:.0f} s, {loop / ours:.0f} x",
        loop >= 10 * ours,
    )
    start = time.process_time()
    plain = coalition_values(world, TOLERANCE, evaluation_sweeps=0)
    seconds = time.process_time() - start
    measured = f"{seconds:.1f} s in {plain.n_sweeps} sweeps, loop / this {loop / seconds:.1f} x"
    yield f"{n_states} states, plain value iteration", ">= 10 x", measured, loop >= 10 * seconds
    start = time.process_time()
    result = nucleolus_q(values, "prenucleolus")
    seconds = time.process_time() - start
    games = result.is_imputation.size
    yield (
        f"{n_states} states, nucleolus Q everywhere",
        "reported",
        f"{seconds:.1f} s for {games:,} games, {games / seconds:,.0f} games a second",
        True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit status is the number of bars missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=2000)
    parser.add_argument("--loop-states", type=int, default=200)
    parser.add_argument("--loop-sweeps", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    nucleolus_q(coalition_values(random_ecmdp(np.random.default_rng(0))))  # compiles, or loads the compiled code
    print(f"{processor()}, Python {platform.python_version()}, CPU seconds")
    missed = 0
    for part in (
        _full_size(options.seed, options.states, options.loop_sweeps),
        _whole_loop(options.seed, options.loop_states),
    ):
        for work, bar, measured, holds in part:
            missed += not holds
            print(f"{'holds ' if holds else 'MISSED'}  {work:42}{bar:18}{measured}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())

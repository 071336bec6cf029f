"""Batches of small games: games per CPU second of both solvers and of a loop over coopgame-py, in one run.

    python -m tests.benchmarks.batched_games [--degenerate 1000000]

All three run on one thread, on games of the same family, and are timed in CPU seconds; the peer on a
sample, whose answers are compared. The first call of each solver is not timed (it compiles or warms up).
Degenerate games are not timed but proved: a game fails if it is not solved, or if its record does not
prove the payoff by linear-programming duality.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from nucleolus_lib.games.batch_checks import IMPUTATION_SLACK
from nucleolus_lib.games.batched import nucleolus_batch, nucleolus_batch_record
from nucleolus_lib.games.record_certificate import record_defect
from tests.reference.game_batches import DEGENERATE, GENERAL

SIZES = {4: 100_000, 6: 100_000, 8: 100_000, 10: 20_000}
"""Games of the kernel's timing by number of players; lockstep gets a fifth."""
FAMILIES = ("bfn1", "random_monotone", "ties")
PEER_GAMES = 300
BAR_PLAYERS, BAR_GAMES_PER_SECOND, BAR_RATIO = 8, 25_000, 80
AGREEMENT = 1e-8
CHUNK = 2_000
REPEAT_EVERY = 50


@dataclass(frozen=True)
class Proof:
    """What :func:`prove_degenerate_games` saw."""

    games: int
    failures: int
    largest_defect: float
    repeated: int
    """Games solved in lockstep as well."""
    largest_gap: float
    """Largest difference of their payoffs, relative to the game's largest value."""


def prove_degenerate_games(total: int, seed: int = 20, progress: bool = False) -> Proof:
    """Solve ``total`` degenerate games of 3 to 8 players by the kernel and prove each answer from its record."""
    rng = np.random.default_rng(seed)
    done = failures = repeated = 0
    largest_defect = largest_gap = 0.0
    families = list(DEGENERATE.values())
    turns = tqdm(range(-(-total // CHUNK)), desc="degenerate games", unit="chunk", disable=not progress)
    for turn in turns:
        n = 3 + turn // len(families) % 6
        values = torch.from_numpy(families[turn % len(families)](rng, min(CHUNK, total - done), n))
        record = nucleolus_batch_record(values, device_path="cpu-kernel", on_empty="nan")
        defect = record_defect(values, record)
        failures += int((~(defect <= IMPUTATION_SLACK)).sum())
        largest_defect = max(largest_defect, float(defect.max()))
        some = values[::REPEAT_EVERY]
        gap = nucleolus_batch(some, device_path="lockstep", on_empty="nan") - record.payoff[::REPEAT_EVERY]
        size = some.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
        largest_gap = max(largest_gap, float((gap / size).abs().max()))
        repeated += len(some)
        done += len(values)
    return Proof(done, failures, largest_defect, repeated, largest_gap)


def _rate(values: NDArray[np.float64], device_path: str) -> float:
    """Games per CPU second."""
    nucleolus_batch(values[:64], device_path=device_path)
    start = time.process_time()
    nucleolus_batch(values, device_path=device_path)
    return len(values) / (time.process_time() - start)


def _peer_rate(values: NDArray[np.float64]) -> tuple[float, float]:
    """Games per CPU second of a loop over the peer, and the largest relative difference to our answers."""
    import coopgame

    start = time.process_time()
    theirs = [coopgame.nucleolus(coopgame.Game(game[1:].tolist()))["allocation"] for game in values]
    seconds = time.process_time() - start
    gap = np.abs(np.array(theirs) - nucleolus_batch(values)) / np.abs(values).max(axis=1, keepdims=True)
    return len(values) / seconds, float(gap.max())


def main(arguments: list[str] | None = None) -> int:
    """Print the table; returns the number of bars missed."""
    import numba

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--degenerate", type=int, default=1_000_000, help="degenerate games to prove; 0 skips them")
    chosen = parser.parse_args(arguments)
    threads, numba_threads = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    rng = np.random.default_rng(1)
    missed = 0
    print("Batches of small games: games per CPU second, one thread")
    print(f"{'n':>4}{'family':>18}{'kernel':>12}{'lockstep':>12}{'peer loop':>12}{'kernel/peer':>13}  bar", flush=True)
    for n, games in SIZES.items():
        for family in FAMILIES:
            values = {**GENERAL, **DEGENERATE}[family](rng, games, n)
            kernel, lockstep = _rate(values, "cpu-kernel"), _rate(values[: games // 5], "lockstep")
            peer, gap = _peer_rate(values[:PEER_GAMES])
            verdict = ""
            if n == BAR_PLAYERS:
                holds = kernel >= BAR_GAMES_PER_SECOND and kernel >= BAR_RATIO * peer
                missed += not holds
                verdict = f"{'holds' if holds else 'MISSED'}: >= {BAR_GAMES_PER_SECOND:,}/s and >= {BAR_RATIO} x"
            if gap > AGREEMENT:
                missed += 1
                verdict += f"  MISSED: differs from the peer by {gap:.1e}"
            print(
                f"{n:>4}{family:>18}{kernel:>12,.0f}{lockstep:>12,.0f}{peer:>12,.0f}{kernel / peer:>13.0f}  {verdict}",
                flush=True,
            )
    if chosen.degenerate:
        proof = prove_degenerate_games(chosen.degenerate, progress=sys.stderr.isatty())
        holds = proof.failures == 0 and proof.largest_gap <= AGREEMENT
        missed += not holds
        print(
            f"{'holds' if holds else 'MISSED'}: {proof.failures} failures on {proof.games:,} degenerate games of 3 to "
            f"8 players (largest defect of a proof {proof.largest_defect:.1e}; {proof.repeated:,} repeated in "
            f"lockstep, largest difference {proof.largest_gap:.1e})"
        )
    torch.set_num_threads(threads)
    numba.set_num_threads(numba_threads)
    return missed


if __name__ == "__main__":
    sys.exit(main())

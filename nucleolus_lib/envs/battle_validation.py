"""``make validate-battle``: the battle simulator against what was measured elsewhere.

Three tables: traces of small battles and statistics of scripts, both under ``rules="smaclite"`` against SMAClite @
0d6abbe, and numbers that follow from the unit rows of ``liberty``. The bars are those of the project's plan: positions
to 1e-4, health and shields exact and cooldowns to 1e-4 s but for the order of actions within one loop; mean returns
within 15 % or three combined standard errors, lengths within 15 % (25 % on corridor). Traces are played on the eager
loop and on the compiled one; scripts on the compiled one, which takes a minute where the eager one takes half an hour
(``--eager``).

On 2c_vs_64zg SMAClite's zerglings stand below the cliff (it finds no ways), so that its battles say little about
fighting beside what a beam does.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_trials import (
    closest_replay,
    marine_step,
    play_script,
    read_battle_data,
    shield_recovery,
    shots_per_hundred_loops,
    sweep_deaths,
    zerglings_reach,
)
from nucleolus_lib.provenance import processor, provenance

RETURN_BAR, LENGTH_BAR, CORRIDOR_LENGTH_BAR, STANDARD_ERRORS = 0.15, 0.15, 0.25, 3.0
Row = tuple[str, str, str, bool]


@dataclass(frozen=True)
class ScriptComparison:
    """One script on one map: what was played here, what was measured there, and the bars."""

    return_mean: float
    return_se: float
    length_mean: float
    win_rate: float
    expected_return: float
    expected_length: float
    return_bar: float
    length_bar: float

    @property
    def holds(self) -> bool:
        """Whether return and length are within their bars."""
        return (
            abs(self.return_mean - self.expected_return) <= self.return_bar
            and abs(self.length_mean - self.expected_length) <= self.length_bar
        )


def compare_script(
    name: str, script: str, expected: Mapping[str, float], episodes: int, seed: int = 0, compiled: bool = True
) -> ScriptComparison:
    """Play a script, with ``_epsX`` in its name for an exploration rate X, against its statistics."""
    base, _, rate = script.partition("_eps")
    played = play_script(scenario(name, "smaclite"), base, float(rate or 0.0), episodes, seed, compiled)
    error = float(played.returns.std()) / math.sqrt(episodes)
    combined = math.hypot(error, expected["return_se"])
    length_share = CORRIDOR_LENGTH_BAR if name == "corridor" else LENGTH_BAR
    return ScriptComparison(
        return_mean=float(played.returns.mean()),
        return_se=error,
        length_mean=float(played.lengths.mean()),
        win_rate=float(played.won.float().mean()),
        expected_return=expected["return_mean"],
        expected_length=expected["len_mean"],
        return_bar=max(RETURN_BAR * expected["return_mean"], STANDARD_ERRORS * combined),
        length_bar=length_share * expected["len_mean"],
    )


def trace_rows() -> Iterator[Row]:
    """Traces: deviations of position, of points and of cooldown in loops."""
    for trace in read_battle_data("smaclite_traces")["traces"]:
        for loop in ("eager", "compiled"):
            got = closest_replay(trace, loop == "compiled")
            text = f"{got.position:.0e}, {got.exact_points:.0e}, {got.exact_cooldown:.0e}"
            yield f"{trace['name'].replace('_', ' ')}, {loop}", "position, points, cooldown", text, got.holds


def script_rows(episodes: int, compiled: bool = True) -> Iterator[Row]:
    """Statistics. Without exploration SMAClite plays one trajectory, so only who wins 2s3z is asked there."""
    for name, scripts in read_battle_data("smaclite_statistics")["maps"].items():
        for script, expected in scripts.items():
            pure = script in ("nearest", "focus")
            if pure and name != "2s3z":
                continue
            got = compare_script(name, script, expected, 2 if pure else episodes, compiled=compiled)
            label = f"{name} {script}"
            if pure:
                wins = f"wins {got.win_rate:.0%}, {expected['win_rate']:.0%} there"
                yield label, "who wins", wins, got.win_rate == expected["win_rate"]
                continue
            bar = f"{got.expected_return:.2f} ± {got.return_bar:.2f}, {got.expected_length:.1f} ± {got.length_bar:.1f}"
            text = f"{got.return_mean:.2f} (se {got.return_se:.2f}), {got.length_mean:.1f}"
            yield label, bar, text, got.holds


def analytic_rows() -> Iterator[Row]:
    """Numbers that follow from the rows of ``liberty``."""
    step = marine_step()
    yield "marine, distance per step", "1.125", f"{step:.4f}", abs(step - 1.125) < 1e-4
    shots = shots_per_hundred_loops()
    yield "marine, shots per 100 loops", "7.0 ± 0.05", f"{shots:.3f}", abs(shots - 7.0) < 0.05
    shields = shield_recovery()
    fills = shields[19] == 0.0 and shields[20] > 0.0 and shields[68] < 50.0 <= shields[69]
    yield "zealot, shield 0 to 50", "160 + 400 loops", f"{shields[19]:g}, then {shields[69]:g}", fills
    liberty, lotv = sweep_deaths("liberty"), sweep_deaths("lotv")
    yield "colossus, one sweep on 5 zerglings", "5 dead (lotv: 0)", f"{liberty} ({lotv})", (liberty, lotv) == (5, 0)
    reached = zerglings_reach()
    yield "2c_vs_64zg, zerglings reach the colossi", "yes", "yes" if reached else "no", reached


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; 1 if a row misses its bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=256, help="episodes per script with exploration (default 256)")
    parser.add_argument("--eager", action="store_true", help="play the scripts on the eager loop")
    parser.add_argument("--json", type=Path, help="write the tables and where they were made to this file")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    start = time.process_time()
    kept = []
    print(f"{'':44} {'bar':38} {'measured':30}")
    for kind, rows in (
        ("trace", trace_rows()),
        ("by hand", analytic_rows()),
        ("script", script_rows(chosen.episodes, not chosen.eager)),
    ):
        for label, bar, measured, holds in rows:
            kept.append({"kind": kind, "what": label, "bar": bar, "measured": measured, "holds": holds})
            print(f"{label:44} {bar:38} {measured:30} {'ok' if holds else 'MISSED'}", flush=True)
    missed = sum(not row["holds"] for row in kept)
    print(f"{missed} rows missed their bar" if missed else "every row within its bar")
    if chosen.json:
        record = {
            "schema_version": 1,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "episodes": chosen.episodes,
            "cpu_seconds": round(time.process_time() - start, 1),
            "processor": processor(),
            **provenance(Path(__file__).resolve().parents[2]),
            "rows": kept,
        }
        chosen.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())

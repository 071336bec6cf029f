"""Tables of a suite of runs: final results, sample efficiency, where the runs came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nucleolus_lib.report.algorithm_styles import in_order, style_of
from nucleolus_lib.report.curve_alignment import steps_to_threshold
from nucleolus_lib.report.run_suite import Metric, RunSuite, run_column, run_steps
from nucleolus_lib.report.statistics import bootstrap_interval, interquartile_mean


def final_table(suite: RunSuite, world: str, metric: Metric, *, seed: int = 0, n_resamples: int = 2000) -> pd.DataFrame:
    """Final results on one world: interquartile mean over seeds, its 95 % interval, and the extreme seeds.

    Returns
    -------
    DataFrame
        ``algorithm`` (its name in the library), ``runs``, ``iqm``, ``low``, ``high``, ``worst``, ``best``.
    """
    rows = []
    for name in suite.algorithms(world):
        final = suite.final(world, name, metric.column)
        # a generator for each, so that a method's interval does not depend on which others were run
        rng = np.random.default_rng(seed)
        interval = bootstrap_interval(interquartile_mean, final[:, None], rng=rng, n_resamples=n_resamples)
        ordered = np.sort(metric.score(final)) * (1 if metric.more_is_better else -1)
        rows.append(
            {
                "algorithm": name,
                "runs": len(final),
                "iqm": float(interval.estimate),
                "low": float(interval.low),
                "high": float(interval.high),
                "worst": float(ordered[0]),
                "best": float(ordered[-1]),
            }
        )
    return pd.DataFrame(rows)


def efficiency_table(suite: RunSuite, world: str, metric: Metric, thresholds: Sequence[float]) -> pd.DataFrame:
    """Environment steps until each threshold is reached, one row per algorithm, one column per threshold.

    A cell says ``70k (2/3)``: the median over the seeds, and how many of them got there. ``> 300k (1/3)`` is a
    censored median: half of the seeds or more had not got there when they ended.
    """
    sign = "≥" if metric.more_is_better else "≤"
    rows = []
    for name in suite.algorithms(world):
        runs = suite.of(world, name)
        row: dict[str, Any] = {"algorithm": style_of(name).label}
        for threshold in thresholds:
            found = steps_to_threshold(
                [run_steps(run) for run in runs],
                [run_column(run, metric.column) for run in runs],
                threshold,
                more_is_better=metric.more_is_better,
            )
            shortest = int(min(run_steps(run)[-1] for run in runs))
            middle = f"> {thousands(shortest)}" if np.isinf(found.median) else thousands(found.median)
            row[f"{sign} {threshold:g}"] = f"{middle} ({found.n_reached}/{len(runs)})"
        rows.append(row)
    return pd.DataFrame(rows)


def run_table(suite: RunSuite) -> pd.DataFrame:
    """The runs of every world: methods, seeds, steps, whether they came to their end, device and commit.

    Methods whose runs agree in all of that share a row.
    """
    rows: dict[tuple[str, ...], list[str]] = {}
    for world in suite.worlds:
        for name in suite.algorithms(world):
            runs = suite.of(world, name)
            steps = sorted({run.env_steps for run in runs})
            lengths = dict.fromkeys(thousands(value) for value in (steps[0], steps[-1]))
            row = (
                world,
                ", ".join(str(run.seed) for run in runs),
                " to ".join(lengths),
                f"{sum(run.complete for run in runs)} of {len(runs)}",
                _all(run.record.get("device", "unknown") for run in runs),
                _all(short_commit(str(run.record.get("commit", "unknown"))) for run in runs),
            )
            rows.setdefault(row, []).append(style_of(name).label)
    table = pd.DataFrame(list(rows), columns=["world", "seeds", "env steps", "complete", "device", "commit"])
    table.insert(1, "methods", [", ".join(methods) for methods in rows.values()])
    return table


def timing_table(suite: RunSuite) -> pd.DataFrame:
    """Environment steps per CPU second by method and world, and the CPU hours of each method over all worlds."""
    names = in_order(run.name for run in suite.trained)
    rows = []
    for name in names:
        row: dict[str, Any] = {"method": style_of(name).label}
        for world in suite.worlds:
            here = [run for run in suite.trained if (run.world, run.name) == (world, name)]
            seconds = sum(float(run.record["cpu_s"]) for run in here)
            row[world] = sum(run.env_steps for run in here) / seconds if seconds > 0 else float("nan")
        row["CPU hours, all"] = sum(float(run.record["cpu_s"]) for run in suite.trained if run.name == name) / 3600
        rows.append(row)
    return pd.DataFrame(rows)


def labelled(table: pd.DataFrame, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """``table`` with the algorithms' labels in place of their names, and columns renamed by ``names``."""
    shown = table.copy()
    for column in ("algorithm", "x", "y"):
        if column in shown:
            shown[column] = [style_of(str(name)).label for name in shown[column]]
    return shown.rename(columns=dict(names or {}))


def ranking(table: pd.DataFrame, metric: Metric, among: Sequence[str]) -> list[str]:
    """The algorithms ``among`` those of a :func:`final_table`, best interquartile mean first."""
    chosen = table[table["algorithm"].isin(among)]
    ordered = chosen.sort_values("iqm", ascending=not metric.more_is_better, kind="stable")
    return [str(name) for name in ordered["algorithm"]]


def thousands(steps: float) -> str:
    """``300k``, ``1M``, ``12.5k``: a number of steps as a reader says it."""
    value, unit = (steps / 1e6, "M") if steps >= 1e6 else (steps / 1e3, "k")
    return f"{value:.3g}{unit}"


def short_commit(commit: str) -> str:
    """The first seven letters of a commit, and what follows the hash, such as ``+ local changes``."""
    head, _, rest = commit.partition(" ")
    return (head[:7] if len(head) == 40 else head) + (f" {rest}" if rest else "")


def _all(values: Any) -> str:
    return ", ".join(sorted({str(value) for value in values}))

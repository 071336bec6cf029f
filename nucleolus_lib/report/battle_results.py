"""The battle suite: win rates, what the paper's text says of them, and which runs there are.

What counts is the share of battles won. Of a run two numbers are given. Its *final* win rate is the mean of its last
tenth of evaluations. Its *best* is the largest of its evaluations. The best is too high as an estimate of what the
policy can do, since it is the maximum of many noisy numbers.

The paper's text describes its Figure 3 map by map. ``PAPER_FINALS`` has, for every map and method, what it says of the
final win rate. It gives no intervals and no number of seeds, so nothing here is called confirmed or refuted: the text
stands beside what was run, with seeds and steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.experiments import runs as run_files
from nucleolus_lib.experiments.suites import SUITES_FILE, Suite, read_suite
from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.curve_alignment import steps_to_threshold
from nucleolus_lib.report.learning_curves import curve_panel, learning_curves
from nucleolus_lib.report.locations import repository_root
from nucleolus_lib.report.result_sentences import count_word, listed
from nucleolus_lib.report.result_tables import final_table, thousands
from nucleolus_lib.report.run_suite import Metric, RunSuite, read_run_suite, run_column, run_steps
from nucleolus_lib.report.style import COLUMN_WIDTH, FAINT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

WON = Metric("won", "share of battles won", more_is_better=True)
SUITE = "battle"

PAPER_FINALS: dict[str, dict[str, str]] = {
    "2s3z": {
        "vdn": "about 85 %",
        "qmix": "around 80 %",
        "ow_qmix": "approaches 100 %, slightly below nucleolus",
        "shaq": "around 45 %",
        "nucleolus": "approaches 100 %",
    },
    "2c_vs_64zg": {
        "vdn": "around 80 %",
        "qmix": "around 80 %",
        "ow_qmix": "about 90 %",
        "shaq": "about 90 %",
        "nucleolus": "near 100 %",
    },
    "3s_vs_5z": {
        "vdn": "close to 100 %",
        "qmix": "approaches 100 %",
        "ow_qmix": "close to 100 %",
        "shaq": "not above 60 %",
        "nucleolus": "close to 100 %",
    },
    "5m_vs_6m": {
        "vdn": "never above 40 %",
        "qmix": "close to 100 %",
        "ow_qmix": "never above 40 %",
        "shaq": "around 70 %",
        "nucleolus": "approaches 100 %",
    },
    "8m_vs_9m": {
        "vdn": "about 50 %",
        "qmix": "around 40 %",
        "ow_qmix": "around 20 %",
        "shaq": "around 20 %",
        "nucleolus": "approaches 80 %",
    },
    "corridor": {
        "vdn": "close to 80 %",
        "qmix": "never above 20 %",
        "ow_qmix": "never above 20 %",
        "shaq": "never above 20 %",
        "nucleolus": "above 90 %",
    },
}
"""By map and method: the final win rate in Section 5.1 of the paper, on Figure 3."""


def read_battles(folder: Path | None = None) -> RunSuite:
    """The stored runs of the suite; an empty suite if there are none yet.

    Parameters
    ----------
    folder
        In place of ``data/runs``.
    """
    place = (repository_root() / "data" / "runs" if folder is None else folder) / SUITE
    return read_run_suite(SUITE, folder=folder) if run_files.find(place) else RunSuite(())


def planned_battles(path: Path | None = None) -> Suite:
    """The suite as ``data/runs/suites.toml`` plans it."""
    return read_suite(SUITE, path or repository_root() / SUITES_FILE)


def battle_curves(suite: RunSuite, *, seed: int = 0, n_resamples: int = 2000) -> Figure:
    """Win rates against environment steps, one panel per map; a figure that says so if there are no runs."""
    if suite.trained:
        panels = [curve_panel(suite, world, WON, suite.references(world, WON)) for world in suite.worlds]
        return learning_curves(panels, seed=seed, n_resamples=n_resamples)
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 1.2))
    axes.text(0.5, 0.5, "no battle has been stored yet", ha="center", va="center", color=FAINT)
    axes.axis("off")
    return figure


def win_table(suite: RunSuite, *, seed: int = 0, n_resamples: int = 2000) -> pd.DataFrame:
    """Final and best win rates.

    Returns
    -------
    DataFrame
        One row per map and method: ``map``, ``algorithm``, ``seeds``, ``env steps`` (of the shortest run), ``final``
        (the interquartile mean over seeds) with ``low`` and ``high``, ``best`` (the largest evaluation of any seed)
        and ``best at`` (its environment steps and seed).
    """
    import pandas as pd

    rows = []
    for world in suite.worlds:
        finals = final_table(suite, world, WON, seed=seed, n_resamples=n_resamples).set_index("algorithm")
        for name in suite.algorithms(world):
            runs = suite.of(world, name)
            peaks = [float(run_column(run, WON.column).max()) for run in runs]
            top = runs[int(np.argmax(peaks))]
            at = run_steps(top)[int(np.argmax(run_column(top, WON.column)))]
            rows.append(
                {
                    "map": world,
                    "algorithm": name,
                    "seeds": ", ".join(str(run.seed) for run in runs),
                    "env steps": min(run.env_steps for run in runs),
                    "final": float(finals.loc[name, "iqm"]),
                    "low": float(finals.loc[name, "low"]) if len(runs) > 1 else np.nan,
                    "high": float(finals.loc[name, "high"]) if len(runs) > 1 else np.nan,
                    "best": max(peaks),
                    "best at": f"{thousands(float(at))}, seed {top.seed}",
                }
            )
    columns = ["map", "algorithm", "seeds", "env steps", "final", "low", "high", "best", "best at"]
    return pd.DataFrame(rows, columns=columns)


def paper_table(suite: RunSuite, *, seed: int = 0) -> pd.DataFrame:
    """What the text says of every map and method beside what was run: ``map``, ``method``, ``the text``, ``here``."""
    import pandas as pd

    table = win_table(suite, seed=seed, n_resamples=1).set_index(["map", "algorithm"])
    rows = []
    for world, finals in PAPER_FINALS.items():
        for name, text in finals.items():
            here = "not run"
            if (world, name) in table.index:
                row = table.loc[(world, name)]
                seeds = len(str(row["seeds"]).split(", "))
                steps = thousands(float(row["env steps"]))
                here = f"{float(row['final']):.0%} ({seeds} seed{'s' if seeds > 1 else ''}, {steps} steps)"
            rows.append((world, style_of(name).label, text, here))
    return pd.DataFrame(rows, columns=["map", "method", "the text", "here"])


def plan_table(suite: RunSuite, plan: Suite) -> pd.DataFrame:
    """What of the plan is stored: one row per planned map, a column per method.

    A cell says ``1 of 3, 300k``: how many of the planned seeds have a run, and the environment steps of the shortest.
    """
    import pandas as pd

    stored = {(run.world, run.name, run.seed): run for run in suite.trained}
    rows = []
    for world in plan.worlds:
        row = {"map": world}
        for name in plan.algorithms:
            steps = [stored[world, name, k].env_steps for k in plan.seeds if (world, name, k) in stored]
            length = f", {thousands(float(min(steps)))}" if steps else ""
            row[style_of(name).label] = f"{len(steps)} of {len(plan.seeds)}{length}"
        rows.append(row)
    return pd.DataFrame(rows)


def unfinished(suite: RunSuite, plan: Suite) -> int:
    """How many planned runs are not there, or are shorter than planned."""
    steps = {(run.world, run.name, run.seed): run.env_steps for run in suite.trained}
    wanted = [(world, name, k) for world in plan.worlds for name in plan.algorithms for k in plan.seeds]
    return sum(steps.get(run, 0) < plan.total_steps for run in wanted)


def stored_sentence(suite: RunSuite, plan: Suite) -> str:
    """How many runs are stored, on which maps, and how many are still to be made."""
    planned = len(plan.worlds) * len(plan.algorithms) * len(plan.seeds)
    rest = (
        f"Of the {planned} runs planned for this suite, {unfinished(suite, plan)} are missing or shorter than planned."
    )
    n = len(suite.trained)
    if n == 0:
        return f"No run is stored yet. {rest}"
    runs = f"{count_word(n).capitalize()} run{'s are' if n > 1 else ' is'} stored, on {listed(suite.worlds)}."
    return f"{runs} {rest}"


def reached_sentence(suite: RunSuite, share: float, limit: int, worlds: Sequence[str]) -> str:
    """On which of ``worlds`` a run's running mean of three evaluations reached ``share`` within ``limit`` steps."""
    parts = []
    for world in worlds:
        there = []
        for run in suite.trained:
            if run.world == world:
                found = steps_to_threshold([run_steps(run)], [run_column(run, WON.column)], share, more_is_better=True)
                if found.n_reached and found.median <= limit:
                    there.append((found.median, f"{style_of(run.name).label}, seed {run.seed}"))
        if there:
            steps, name = min(there)
            parts.append(f"{world}: yes, first {name}, after {thousands(steps)} steps")
        elif world in suite.worlds:
            longest = max(run.env_steps for run in suite.trained if run.world == world)
            parts.append(f"{world}: not by {thousands(min(longest, limit))} steps")
        else:
            parts.append(f"{world}: not run")
    return "; ".join(parts) + "."

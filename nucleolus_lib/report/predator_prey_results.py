"""The predator-prey suite: which outcome counts in which world, and its tables over all worlds.

==================  ==========================================  =============================================
world               outcome that counts                         why
==================  ==========================================  =============================================
``pp-8v4-paper``    steps to the first capture, less is better  the episode ends with it; the paper's "turns"
other ``pp-8v4``    captured prey                               an episode that is not won never ends early
``pp-grid``         return without shaping                      captures less the fines for lone attempts
==================  ==========================================  =============================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.experiments import suites
from nucleolus_lib.report import figure_two
from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.credit_gap import credit_gap_table
from nucleolus_lib.report.locations import repository_root
from nucleolus_lib.report.result_tables import efficiency_table, final_table
from nucleolus_lib.report.run_suite import RANDOM, Metric, RunSuite, run_column

if TYPE_CHECKING:
    import pandas as pd

RETURN = Metric("return", "return without shaping", more_is_better=True)
CAPTURES = Metric("captures", "captured prey", more_is_better=True)
FIRST_CAPTURE = Metric("steps_to_first_capture", "steps to the first capture", more_is_better=False)
ALL_CAPTURED = Metric("steps_to_all", "steps until all are caught", more_is_better=False)
METRICS = (RETURN, CAPTURES, FIRST_CAPTURE, ALL_CAPTURED)

PAPER_WORLD = "pp-8v4-paper"
"""The closest reading of the paper's text."""

SHAPINGS = ("pp-8v4", "pp-8v4-progress")
"""One world with two shapings: charged for distance, and paid for coming nearer."""


def counted_metric(world: str) -> Metric:
    """The outcome that counts in ``world``, a world's name with or without options."""
    if world.startswith(PAPER_WORLD):
        return FIRST_CAPTURE
    return RETURN if world.startswith("pp-grid") else CAPTURES


def ordered_worlds(suite: RunSuite) -> list[str]:
    """The suite's worlds: the paper's reading, the other planes, the grids."""
    return sorted(
        suite.worlds, key=lambda world: (world.startswith("pp-grid"), not world.startswith(PAPER_WORLD), world)
    )


def planned_runs(names: Sequence[str]) -> dict[str, int]:
    """How many runs the suites of these names have on each world, by ``data/runs/suites.toml``."""
    described = suites.read_suites(repository_root() / suites.SUITES_FILE)
    return {
        world: len(described[name].algorithms) * len(described[name].seeds)
        for name in names
        if name in described
        for world in described[name].worlds
    }


def finals(suite: RunSuite, worlds: Sequence[str], *, seed: int = 0, n_resamples: int = 2000) -> pd.DataFrame:
    """Final results of every method on every world, by the outcome that counts there."""
    import pandas as pd

    parts = []
    for world in worlds:
        metric = counted_metric(world)
        table = final_table(suite, world, metric, seed=seed, n_resamples=n_resamples)
        table.insert(0, "outcome", metric.label)
        table.insert(0, "world", world)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def script_table(suite: RunSuite, worlds: Sequence[str]) -> pd.DataFrame:
    """What every scripted policy achieves, mean over its episodes: one row per world and policy."""
    import pandas as pd

    rows = []
    for world in worlds:
        for run in suite.scripted:
            if run.world == world:
                means = {metric.label: float(run_column(run, metric.outcome).mean()) for metric in METRICS}
                rows.append({"world": world, "script": run.name.replace("_", " "), **means, "episodes": len(run.table)})
    return pd.DataFrame(rows)


def efficiency_by_scripts(
    suite: RunSuite, worlds: Sequence[str], shares: Sequence[float] = (0.25, 0.5, 0.75, 1.0)
) -> pd.DataFrame:
    """Environment steps until a share of the way from random play to the best script is covered.

    Returns
    -------
    DataFrame
        ``world``, ``algorithm`` and one column per share; cells as in :func:`.efficiency_table`. Worlds without scripts
        are left out.
    """
    import pandas as pd

    parts = []
    for world in worlds:
        metric = counted_metric(world)
        scores = {name: float(metric.score(value)) for name, value in suite.references(world, metric).items()}
        if RANDOM not in scores or max(scores.values()) <= scores[RANDOM]:
            continue
        low, high = scores[RANDOM], max(scores.values())
        thresholds = [float(metric.score(low + share * (high - low))) for share in shares]
        table = efficiency_table(suite, world, metric, thresholds)
        table.columns = pd.Index(["algorithm", *(f"{share:.0%} of the best script" for share in shares)])
        table.insert(0, "world", world)
        parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def claims_by_world(facts: Mapping[str, dict[str, figure_two.CurveFacts]]) -> pd.DataFrame:
    """The paper's sentences (:mod:`.figure_two`) with one column of verdicts per world, from the facts by world."""
    tables = {world: figure_two.claim_table(found) for world, found in facts.items()}
    first = next(iter(tables.values()))[["the text", "read as"]].copy()
    for world, table in tables.items():
        first[world] = table["here"]
    return first


def facts_of(
    suite: RunSuite, world: str, *, seed: int = 0, n_resamples: int = 2000
) -> dict[str, figure_two.CurveFacts]:
    """The facts of the paper's five methods on ``world``, by the outcome that counts there."""
    return figure_two.all_facts(suite, world, counted_metric(world), seed=seed, n_resamples=n_resamples)


def gap_tables(
    suite: RunSuite, worlds: Sequence[str], *, seed: int = 0, n_resamples: int = 2000
) -> dict[str, pd.DataFrame]:
    """The credit gap closed, by world; worlds on which only VDN and oracle credit were run are left out."""
    tables = {
        world: credit_gap_table(suite, world, counted_metric(world), seed=seed, n_resamples=n_resamples)
        for world in worlds
    }
    return {world: table for world, table in tables.items() if not table.empty}


def common_seeds(suite: RunSuite, worlds: Sequence[str]) -> dict[str, list[int]]:
    """For each algorithm that was run on all ``worlds``, the seeds it has on all of them (none: left out)."""
    found = {}
    for algorithm in suite.algorithms(worlds[0]):
        if all(algorithm in suite.algorithms(world) for world in worlds):
            seeds = set.intersection(*({run.seed for run in suite.of(world, algorithm)} for world in worlds))
            if seeds:
                found[algorithm] = sorted(seeds)
    return found


def pooled_worlds(suite: RunSuite, worlds: Sequence[str]) -> list[str]:
    """The worlds on which every method of the suite was run; if there is none, the one with most methods."""
    methods = {run.name for run in suite.trained}
    whole = [world for world in worlds if methods <= set(suite.algorithms(world))]
    return whole or [max(worlds, key=lambda world: len(suite.algorithms(world)))]


def shaping_table(suite: RunSuite) -> pd.DataFrame:
    """Final captures of every method that was run with both shapings of one world.

    Returns
    -------
    DataFrame
        ``method``, one column per world of :data:`SHAPINGS` (mean over the seeds), and ``difference``: what being paid
        for progress brings over being charged for distance.
    """
    import pandas as pd

    both = [name for name in suite.algorithms(SHAPINGS[0]) if name in suite.algorithms(SHAPINGS[1])]
    rows = []
    for name in both:
        means = [float(suite.final(world, name, CAPTURES.column).mean()) for world in SHAPINGS]
        label = style_of(name).label
        rows.append({"method": label, **dict(zip(SHAPINGS, means, strict=True)), "difference": means[1] - means[0]})
    return pd.DataFrame(rows, columns=["method", *SHAPINGS, "difference"])


def capture_shares(suite: RunSuite) -> dict[str, float]:
    """Share of the last episodes in the paper's world that end with a capture, by the label of the method."""
    return {
        style_of(name).label: min(1.0, float(suite.final(PAPER_WORLD, name, CAPTURES.column).mean()))
        for name in suite.algorithms(PAPER_WORLD)
    }


def untrained_levels(suite: RunSuite, worlds: Sequence[str]) -> dict[str, list[float]]:
    """What greedy policies achieve before the first gradient step, by world: a value per seed, of any method.

    All methods begin with the same agents for the same seed.
    """
    found: dict[str, dict[int, float]] = {}
    for run in suite.trained:
        if run.world in worlds and len(run.table) and run.table["gradient_steps"].iloc[0] == 0:
            level = float(run_column(run, counted_metric(run.world).column)[0])
            found.setdefault(run.world, {})[run.seed] = level
    return {world: [found[world][seed] for seed in sorted(found[world])] for world in worlds if world in found}


def labelled_configs(suite: RunSuite, world: str) -> dict[str, dict[str, object]]:
    """The stored settings of each method on ``world``, by its label; those of its first seed."""
    return {style_of(name).label: suite.of(world, name)[0].config for name in suite.algorithms(world)}


def seed_range(suite: RunSuite, worlds: Sequence[str]) -> tuple[int, int]:
    """The smallest and the largest number of seeds of any method on any world."""
    counts = [len(suite.of(world, name)) for world in worlds for name in suite.algorithms(world)]
    return int(np.min(counts)), int(np.max(counts))

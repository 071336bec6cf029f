"""What each reading of the register does to learning, from stored runs, and which differences can be told from chance.

*Area.* The mean of the captures over a run, integrated over environment steps by the trapezoid rule. It uses all
evaluations, so it varies less from seed to seed than the result at the end.

*End.* The mean of the last :data:`LAST` evaluations. Metrics of the learner at the end are those of the last row, means
over the gradient steps since the row before.

*Diverged.* A run whose mean team value passed :data:`VALUE_BOUND` in size, or that stopped because a number was not
finite.

*Told apart.* Let y[v, k] be the area of method v with seed k. The same seed gives the same initial agents and the
same first episodes, so seeds are blocks, and readings are compared on the seeds that both have. The noise is what least
squares leaves of

    y[v, k] = m + a[v] + b[k] + noise,      s^2 = sum of squared residuals / (N - V - K + 1),

over all N runs that did not diverge, of V methods and K seeds, with other methods on the same world among them (a
method with a single run adds nothing). The mean difference of two readings over c common seeds has the standard error
s sqrt(2 / c), and is *told apart* if it is larger than

    limit = t s sqrt(2 / c),    t the 1 - 0.05 / (2 m) quantile of Student's t with N - V - K + 1 degrees of freedom,

m the number of comparisons: all of them together then err with a probability of at most 5 % (Bonferroni), as far as
noise is normal and of one size.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.runs import RunResult
from nucleolus_lib.experiments.suites import SUITES_FILE, Suite, read_suite
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.locations import repository_root
from nucleolus_lib.report.register_readings import DEFAULT, READINGS, reading_label
from nucleolus_lib.report.run_suite import RunSuite, run_column

LONGER = "pp-nearest"
"""Suite of the longer runs of the default reading, and of the other methods."""
LAST = 3
"""Evaluations whose mean is the result at the end."""
VALUE_BOUND = 100.0
"""Four captures pay 40 and the way there a little more: a team value of this size is no value of the world."""
ERROR_RATE = 0.05

END_COLUMNS = {
    "multiplier": "train/multiplier",
    "largest excess": "train/excess_max",
    "empty core": "train/empty_core",
    "distance": "train/nucleolus_distance",
    "spread": "train/payoff_spread",
    "team value": "train/q_taken",
}
"""Metrics of the learner at the end of a run, by the name of their column in :func:`run_facts`."""


class Noise(NamedTuple):
    """How far areas of the same method differ once the seed's own effect is taken out."""

    deviation: float
    """s."""
    freedom: int
    """N - V - K + 1."""


def register_plan() -> Suite:
    """The readings, their settings, seeds and steps: the suite ``pp-register`` of ``data/runs/suites.toml``."""
    return read_suite("pp-register", repository_root() / SUITES_FILE)


def register_runs(world: str, *, folder: Path | None = None) -> RunSuite:
    """The stored runs of the register on ``world``.

    Seeds of the default reading that the suite ``pp-register`` does not have are taken from the suite ``pp-nearest``,
    whose nucleolus runs have the same settings and go on for longer: only their beginning is kept.
    """
    place, plan = repository_root() / "data" / "runs" if folder is None else folder, register_plan()
    here = [run for run in map(runs.read, runs.find(place / "pp-register")) if run.world == world]
    there = {run.seed for run in here if run.name == DEFAULT}
    for run in map(runs.read, runs.find(place / LONGER)):
        if (run.world, run.name) == (world, "nucleolus") and run.seed not in there:
            table = run.table[_within(run, plan.total_steps)]
            here.append(RunResult(table, run.record | {"name": DEFAULT, "rows": len(table)}))
    return RunSuite(tuple(here))


def tables_on_common_seeds(suite: RunSuite, world: str, labels: Mapping[str, str]) -> dict[str, list[pd.DataFrame]]:
    """Tables of readings by their label, from the seeds that all of those have that were run at all."""
    found = {name: suite.of(world, name) for name in labels if name in suite.algorithms(world)}
    seeds = set.intersection(*({run.seed for run in same} for same in found.values())) if found else set()
    return {labels[name]: [run.table for run in same if run.seed in seeds] for name, same in found.items()}


def run_facts(suite: RunSuite, world: str, *, steps: int | None = None) -> pd.DataFrame:
    """One row per run of ``world``: reading, seed, area, end, the metrics of :data:`END_COLUMNS`, diverged.

    Parameters
    ----------
    steps
        Leave out what came later than this many environment steps, give or take one rollout.
    """
    rows = []
    for run in suite.trained:
        if run.world == world:
            rows.append({"reading": run.name, "seed": run.seed, **_facts(run, steps)})
    return pd.DataFrame(rows).sort_values(["reading", "seed"], ignore_index=True) if rows else pd.DataFrame()


def _facts(run: RunResult, steps: int | None) -> dict[str, Any]:
    at = run_column(run, "env_steps")
    keep = _within(run, steps)
    at, captures = at[keep], run_column(run, "captures_mean")[keep]
    if len(at) < 2:
        raise StatisticsError(
            f"an area needs two evaluations; {run.world}/{run.name}, seed {run.seed}, has {len(at)} within "
            f"{'its' if steps is None else steps} steps"
        )
    area = float(np.trapezoid(captures, at) / (at[-1] - at[0]))
    value = np.abs(run_column(run, "train/q_taken")[keep])
    diverged = not run.complete or bool((value > VALUE_BOUND).any())
    found = {
        name: float(run_column(run, column)[keep][-1]) if column in run.table else np.nan
        for name, column in END_COLUMNS.items()
    }
    return {"area": area, "end": float(captures[-LAST:].mean()), **found, "diverged": diverged}


def _within(run: RunResult, steps: int | None) -> NDArray[np.bool_]:
    """Evaluations up to ``steps``; an evaluation comes after the rollout that passed its step."""
    at = run_column(run, "env_steps")
    return np.full(len(at), True) if steps is None else at <= 1.02 * steps


def pooled_noise(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame] | None = None) -> Noise:
    """The noise of areas over readings and ``references`` (facts of other methods by label); nan if it is not known."""
    parts = [facts, *(here.assign(reading=label) for label, here in (references or {}).items())]
    runs_of = pd.concat([part[~part["diverged"].astype(bool)] for part in parts])
    methods, seeds = pd.get_dummies(runs_of["reading"]), pd.get_dummies(runs_of["seed"])
    design = np.hstack([methods, seeds]).astype(np.float64)
    # The rank is V + K - 1 where methods and seeds hang together.
    freedom = len(runs_of) - int(np.linalg.matrix_rank(design)) if len(runs_of) else 0
    if freedom < 1:
        return Noise(float("nan"), 0)
    y = runs_of["area"].to_numpy(dtype=np.float64)
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return Noise(float(np.sqrt((residual**2).sum() / freedom)), freedom)


def detectable_difference(noise: Noise, n_comparisons: int, n_seeds: int) -> float:
    """The limit of the module's text; not a number without noise, comparisons or seeds."""
    if noise.freedom < 1 or n_comparisons < 1 or n_seeds < 1:
        return float("nan")
    quantile = float(student.ppf(1 - ERROR_RATE / (2 * n_comparisons), noise.freedom))
    return quantile * noise.deviation * float(np.sqrt(2 / n_seeds))


def comparisons(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Every reading beside what it is held against, on the seeds with which neither diverged.

    Returns
    -------
    DataFrame
        ``reading``, ``against``, ``seeds`` in common, mean ``difference`` of their areas, ``limit``, ``told``.
    """
    noise = pooled_noise(facts, references)
    areas = {name: steady_areas(facts, name) for name in stored_readings(facts)}
    rows: list[dict[str, Any]] = []
    for name, area in areas.items():
        other = READINGS[name].against
        difference = (area - areas[other]).dropna() if other in areas else area.iloc[:0]
        if len(difference):
            rows.append(
                {"reading": name, "against": other, "seeds": len(difference), "difference": float(difference.mean())}
            )
    table = pd.DataFrame(rows, columns=["reading", "against", "seeds", "difference"])
    limits = [detectable_difference(noise, len(rows), n) for n in table["seeds"]]
    table["limit"] = np.array(limits, dtype=np.float64)
    return table.assign(told=table["difference"].abs() > table["limit"])


def steady_areas(facts: pd.DataFrame, reading: str) -> pd.Series[float]:
    """Areas of a reading's runs that did not diverge, by seed."""
    here = facts[(facts["reading"] == reading) & ~facts["diverged"].astype(bool)]
    return here.set_index("seed")["area"]


def outcome_table(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Captures by reading: mean area with its lowest and highest seed, mean end, difference, told apart, diverged.

    ``references``: facts of other methods by label, shown below the readings and compared with nothing; their seeds
    help to know the noise. A difference is that on the seeds in common.
    """
    compared = comparisons(facts, references).set_index("reading")
    rows = []
    for name in stored_readings(facts):
        here = facts[facts["reading"] == name]
        row = {"row": READINGS[name].row, "reading": READINGS[name].what, **_captures(here)}
        if name in compared.index:
            pair = compared.loc[name]
            row |= {"held against": READINGS[str(pair["against"])].what, "difference": pair["difference"]}
            row["told apart"] = "not known" if np.isnan(pair["limit"]) else "yes" if pair["told"] else "no"
        rows.append(row | {"diverged": _count(int(here["diverged"].sum()), len(here))})
    for label, here in (references or {}).items():
        rows.append({"row": "", "reading": label, **_captures(here)})
    table = pd.DataFrame(rows)
    words = [name for name in ("held against", "told apart", "diverged") if name in table]
    return table.fillna(dict.fromkeys(words, ""))


def inside_table(facts: pd.DataFrame) -> pd.DataFrame:
    """The metrics of :data:`END_COLUMNS` by reading, means over the seeds that did not diverge."""
    rows = []
    for name in stored_readings(facts):
        here = facts[(facts["reading"] == name) & ~facts["diverged"]]
        rows.append({"reading": reading_label(name), "seeds": len(here), **here[list(END_COLUMNS)].mean().to_dict()})
    return pd.DataFrame(rows)


def stored_readings(facts: pd.DataFrame) -> list[str]:
    """The readings of which there are runs, in the order of :data:`.READINGS`."""
    there = set(facts["reading"])
    return [name for name in READINGS if name in there]


def _captures(facts: pd.DataFrame) -> dict[str, Any]:
    area = facts["area"]
    return {
        "seeds": ", ".join(map(str, sorted(facts["seed"]))),
        "area": area.mean(),
        "lowest": area.min(),
        "highest": area.max(),
        "end": facts["end"].mean(),
    }


def _count(some: int, all_of_them: int) -> str:
    return f"{some} of {all_of_them}" if some else "no"

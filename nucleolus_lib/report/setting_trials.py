"""What was tried before the common setting was fixed: learning rates for every method, other settings for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nucleolus_lib.report.algorithm_styles import in_order, style_of
from nucleolus_lib.report.curve_alignment import final_score
from nucleolus_lib.report.predator_prey_results import CAPTURES, counted_metric
from nucleolus_lib.report.run_suite import RunSuite, run_column

if TYPE_CHECKING:
    import pandas as pd

TRIED = {
    "n_worlds": "episodes per rollout",
    "updates_per_rollout": "gradient steps per rollout",
    "batch_size": "episodes per gradient step",
    "reward_scale": "factor on the rewards",
    "learner.agent": "individual network",
    "learner.hidden_size": "width of the network",
    "learner.discount": "discount",
}
"""Settings that were tried one by one with VDN, and what the table calls them."""


def sweep_table(sweep: RunSuite, suite: RunSuite, world: str) -> pd.DataFrame:
    """A sweep over learning rates on ``world``: final result of every method at every rate, and the rate that is used.

    Parameters
    ----------
    sweep
        Runs whose settings differ in ``learner.learning_rate``; seeds of one method and rate are averaged.
    suite
        The runs for which the rate was chosen.

    Returns
    -------
    DataFrame
        ``method``, one column per rate (mean of the last half of a run's evaluations, in the outcome that counts), and
        ``used``.
    """
    import pandas as pd

    metric = counted_metric(world)
    found: dict[str, dict[float, list[float]]] = {}
    for run in sweep.trained:
        if run.world == world:
            learner = run.config["learner"]
            rates = found.setdefault(str(learner["algorithm"]), {})
            rates.setdefault(float(learner["learning_rate"]), []).append(
                final_score(run_column(run, metric.column), 0.5)
            )
    columns = sorted({rate for rates in found.values() for rate in rates})
    rows = []
    for name in in_order(found):
        row: dict[str, object] = {"method": style_of(name).label}
        row |= {f"{rate:g}": float(np.mean(found[name].get(rate, [np.nan]))) for rate in columns}
        used = {
            run.config["learner"]["learning_rate"] for run in suite.trained if (run.world, run.name) == (world, name)
        }
        rows.append(row | {"used": ", ".join(f"{rate:g}" for rate in sorted(used)) or "not run"})
    return pd.DataFrame(rows)


def tried_table(tried: RunSuite, algorithm: str = "vdn", rate: float = 1e-3, budget: int = 101_000) -> pd.DataFrame:
    """What other settings than those used did to one method, all at one learning rate and one budget.

    Parameters
    ----------
    tried
        Runs of one seed per setting; others than of ``algorithm`` at ``rate`` are left out.
    budget
        Evaluations after so many environment steps are left out, as some of these runs went on.

    Returns
    -------
    DataFrame
        ``world``, one column per setting of :data:`TRIED` that differs between the runs, ``captured prey`` (mean of the
        last half of the evaluations within the budget).
    """
    import pandas as pd

    rows = []
    for run in tried.trained:
        learner = run.config["learner"]
        if learner["algorithm"] == algorithm and learner["learning_rate"] == rate:
            within = run.table[run.table["env_steps"] <= budget]
            settings = {label: _setting(run.config, path) for path, label in TRIED.items()}
            captures = final_score(within[CAPTURES.column].to_numpy(dtype=np.float64), 0.5)
            rows.append({"world": run.world, **settings, CAPTURES.label: captures})
    table = pd.DataFrame(rows).sort_values(["world", CAPTURES.label], ascending=[True, False], ignore_index=True)
    same = [label for label in TRIED.values() if table[label].nunique() == 1]
    return table.drop(columns=same)


def _setting(config: Mapping[str, Any], path: str) -> Any:
    for key in path.split("."):
        config = config[key]
    return config

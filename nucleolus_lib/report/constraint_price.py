"""How much of a reward the constraint takes away, and how far credit is from the nucleolus, read off stored runs.

*Price.* Under the default reading of row I1 the constraint enters the losses as one number per step, lambda (max_C e -
target), subtracted from the reward. Over an episode of T steps that is T times as much. With means over an interval
between two evaluations (marked by bars),

    price of an episode  =  T * lambda_bar * (max_C e_bar - target_bar),

target_bar being 0, the least-core value eps*_bar or max(0, eps*_bar) as the run was set. Means of products are not
products of means, and the learner's target is a running mean that lags behind, so this is a size and not a sum. T is
the mean length of the greedy episodes at the evaluation.

*Uneven.* With payoffs x and nucleolus nu of the same total, the distance is sqrt(mean_i (x_i - nu_i)^2). If nu were the
equal division it would be the standard deviation of the payoffs (with divisor n), so the ratio

    distance / ( spread sqrt((n - 1) / n) ),    spread with divisor n - 1, as it is logged,

is near 1 where the nucleolus of the learned games asks for nearly equal shares and the payoffs are uneven for other
reasons, and below 1 where their unevenness is that of the nucleolus.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nucleolus_lib.experiments.runs import RunResult
from nucleolus_lib.report.run_suite import run_column


def episode_price(run: RunResult) -> NDArray[np.float64]:
    """The price of an episode at every evaluation, not a number before the first update."""
    least = run_column(run, "train/least_core")
    target = run.config["learner"]["nucleolus"]["constraint_target"]
    level = {"zero": np.zeros_like(least), "least_core": least, "relaxed": np.maximum(least, 0.0)}[target]
    violation = run_column(run, "train/excess_max") - level
    price: NDArray[np.float64] = run_column(run, "length_mean") * run_column(run, "train/multiplier") * violation
    return price


def uneven_ratio(run: RunResult, n_agents: int) -> NDArray[np.float64]:
    """Distance to the nucleolus in units of the distance to equal shares, at every evaluation."""
    spread = run_column(run, "train/payoff_spread") * np.sqrt((n_agents - 1) / n_agents)
    ratio: NDArray[np.float64] = run_column(run, "train/nucleolus_distance") / spread
    return ratio


def constraint_table(runs: list[RunResult], n_agents: int) -> pd.DataFrame:
    """One row per run: when the multiplier was last at work, the largest price, and the distance early and late.

    Returns
    -------
    DataFrame
        ``seed``; ``active until``, the environment steps of the last evaluation with a multiplier above 1e-6 (0 if
        there is none); ``largest price`` of an episode in size and the training ``return then``; ``distance, early``
        and ``distance, late``, at the first and last evaluation with metrics; ``ratio, late`` of :func:`uneven_ratio`.
    """
    rows = []
    for run in runs:
        price, distance = episode_price(run), run_column(run, "train/nucleolus_distance")
        known = np.flatnonzero(np.isfinite(price))
        active = np.flatnonzero(run_column(run, "train/multiplier") > 1e-6)
        top = known[np.abs(price[known]).argmax()]
        rows.append(
            {
                "seed": run.seed,
                "active until": int(run_column(run, "env_steps")[active[-1]]) if active.size else 0,
                "largest price": price[top],
                "return then": run_column(run, "train/return")[top],
                "distance, early": distance[known[0]],
                "distance, late": distance[known[-1]],
                "ratio, late": uneven_ratio(run, n_agents)[known[-1]],
            }
        )
    return pd.DataFrame(rows)

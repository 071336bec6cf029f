"""What the ablation of the register says, in sentences made from the stored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nucleolus_lib.report.register_readings import DEFAULT, READINGS, STRONG, reading_label
from nucleolus_lib.report.register_study import comparisons, detectable_difference, pooled_noise, stored_readings
from nucleolus_lib.report.result_sentences import count_word, listed
from nucleolus_lib.report.result_tables import thousands

MANY = 6
"""More readings than these are counted and not named."""


def stored_sentence(facts: pd.DataFrame, planned: Mapping[str, Sequence[int]]) -> str:
    """How many of the planned runs there are, and which readings lack some; ``planned`` has the seeds by reading."""
    there = {run for run in zip(facts["reading"], facts["seed"], strict=True) if run[1] in planned.get(run[0], ())}
    n_planned = sum(len(seeds) for seeds in planned.values())
    lacking = [
        reading_label(name)
        for name in [*[name for name in READINGS if name in planned], *[n for n in planned if n not in READINGS]]
        if any((name, seed) not in there for seed in planned[name])
    ]
    if not lacking:
        return f"All {n_planned} planned runs are stored."
    named = f" of {listed(lacking)}" if len(lacking) <= MANY else f" of {len(lacking)} readings"
    return f"{len(there)} of {n_planned} planned runs are stored; runs are lacking{named}."


def noise_sentence(facts: pd.DataFrame) -> str:
    """How large a difference must be to be told from chance."""
    noise, n = pooled_noise(facts), len(comparisons(facts))
    limit = detectable_difference(noise, n)
    if not np.isfinite(limit):
        return "There are too few runs to say how far chance moves a result: no difference is told apart."
    return (
        f"Runs of one reading differ by chance with a standard deviation of {noise.deviation:.2f} captures (mean over "
        f"training, the seed's own effect taken out, {noise.freedom} degrees of freedom). With "
        f"{count_word(len(noise.seeds))} seeds and {n} comparisons a difference must exceed {limit:.2f} captures to be "
        "told from chance."
    )


def span_sentence(references: Mapping[str, pd.DataFrame]) -> str:
    """How far apart the seeds of one method are, for methods with at least two."""
    parts = [
        f"{label} {here['area'].min():.2f} to {here['area'].max():.2f} ({count_word(len(here))} seeds)"
        for label, here in references.items()
        if len(here) > 1
    ]
    if not parts:
        return "No method was run with two seeds over the same steps."
    return f"For a measure, the seeds of one method span, in captures over training: {listed(parts)}."


def told_sentence(facts: pd.DataFrame) -> str:
    """Which readings differ from what they are held against."""
    table = comparisons(facts)
    if table.empty or table["limit"].isna().any():
        return "No reading can be told from its reference."
    told = table[table["told"]]
    if told.empty:
        return "No reading can be told from its reference: every difference is within chance."
    parts = [
        f"{reading_label(str(row.reading))} ({float(str(row.difference)):+.2f} against "
        f"{READINGS[str(row.against)].what})"
        for row in told.itertuples()
    ]
    return f"Told from chance: {listed(parts)}. All other differences are within it."


def divergence_sentence(facts: pd.DataFrame) -> str:
    """Which readings diverged, and with how many of their seeds."""
    counts = facts.groupby("reading")["diverged"].agg(["sum", "count"])
    parts = [
        f"{reading_label(name)} ({int(counts.loc[name, 'sum'])} of {int(counts.loc[name, 'count'])} runs)"
        for name in stored_readings(facts)
        if counts.loc[name, "sum"] > 0
    ]
    return f"Diverged: {listed(parts)}." if parts else "No run diverged."


def without_constraint_sentence(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> str:
    """Default, no constraint, stronger constraint and other methods side by side, in captures over training."""
    named = {"with its constraint": DEFAULT, "without it": "i5_lmax_0", "with a price ten times stronger": STRONG}
    areas = {label: facts.loc[(facts["reading"] == name) & ~facts["diverged"], "area"] for label, name in named.items()}
    parts = [f"{area.mean():.2f} {label}" for label, area in areas.items() if len(area)]
    if len(parts) < 2:
        return "The runs with and without the constraint are not stored yet."
    others = [f"{label} {here['area'].mean():.2f}" for label, here in references.items()]
    beside = f" Over the same steps: {listed(others)}." if others else ""
    return f"Averaged over training, nucleolus Q-learning catches {listed(parts)}.{beside}"


OWN_REWARDS = ("i9_additive_own", "i8_reward_shares_own", "i8_shares_own", "i9_own")


def own_rewards_sentence(facts: pd.DataFrame) -> str:
    """The readings that see who earned what, with their control, from best to worst; and the best that does not."""
    steady = facts[~facts["diverged"]].groupby("reading")["area"].mean()
    told = steady[steady.index.isin(OWN_REWARDS)].sort_values(ascending=False)
    blind = steady[~steady.index.isin(OWN_REWARDS)]
    if told.empty or blind.empty:
        return "The runs with own rewards are not stored yet."
    parts = [f"{READINGS[str(name)].what} {area:.2f}" for name, area in told.items()]
    best = str(blind.idxmax())
    return (
        "Readings that are told who earned what, in captures over training, the best first: "
        f"{listed(parts)}. The best reading that is not told: {READINGS[best].what}, {blind[best]:.2f}."
    )


def price_sentence(table: pd.DataFrame) -> str:
    """How large the price was beside the reward, from :func:`.constraint_table`."""
    top = table.loc[table["largest price"].abs().idxmax()]
    steps = [int(step) for step in table["active until"]]
    last = thousands(steps[0]) if len(set(steps)) == 1 else f"{thousands(min(steps))} to {thousands(max(steps))}"
    return (
        f"At its largest the price of an episode was {top['largest price']:.2f}, in a run whose training episodes then "
        f"paid {top['return then']:.1f}. The multiplier was last above zero after {last} steps."
    )


def distance_sentence(table: pd.DataFrame) -> str:
    """Whether credit came nearer to the nucleolus while training, from :func:`.constraint_table`."""
    grew = int((table["distance, late"] > table["distance, early"]).sum())
    low, high = table["ratio, late"].min(), table["ratio, late"].max()
    runs = "all" if grew == len(table) else f"{count_word(grew)} of"
    return (
        f"The distance to the nucleolus grew in {runs} {count_word(len(table))} runs. At the end it is {low:.2f} to "
        f"{high:.2f} times the distance to equal shares."
    )

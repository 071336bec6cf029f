"""What the ablation of the register says, in sentences made from the stored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nucleolus_lib.report.register_readings import DEFAULT, READINGS, STRONG, reading_label
from nucleolus_lib.report.register_study import (
    comparisons,
    detectable_difference,
    pooled_noise,
    steady_areas,
    stored_readings,
)
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


def noise_sentence(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> str:
    """How large a difference must be to be told from chance."""
    noise, table = pooled_noise(facts, references), comparisons(facts, references)
    if not np.isfinite(noise.deviation) or table.empty:
        return "There are too few runs to say how far chance moves a result: no difference is told apart."
    limits = {int(n): detectable_difference(noise, len(table), int(n)) for n in sorted(set(table["seeds"]))}
    parts = [f"{limit:.2f} captures for {count_word(n)} seed{'s' if n > 1 else ''}" for n, limit in limits.items()]
    return (
        f"Runs of one method differ by chance with a standard deviation of {noise.deviation:.2f} captures (mean over "
        f"training, the seed's own effect taken out, {noise.freedom} degrees of freedom). To be told from chance "
        f"among {len(table)} comparisons, a difference on common seeds must exceed {listed(parts)}."
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


def told_sentence(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> str:
    """Which readings differ from what they are held against."""
    table = comparisons(facts, references)
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
    """Default, no constraint, stronger constraint and other methods on the same seeds, in captures over training."""
    named = {"with its constraint": DEFAULT, "without it": "i5_lmax_0", "with a price ten times stronger": STRONG}
    areas = {label: steady_areas(facts, name) for label, name in named.items()}
    areas = {label: area for label, area in areas.items() if len(area)}
    others = {label: here.set_index("seed")["area"] for label, here in references.items()}
    seeds = _common([*areas.values(), *others.values()])
    if len(areas) < 2 or not seeds:
        return "The runs with and without the constraint are not stored yet."
    parts = [f"{area[seeds].mean():.2f} {label}" for label, area in areas.items()]
    beside = [f"{label} {area[seeds].mean():.2f}" for label, area in others.items()]
    also = f"; {listed(beside)}" if beside else ""
    return f"On {_seeds(seeds)}, nucleolus Q-learning catches {listed(parts)}{also} (captures, mean over training)."


def _common(areas: Sequence[pd.Series[float]]) -> list[int]:
    """Seeds that all of them have."""
    return sorted(set.intersection(*(set(area.index) for area in areas))) if areas else []


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {listed([str(seed) for seed in seeds])}"


OWN_REWARDS = ("i9_additive_own", "i8_reward_shares_own", "i8_shares_own", "i9_own")


def own_rewards_sentence(facts: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> str:
    """The readings that are told who earned what, with their control, from best to worst, and what VDN does."""
    told = {READINGS[name].what: steady_areas(facts, name) for name in OWN_REWARDS}
    told = {label: area for label, area in told.items() if len(area)}
    blind = {"the default": steady_areas(facts, DEFAULT)} | {
        label: here.set_index("seed")["area"] for label, here in references.items()
    }
    seeds = _common([*told.values(), *blind.values()])
    if not told or not seeds:
        return "The runs with own rewards are not stored yet."
    ordered = sorted(told, key=lambda label: -told[label][seeds].mean())
    parts = [f"{label} {told[label][seeds].mean():.2f}" for label in ordered]
    beside = [f"{label} {area[seeds].mean():.2f}" for label, area in blind.items()]
    return (
        f"On {_seeds(seeds)}, in captures over training, readings that are told who earned what, the best first: "
        f"{listed(parts)}. Without that: {listed(beside)}."
    )


def pull_sentence(facts: pd.DataFrame) -> str:
    """How far credit is from the nucleolus at the end with the pull of row I8 and without it."""
    pulled, free = (_steady(facts, name).set_index("seed")["distance"].dropna() for name in ("i8_pull", DEFAULT))
    seeds = _common([pulled, free])
    if not seeds:
        return "The runs with the pull are not stored yet."
    return (
        f"On {_seeds(seeds)}, the distance to the nucleolus at the end is {pulled[seeds].mean():.3f} with the pull of "
        f"row I8 and {free[seeds].mean():.3f} without it."
    )


def _steady(facts: pd.DataFrame, reading: str) -> pd.DataFrame:
    return facts[(facts["reading"] == reading) & ~facts["diverged"].astype(bool)]


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

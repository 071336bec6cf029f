"""Sentences about results that are made from the results, so that they stay true when runs are added.

Each function says in words what a table holds, including that there is nothing to say. A chapter places the sentence as
a number; nobody retypes a conclusion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.figure_two import (
    PAPER_TURNS,
    TURNS_TOLERANCE,
    CurveFacts,
    near_paper_turns,
    separated_pairs,
)
from nucleolus_lib.report.result_tables import thousands
from nucleolus_lib.report.run_suite import Metric, RunSuite
from nucleolus_lib.report.statistics import range_coverage

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count_word(n: int) -> str:
    """``three`` for 3; digits beyond ten."""
    return _NUMBERS[n] if 0 <= n < len(_NUMBERS) else str(n)


def listed(names: Sequence[str]) -> str:
    """``A, B and C``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def few_seeds_sentence(n_runs: int, confidence: float = 0.95) -> str:
    """What a bootstrap interval from so many runs of one world can and cannot show."""
    share = range_coverage(n_runs)
    runs = f"{count_word(n_runs)} seed{'s' if n_runs != 1 else ''}"
    if n_runs == 1:
        return "With one seed there is no interval at all: nothing can be said about the next run."
    # The lowest resample is R times the lowest run.
    if n_runs ** (-n_runs) >= (1 - confidence) / 2:
        return (
            f"With {runs} the {confidence:.0%} interval is the range from the lowest to the highest run. It holds the "
            f"median of the distribution of runs with probability {share:.1%} only, so it is no basis for a claim of "
            "significance."
        )
    return (
        f"With {runs} the {confidence:.0%} interval lies within the range from the lowest to the highest run, and that "
        f"range holds the median of the distribution of runs with probability {share:.1%}: the interval is narrower "
        "than its name says."
    )


def band_sentence(n_runs: int) -> str:
    """The same in short, for the caption of a figure with bands."""
    if n_runs == 1:
        return "With one seed there is no band."
    runs = f"With {count_word(n_runs)} seeds the band"
    if n_runs <= 3:
        return f"{runs} is the range of the runs; whether two methods differ cannot be told from it."
    return f"{runs} is narrower than its name says; whether two methods differ cannot be told from it alone."


def length_sentence(suite: RunSuite) -> str:
    """Whether all runs are complete and of one length; final results of other runs compare different budgets."""
    steps = [run.env_steps for run in suite.trained]
    unfinished = sum(not run.complete for run in suite.trained)
    if max(steps) > 1.05 * min(steps):
        first = (
            f"The runs are of different length, {thousands(min(steps))} to {thousands(max(steps))} environment steps, "
            "so that final results compare different budgets."
        )
    else:
        first = "All runs have the same length."
    if not unfinished:
        return first
    return f"{first} {unfinished} of {len(steps)} are not complete: they end before the step they were given."


def turns_sentence(facts: Mapping[str, CurveFacts]) -> str:
    """Where QMIX ends in turns to the first capture, beside the paper's "approximately 25"; facts of that outcome."""
    if "qmix" not in facts:
        return "QMIX was not run in our reading of the paper's world, so that this cannot be compared."
    turns = -facts["qmix"].level
    near = "within" if near_paper_turns(turns) else "not within"
    return (
        f"In our reading of the paper's world QMIX ends at {turns:.1f} turns, {near} {TURNS_TOLERANCE:.0f} of "
        f"{PAPER_TURNS:.0f}."
    )


def constraint_sentence(last: Mapping[str, Mapping[str, float]], idle_below: float = 1e-6) -> str:
    """Whether the constraint was still pulling at the end, from :func:`.training_metrics.last_values`."""
    parts = []
    for world, values in last.items():
        multiplier, excess = values["train/multiplier"], values["train/excess_max"]
        if np.isnan(multiplier):
            continue
        state = "idle" if multiplier < idle_below else "at work"
        parts.append(f"on {world} it was {state} (multiplier {multiplier:.2g}, largest excess {excess:.2g})")
    if not parts:
        return "No run of the nucleolus learner is stored."
    return f"At the end of training the constraint is idle where the multiplier is zero: {listed(parts)}."


def plan_sentence(suite: RunSuite, planned: Mapping[str, int]) -> str:
    """How many of the runs that are planned on each world are stored."""
    stored = {world: sum(run.world == world for run in suite.trained) for world in planned}
    lacking = [
        f"{world} has {stored[world]} of {planned[world]}" for world in planned if stored[world] < planned[world]
    ]
    if not lacking:
        return "All planned runs are stored."
    return f"Not all planned runs are stored: {listed(lacking)}."


def order_sentence(facts: Mapping[str, CurveFacts], metric: Metric) -> str:
    """The methods from best to worst level, with the levels."""
    ordered = sorted(facts, key=lambda name: -facts[name].level)
    named = [f"{style_of(name).label} {float(metric.score(facts[name].level)):.3g}" for name in ordered]
    return f"From best to worst: {', '.join(named)}."


def separation_sentence(facts: Mapping[str, CurveFacts]) -> str:
    """Which intervals are apart, and which are not."""
    if len(facts) < 2:
        return "There is nothing to compare."
    # One seed has no spread, and its interval is a point.
    facts = {name: fact for name, fact in facts.items() if np.isfinite(fact.spread)}
    if len(facts) < 2:
        return "With one seed each there are no intervals to compare."
    pairs = separated_pairs(dict(facts))
    n_pairs = len(facts) * (len(facts) - 1) // 2
    if not pairs:
        return (
            "The intervals overlap." if n_pairs == 1 else f"The intervals of all {count_word(n_pairs)} pairs overlap."
        )
    shown = [f"{style_of(better).label} above {style_of(worse).label}" for better, worse in pairs]
    return f"Intervals are apart in {count_word(len(pairs))} of {count_word(n_pairs)} pairs: {listed(shown)}."


def agreement_sentence(claims: pd.DataFrame) -> str:
    """How many comparisons of :func:`.figure_two.claim_table` agree."""
    agree, against = (int((claims["here"] == verdict).sum()) for verdict in ("agrees", "does not"))
    told = agree + against
    if told == 0:
        return "None of the comparisons can be told from the runs that are stored."
    rest = len(claims) - told
    open_part = f", and {count_word(rest)} cannot be told" if rest else ""
    return f"{agree} of {told} comparisons agree with the text{open_part}."


def script_sentence(facts: Mapping[str, CurveFacts], references: Mapping[str, float], metric: Metric) -> str:
    """Whether a method is as good as the best script, and whether all are better than random play."""
    scripts = {name: float(metric.score(value)) for name, value in references.items()}
    others = {name: score for name, score in scripts.items() if name != "random"}
    if not others or "random" not in scripts:
        return "No scripted reference is stored for this world."
    best = max(others, key=lambda name: others[name])
    there = [style_of(name).label for name in facts if facts[name].level >= others[best]]
    below = [style_of(name).label for name in facts if facts[name].level <= scripts["random"]]
    ends = "ends" if len(below) == 1 else "end"
    script = f"the best script ({best.replace('_', ' ')}, {references[best]:.3g})"
    first = (
        f"{listed(there)} reach{'es' if len(there) == 1 else ''} {script}" if there else f"No method reaches {script}"
    )
    second = f"; {listed(below)} {ends} no better than random play" if below else "; all end better than random play"
    return f"{first}{second} ({references['random']:.3g})."


def standing_sentences(facts: Mapping[str, CurveFacts], references: Mapping[str, float], metric: Metric) -> str:
    """Order of the methods in one world, intervals that are apart, and the place of the scripts."""
    order, apart = order_sentence(facts, metric), separation_sentence(facts)
    return f"{order} {apart} {script_sentence(facts, references, metric)}"


def shaping_sentence(table: pd.DataFrame) -> str:
    """Which methods catch more when they are paid for progress, from :func:`.predator_prey_results.shaping_table`."""
    if table.empty:
        return "No method was run with both shapings."
    more = table[table["difference"] > 0]
    if more.empty:
        return "No method catches more prey when it is paid for progress."
    all_do = len(more) == len(table)
    share = "All methods that were run with both shapings" if all_do else f"{len(more)} of {len(table)} methods"
    low, high = more["difference"].min(), more["difference"].max()
    by = f"by {low:.2f}" if len(more) == 1 else f"by {low:.2f} to {high:.2f}"
    named = "" if all_do else f" ({listed(list(more['method']))})"
    return f"{share} catch more prey when they are paid for progress{named}, {by} on average over their seeds."


def capture_share_sentence(shares: Mapping[str, float]) -> str:
    """How often the clock runs out in the paper's world, from :func:`.predator_prey_results.capture_shares`."""
    if not shares:
        return "No method was run in the paper's world."
    ordered = sorted(shares, key=lambda name: -shares[name])
    named = [f"{name} {shares[name]:.0%}" for name in ordered]
    return f"At the end of training the prey is caught in this share of the episodes: {', '.join(named)}."


def untrained_sentence(levels: Mapping[str, Sequence[float]]) -> str:
    """What untrained networks achieve, from :func:`.predator_prey_results.untrained_levels`."""
    if not levels:
        return "No run was evaluated before its first gradient step."
    parts = []
    for world, values in levels.items():
        low, high = min(values), max(values)
        shown = f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"
        parts.append(f"{shown} on {world}")
    return f"Before the first gradient step the greedy policies of the seeds reach {listed(parts)}."


def gap_sentence(table: pd.DataFrame) -> str:
    """What each method closes of the gap between VDN and oracle credit."""
    if table.empty or table["undefined"].isna().all():
        return "VDN or oracle credit was not run here, so that the gap is not known."
    if not np.isfinite(table["closed"]).any():
        return "Oracle credit does not end above VDN, so that there is no gap to close."
    parts = [f"{style_of(str(row.algorithm)).label} {float(str(row.closed)):.2f}" for row in table.itertuples()]
    unsure = table["low"].isna().any()
    note = " In too many resamples oracle credit is not above VDN, so that no interval is given." if unsure else ""
    return f"Gap closed: {', '.join(parts)}.{note}"

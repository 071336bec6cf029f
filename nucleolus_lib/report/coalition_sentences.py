"""Sentences about recorded coalitions, made from the numbers, so that they stay true for another checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nucleolus_lib.experiments.coalition_files import UNTRAINED
from nucleolus_lib.report.battle_readings import TITLES, ReadBattle, title_of
from nucleolus_lib.report.core_survey import wilson_interval
from nucleolus_lib.report.result_sentences import listed

if TYPE_CHECKING:
    import pandas as pd

LITTLE = 0.1
"""A share of what full agreement would give below which an agreement is called small."""


def trained_sentence(record: dict[str, Any], battles: Sequence[ReadBattle]) -> str:
    """How far the network was trained, and how often it wins the recorded battles."""
    won, n = sum(battle.episode.won for battle in battles), len(battles)
    low, high = wilson_interval(won, n)
    return (
        f"It was trained for {record['env_steps']:,} environment steps ({record['gradient_steps']:,} gradient steps) "
        f"and wins {won} of the {n} recorded battles: {won / n:.0%}, 95 % interval {low:.0%} to {high:.0%}."
    )


def idle_sentence(battles: Sequence[ReadBattle]) -> str:
    """How long the battles are, and in how many of their steps nobody is out to attack."""
    lengths = [battle.scene.n_steps for battle in battles]
    idle = 1 - sum(int(battle.fighting.sum()) for battle in battles) / sum(int(b.several.sum()) for b in battles)
    return (
        f"They last {min(lengths)} to {max(lengths)} steps, and in {idle:.0%} of the steps in which several agents "
        "live nobody is out to attack."
    )


def weak_sentence(battles: Sequence[ReadBattle], enough: float = 0.5) -> str:
    """Whether the policy is one whose coalitions could be compared with those of the paper's."""
    share = sum(battle.episode.won for battle in battles) / len(battles)
    if share >= enough:
        return "It wins often enough for its battles to be of the kind that the paper shows."
    return (
        "It loses most battles, so that what follows is about a network in the middle of learning, not about a method "
        "at its best."
    )


def agreement_sentence(table: pd.DataFrame, ceiling: float, done: str) -> str:
    """Whether the learned coalitions, in the first row, agree with what was done more than chance and fresh weights."""
    learned = table.iloc[0]
    fresh = table[table["reading"].str.startswith("untrained")]
    size = (
        f"the learned coalitions are {learned['above']:+.3f} above chance (95 % interval {learned['low']:+.3f} to "
        f"{learned['high']:+.3f}), where full agreement would be {ceiling:+.3f}"
    )
    if not np.isfinite(learned["above"]):
        return f"With {done} nothing can be compared: in no step does an agent attack."
    if learned["high"] < 0:
        slightly = "slightly " if -learned["above"] < LITTLE * ceiling else ""
        verdict = f"They agree {slightly}less than chance would"
    elif learned["low"] <= 0:
        verdict = "That is not told from chance"
    elif learned["above"] < LITTLE * ceiling:
        verdict = "That is told from chance, but is small"
    else:
        verdict = f"That is told from chance and is {learned['above'] / ceiling:.0%} of full agreement"
    return f"With {done}, {size}. {verdict}{_against_fresh(learned, fresh)}."


def _against_fresh(learned: pd.Series, fresh: pd.DataFrame) -> str:
    if fresh.empty:
        return ""
    low, high = float(fresh["above"].min()), float(fresh["above"].max())
    place = (
        "above all of them"
        if learned["above"] > high
        else ("below all of them" if learned["above"] < low else "among them")
    )
    return f"; untrained networks are at {low:+.3f} to {high:+.3f}, and the learned one is {place}"


def best_reading_sentence(table: pd.DataFrame) -> str:
    """Which readings that nothing was learned for at a step agree at least as well as the learned one."""
    learned, rest = float(table.iloc[0]["above"]), table.iloc[1:]
    rest = rest[~rest["reading"].str.startswith(tuple(TITLES[kind] for kind in ("target", "beside")))]
    fresh = rest["reading"].str.startswith(TITLES[UNTRAINED])
    better = rest["above"] >= learned
    k, n = int((better & fresh).sum()), int(fresh.sum())
    named = [f"{k} of the {n} untrained networks"] if k else []
    named += [f"the reading {name!r}" for name in rest[better & ~fresh]["reading"]]
    if not named:
        return "No untrained network agrees as well, and no reading that needs no values."
    best = rest.loc[rest["above"].idxmax()]
    return f"As well or better agree {listed(named)}; the best of all is {best['reading']!r} at {best['above']:+.3f}."


def stability_sentence(table: pd.DataFrame, updates_since: int) -> str:
    """How far the network of some gradient steps before finds the same coalitions."""
    if updates_since == 0:
        return "At this checkpoint the target network was just copied, so that it says nothing."
    row = table[table["reading"] == "target network"].iloc[0]
    return (
        f"The target network is the same network {updates_since} gradient steps earlier. It finds the very same "
        f"partition in {row['same']:.0%} of the steps; its Rand index with the learned one is {row['rand']:.2f}, and "
        f"shuffled names would give {row['chance']:.2f}."
    )


def interaction_sentence(table: pd.DataFrame) -> str:
    """Whether pairs that attack the same enemy are worth more together than other pairs, by the learned values."""
    learned, fresh = table.iloc[0], table[table["reading"].str.startswith("untrained")]["gap"]
    if not np.isfinite(learned["gap"]):
        return "In no step are there pairs of both kinds, so that nothing can be compared."
    numbers = (
        f"By the learned values pairs that attack the same enemy have a mean interaction of {learned['same']:+.3f}, "
        f"other pairs of {learned['other']:+.3f}: a gap of {learned['gap']:+.3f} (95 % interval {learned['low']:+.3f} "
        f"to {learned['high']:+.3f})."
    )
    spread = f" Untrained networks have gaps of {fresh.min():+.3f} to {fresh.max():+.3f}." if len(fresh) else ""
    beyond = fresh.empty or not fresh.min() <= learned["gap"] <= fresh.max()
    if learned["low"] <= 0 <= learned["high"]:
        return f"{numbers}{spread} So the network does not tell the two kinds of pairs apart."
    if not beyond:
        return (
            f"{numbers}{spread} A gap of this size comes with untrained weights as well, so it is no sign of learning."
        )
    if learned["gap"] > 0:
        return f"{numbers}{spread} So to the network those who attack the same enemy are worth more together."
    return (
        f"{numbers}{spread} So to the network those who attack the same enemy stand in for one another, and the best "
        "partition puts them apart rather than together."
    )


def beside_sentence(record: dict[str, Any], table: pd.DataFrame) -> str:
    """How far other checkpoints that were recorded beside the network find the same coalitions."""
    found = []
    for name, about in record["others"].items():
        if not name.startswith("beside"):
            continue
        row = table[table["reading"] == title_of(name)].iloc[0]
        which = "the same run" if about["seed"] == record["seed"] else f"the run with seed {about['seed']}"
        found.append(
            f"A checkpoint of {which} after {about['env_steps']:,} environment steps finds the very same partition in "
            f"{row['same']:.0%} of the steps; its Rand index with the learned one is {row['rand']:.2f}, and shuffled "
            f"names would give {row['chance']:.2f}."
        )
    return " ".join(found) or "No other checkpoint was recorded beside it."


def stakes_sentence(stakes: pd.DataFrame) -> str:
    """How the gains that decide compare with what the network misses."""
    rows = stakes.set_index("quantity")
    grand, lead = rows.loc["gain over the grand coalition"], rows.loc["lead over the next best partition"]
    miss = rows.loc["miss of the return"]
    small = max(float(grand["share"]), float(lead["share"])) < 0.5
    return (
        f"In the median step with fighting the best partition gains {grand['median']:.3g} over the grand coalition "
        f"and leads the next best by {lead['median']:.2g}, while the network misses the return by "
        f"{miss['median']:.2g}: {grand['share']:.1%} and {lead['share']:.1%} of the miss. "
        + (
            "What decides the partition is small beside what the network does not know."
            if small
            else "What decides the partition is not small beside what the network does not know."
        )
    )


def trivial_sentence(table: pd.DataFrame, title: str) -> str:
    """How often the best partition is trivial, at no tolerance and at the largest."""
    rows = table[table["reading"] == title]
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"To the letter the best partition of the learned values is trivial in {first['grand'] + first['alone']:.0%} "
        f"of the steps ({first['grand']:.0%} all together, {first['alone']:.0%} all alone). With a tolerance of "
        f"{last['tolerance']:.0%} of the largest value it is the grand coalition in {last['grand']:.0%}."
    )


def story_sentence(table: pd.DataFrame, learned: str, chance: str, grand: float) -> str:
    """Whether the story of the paper's picture is that of the learned coalitions."""
    rows = table.set_index("part")

    def pair(part: str) -> str:
        return f"{rows.loc[part, learned]:.0%} (random partitions: {rows.loc[part, chance]:.0%})"

    return (
        f"By the learned values {pair('starts grand')} of the battles start in the grand coalition, "
        f"{pair('ends grand')} end in it, and {pair('whole story')} go through all of it. "
        f"Over all steps the grand coalition is best in {grand:.0%}. "
        f"The three coalitions of the paper's picture make up {pair('three kinds')} of the steps with everybody alive."
    )


def reward_sentence(record: dict[str, Any]) -> str:
    """Which rewards the coalition values were trained on, and that the other reading could look different."""
    if record["config"]["learner"]["nucleolus"]["coalition_reward"] == "team":
        return (
            "The values are trained on the team's reward, as the text says. With the coalitions' own rewards (row I9) "
            "a coalition's value would be what its members achieve themselves, and the best partition could be another."
        )
    return (
        "The values are trained on the coalitions' own rewards (row I9): a coalition's value is what its members "
        "achieve themselves. That is beyond the paper's text, whose values are trained on the team's reward."
    )


def verdict_sentence(agreement: pd.DataFrame, ceiling: float, stakes: pd.DataFrame) -> str:
    """What the page finds in one sentence: whether the learned structure means what the picture suggests."""
    learned = agreement.iloc[0]
    fresh = agreement[agreement["reading"].str.startswith("untrained")]["above"]
    told = learned["low"] > 0 and (fresh.empty or learned["above"] > float(fresh.max()))
    reverse = (
        learned["above"] <= -LITTLE * ceiling
        and learned["high"] < 0
        and (fresh.empty or learned["above"] < float(fresh.min()))
    )
    share = float(stakes.set_index("quantity").loc["gain over the grand coalition", "share"])
    if reverse:
        return (
            "The coalitions read off this network put agents that fight beside each other apart more often than chance "
            "or any of the untrained networks do: they are not the coalitions that the eye sees."
        )
    if not told:
        return (
            "The coalitions read off this network are no better than chance or untrained networks at telling who "
            "fights beside whom: as evidence for coalitions that form, this reading shows nothing."
        )
    size = "little" if learned["above"] < LITTLE * ceiling else f"{learned['above'] / ceiling:.0%}"
    return (
        f"The coalitions read off this network tell {size} of who fights beside whom, more than chance and any "
        f"untrained network do; the gain that decides them is {share:.1%} of what the network misses in the return."
    )

"""What the coalitions of many recorded battles have in common, in numbers.

Every number is a mean over the steps of a battle first and over battles then, so that a long battle does not count for
more; intervals are from resampling battles. They say how much chance of the battles is in a number. They do not say
what another training run would have given: for that there is one network only.

*Above chance* is the Rand index with a comparison minus its expected value when the agents' names are shuffled, of
:func:`nucleolus_lib.report.battle_coalitions.chance_rand_index`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nucleolus_lib.report.battle_coalitions import chance_rand_index, rand_index, structure_counts
from nucleolus_lib.report.battle_readings import ATTACKS, LEARNED, ReadBattle, title_of
from nucleolus_lib.report.statistics import Interval, bootstrap_interval

OfBattle = Callable[[ReadBattle], float]


def battle_mean(battles: Sequence[ReadBattle], number: OfBattle) -> float:
    """The mean of a number over battles; battles in which it is NaN are left out."""
    return mean(_numbers(battles, number))


def over_battles(battles: Sequence[ReadBattle], number: OfBattle, seed: int = 0, n_resamples: int = 2000) -> Interval:
    """:func:`battle_mean` with its 95 % interval."""
    found = _numbers(battles, number)
    if not len(found):
        return Interval(np.nan, np.nan, np.nan)
    return bootstrap_interval(
        lambda scores: scores.mean((-2, -1)), found[:, None], rng=np.random.default_rng(seed), n_resamples=n_resamples
    )


def mean(values: NDArray[Any]) -> float:
    """The mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def size_table(battles: Sequence[ReadBattle], names: Sequence[str]) -> pd.DataFrame:
    """How large coalitions are, one row per reading.

    Returns
    -------
    DataFrame
        ``reading``, ``coalitions`` (their number), ``largest`` (agents in the largest), ``grand`` and ``alone`` (shares
        of steps in which all are together, all apart), ``changes`` (share of steps in which the partition is another
        one than in the step before, where nobody has died between).
    """
    return _table(battles, names, _sizes)


def changes(battle: ReadBattle, name: str) -> float:
    """Share of steps whose partition is another one than that of the step before, where nobody died between."""
    structure, living, several = battle.structures[name], battle.living, battle.several
    stays = (living[1:] == living[:-1]).all(1) & several[1:]
    return mean((structure[1:] != structure[:-1]).any(1)[stays])


def largest_sizes(battle: ReadBattle, name: str) -> NDArray[np.int64]:
    """Agents in the largest coalition of each step, (T,); 0 when all are dead."""
    sizes = company(battle, name)
    return np.asarray(sizes.max(1))


def company(battle: ReadBattle, name: str) -> NDArray[np.int64]:
    """How many are in the coalition of each living agent, itself included, (T, n); 0 for the dead."""
    structure, living = battle.structures[name], battle.living
    same = (structure[:, :, None] == structure[:, None, :]) & living[:, None, :] & living[:, :, None]
    return np.asarray(same.sum(2), dtype=np.int64)


def size_shares(battles: Sequence[ReadBattle], names: Sequence[str], least: float = 0.25) -> NDArray[np.float64]:
    """Of the living agents at step t, the share in a coalition of each size, (T', n): all battles and ``names`` pooled.

    Only steps count in which several agents live. T' is the last step at which they do in at least the share ``least``
    of the battles. Rows add up to 1, or are 0 where there is nothing to share.
    """
    n = battles[0].scene.n_agents
    lengths = np.array([int(np.flatnonzero(battle.several)[-1]) + 1 for battle in battles])
    last = int(np.sort(lengths)[::-1][max(int(np.ceil(least * len(lengths))), 1) - 1])
    counts = np.zeros((last, n))
    for battle, length in zip(battles, lengths.tolist(), strict=True):
        steps = min(last, length)
        for name in names:
            sizes = company(battle, name)[:steps]
            counts[:steps] += np.stack([(sizes == size).sum(1) for size in range(1, n + 1)], 1)
    return np.asarray(counts / np.maximum(counts.sum(1, keepdims=True), 1))


def above_chance(battle: ReadBattle, name: str, comparison: str) -> float:
    """Rand index of a reading with a comparison less what chance gives, mean over the steps with fighting."""
    first, second, living = battle.structures[name], battle.structures[comparison], battle.living
    return mean((rand_index(first, second, living) - chance_rand_index(first, second, living))[battle.fighting])


def agreement_table(
    battles: Sequence[ReadBattle],
    names: Sequence[str],
    comparison: str = ATTACKS,
    seed: int = 0,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """How far readings agree with what was really done, one row per reading.

    Returns
    -------
    DataFrame
        ``reading``, ``rand`` (mean Rand index over the steps with fighting), ``chance`` (expected with shuffled names),
        ``above`` chance with its 95 % interval ``low``, ``high`` over battles.
    """
    rows = []
    for name in names:

        def index(b: ReadBattle, name: str = name) -> float:
            return mean(rand_index(b.structures[name], b.structures[comparison], b.living)[b.fighting])

        def above(b: ReadBattle, name: str = name) -> float:
            return above_chance(b, name, comparison)

        rand = battle_mean(battles, index)
        found = over_battles(battles, above, seed, n_resamples)
        row = {"reading": title_of(name), "rand": rand, "chance": rand - float(found.estimate)}
        rows.append({**row, "above": float(found.estimate), "low": float(found.low), "high": float(found.high)})
    return pd.DataFrame(rows)


def stability_table(battles: Sequence[ReadBattle], names: Sequence[str]) -> pd.DataFrame:
    """How far other networks, asked about the same states and actions, find the coalitions of the learned one.

    Returns
    -------
    DataFrame
        ``reading``, ``same`` (share of steps with the very same partition), ``rand`` and ``chance``.
    """
    return _table(battles, names, _against_learned)


def other_networks(battles: Sequence[ReadBattle]) -> list[str]:
    """The names of the networks besides the learned one, in the order of the file."""
    return list(battles[0].episode.others)


def ceiling(battles: Sequence[ReadBattle], comparison: str = ATTACKS) -> float:
    """What a reading that always equals the comparison would have above chance."""
    return battle_mean(battles, lambda b: above_chance(b, comparison, comparison))


def _sizes(battle: ReadBattle, name: str) -> dict[str, float]:
    several = battle.several
    counts = structure_counts(battle.structures[name], battle.living)
    return {
        "coalitions": mean(counts[several]),
        "largest": mean(largest_sizes(battle, name)[several]),
        "grand": mean((counts == 1)[several]),
        "alone": mean((counts == battle.living.sum(1))[several]),
        "changes": changes(battle, name),
    }


def _against_learned(battle: ReadBattle, name: str) -> dict[str, float]:
    own, learned, several = battle.structures[name], battle.structures[LEARNED], battle.several
    return {
        "same": mean((own == learned).all(1)[several]),
        "rand": mean(rand_index(own, learned, battle.living)[several]),
        "chance": mean(chance_rand_index(own, learned, battle.living)[several]),
    }


def _table(
    battles: Sequence[ReadBattle], names: Sequence[str], numbers: Callable[[ReadBattle, str], dict[str, float]]
) -> pd.DataFrame:
    """One row per reading: the means over battles of its numbers."""
    rows = []
    for name in names:
        every = pd.DataFrame([numbers(battle, name) for battle in battles])
        rows.append({"reading": title_of(name), **every.mean().to_dict()})
    return pd.DataFrame(rows)


def _numbers(battles: Sequence[ReadBattle], number: OfBattle) -> NDArray[np.float64]:
    found = np.array([number(battle) for battle in battles], dtype=np.float64)
    return found[np.isfinite(found)]

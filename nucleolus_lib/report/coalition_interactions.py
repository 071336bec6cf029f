"""Whether two agents are worth more together: the interactions of pairs, which decide the best partition.

The *interaction* of agents i and j at step t is

    I_t(i, j) = ( v_t({i, j}) - v_t({i}) - v_t({j}) ) / max over C of |v_t(C)|,

0 in an additive game, positive where the pair is worth more than its members, negative where they stand in for one
another. Of two agents, {i, j} is the best partition exactly if I is 0 or more. So if the learned coalitions were those
who fight beside each other, pairs that attack the same enemy would have larger interactions than others do. This is
measured without any partition: the mean over pairs with the same target, less the mean over all other pairs of
living agents, in steps in which there are both.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from nucleolus_lib.report.battle_coalition_survey import battle_mean, mean, over_battles
from nucleolus_lib.report.battle_readings import ATTACKS, ReadBattle, title_of
from nucleolus_lib.report.coalition_sensitivity import network_values


def pair_interactions(battle: ReadBattle, name: str) -> pd.DataFrame:
    """One row per pair of living agents and step: ``step``, ``first``, ``second``, ``interaction``, ``beside``.

    ``beside`` says whether both attack the same enemy. Steps in which all values are 0 are left out.
    """
    values, attacks = network_values(battle, name).astype(np.float64), battle.structures[ATTACKS]
    rows = []
    for step in np.flatnonzero(battle.several):
        alive = np.flatnonzero(battle.living[step])
        masks = (np.arange(1 << len(alive))[:, None] >> np.arange(len(alive)) & 1) @ (1 << alive)
        largest = float(np.abs(values[step, masks]).max())
        if largest == 0:
            continue
        for i, j in combinations(alive.tolist(), 2):
            extra = values[step, 1 << i | 1 << j] - values[step, 1 << i] - values[step, 1 << j]
            rows.append((int(step), i, j, extra / largest, bool(attacks[step, i] == attacks[step, j])))
    return pd.DataFrame(rows, columns=["step", "first", "second", "interaction", "beside"])


def interaction_gap(battle: ReadBattle, name: str) -> tuple[float, float]:
    """Mean interaction of pairs that attack the same enemy, and of the others, in steps that have both."""
    pairs = pair_interactions(battle, name)
    mixed = pairs.groupby("step")["beside"].transform("nunique") == 2
    pairs = pairs[mixed]
    beside = pairs["beside"].to_numpy(dtype=bool)
    interaction = pairs["interaction"].to_numpy()
    return mean(interaction[beside]), mean(interaction[~beside])


def interaction_table(
    battles: Sequence[ReadBattle], names: Sequence[str], seed: int = 0, n_resamples: int = 2000
) -> pd.DataFrame:
    """The gap of each network, one row per name.

    Returns
    -------
    DataFrame
        ``reading``, ``same`` (pairs with the same enemy), ``other``, ``gap``, and its 95 % interval ``low``, ``high``.
    """
    rows = []
    for name in names:
        found = {id(battle): interaction_gap(battle, name) for battle in battles}

        def gap(battle: ReadBattle, found: dict[int, tuple[float, float]] = found) -> float:
            return found[id(battle)][0] - found[id(battle)][1]

        def same(battle: ReadBattle, found: dict[int, tuple[float, float]] = found) -> float:
            return found[id(battle)][0]

        def other(battle: ReadBattle, found: dict[int, tuple[float, float]] = found) -> float:
            return found[id(battle)][1]

        interval = over_battles(battles, gap, seed, n_resamples)
        rows.append(
            {
                "reading": title_of(name),
                "same": battle_mean(battles, same),
                "other": battle_mean(battles, other),
                "gap": float(interval.estimate),
                "low": float(interval.low),
                "high": float(interval.high),
            }
        )
    return pd.DataFrame(rows)

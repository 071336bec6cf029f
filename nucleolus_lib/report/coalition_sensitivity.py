"""What the best partition is decided by: how much it gains, and how well the values are known.

With v_t(C) the learned value of coalition C, L the living agents and W_t the largest value of a partition of L,

    gain over the grand coalition    W_t - v_t(L)
    gain over singletons             W_t - sum over i in L of v_t({i})
    lead                             W_t minus the largest value of a partition that is not the best

An additive game gives every partition the same value, so all three are 0: the best partition is decided by what is
*not* additive in v_t, and by nothing else. To judge their size they are set against the *miss*

    V(s_t, a_N) - G_t,        G_t = sum over k of gamma^k r_{t+k},

the network's prediction of the return at the greedy joint action minus the return that followed in the battle. Chance
of the battle is part of the miss, so it is not the network's error alone; but a network cannot know its values better
than by returns like these.

*Tolerance.* A further coalition must be worth more than the fraction ``tolerance`` of the largest \\|v_t\\|
(:func:`nucleolus_lib.report.battle_coalitions.learned_structures`); 0 is register row I7 to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.report.battle_coalition_survey import battle_mean, mean
from nucleolus_lib.report.battle_coalitions import learned_structures, structure_counts
from nucleolus_lib.report.battle_readings import LEARNED, ReadBattle

TOLERANCES = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3)
"""As fractions of the largest value."""


def gains(battle: ReadBattle, values: NDArray[np.floating[Any]] | None = None) -> pd.DataFrame:
    """One row per step in which several agents live, in the units of the values.

    Parameters
    ----------
    battle
        Whose living agents are partitioned.
    values
        (T, 2**n); the learned ones by default.

    Returns
    -------
    DataFrame
        ``step``, ``fighting`` (whether somebody is out to attack), ``over_grand``, ``over_alone``, ``lead``, and
        ``largest``, the largest \\|v_t\\| of a coalition.
    """
    every = battle.episode.values if values is None else values
    rows = []
    for step in np.flatnonzero(battle.several):
        alive = np.flatnonzero(battle.living[step])
        masks = (np.arange(1 << len(alive))[:, None] >> np.arange(len(alive)) & 1) @ (1 << alive)
        game = every[step, masks].astype(np.float64)
        worth = np.sort(_incidence(len(alive)) @ game)
        rows.append(
            {
                "step": int(step),
                "fighting": bool(battle.fighting[step]),
                "over_grand": worth[-1] - game[-1],
                "over_alone": worth[-1] - game[1 << np.arange(len(alive))].sum(),
                "lead": worth[-1] - worth[-2],
                "largest": np.abs(game).max(),
            }
        )
    return pd.DataFrame(rows)


def misses(battle: ReadBattle, discount: float) -> pd.DataFrame:
    """``step``, ``fighting``, ``predicted`` V(s_t, a_N) and ``followed`` G_t of every step of a battle."""
    episode = battle.episode
    followed = np.zeros(len(episode.reward))
    after = 0.0
    for t in range(len(followed) - 1, -1, -1):
        after = float(episode.reward[t]) + discount * after
        followed[t] = after
    predicted = episode.values[:, -1].astype(np.float64) + episode.empty_value
    return pd.DataFrame(
        {
            "step": np.arange(len(followed)),
            "fighting": battle.fighting,
            "predicted": predicted,
            "followed": followed,
        }
    )


def while_fighting(battles: Sequence[ReadBattle], discount: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """:func:`gains` and :func:`misses` of all battles, of the steps with fighting.

    A battle in which the sides have lost each other goes on to the end of its clock; its idle steps would count most.
    """
    every = pd.concat([gains(battle) for battle in battles], ignore_index=True)
    miss = pd.concat([misses(battle, discount) for battle in battles], ignore_index=True)
    return every[every["fighting"]], miss[miss["fighting"]]


def stakes_table(battles: Sequence[ReadBattle], discount: float) -> pd.DataFrame:
    """How large the gains are beside the miss, in the steps with fighting of all battles.

    Returns
    -------
    DataFrame
        ``quantity``, ``median`` and ``ninth decile`` in units of reward, ``share`` of the median in the median miss.
    """
    every, miss = while_fighting(battles, discount)
    sizes = {
        "gain over the grand coalition": every["over_grand"],
        "gain over singletons": every["over_alone"],
        "lead over the next best partition": every["lead"],
        "largest value of a coalition": every["largest"],
        "miss of the return": (miss["predicted"] - miss["followed"]).abs(),
    }
    whole = float(sizes["miss of the return"].median())
    return pd.DataFrame(
        [
            {
                "quantity": name,
                "median": float(found.median()),
                "ninth decile": float(found.quantile(0.9)),
                "share": float(found.median()) / whole if whole else float("nan"),
            }
            for name, found in sizes.items()
        ]
    )


def tolerance_table(
    battles: Sequence[ReadBattle], groups: dict[str, Sequence[str]], tolerances: Sequence[float] = TOLERANCES
) -> pd.DataFrame:
    """How the kind of the best partition depends on the tolerance, one row per group of networks and tolerance.

    Returns
    -------
    DataFrame
        ``reading``, ``tolerance``, shares of steps ``grand``, ``alone`` and ``between``, mean number of ``coalitions``.
    """
    rows = []
    for title, names in groups.items():
        for tolerance in tolerances:
            found = [_kinds(battles, name, tolerance) for name in names]
            grand, alone, count = np.mean(found, 0).tolist()
            rows.append(
                {
                    "reading": title,
                    "tolerance": tolerance,
                    "grand": grand,
                    "between": 1 - grand - alone,
                    "alone": alone,
                    "coalitions": count,
                }
            )
    return pd.DataFrame(rows)


def literal_alone(battles: Sequence[ReadBattle]) -> float:
    """Share of steps in which all are apart if v(C) = V(s, a_C), without taking V(s, empty) out (row I2, literal)."""

    def alone(battle: ReadBattle) -> float:
        literal = battle.episode.values + battle.episode.empty_value[:, None]
        # The empty coalition is worth 0 also then; learned_structures takes its entry out of all others.
        literal[:, 0] = 0
        counts = structure_counts(learned_structures(literal, battle.living), battle.living)
        return mean((counts == battle.living.sum(1))[battle.several])

    return battle_mean(battles, alone)


def network_values(battle: ReadBattle, name: str) -> NDArray[np.float32]:
    """(T, 2**n) of the learned or another network."""
    return battle.episode.values if name == LEARNED else battle.episode.others[name]


def _kinds(battles: Sequence[ReadBattle], name: str, tolerance: float) -> tuple[float, float, float]:
    counts = {
        id(b): structure_counts(learned_structures(network_values(b, name), b.living, tolerance), b.living)
        for b in battles
    }
    return (
        battle_mean(battles, lambda b: mean((counts[id(b)] == 1)[b.several])),
        battle_mean(battles, lambda b: mean((counts[id(b)] == b.living.sum(1))[b.several])),
        battle_mean(battles, lambda b: mean(counts[id(b)][b.several])),
    )


def _incidence(n: int) -> NDArray[np.float64]:
    """(Bell(n), 2**n), which coalitions each partition of n agents has."""
    every = list(partitions(n))
    found = np.zeros((len(every), 1 << n))
    for row, blocks in enumerate(every):
        found[row, list(blocks)] = 1
    return found

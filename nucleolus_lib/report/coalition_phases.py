"""The story of the paper's Figure 4 on 2s3z, sentence by sentence, held against recorded battles.

The paper shows one battle and tells it in four parts: all agents are in the grand coalition; they split into three
coalitions (two zealots, a stalker with a zealot, a stalker); the coalitions shift; those left form a grand coalition
again. Each part is a number here, in every reading of coalitions:

``starts grand``   share of battles with a single coalition in the first step
``splits``         share of battles with more than one coalition in a later step
``three kinds``    share of the steps with all agents alive whose coalitions are made up as in the paper's picture
``shifts``         share of steps with another partition than the step before, nobody having died between
``ends grand``     share of battles with a single coalition in the last step in which several agents live
``whole story``    share of battles that start grand, split and end grand

*Chance* is a partition of the living drawn at random, all equally likely, anew at every step: k agents have Bell(k)
partitions, so all are together with probability 1 / Bell(k).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb, prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.report.battle_coalition_survey import battle_mean, changes, mean
from nucleolus_lib.report.battle_coalitions import structure_counts
from nucleolus_lib.report.battle_readings import ReadBattle

MAKE_UP_2S3Z: tuple[tuple[str, ...], ...] = (("stalker",), ("stalker", "zealot"), ("zealot", "zealot"))
"""The three coalitions of the paper's picture: the kinds of units in each."""

PARTS = {
    "starts grand": "at the start all agents are in the grand coalition",
    "splits": "later there are several coalitions",
    "three kinds": "two zealots, a stalker with a zealot, and a stalker",
    "shifts": "the coalitions shift",
    "ends grand": "at the end those left form a grand coalition",
    "whole story": "grand, then several, then grand",
}
"""What the paper says, in our words."""

CHANCE = "random partition"


def bell(k: int) -> int:
    """Number of partitions of k agents: Bell(k + 1) = sum of binomial(k, j) Bell(j)."""
    return 1 if k == 0 else sum(comb(k - 1, j) * bell(j) for j in range(k))


def phase_numbers(battle: ReadBattle, name: str, make_up: Sequence[Sequence[str]] = MAKE_UP_2S3Z) -> dict[str, float]:
    """The numbers of the module's docstring for one battle; ``three kinds`` is NaN if the agents are of other kinds."""
    steps = np.flatnonzero(battle.several)
    counts = structure_counts(battle.structures[name], battle.living)[steps]
    starts, ends, splits = counts[0] == 1, counts[-1] == 1, bool((counts[1:] > 1).any())
    return {
        "starts grand": float(starts),
        "splits": float(splits),
        "three kinds": _share_made_up(battle, name, make_up),
        "shifts": changes(battle, name),
        "ends grand": float(ends),
        "whole story": float(starts and splits and ends),
    }


def chance_numbers(battle: ReadBattle, make_up: Sequence[Sequence[str]] = MAKE_UP_2S3Z) -> dict[str, float]:
    """The same, expected for a random partition at every step."""
    living = battle.living[battle.several]
    grand = np.array([1 / bell(int(k)) for k in living.sum(1)])
    stays = (battle.living[1:] == battle.living[:-1]).all(1) & battle.several[1:]
    again = np.array([1 / bell(int(k)) for k in battle.living[1:][stays].sum(1)])
    # Several coalitions at least once after the start, and apart from the last step, which the whole story wants grand.
    return {
        "starts grand": float(grand[0]),
        "splits": float(1 - prod(grand[1:].tolist())),
        "three kinds": _chance_made_up(battle, make_up),
        "shifts": mean(1 - again),
        "ends grand": float(grand[-1]),
        "whole story": float(grand[0] * grand[-1] * (1 - prod(grand[1:-1].tolist()))) if len(grand) > 1 else 0.0,
    }


def phase_table(
    battles: Sequence[ReadBattle], groups: dict[str, Sequence[str]], make_up: Sequence[Sequence[str]] = MAKE_UP_2S3Z
) -> pd.DataFrame:
    """One row per part of the story, one column per group of readings (their mean), and one for chance.

    ``groups`` maps a column's title to the readings it pools.
    """
    columns = {}
    for title, names in groups.items():
        of_names = [[phase_numbers(battle, name, make_up) for battle in battles] for name in names]
        columns[title] = [mean(_finite([[row[part] for row in rows] for rows in of_names])) for part in PARTS]
    expected = [chance_numbers(battle, make_up) for battle in battles]
    columns[CHANCE] = [mean(_finite([row[part] for row in expected])) for part in PARTS]
    return pd.DataFrame({"part": list(PARTS), "the paper's battle": list(PARTS.values()), **columns})


def grand_share(battles: Sequence[ReadBattle], name: str) -> float:
    """Share of all steps with a single coalition, against which its shares at the start and the end are to be held."""
    return battle_mean(battles, lambda b: mean(structure_counts(b.structures[name], b.living)[b.several] == 1))


def _share_made_up(battle: ReadBattle, name: str, make_up: Sequence[Sequence[str]]) -> float:
    kinds = battle.scene.kinds[: battle.scene.n_agents]
    if not _fits(kinds, make_up):
        return float("nan")
    wanted = Counter(tuple(sorted(block)) for block in make_up)
    rows = battle.structures[name][battle.living.all(1)]
    return mean(np.array([_make_up(row, kinds) == wanted for row in rows.tolist()]))


def _chance_made_up(battle: ReadBattle, make_up: Sequence[Sequence[str]]) -> float:
    kinds = battle.scene.kinds[: battle.scene.n_agents]
    if not _fits(kinds, make_up):
        return float("nan")
    wanted = Counter(tuple(sorted(block)) for block in make_up)
    every = [_lowest_rows(blocks, len(kinds)) for blocks in partitions(len(kinds))]
    return mean(np.array([_make_up(row, kinds) == wanted for row in every]))


def _fits(kinds: Sequence[str], make_up: Sequence[Sequence[str]]) -> bool:
    return sorted(kinds) == sorted(kind for block in make_up for kind in block)


def _make_up(row: Sequence[int], kinds: Sequence[str]) -> Counter[tuple[str, ...]]:
    """How many coalitions there are of each make-up."""
    return Counter(
        tuple(sorted(kind for kind, lowest in zip(kinds, row, strict=True) if lowest == block)) for block in set(row)
    )


def _lowest_rows(blocks: Sequence[int], n: int) -> list[int]:
    return [next((b & -b).bit_length() - 1 for b in blocks if b >> i & 1) for i in range(n)]


def _finite(values: object) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64).ravel()
    return found[np.isfinite(found)]

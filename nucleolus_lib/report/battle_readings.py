"""Ways of reading coalitions off a recorded battle, side by side.

=================  ===========================================================================================
``learned``        the best partition of the learned values (register, I7)
``target``         the same of the target network, the learned one of some gradient steps before
``untrained <k>``  the same of a network with fresh weights: it has the shape of the learned one and knows nothing
``beside <k>``     the same of another checkpoint
``attacks``        who is out to attack the same enemy; all others are alone
``damage``         the induced structure of the EC-POMDP: who damages the same enemy; all others are together
``types``          units of one type
``fixed``          always the partition that ``learned`` has most often while all agents live
``grand``          all together
``alone``          all apart
=================  ===========================================================================================

All are partitions of the living; the dead are alone and counted nowhere. All networks see the same states and actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nucleolus_lib.experiments.coalition_files import SUFFIX, UNTRAINED, CoalitionEpisode, read_coalition_episodes
from nucleolus_lib.experiments.runs import run_stem
from nucleolus_lib.report.battle_coalitions import among_the_living, learned_structures, target_structures
from nucleolus_lib.report.battle_map import BattleScene
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.locations import repository_root

LEARNED, ATTACKS, DAMAGE = "learned", "attacks", "damage"
TITLES = {
    LEARNED: "learned values",
    "target": "target network",
    UNTRAINED: "untrained network",
    "beside": "other checkpoint",
    ATTACKS: "who attacks whom",
    DAMAGE: "who damages whom",
    "types": "by unit type",
    "fixed": "one partition throughout",
    "grand": "all together",
    "alone": "all alone",
}


def title_of(name: str) -> str:
    """``untrained network 2`` for ``untrained 2``."""
    kind, _, number = name.partition(" ")
    return f"{TITLES[kind]} {number}".strip()


def stored_file(world: str = "2s3z", name: str = "nucleolus", seed: int = 0) -> str:
    """Where recorded battles of a run are kept, below the repository."""
    stem = run_stem("data/runs/battle", world, name, seed)
    return stem.with_name(stem.name + SUFFIX).as_posix()


def stored_battles(path: str) -> tuple[list[CoalitionEpisode], dict[str, Any]]:
    """The battles of a file below the repository, and its record.

    Raises
    ------
    RunFileError
    """
    return read_coalition_episodes(repository_root() / path)


@dataclass(frozen=True, eq=False)
class ReadBattle:
    """One battle with its coalitions.

    Parameters
    ----------
    episode
        As recorded.
    scene
        Its arrays.
    structures
        Name of a reading to (T, n), lowest agent index in each agent's coalition.
    """

    episode: CoalitionEpisode
    scene: BattleScene
    structures: dict[str, NDArray[np.int64]]

    @property
    def living(self) -> NDArray[np.bool_]:
        """(T, n), the agents before each step."""
        return self.scene.living[: self.scene.n_steps, : self.scene.n_agents]

    @property
    def several(self) -> NDArray[np.bool_]:
        """(T,), whether at least two agents live: otherwise there is nothing to partition."""
        return np.asarray(self.living.sum(1) >= 2)

    @property
    def fighting(self) -> NDArray[np.bool_]:
        """(T,), steps with several agents in which some agent is out to attack."""
        return np.asarray(self.several & (self.scene.targets[:, : self.scene.n_agents] >= 0).any(1))


def read_battles(episodes: Sequence[CoalitionEpisode], tolerance: float = 0.0) -> list[ReadBattle]:
    """Every reading of every battle.

    Parameters
    ----------
    episodes
        At least one.
    tolerance
        Of :func:`nucleolus_lib.report.battle_coalitions.learned_structures`, for all networks.

    Raises
    ------
    CoalitionPlotError
        If there is no episode.
    """
    if not episodes:
        raise CoalitionPlotError("a survey needs at least one recorded episode; got none")
    battles = [_read(episode, tolerance) for episode in episodes]
    usual = _most_frequent(battles)
    for battle in battles:
        always = np.tile(usual, (battle.scene.n_steps, 1))
        battle.structures["fixed"] = among_the_living(always, battle.living)
    return battles


def typical_battle(battles: Sequence[ReadBattle]) -> int:
    """The number of the battle to show: of those won the one of median length, or of all if none was won.

    A rule, so that no battle is chosen for its looks.
    """
    chosen = [k for k, battle in enumerate(battles) if battle.episode.won] or list(range(len(battles)))
    ordered = sorted(chosen, key=lambda k: (battles[k].scene.n_steps, k))
    return ordered[(len(ordered) - 1) // 2]


def moments(battle: ReadBattle) -> tuple[int, ...]:
    """Four steps to show: the first, the first with fighting, halfway from there to the last, and the last.

    The last is the last in which several agents live.
    """
    last = int(np.flatnonzero(battle.several)[-1])
    fights = np.flatnonzero(battle.fighting)
    first = min(int(fights[0]), last) if len(fights) else 0
    return tuple(sorted({0, first, (first + last) // 2, last}))


def origin_table(record: dict[str, Any]) -> pd.DataFrame:
    """Where recorded battles come from, as two columns."""
    settings = record["config"]["learner"]["nucleolus"]
    rows = {
        "map": record["world"],
        "run": f"{record['name']}, seed {record['seed']}",
        "environment steps trained": f"{record['env_steps']:,}",
        "gradient steps": f"{record['gradient_steps']:,}",
        "trained at commit": ", ".join(dict.fromkeys(_short(commit) for commit in record["trained_at"])),
        "reward of coalitions (I9)": settings["coalition_reward"],
        "game (I2)": settings["coalition_game"],
        "credit (I8)": settings["credit"],
        "battles": f"{record['episodes']}, chance from seed {record['chance_seed']}",
        "recorded at commit": _short(record["commit"]),
        "recorded": record["started"],
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})


def _short(commit: str) -> str:
    """The hash in 12 digits, and whatever is said of it behind."""
    name, _, rest = commit.partition(" ")
    return f"{name[:12]} {rest}".strip()


def untrained_names(battles: Sequence[ReadBattle]) -> list[str]:
    """The readings of networks with fresh weights."""
    return [name for name in battles[0].structures if name.startswith(UNTRAINED)]


def _read(episode: CoalitionEpisode, tolerance: float) -> ReadBattle:
    scene = BattleScene(**episode.scene)
    n_steps, n = scene.n_steps, scene.n_agents
    living = scene.living[:n_steps, :n]
    kinds = list(scene.kinds[:n])

    def always(row: Sequence[int]) -> NDArray[np.int64]:
        return among_the_living(np.tile(np.asarray(row), (n_steps, 1)), living)

    networks: dict[str, NDArray[Any]] = {LEARNED: episode.values, **episode.others}
    found = {name: learned_structures(values, living, tolerance) for name, values in networks.items()}
    found[ATTACKS] = target_structures(scene)
    found[DAMAGE] = among_the_living(scene.structure, living)
    found["types"] = always([kinds.index(kind) for kind in kinds])
    found["grand"], found["alone"] = always([0] * n), always(range(n))
    return ReadBattle(episode, scene, found)


def _most_frequent(battles: Sequence[ReadBattle]) -> NDArray[np.int64]:
    """The learned partition that steps with all agents have most often; of several the first in order of agents."""
    seen = Counter(tuple(row) for b in battles for row in b.structures[LEARNED][b.living.all(1)].tolist())
    most = max(seen.values())
    return np.array(min(row for row, count in seen.items() if count == most), dtype=np.int64)

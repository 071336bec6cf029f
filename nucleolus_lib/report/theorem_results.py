"""The stored study of the paper's theorems, read and summed up; nothing is computed anew here.

``python -m nucleolus_lib.markov.theorem_study`` writes a folder of parquet files with a provenance record.
The columns are the file's schema: a file with others is refused, since a column that is missing or new means
that the numbers were counted by other code than the text describes.

Shares are of *worlds*, not of cases: worlds are drawn independently, the cases of one world are not, and Wilson's
interval is for independent draws. (Two families draw their groups once per chunk, see :data:`INDEPENDENT`; for them
the interval is too narrow.) A world counts under a condition when all its games meet it, and the claim
holds there when it holds in every case of the world.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nucleolus_lib.report.core_survey import wilson_interval
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.locations import repository_root

STUDY = "data/runs/theorems"
EXAMPLES = "data/theorems"

CELL = ("family", "n_agents", "n_states", "gamma")
"""What makes two worlds draws of the same kind."""

INDEPENDENT = ("general", "integer", "one_step", "superadditive", "convex")
"""The families whose worlds are independent draws. In ``shared_reward`` and ``separate`` the worlds of one chunk share
their division into groups."""

_COUNTS = ("rule", "claim", "condition", "cases", "holds", "worlds", "worlds_hold", "worst", "sum_of_violations")
COLUMNS: dict[str, tuple[str, ...]] = {
    "claims": (*CELL, *_COUNTS),
    "named_worlds": ("world", *_COUNTS),
    "contraction": (
        *("n_agents", "world", "gamma", "weights", "multiplier", "target", "measured", "bound"),
        *("largest_contracting_multiplier", "converged", "diverged", "sweeps", "relative_error", "greedy_kept"),
    ),
    "trajectories": (
        *("core", "start", "target", "ceiling", "step", "multiplier", "violation", "residual", "diverged"),
        "final_relative_error",
    ),
    "least_core": ("n_agents", "kind", "game", "distance", "least_core_value"),
}
"""The schema: the columns of each file of the study."""

RECORD = ("command", "config", "random_worlds", "seed", "device", "cpu_seconds", "commit", "python", "packages")


@dataclass(frozen=True)
class TheoremStudy:
    """The five tables of the study and where they came from."""

    claims: pd.DataFrame
    named_worlds: pd.DataFrame
    contraction: pd.DataFrame
    trajectories: pd.DataFrame
    least_core: pd.DataFrame
    provenance: dict[str, Any]


def read_theorem_study(folder: Path | None = None) -> TheoremStudy:
    """Read a stored study.

    Parameters
    ----------
    folder
        Where it lies; ``data/runs/theorems`` of the repository by default.

    Raises
    ------
    StoredRunError
        A file is missing or has other columns than :data:`COLUMNS`; the message says how to make it anew.
    """
    place = repository_root() / STUDY if folder is None else folder
    record = json.loads(_open(place / "provenance.json"))
    missing = [name for name in RECORD if name not in record]
    if missing:
        raise StoredRunError(f"{place / 'provenance.json'} lacks {missing}. {_remedy(place)}")
    frames = {}
    for name, expected in COLUMNS.items():
        path = place / f"{name}.parquet"
        frames[name] = pd.read_parquet(BytesIO(_open(path)))
        found = tuple(frames[name].columns)
        if set(found) != set(expected):
            raise StoredRunError(
                f"{path} has another schema: expected the columns {sorted(expected)}, found {sorted(found)}. "
                + _remedy(place)
            )
    return TheoremStudy(**frames, provenance=record)


def read_counterexample(name: str, folder: Path | None = None) -> dict[str, Any]:
    """One stored counterexample, such as ``theorem_1_1_at_every_joint_action__convex``.

    Raises
    ------
    StoredRunError
        If there is none of that name.
    """
    place = repository_root() / EXAMPLES if folder is None else folder
    record: dict[str, Any] = json.loads(_open(place / f"{name}.json"))
    return record


def provenance_table(provenance: dict[str, Any]) -> pd.DataFrame:
    """What made the study: command, size, seed, commit, versions, CPU seconds; one line each."""
    packages = ", ".join(f"{name} {version}" for name, version in provenance["packages"].items())
    rows = {
        "command": provenance["command"],
        "random worlds": f"{provenance['random_worlds']:,}",
        "seed": str(provenance["seed"]),
        "commit": provenance["commit"],
        "Python": provenance["python"],
        "packages": packages,
        "device": provenance["device"],
        "CPU time": f"{sum(provenance['cpu_seconds'].values()) / 60:.0f} minutes",
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})


def claim_shares(
    claims: pd.DataFrame, by: tuple[str, ...] = ("claim", "condition"), rule: str = "either", confidence: float = 0.95
) -> pd.DataFrame:
    """How often each claim held, pooled over everything that ``by`` does not name.

    Returns
    -------
    DataFrame
        The columns of ``by``, then ``worlds``, ``worlds_hold``, ``share`` and Wilson's ``low`` and ``high``. Without a
        world the share is nan.
    """
    chosen = claims[claims["rule"] == rule]
    pooled = chosen.groupby(list(by), as_index=False, sort=False)[["worlds", "worlds_hold"]].sum()
    pooled["share"] = pooled["worlds_hold"] / pooled["worlds"].where(pooled["worlds"] > 0)
    counts = zip(pooled["worlds_hold"], pooled["worlds"], strict=True)
    bounds = [wilson_interval(int(holds), int(worlds), confidence) for holds, worlds in counts]
    return pooled.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])


def cases_by_world(counted: pd.DataFrame) -> pd.DataFrame:
    """Each claim on each named world: "held of cases", where a core claim speaks of non-empty cores only.

    Parameters
    ----------
    counted
        Rows of one rule with the columns world, claim, condition, cases and holds.

    Returns
    -------
    DataFrame
        A column ``claim``, then one of text per world.
    """
    condition = np.where(counted["claim"].str.startswith("core"), "balanced", "any")
    claimed = counted[counted["condition"] == condition]
    text = claimed["holds"].astype(str) + " of " + claimed["cases"].astype(str)
    text = text.where(claimed["cases"] > 0, "no case")
    return claimed.assign(held=text).pivot(index="claim", columns="world", values="held").reset_index()


def share_text(shares: pd.DataFrame, **where: Any) -> str:
    """One row of :func:`claim_shares` in words: ``750 of 1,000 worlds (75.0 %; 72.2 to 77.6 %)``.

    Raises
    ------
    StoredRunError
        If the columns' values in ``where`` do not pick exactly one row.
    """
    chosen = np.logical_and.reduce([shares[column] == value for column, value in where.items()])
    if chosen.sum() != 1:
        raise StoredRunError(f"{where} picks {int(chosen.sum())} rows of the shares; name every column they are by")
    row = shares[chosen].iloc[0]
    if row["worlds"] == 0:
        return "no such world was drawn"
    between = f"{100 * row['low']:.2f} to {100 * row['high']:.2f} %"
    return f"{row['worlds_hold']:,} of {row['worlds']:,} worlds ({100 * row['share']:.1f} %; {between})"


def agreement(stored: pd.DataFrame, live: pd.DataFrame, rule: str = "either") -> pd.DataFrame:
    """Do two independent studies count the same? Compared cell by cell, then summed up per claim.

    With m_c worlds of cell c counted now and the stored share p_c of m'_c worlds, the difference

        z = [ sum of holds - sum of m_c p_c ] / sqrt( sum of m_c p_c (1 - p_c) (1 + m_c / m'_c) )

    is about standard normal if both draw from the same worlds. For the variance p_c is taken as
    (holds + 1/2) / (m' + 1), so that a share of exactly 0 or 1 does not promise that the other never occurs.

    Returns
    -------
    DataFrame
        ``claim``, ``worlds``, ``live`` share, ``stored`` share expected for the same mixture of cells, and ``z``.

    Raises
    ------
    StoredRunError
        If a cell counted now is not in the stored study.
    """
    keys = [*CELL, "claim"]
    tables = [
        frame[(frame["rule"] == rule) & (frame["condition"] == "any")].set_index(keys)[["worlds", "worlds_hold"]]
        for frame in (live, stored)
    ]
    both = tables[0].join(tables[1].add_suffix("_stored"), how="left")
    if both["worlds_stored"].isna().any():
        first = both.index[both["worlds_stored"].isna()][0]
        raise StoredRunError(f"the stored study has no worlds like {first}; compare cells that it has")
    share = both["worlds_hold_stored"] / both["worlds_stored"]
    smooth = (both["worlds_hold_stored"] + 0.5) / (both["worlds_stored"] + 1)
    both["expected"] = both["worlds"] * share
    both["variance"] = both["worlds"] * smooth * (1 - smooth) * (1 + both["worlds"] / both["worlds_stored"])
    total = both.groupby("claim", sort=False).sum().reset_index()
    return pd.DataFrame(
        {
            "claim": total["claim"],
            "worlds": total["worlds"],
            "live": total["worlds_hold"] / total["worlds"],
            "stored": total["expected"] / total["worlds"],
            "z": (total["worlds_hold"] - total["expected"]) / np.sqrt(total["variance"]),
        }
    )


def trajectory_ends(trajectories: pd.DataFrame) -> pd.DataFrame:
    """The last record of every run of the two-time-scale scheme, with which safeguards it had."""
    keys = ["core", "start", "target", "ceiling"]
    last = trajectories.sort_values("step").groupby(keys, as_index=False, sort=False).last()
    last["safeguards"] = [
        {(False, False): "none", (True, False): "target", (False, True): "ceiling", (True, True): "both"}[
            target == "least core", bool(np.isfinite(ceiling))
        ]
        for target, ceiling in zip(last["target"], last["ceiling"], strict=True)
    ]
    columns = ["core", "start", "safeguards", "diverged", "step", "multiplier", "violation", "final_relative_error"]
    return last.sort_values(["core", "start", "target", "ceiling"], ascending=[True, True, False, False])[columns]


def _open(path: Path) -> bytes:
    # Opened by Python rather than by pyarrow, so that the pipeline sees which files a chapter reads.
    try:
        with path.open("rb") as stream:
            return stream.read()
    except FileNotFoundError as missing:
        raise StoredRunError(f"{path} does not exist. {_remedy(path.parent)}") from missing


def _remedy(place: Path) -> str:
    return (
        f"Make the study again with `python -m nucleolus_lib.markov.theorem_study` after removing {place}, "
        "or check out the version of this library that wrote it"
    )

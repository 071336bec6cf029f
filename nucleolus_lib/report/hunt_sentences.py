"""What hunts show, in words made from the numbers: where predators steer, how soon they catch, what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.hunt_courses import CHASE, EARLY, LATE, Hunts, label_of
from nucleolus_lib.report.result_sentences import listed

if TYPE_CHECKING:
    import pandas as pd

CLEAR = 0.1
"""Difference of mean cosines that is called one."""


def steering_sentence(hunts: Mapping[str, Hunts]) -> str:
    """Who steers to the nearest prey, who to the middle of the prey, at the start and later."""
    learned = {name: found for name, found in hunts.items() if not found.is_script}
    nearest = {name: found.mean("toward_nearest", until=EARLY) for name, found in learned.items()}
    middle = {name: found.mean("toward_middle", until=EARLY) for name, found in learned.items()}
    there = [name for name in learned if max(nearest[name], middle[name]) > CLEAR]
    to_middle = [name for name in there if middle[name] > nearest[name] + CLEAR]
    to_nearest = [name for name in there if nearest[name] > middle[name] + CLEAR]
    to_both = [name for name in there if name not in to_middle + to_nearest]
    parts = []
    if to_middle:
        parts.append(
            f"In the first {EARLY} turns {_names(to_middle)} {_verb(to_middle)} to the middle of the prey "
            f"({_range(middle, to_middle)}) more than to the nearest one ({_range(nearest, to_middle)})."
        )
    if to_nearest:
        parts.append(
            f"In the first {EARLY} turns {_names(to_nearest)} {_verb(to_nearest)} to the nearest prey "
            f"({_range(nearest, to_nearest)}) more than to the middle ({_range(middle, to_nearest)})."
        )
    if to_both:
        parts.append(
            f"In the first {EARLY} turns {_names(to_both)} {_verb(to_both)} to the nearest prey "
            f"({_range(nearest, to_both)}) and to the middle ({_range(middle, to_both)}) about alike."
        )
    late = {name: found.mean("toward_nearest", since=LATE) for name, found in learned.items()}
    still = [name for name in learned if late[name] > CLEAR]
    lost = [name for name in learned if abs(late[name]) <= CLEAR]
    away = [name for name in learned if late[name] < -CLEAR]
    if still:
        parts.append(
            f"After {LATE} turns {_names(still)} still {_verb(still)} to the nearest prey ({_range(late, still)})."
        )
    if lost:
        parts.append(
            f"After {LATE} turns {_names(lost)} no longer {_verb(lost)} to the nearest prey at all "
            f"({_range(late, lost)}): no more than random play does."
        )
    if away:
        parts.append(f"After {LATE} turns {_names(away)} {_verb(away)} away from the prey ({_range(late, away)}).")
    if CHASE in hunts:
        chase = hunts[CHASE].mean("toward_nearest")
        parts.append(f"The script that chases the nearest prey has a mean cosine of {chase:.2f}.")
    return " ".join(parts)


def if_caught_sentence(hunts: Mapping[str, Hunts]) -> str:
    """In which turn the median hunt with a capture ends, by method."""
    learned = {name: found for name, found in hunts.items() if not found.is_script and found.caught.any()}
    if not learned:
        return "No stored hunt of a trained method ended with a capture."
    medians = {name: float(np.median(found.turns[found.caught])) for name, found in learned.items()}
    shares = {name: float(found.caught.mean()) for name, found in learned.items()}
    named = [f"{label_of(name)} {medians[name]:.3g} (of {shares[name]:.0%})" for name in learned]
    return f"In the hunts that end with a capture, half of the captures are made within so many turns: {listed(named)}."


def change_sentence(table: pd.DataFrame, clear: float = 20.0) -> str:
    """Which changes of a rule help, which do not, from :func:`.rule_changes.change_table`.

    Parameters
    ----------
    clear
        Turns that a change has to bring, beyond the range of the seeds without it, to be called one.
    """
    unchanged = table[table["changed"] == "nothing"]
    if unchanged.empty or len(table) == 1:
        return "Nothing was trained with a changed rule."
    low, high = float(unchanged["best"].iloc[0]), float(unchanged["worst"].iloc[0])
    changed = table[table["changed"] != "nothing"]
    better = changed[changed["turns"] < low - clear]
    worse = changed[changed["turns"] > high + clear]
    same = changed.drop(index=[*better.index, *worse.index])
    parts = [f"Without a change the seeds need {low:.0f} to {high:.0f} turns."]
    for rows, text in ((better, "Far fewer"), (same, "About as many"), (worse, "Far more")):
        if len(rows):
            named = [f"{row.changed} ({float(str(row.turns)):.0f})" for row in rows.itertuples()]
            parts.append(f"{text}: {listed(named)}.")
    return " ".join(parts)


def _names(names: Sequence[str]) -> str:
    return listed([label_of(name) for name in names])


def _verb(names: Sequence[str]) -> str:
    return "steers" if len(names) == 1 else "steer"


def _range(values: Mapping[str, float], names: Sequence[str]) -> str:
    # Adding zero turns the -0 of a small negative number into 0.
    low, high = (round(bound(values[name] for name in names), 2) + 0.0 for bound in (min, max))
    return f"mean cosine {low:.2f}" if low == high else f"mean cosines {low:.2f} to {high:.2f}"

"""Hunts on the plane, followed step by step: when prey are caught, and where predators steer meanwhile.

The files are those of :mod:`nucleolus_lib.experiments.hunt_files`, which defines the quantities. Hunts of all seeds of
a method are pooled; at each time the means are over the hunts that still go on.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.experiments.hunt_files import SUFFIX, HuntFile, read_hunts
from nucleolus_lib.experiments.runs import SCRIPTED
from nucleolus_lib.report.algorithm_styles import REFERENCE_DASHES, in_order, style_of
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.locations import repository_root
from nucleolus_lib.report.style import COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHASE = "chase_nearest"
"""The script that steers to the nearest prey."""

EARLY = 5
"""Turns that "at the start" means."""

LATE = 50
"""Turns after which is "later"."""


@dataclass(frozen=True, eq=False)
class Hunts:
    """All hunts of one method, or of a script.

    Parameters
    ----------
    files
        One per seed.
    is_script
        Whether nothing was learned.
    """

    files: tuple[HuntFile, ...]
    is_script: bool = False

    @property
    def times(self) -> NDArray[np.int64]:
        """(K,) steps played."""
        return self.files[0].courses.times

    @property
    def caught(self) -> NDArray[np.bool_]:
        """(E,) whether a prey was caught."""
        return np.concatenate([file.courses.caught for file in self.files])

    @property
    def turns(self) -> NDArray[np.int64]:
        """(E,) steps to the first capture."""
        return np.concatenate([file.courses.turns for file in self.files])

    def mean(self, name: str, since: int = 0, until: float = np.inf) -> float:
        """The mean of a course over all looks at hunts that went on, at times in [since, until]; nan without any."""
        within = (self.times >= since) & (self.times <= until)
        found = np.concatenate([getattr(file.courses, name)[:, within].ravel() for file in self.files])
        found = found[~np.isnan(found)]
        return float(found.mean(dtype=np.float64)) if len(found) else float("nan")

    def course(self, name: str, least: int = 20) -> NDArray[np.float64]:
        """(K,) mean of a course over the hunts that go on; nan where fewer than ``least`` do."""
        every = np.concatenate([getattr(file.courses, name) for file in self.files]).astype(np.float64)
        going = (~np.isnan(every)).sum(0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
            means = np.nanmean(every, axis=0)
        return np.where(going >= least, means, np.nan)

    def share_without_capture(self) -> NDArray[np.float64]:
        """(T + 1,) share of the hunts in which nothing was caught within t steps."""
        after = np.arange(self.files[0].courses.horizon + 1)
        taken = np.sort(self.turns[self.caught])
        return 1.0 - np.searchsorted(taken, after, side="right") / len(self.turns)


def stored_hunts(world: str, suite: str = "pp", folder: Path | None = None) -> dict[str, Hunts]:
    """The hunts that are stored for a world: methods in the book's order, then scripts.

    Raises
    ------
    StoredRunError
        There are none.
    RunFileError
        A file is damaged or of another schema version.
    """
    place = (repository_root() / "data" / "runs" if folder is None else folder) / suite / world
    found: dict[str, list[HuntFile]] = {}
    for path in sorted(place.glob(f"*/*{SUFFIX}")):
        name = path.name.removesuffix(SUFFIX) if path.parent.name == SCRIPTED else path.parent.name
        found.setdefault(name, []).append(read_hunts(path))
    if not found:
        raise StoredRunError(
            f"no hunts are stored for {world!r}; make some with python -m nucleolus_lib.experiments.hunt_episodes"
        )
    scripts = {path.name.removesuffix(SUFFIX) for path in place.glob(f"{SCRIPTED}/*{SUFFIX}")}
    order = in_order(set(found) - scripts) + sorted(scripts)
    return {name: Hunts(tuple(found[name]), name in scripts) for name in order}


def hunt_table(hunts: Mapping[str, Hunts]) -> pd.DataFrame:
    """What came of the hunts: one row per method or script.

    Returns
    -------
    DataFrame
        ``method``, ``hunts``, ``caught`` (share), ``turns`` (mean, a hunt without a capture counts the time limit),
        ``turns if caught`` (median over the hunts with a capture), and the mean cosines toward the nearest prey and
        toward the middle within the first :data:`EARLY` turns and after :data:`LATE`.
    """
    import pandas as pd

    rows = []
    for name, found in hunts.items():
        caught = found.caught
        rows.append(
            {
                "method": label_of(name),
                "hunts": len(caught),
                "caught": float(caught.mean()),
                "turns": float(found.turns.mean()),
                "turns if caught": float(np.median(found.turns[caught])) if caught.any() else float("nan"),
                "to the nearest, at the start": found.mean("toward_nearest", until=EARLY),
                "to the middle, at the start": found.mean("toward_middle", until=EARLY),
                "to the nearest, later": found.mean("toward_nearest", since=LATE),
                "to the middle, later": found.mean("toward_middle", since=LATE),
            }
        )
    return pd.DataFrame(rows)


def label_of(name: str) -> str:
    """What a method or script is called in the book."""
    return style_of(name).label


def course_figure(hunts: Mapping[str, Hunts], capture_distance: float) -> Figure:
    """Four panels against turns: hunts without a capture, capture gap, steering to the nearest prey and to the middle.

    Parameters
    ----------
    hunts
        From :func:`stored_hunts`.
    capture_distance
        Drawn into the panel of the gap.
    """
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 2, figsize=(COLUMN_WIDTH, 5.6), sharex=True)
    panels = {
        "share of hunts without a capture": grid[0, 0],
        "gap": grid[0, 1],
        "toward_nearest": grid[1, 0],
        "toward_middle": grid[1, 1],
    }
    titles = ("hunts without a capture", "capture gap", "steering to the nearest prey", "steering to their middle")
    labels = ("share", "distance", "mean cosine", "mean cosine")
    for axes, title, label in zip(grid.ravel(), titles, labels, strict=True):
        axes.set_title(title, fontsize=10)
        axes.set_ylabel(label)
        axes.grid(axis="y")
    dashes = iter(REFERENCE_DASHES * 2)
    for name, found in hunts.items():
        line = {"color": FAINT, "linestyle": next(dashes)} if found.is_script else style_of(name).line()
        first, *others = panels.items()
        share = found.share_without_capture()
        first[1].plot(np.arange(len(share)), share, label=label_of(name), **line)
        for course, axes in others:
            axes.plot(found.times, found.course(course), **line)
    _mark(panels["gap"], capture_distance)
    panels["gap"].set_ylim(0, 1.6)
    for axes in grid[1]:
        axes.set(xlabel="turns", ylim=(-0.75, 1.0))
    grid[0, 0].set_ylim(0, 1.02)
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def _mark(axes: Axes, capture_distance: float) -> None:
    axes.axhline(capture_distance, color=INK, linewidth=0.9)
    axes.text(
        0.99, capture_distance + 0.03, "caught below", transform=axes.get_yaxis_transform(), fontsize=8, ha="right"
    )


def first_missed(hunts: Mapping[str, Hunts]) -> str:
    """The first method of which a hunt without a capture is on file.

    Raises
    ------
    StoredRunError
        There is none.
    """
    for name, found in hunts.items():
        if not found.is_script and any(file.missed for file in found.files):
            return name
    raise StoredRunError("no hunt of a trained method that ended without a capture is on file")


def missed_scene(hunts: Hunts, steps: int = 60) -> dict[str, Any]:
    """The first ``steps`` steps of the first hunt without a capture, as
    :func:`nucleolus_lib.report.predator_prey_animation.predator_prey_animation` takes them.

    Raises
    ------
    StoredRunError
        All hunts ended with a capture.
    """
    scene = next((file.missed for file in hunts.files if file.missed), None)
    if scene is None:
        raise StoredRunError("all of these hunts ended with a capture; there is none to show without")
    return _beginning(scene, steps)


def caught_scene(hunts: Hunts, steps: int = 60) -> dict[str, Any]:
    """The same of a hunt with as many captures as any of its seed.

    Raises
    ------
    StoredRunError
        No hunt ended with a capture.
    """
    scene = next((file.caught for file in hunts.files if file.caught), None)
    if scene is None:
        raise StoredRunError("none of these hunts ended with a capture")
    return _beginning(scene, steps)


def _beginning(scene: dict[str, Any], steps: int) -> dict[str, Any]:
    states = ("predator_places", "prey_places", "predator_there", "prey_there")
    cut = {name: scene[name][: steps + 1] for name in states}
    cut |= {name: scene[name][:steps] for name in ("participants", "structure")}
    radii = tuple(float(radius) for radius in scene["radii"])
    return {**cut, "landmark_places": scene["landmark_places"], "radii": radii, "grid_size": None}

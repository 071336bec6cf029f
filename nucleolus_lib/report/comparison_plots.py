"""Methods side by side: performance profiles, probabilities of improvement, the credit gap closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.report.algorithm_styles import in_order, style_of
from nucleolus_lib.report.errors import StatisticsError
from nucleolus_lib.report.statistics import bootstrap_interval, performance_profile, probability_of_improvement
from nucleolus_lib.report.style import CARD, COLUMN_WIDTH, FAINT, INK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def profile_figure(
    scores: Mapping[str, ArrayLike],
    thresholds: ArrayLike,
    label: str,
    marks: Mapping[str, float] | None = None,
    *,
    seed: int = 0,
    n_resamples: int = 2000,
) -> Figure:
    """Performance profiles: the share of runs whose score is above tau, against tau.

    Parameters
    ----------
    scores
        (R, M) by algorithm, more is better.
    thresholds
        tau, rising.
    label
        Of the horizontal axis.
    marks
        Vertical lines by name, such as the score of a script.
    seed, n_resamples
        Of the bootstrap; bands are 95 % intervals at every tau on its own.
    """
    import matplotlib.pyplot as plt

    tau = np.asarray(thresholds, dtype=np.float64)
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 3.8))
    rng = np.random.default_rng(seed)

    def profile(x: ArrayLike) -> NDArray[np.float64]:
        return performance_profile(x, tau)

    for algorithm in in_order(scores):
        style = style_of(algorithm)
        interval = bootstrap_interval(profile, scores[algorithm], rng=rng, n_resamples=n_resamples)
        axes.fill_between(tau, interval.low, interval.high, color=style.color, alpha=0.13, linewidth=0, step="post")
        axes.step(tau, interval.estimate, where="post", label=style.label, **style.line())
    for name, value in (marks or {}).items():
        axes.axvline(value, color=FAINT, linewidth=1, linestyle=(0, (3, 3)))
        axes.text(value, 1.03, name, fontsize=8.5, color=INK, ha="center", va="bottom")
    axes.set(xlabel=label, ylabel="share of runs above", ylim=(-0.02, 1.02), xlim=(tau[0], tau[-1]))
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def improvement_table(
    scores: Mapping[str, ArrayLike], *, seed: int = 0, n_resamples: int = 2000, of: str | None = None
) -> pd.DataFrame:
    """Probability that a run of X is better than a run of Y, with its interval, for every ordered pair.

    Parameters
    ----------
    scores
        (R, M) by algorithm, the same tasks for all.
    of
        X, when only one algorithm is to be compared with the others.

    Returns
    -------
    DataFrame
        ``x``, ``y``, ``probability``, ``low``, ``high``, ``pairs`` (of runs, per task).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for x in in_order(scores) if of is None else [of]:
        for y in in_order(scores):
            if x == y:
                continue
            interval = bootstrap_interval(
                probability_of_improvement, scores[x], scores[y], rng=rng, n_resamples=n_resamples
            )
            rows.append(
                {
                    "x": x,
                    "y": y,
                    "probability": float(interval.estimate),
                    "low": float(interval.low),
                    "high": float(interval.high),
                    "pairs": np.asarray(scores[x]).shape[0] * np.asarray(scores[y]).shape[0],
                }
            )
    return pd.DataFrame(rows)


def improvement_matrix(table: pd.DataFrame) -> Figure:
    """Probabilities of improvement as a heat map: the row's method against the column's.

    Parameters
    ----------
    table
        From :func:`improvement_table`.
    """
    import matplotlib.pyplot as plt

    names = in_order([*table["x"], *table["y"]])
    if len(names) < 2:
        raise StatisticsError("a comparison needs at least two methods")
    place = {name: k for k, name in enumerate(names)}
    grid = np.full((len(names), len(names)), np.nan)
    for row in table.itertuples():
        grid[place[str(row.x)], place[str(row.y)]] = float(str(row.probability))
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 0.75 + 0.62 * len(names)))
    # the pale middle of the scale, so that the numbers are read on every cell
    axes.imshow(grid, cmap="RdBu_r", vmin=-0.75, vmax=1.75, aspect="auto")
    for row in table.itertuples():
        text = f"{row.probability:.2f}\n{row.low:.2f} to {row.high:.2f}"
        axes.text(place[str(row.y)], place[str(row.x)], text, ha="center", va="center", fontsize=8, color=INK)
    labels = [style_of(name).label for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=25, ha="right")
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="... than a run of this", ylabel="a run of this is better ...")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def gap_bars(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """The credit gap closed by each method, one group of bars per world.

    Parameters
    ----------
    tables
        By world, from :func:`.credit_gap.credit_gap_table`. A method whose gap is not defined has no bar but a note.
    """
    import matplotlib.pyplot as plt

    rows = [(world, row) for world, table in tables.items() for row in table.itertuples()]
    if not rows:
        raise StatisticsError("no world has a credit gap to draw")
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 0.9 + 0.36 * len(rows) + 0.25 * len(tables)))
    place, ticks, labels, previous = 0.0, [], [], None
    for world, row in rows:
        if world != previous:
            place += 0.9
            card = {"facecolor": CARD, "edgecolor": "none", "pad": 1.5}
            where = axes.get_yaxis_transform()
            axes.text(0.0, place - 0.62, world, transform=where, fontweight="bold", va="center", bbox=card, zorder=3)
            previous = world
        style = style_of(str(row.algorithm))
        if np.isfinite(row.closed):
            axes.barh(place, row.closed, height=0.66, color=style.color, edgecolor=CARD)
        else:
            note = "not known: VDN or oracle credit was not run"
            note = note if np.isnan(row.undefined) else "not defined: oracle not above VDN"
            axes.text(0.02, place, note, fontsize=8.5, color=FAINT, va="center")
        if np.isfinite([row.low, row.high]).all():
            axes.plot([row.low, row.high], [place, place], color=INK, linewidth=1.2)
            axes.plot([row.low, row.high], [place, place], "|", color=INK, markersize=8)
        ticks.append(place)
        labels.append(style.label)
        place += 1.0
    axes.set_yticks(ticks, labels)
    axes.set(ylim=(place - 0.3, -0.1), xlabel="credit gap closed: 0 is VDN, 1 is oracle credit")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.axvline(1, color=FAINT, linewidth=1, linestyle=(0, (3, 3)))
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.1), max(right, 1.1))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure


def score_thresholds(scores: Mapping[str, ArrayLike], extra: Sequence[float] = (), n: int = 201) -> NDArray[np.float64]:
    """Thresholds from a little below the lowest score to a little above the highest; ``extra`` values are within."""
    values = np.concatenate([*(np.asarray(x, dtype=np.float64).ravel() for x in scores.values()), np.asarray(extra)])
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, n)

"""How often each claim held under each condition: shares with their intervals, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from nucleolus_lib.report.errors import SharePlotError
from nucleolus_lib.report.style import COLORS, COLUMN_WIDTH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_HUES = ("black", "purple", "sky", "orange", "green", "blue", "vermilion")
_MARKS = ("o", "s", "D", "^", "v", "P", "X")


def claim_dots(shares: pd.DataFrame, claims: Sequence[str], conditions: Sequence[str]) -> Figure:
    """One block per claim, one row per condition in it: the share of worlds and its interval.

    Parameters
    ----------
    shares
        From :func:`.theorem_results.claim_shares`: ``claim``, ``condition``, ``worlds``, ``share``, ``low``, ``high``.
    claims, conditions
        What to show, from the top.

    Raises
    ------
    SharePlotError
        More conditions than can be told apart, or a pair that ``shares`` does not have.
    """
    if len(conditions) > len(_HUES):
        raise SharePlotError(f"at most {len(_HUES)} conditions can be told apart; got {len(conditions)}")
    table = shares.set_index(["claim", "condition"])
    absent = [(c, k) for c in claims for k in conditions if (c, k) not in table.index]
    if absent:
        raise SharePlotError(f"no share is given for {absent[0]}; have {sorted(set(table.index))[:6]} ...")
    block = len(conditions) + 1.2
    figure, axes = plt.subplots(figsize=(COLUMN_WIDTH, 0.7 + 0.165 * block * len(claims)))
    for row, (condition, hue, mark) in enumerate(zip(conditions, _HUES, _MARKS, strict=False)):
        here = table.loc[[(claim, condition) for claim in claims]]
        place = np.arange(len(claims)) * block + row
        share = here["share"].to_numpy()
        bars = np.maximum([share - here["low"].to_numpy(), here["high"].to_numpy() - share], 0)
        axes.errorbar(share, place, xerr=bars, fmt=mark, color=COLORS[hue], elinewidth=1.4, label=condition)
    axes.set_yticks(np.arange(len(claims)) * block + (len(conditions) - 1) / 2, list(claims))
    axes.set(
        xlabel="share of the worlds in which the claim holds", ylim=(len(claims) * block - 0.6, -1), xlim=(-0.03, 1.03)
    )
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=3)
    return figure

"""The look of every figure.

Colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers, without their
yellow, which is too pale on white. Figures are drawn on a white card, so that the same file is
legible on a light and on a dark page. Letters in an SVG are outlines: a page shows the file as a picture, which
cannot load the page's fonts, and another font would not fit where the labels are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from cycler import cycler

COLORS: Mapping[str, str] = MappingProxyType(
    {
        "blue": "#0072B2",
        "vermilion": "#D55E00",
        "green": "#009E73",
        "purple": "#CC79A7",
        "orange": "#E69F00",
        "sky": "#56B4E9",
        "black": "#000000",
    }
)
"""The palette by name, in the order in which lines take them."""

INK = "#1a1a1a"
"""Texts, axes and marks."""

FAINT = "#767676"
"""Grid and secondary marks: 4.5 to 1 against the card."""

CARD = "#ffffff"
"""The background of every figure."""

COLUMN_WIDTH = 6.4
"""Width in inches of a figure that fills the text column; at 10 pt a label is still read on a phone."""

HASH_SALT = "nucleolus"
"""Fixed salt for ids inside SVG files, so that two runs write the same bytes."""

SETTINGS: Mapping[Any, Any] = MappingProxyType(
    {
        "figure.figsize": (COLUMN_WIDTH, 3.8),
        "figure.dpi": 100,
        "figure.facecolor": CARD,
        "figure.constrained_layout.use": True,
        "savefig.facecolor": CARD,
        "savefig.dpi": 160,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 10,
        "axes.facecolor": CARD,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=list(COLORS.values())),
        "grid.color": "#d9d9d9",
        "grid.linewidth": 0.8,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "xtick.color": INK,
        "ytick.color": INK,
        "text.color": INK,
        "legend.fontsize": 9,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "svg.fonttype": "path",
        "svg.hashsalt": HASH_SALT,
        "mathtext.fontset": "dejavusans",
    }
)
"""Matplotlib settings; the rest is matplotlib's default, so that a reader's own settings change nothing."""


def use_style() -> None:
    """Make every figure drawn from now on look like the book's. :class:`.Chapter` calls it."""
    mpl.rcdefaults()
    mpl.rcParams.update(SETTINGS)

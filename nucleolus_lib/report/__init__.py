"""Figures and tables from stored results, and the seam by which chapters publish them."""

from nucleolus_lib.report.artifacts import Chapter
from nucleolus_lib.report.parameters import Choice, Flag, Integer, Number, check_parameters
from nucleolus_lib.report.source import show_source
from nucleolus_lib.report.style import COLORS, use_style

__all__ = [
    "COLORS",
    "Chapter",
    "Choice",
    "Flag",
    "Integer",
    "Number",
    "check_parameters",
    "show_source",
    "use_style",
]

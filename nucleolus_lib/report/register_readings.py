"""The readings of the interpretation register that were tried, and what each is held against.

A *reading* is a run of nucleolus Q-learning with one row of the register read in another way. Its settings stand in
``data/runs/suites.toml`` under the suite ``pp-register``; here are the words.

Two readings serve as references. Those that act on everything are held against the default. Those that act only through
the price of the excess, lambda (max_C e - target), are held against :data:`STRONG`, in which that price may be ten
times larger: where a price is next to nothing, so is every difference in how it is made.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "i0_default"
STRONG = "i5_lmax_01"


@dataclass(frozen=True)
class Reading:
    """One row of the register, read in one way."""

    row: str
    """I1 to I9; empty for what is not a row."""
    what: str
    """In a few words."""
    against: str | None
    """The reading it is compared with; None for the default."""


READINGS = {
    DEFAULT: Reading("", "default", None),
    "i5_lmax_0": Reading("I5", "no constraint", DEFAULT),
    STRONG: Reading("I5", "λ ≤ 0.1", DEFAULT),
    "i5_lmax_1": Reading("I5", "λ ≤ 1", DEFAULT),
    "i4_monotonic": Reading("I4", "monotonic mixer", DEFAULT),
    "i8_pull": Reading("I8", "pull to the nucleolus", DEFAULT),
    "i8_shares_team": Reading("I8", "shares of learned values", DEFAULT),
    "i9_own": Reading("I9", "own rewards", DEFAULT),
    "i8_shares_own": Reading("I8/I9", "shares from own rewards", DEFAULT),
    "i8_reward_shares_own": Reading("I8/I9", "shares of each own reward", DEFAULT),
    "i9_additive_own": Reading("I9", "VDN with own rewards (control)", DEFAULT),
    "x_width_256": Reading("", "value network of 256 units", DEFAULT),
    "i1_flow_l01": Reading("I1", "gradient flows", STRONG),
    "i2_literal_l01": Reading("I2", "literal game", STRONG),
    "i3_sampled_l01": Reading("I3", "64 coalitions sampled", STRONG),
    "i5_zero_l01": Reading("I5", "target 0", STRONG),
    "i5_least_core_l01": Reading("I5", "target ε*", STRONG),
    "i6_slow_l01": Reading("I6", "multiplier ten times slower", STRONG),
}
"""Readings by the name of their runs, in the order in which they are shown."""


def reading_label(name: str) -> str:
    """Row and words, ``I5 target 0``; a name that is not among the readings stays as it is."""
    if name not in READINGS:
        return name.replace("_", " ")
    reading = READINGS[name]
    return f"{reading.row} {reading.what}".strip()

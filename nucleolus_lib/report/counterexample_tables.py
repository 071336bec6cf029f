"""A stored counterexample as a table: every coalition with all its numbers.

The records are those of :mod:`nucleolus_lib.markov.theorem_counterexamples`. Numbers stay what they are in the file:
fractions written as text, so that nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pandas as pd


def members(name: str) -> tuple[int, ...]:
    """The agents of a coalition by its name, such as ``{1, 3}``, counted from 0."""
    inside = name.strip("{} ")
    return tuple(int(part) - 1 for part in inside.split(",")) if inside else ()


def coalition_payoff(name: str, payoff: Sequence[str]) -> Fraction:
    """x(C) in fractions."""
    return sum((Fraction(payoff[i]) for i in members(name)), Fraction(0))


def structure_text(structure: Sequence[str]) -> str:
    """A coalition structure in one line, such as ``{1, 2} | {3}``. With commas a page would read it as a tuple."""
    return " | ".join(structure)


def individual_table(record: dict[str, Any]) -> pd.DataFrame:
    """Theorem 1(1): every coalition's value, payoff under the two structures and excess.

    Parameters
    ----------
    record
        A one-step counterexample to one of the claims ``1(1)``.
    """
    optimal, other = record["payoff_in_optimal_structure"], record["payoff_in_other_structure"]
    rows = []
    for name, value in sorted(record["game"].items(), key=lambda item: (len(members(item[0])), members(item[0]))):
        paid, elsewhere = coalition_payoff(name, optimal), coalition_payoff(name, other)
        rows.append(
            {
                "coalition $C$": name,
                "$v(C)$": Fraction(value),
                "$x_{CS^*}(C)$": paid,
                "excess": Fraction(value) - paid,
                "$x_{CS}(C)$": elsewhere,
                "gain by the other structure": elsewhere - paid,
            }
        )
    return pd.DataFrame(rows)


def structure_table(record: dict[str, Any]) -> pd.DataFrame:
    """Theorem 1(2), one-step worlds: reward of every set of acting agents and value of every coalition."""
    there = record.get("game_there", {})
    rows = []
    for name, reward in sorted(record["reward"].items(), key=lambda item: (len(members(item[0])), members(item[0]))):
        row: dict[str, Any] = {"agents $C$": name, "$R$ if exactly $C$ acts": Fraction(reward)}
        row["$V_C(s) - V_\\emptyset(s)$"] = Fraction(record["state_game"].get(name, "0"))
        if there:
            row["$v(C)$ at $a^*$"] = Fraction(there.get(name, "0"))
        rows.append(row)
    return pd.DataFrame(rows)


def two_state_table(record: dict[str, Any]) -> pd.DataFrame:
    """A two-state world in which a claim fails: rewards, next states and what each coalition is worth."""
    rows = []
    for state, reward in enumerate(record["reward"]):
        for name, value in reward.items():
            rows.append(
                {
                    "state": state,
                    "agents $C$": name,
                    "$R$ if exactly $C$ acts": value,
                    "next state": record["next_state"][state][name],
                    "$V_C(s)$": record["state_values"][state][name],
                    "credit $x(s, a)$, $a$: $C$ acts": ", ".join(f"{x:.4g}" for x in record["credit"][state][name]),
                }
            )
    return pd.DataFrame(rows)

"""The 45 games with published or certified answers, as exact games."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nucleolus_lib.games.tu_game import TUGame

_FILE = Path(__file__).parents[2] / "data" / "golden" / "nucleolus_cases.json"


@cache
def cases() -> dict[str, dict[str, Any]]:
    """Name to case: ``game`` (exact), ``nucleolus`` (fractions or None), ``shapley``, and the rest as stored."""
    return {case["name"]: _read(case) for case in json.loads(_FILE.read_text(encoding="utf-8"))}


def _read(case: dict[str, Any]) -> dict[str, Any]:
    values = [Fraction(0), *(Fraction(case["v"][str(k)]) for k in range(1, 1 << case["n"]))]
    fractions = {
        key: None if case[key] is None else [Fraction(entry) for entry in case[key]]
        for key in ("nucleolus", "prenucleolus", "shapley")
    }
    return {**case, **fractions, "game": TUGame(np.array(values, dtype=object))}

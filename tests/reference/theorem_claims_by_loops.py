"""The paper's claims, checked on one game by trying everything with the single-game solver."""

from __future__ import annotations

from nucleolus_lib.games import TUGame, cs_nucleolus
from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.games.errors import EmptyImputationSetError


def shares(values, structure):
    """The nucleolus under a structure, the prenucleolus where there is no imputation."""
    try:
        return cs_nucleolus(TUGame(values), structure).payoff
    except EmptyImputationSetError:
        return cs_nucleolus(TUGame(values), structure, individually_rational=False).payoff


def worth(values, structure):
    return sum(values[block] for block in structure)


def part_one_holds(values, tolerance=1e-7):
    """Whether some optimal structure gives every agent at least what any structure gives it."""
    structures = list(partitions(len(values).bit_length() - 1))
    best = max(worth(values, structure) for structure in structures)
    payoffs = {structure: shares(values, structure) for structure in structures}
    return any(
        all((payoffs[chosen] >= other - tolerance).all() for other in payoffs.values())
        for chosen in structures
        if worth(values, chosen) >= best - tolerance
    )

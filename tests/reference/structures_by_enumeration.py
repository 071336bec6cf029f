"""The best coalition structure, by trying every partition."""

from __future__ import annotations

from fractions import Fraction

from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.games.tu_game import TUGame


def best_structures(game: TUGame) -> tuple[Fraction, list[tuple[int, ...]]]:
    """The largest value of a partition and every partition that attains it, in exact arithmetic."""
    worth = {
        structure: sum(Fraction(game.values[block]) for block in structure) for structure in partitions(game.n_players)
    }
    largest = max(worth.values())
    return largest, [structure for structure, value in worth.items() if value == largest]

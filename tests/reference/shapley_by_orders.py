"""The Shapley value read off its story: all n! orders of arrival, one after the other."""

from __future__ import annotations

import itertools
from fractions import Fraction

from nucleolus_lib.games.tu_game import TUGame


def shapley_by_orders(game: TUGame) -> list[Fraction]:
    """The average contribution of each player, in fractions."""
    n = game.n_players
    total = [Fraction(0)] * n
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        present = 0
        for player in order:
            before = Fraction(game.values[present])
            present |= 1 << player
            total[player] += Fraction(game.values[present]) - before
    return [amount / len(orders) for amount in total]

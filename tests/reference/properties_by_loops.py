"""Monotone, superadditive, convex: the definitions, over every pair of coalitions."""

from __future__ import annotations

from nucleolus_lib.games.tu_game import TUGame


def worst_drop(game: TUGame) -> object:
    """max of v(S) - v(T) over S subset of T, at least 0."""
    v, everyone = game.values, range(len(game.values))
    return max(v[s] - v[t] for s in everyone for t in everyone if s & t == s)


def worst_split_gain(game: TUGame) -> object:
    """max of v(S) + v(T) - v(S + T) over disjoint S, T, at least 0."""
    v, everyone = game.values, range(len(game.values))
    return max(v[s] + v[t] - v[s | t] for s in everyone for t in everyone if s & t == 0)


def is_supermodular(game: TUGame) -> bool:
    """v(S) + v(T) <= v(S or T) + v(S and T) for all S, T, to within 1e-9 for floats."""
    v, everyone = game.values, range(len(game.values))
    slack = 0 if game.is_exact else 1e-9
    return all(v[s] + v[t] <= v[s | t] + v[s & t] + slack for s in everyone for t in everyone)

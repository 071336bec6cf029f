"""Projective games: the players are the points of a finite projective plane, and lines win.

Let q be a prime. The points of PG(2, q) are the non-zero vectors of GF(q)**3 up to scaling, and so are
its lines: point p is on line a when a . p = 0 modulo q. There are n = q**2 + q + 1 points, as many
lines, and q + 1 points on every line; any two lines meet. So

    v(S) = 1 if S contains a line, else 0

is a simple game in which two disjoint coalitions never both win. Every point can be carried to every
other by a symmetry of the plane, and the nucleolus, being unique, gives each player v(N) / n. The core
is empty: the lines cover every point equally often, with total weight above 1.

For q = 2 this is the Fano plane with seven players, for q = 3 the plane with thirteen. The plane of
order 4 has 21 points, but its field is not the integers modulo 4, and it is not offered here; from
order 5 on (31 points) a table of all coalitions is too large.

References
----------
Finite projective games are attributed to Richardson (1956), Proceedings of the American Mathematical
Society 7; that reference was not at hand, and the statements above are proved from the definition.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from nucleolus_lib.games.catalogue.parameters import player_names
from nucleolus_lib.games.coalitions import coalition_of
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame


def projective_game(order: int, players: Sequence[str] | None = None) -> TUGame:
    """The projective game of the plane of order q = ``order``, 2 or 3.

    Raises
    ------
    CatalogueParameterError
    """
    if order not in (2, 3):
        raise CatalogueParameterError(
            f"order must be 2 (7 players) or 3 (13 players); got {order!r}. The next plane has 21 points and is "
            "not built from a prime field"
        )
    coalitions = np.arange(1 << (order**2 + order + 1))
    wins = np.zeros(len(coalitions), dtype=np.bool_)
    for line in projective_lines(order):
        wins |= (coalitions & line) == line
    return TUGame(wins, player_names(players))


def fano_game(players: Sequence[str] | None = None) -> TUGame:
    """The game of the seven points and seven lines of the Fano plane."""
    return projective_game(2, players)


def projective_lines(order: int) -> tuple[int, ...]:
    """The lines of PG(2, q), q = ``order`` prime, as bitmasks over the points, ascending.

    The points are numbered by their vectors (x, y, z) read as the base-q number x q**2 + y q + z, first
    non-zero entry 1.
    """
    points = [
        vector
        for vector in itertools.product(range(order), repeat=3)
        if any(vector) and next(entry for entry in vector if entry) == 1
    ]
    lines = (
        coalition_of(
            k for k, point in enumerate(points) if sum(a * p for a, p in zip(line, point, strict=True)) % order == 0
        )
        for line in points
    )
    return tuple(sorted(lines))

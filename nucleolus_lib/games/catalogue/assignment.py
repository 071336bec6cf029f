"""Assignment games: buyers and sellers trade in pairs.

Buyer i and seller j earn a_ij together, or nothing if a_ij < 0. A coalition of buyers B and sellers C
earns the best matching of its members (Shapley and Shubik 1971):

    v(B, C) = max over matchings M of B with C  of  sum over (i, j) in M of max(a_ij, 0)

All values at once, by adding the buyers one by one: buyer b stays alone or takes some seller j,

    v(B + b, C) = max( v(B, C),  max over j in C of a_bj + v(B, C minus j) )

The core is never empty.

References
----------
Shapley and Shubik (1971), The assignment game I: the core, International Journal of Game Theory 1, 111-130.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.games.catalogue.parameters import player_names, read_numbers, zero_like
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def assignment_game(surplus: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """The assignment game of a table of surpluses.

    Players 0, ..., m - 1 are the buyers (rows), m, ..., m + k - 1 the sellers (columns).

    Parameters
    ----------
    surplus
        a, shape (m, k); a negative entry is a pair that would not trade. Exact if any is a Fraction.
    players
        Names; default ``"b1", ..., "bm", "s1", ..., "sk"``.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError

    Notes
    -----
    Cost O(k 2**n) for n = m + k players: about 0.01 s at n = 20 in floats.
    """
    (a,) = read_numbers(surplus=surplus)
    if a.ndim != 2 or a.size == 0:
        raise CatalogueParameterError(
            f"surplus must be a table, one row a buyer and one column a seller; got shape {a.shape}"
        )
    n_buyers, n_sellers = a.shape
    check_n_players(n_buyers + n_sellers)
    gain = np.maximum(a, zero_like(a))
    # table[C, B]: sellers on the slow axis, so that its rows in a line are the values in bitmask order.
    table: Any = np.full((1 << n_sellers, 1), zero_like(a), dtype=a.dtype)
    for b in range(n_buyers):
        with_b = table.copy()
        for j in range(n_sellers):
            shape = (-1, 2, 1 << j, table.shape[1])
            matched = with_b.reshape(shape)
            np.maximum(matched[:, 1], gain[b, j] + table.reshape(shape)[:, 0], out=matched[:, 1])
        table = np.concatenate([table, with_b], axis=1)
    default = [f"b{i + 1}" for i in range(n_buyers)] + [f"s{j + 1}" for j in range(n_sellers)]
    return TUGame(table.ravel(), player_names(players) or tuple(default))

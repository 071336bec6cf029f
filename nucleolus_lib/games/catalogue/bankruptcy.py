"""Bankruptcy: an estate E smaller than the sum D of the claims d_1, ..., d_n.

Game (O'Neill 1982): a coalition gets what is left once everyone else has been paid in full,

    v(S) = max( E - d(N minus S), 0 )

Closed form of its nucleolus (Aumann and Maschler 1985), the rule of the Talmud: everyone is treated as
losing or winning relative to half the claim. With CEA(E, c)_i = min(c_i, lambda) and lambda such that
the awards sum to E (constrained equal awards),

    x = CEA(E, d / 2)                if E <= D / 2
    x = d - CEA(D - E, d / 2)        otherwise

The game is convex, so the nucleolus is in the core.

References
----------
O'Neill (1982), A problem of rights arbitration from the Talmud, Mathematical Social Sciences 2, 345-371.
Aumann and Maschler (1985), Game theoretic analysis of a bankruptcy problem from the Talmud, Journal of
Economic Theory 36, 195-213.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.catalogue.parameters import (
    check_not_negative,
    check_row,
    player_names,
    read_numbers,
    zero_like,
)
from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.tu_game import TUGame, check_n_players


def bankruptcy_game(estate: Any, claims: ArrayLike, players: Sequence[str] | None = None) -> TUGame:
    """v(S) = max(E - d(N minus S), 0).

    Parameters
    ----------
    estate
        E, with 0 <= E <= sum of the claims.
    claims
        d, shape (n,), not negative. Exact if any number is a Fraction.

    Raises
    ------
    CatalogueParameterError, TooManyPlayersError
    """
    e, d = _read(estate, claims)
    check_n_players(len(d))
    owed_outside = subset_sums(d)[::-1]
    values = np.maximum(e - owed_outside, zero_like(d))
    values[0] = zero_like(d)
    return TUGame(values, player_names(players))


def talmud_rule(estate: Any, claims: ArrayLike) -> NDArray[Any]:
    """The nucleolus of the bankruptcy game in closed form, shape (n,); O(n log n), any n.

    Parameters and errors as for :func:`bankruptcy_game`; no game is built.
    """
    e, d = _read(estate, claims)
    total = d.sum()
    if 2 * e <= total:
        return constrained_equal_awards(e, d / 2)
    return np.asarray(d - constrained_equal_awards(total - e, d / 2))


def constrained_equal_awards(estate: Any, claims: ArrayLike) -> NDArray[Any]:
    """min(d_i, lambda) with lambda such that the awards sum to E, shape (n,); O(n log n).

    Parameters and errors as for :func:`bankruptcy_game`.
    """
    e, d = _read(estate, claims)
    ascending = np.sort(d)
    # Awards if lambda were the k-th smallest claim: the k smaller claims in full, that much to the others.
    smaller = np.concatenate([[zero_like(d)], np.cumsum(ascending)[:-1]])
    others = np.arange(len(d), 0, -1)
    paid = smaller + ascending * others
    k = int(np.argmax(paid >= e)) if (paid >= e).any() else len(d) - 1
    level = (e - smaller[k]) / int(others[k])
    return np.asarray(np.minimum(d, level))


def _read(estate: Any, claims: ArrayLike) -> tuple[Any, NDArray[Any]]:
    e_array, d = read_numbers(estate=estate, claims=claims)
    if e_array.ndim:
        raise CatalogueParameterError(f"estate must be one number; got shape {e_array.shape}")
    e = e_array.item()
    check_row("claims", d)
    check_not_negative("claims", d)
    total = d.sum()
    # Round-off of the sum is forgiven: an estate computed as the sum of the claims in another order is no error.
    slack = 0 if d.dtype == object else 1e-12 * float(total)
    if e < 0 or e > total + slack:
        raise CatalogueParameterError(
            f"estate must be between 0 and the sum of the claims, {total}; got {e}. "
            "If the estate exceeds the claims, pay them in full: there is nothing to divide"
        )
    return min(e, total), d

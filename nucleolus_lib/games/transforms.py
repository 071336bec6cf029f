"""Games made from games.

zero-normalised  v0(S)  = v(S) - sum over i in S of v({i})
dual             v*(S)  = v(N) - v(N minus S)
subgame on T     v_T(S) = v(S), S subset of T
savings game     v(S)   = sum over i in S of c({i}) - c(S)                       of a cost game c
reduced game on T at x (Davis and Maschler 1965)

    v_x(empty) = 0,   v_x(T) = v(N) - x(N minus T),
    v_x(S) = max over Q subset of N minus T of  v(S + Q) - x(Q)      for the other S subset of T

In the reduced game the players outside T have been paid x and will work with anyone who pays them that.
The prenucleolus is consistent with it: x restricted to T is the prenucleolus of the reduced game
(Sobolev 1975).

References
----------
Davis and Maschler (1965), The kernel of a cooperative game, Naval Research Logistics Quarterly 12, 223-259.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import grand_coalition, players_of, subset_sums
from nucleolus_lib.games.errors import EmptyCoalitionError, UnknownPlayerError
from nucleolus_lib.games.subset_convolution import submasks
from nucleolus_lib.games.tu_game import TUGame, check_payoff


def zero_normalize(game: TUGame) -> TUGame:
    """v0(S) = v(S) - sum of v({i}) over S: what a coalition earns beyond its members alone."""
    return TUGame(game.values - subset_sums(game.singleton_values), game.players)


def dual(game: TUGame) -> TUGame:
    """v*(S) = v(N) - v(N minus S): what is lost to N when S leaves. The dual of the dual is v."""
    # N minus S is the bitmask 2**n - 1 - S, so the complements are the table read backwards.
    return TUGame(game.grand_value - game.values[::-1], game.players)


def negative_game(game: TUGame) -> TUGame:
    """-v(S): turns a cost game into a value game, whose payoffs are minus the cost shares."""
    return TUGame(-game.values, game.players)


def savings_game(cost: TUGame) -> TUGame:
    """v(S) = sum of c({i}) over S, minus c(S): what S saves by building together.

    A payoff x of the savings game stands for the cost shares c({i}) - x_i.
    """
    return zero_normalize(negative_game(cost))


def subgame(game: TUGame, coalition: int) -> TUGame:
    """The game among the players of ``coalition`` (a bitmask), who keep their names and order.

    Raises
    ------
    EmptyCoalitionError, UnknownPlayerError
    """
    inside = _checked(game, coalition)
    # The subsets of T in ascending order are numbered exactly as the coalitions of the subgame.
    return TUGame(game.values[submasks(inside)], _names(game, inside))


def reduced_game(game: TUGame, coalition: int, payoff: ArrayLike) -> TUGame:
    """The Davis-Maschler reduced game on ``coalition`` (a bitmask T) at ``payoff`` (all n players).

    Cost and memory O(2**n). An exact game with a payoff of fractions gives an exact game; if either
    is in floats, so is the result.

    Raises
    ------
    EmptyCoalitionError, UnknownPlayerError, PayoffShapeError
    """
    inside = _checked(game, coalition)
    outside = grand_coalition(game.n_players) ^ inside
    x = check_payoff(game, payoff)
    if game.is_exact != (x.dtype == object):
        game, x = game.to_float(), x.astype(np.float64)
    insiders, outsiders = submasks(inside), submasks(outside)
    paid: NDArray[Any] = subset_sums(x[list(players_of(outside))]) if outside else np.zeros(1, dtype=x.dtype)
    values = (game.values[insiders[:, None] | outsiders] - paid).max(axis=1)
    values[0] = 0 * game.grand_value
    values[-1] = game.grand_value - paid[-1]
    return TUGame(values, _names(game, inside))


def _checked(game: TUGame, coalition: int) -> int:
    if coalition == 0:
        raise EmptyCoalitionError("a game needs at least one player; got the empty coalition (bitmask 0)")
    everyone = grand_coalition(game.n_players)
    if coalition < 0 or coalition & ~everyone:
        raise UnknownPlayerError(
            f"expected a coalition as a bitmask between 1 and {everyone}; got {coalition}. Use coalition_of(players)"
        )
    return int(coalition)


def _names(game: TUGame, coalition: int) -> tuple[str, ...]:
    return tuple(game.players[i] for i in players_of(coalition))

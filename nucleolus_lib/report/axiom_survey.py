"""How far a way to share is from an axiom, measured over games.

A rule f maps games to payoffs. For a game v of n players each number below is zero when f keeps the axiom there:

efficiency                 | f(v)(N) - v(N) |
symmetry                   | f_1(u) - f_2(u) |,  u the mean of v and v with the first two players exchanged
null player                | f_{n+1}(v') |,  v'(S) = v(S without player n + 1): a player who adds nothing to anyone
additivity                 max over i of | f_i(v + w) - f_i(v) - f_i(w) |,  w the next game
aggregate monotonicity     max over i of f_i(v) - f_i(v + r at N), at least 0: a larger v(N) takes from nobody
coalitional monotonicity   the same for a larger v(S), over every S of two or more players and every i in S

The first four characterise the Shapley value (Shapley 1953). The rises r are ``RISE`` times v(N).

References
----------
Young (1985), Monotonic solutions of cooperative games, International Journal of Game Theory 14, 65-72.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import coalition_sizes, member_matrix
from nucleolus_lib.games.shapley import shapley_value
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.errors import SurveyError

Values = NDArray[np.float64]
BatchRule = Callable[[Values], NDArray[np.float64]]
"""Payoffs (B, n) of games with values (B, 2**n)."""

RISE = 0.05
"""How much v(N) or v(S) is raised, as a part of v(N)."""

AXIOMS = (
    "efficiency",
    "symmetry",
    "null player",
    "additivity",
    "aggregate monotonicity",
    "coalitional monotonicity",
)


def axiom_violations(rule: BatchRule, values: Values) -> dict[str, NDArray[np.float64]]:
    """The six numbers of the module's docstring for every game, each divided by that game's v(N).

    Parameters
    ----------
    rule
        Must have a payoff for every game, and for the changed ones.
    values
        (B, 2**n) with n >= 2 and v(N) > 0.

    Returns
    -------
    dict
        (B,) violations by axiom, in the order of ``AXIOMS``. Cost: about 2**n + 5 payoffs per game.

    Raises
    ------
    SurveyError
        If a game has v(N) <= 0, so that nothing can be divided by it.
    """
    grand = values[:, -1]
    if (grand <= 0).any():
        first = int(np.argmax(grand <= 0))
        raise SurveyError(f"violations are measured as parts of v(N) > 0; game {first} has v(N) = {grand[first]}")
    payoff = rule(values)
    both = rule(with_two_alike(values))
    following = np.roll(values, -1, axis=0)
    raised = _largest_losses(rule, values, payoff)
    found = (
        np.abs(payoff.sum(axis=1) - grand),
        np.abs(both[:, 0] - both[:, 1]),
        np.abs(rule(with_null_player(values))[:, -1]),
        np.abs(rule(values + following) - payoff - np.roll(payoff, -1, axis=0)).max(axis=1),
        raised[:, -1],
        raised.max(axis=1),
    )
    return {axiom: violation / grand for axiom, violation in zip(AXIOMS, found, strict=True)}


def shapley_values(values: Values) -> NDArray[np.float64]:
    """The Shapley value of every game, (B, n)."""
    return np.array([shapley_value(TUGame(row)) for row in values])


def with_two_alike(values: Values) -> Values:
    """Games in which players 1 and 2 are interchangeable: the mean of v and v with the two exchanged."""
    masks = np.arange(values.shape[1])
    exchanged = (masks & ~3) | (masks & 1) << 1 | (masks & 2) >> 1
    return np.asarray((values + values[:, exchanged]) / 2)


def with_null_player(values: Values) -> Values:
    """The games with one more player, the last, who adds nothing to any coalition; (B, 2**(n+1))."""
    return np.concatenate([values, values], axis=1)


def _largest_losses(rule: BatchRule, values: Values, payoff: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the worst-off member of S loses when v(S) rises, for every S of two or more, N last; (B, coalitions)."""
    n = payoff.shape[1]
    rise = RISE * values[:, -1]
    losses = []
    for coalition in np.flatnonzero(coalition_sizes(n) >= 2):
        changed = values.copy()
        changed[:, coalition] += rise
        loss = (payoff - rule(changed))[:, member_matrix(n)[coalition]]
        losses.append(np.maximum(loss.max(axis=1), 0))
    return np.stack(losses, axis=1)

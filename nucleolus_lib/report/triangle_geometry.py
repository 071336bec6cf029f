"""The imputations of a three-player game as a triangle, cut by the excesses, exactly.

Corner i of the triangle gives player i everything beyond what the two others have alone. Every efficient
payoff has barycentric coordinates

    w_i = ( x_i - v({i}) ) / ( v(N) - v({1}) - v({2}) - v({3}) ),      w_1 + w_2 + w_3 = 1,

all of them >= 0 exactly for imputations. The region of level t holds the imputations at which no proper
coalition's excess is above t; it is the triangle cut by one half-plane per coalition:

    P(t) = { x imputation : v(S) - x(S) <= t for every S, S not empty, S != N }.

P(0) is the core and P(t_1) with the least-core value t_1 the least core. Once the coalitions of the first
level are fixed, only the excesses of those not yet determined are lowered further (level 2), and so on; the last
region is the nucleolus alone.

A polygon is a tuple of payoffs, in order around it; a segment has two and a point has one. Everything is
computed in fractions, so that a region that shrinks to a segment or a point does not vanish by
round-off; :func:`plane_points` turns payoffs into floats for drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import EmptyImputationSetError
from nucleolus_lib.games.nucleolus import NucleolusResult, nucleolus
from nucleolus_lib.games.rational import in_span
from nucleolus_lib.games.tu_game import TUGame, check_payoff
from nucleolus_lib.report.errors import TriangleError

Payoff = tuple[Fraction, Fraction, Fraction]
Polygon = tuple[Payoff, ...]

PROPER_COALITIONS = range(1, 7)
"""Bitmasks of every coalition of three players but the empty one and N."""

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
"""Where the corners of players 1, 2 and 3 are drawn, shape (3, 2)."""


@dataclass(frozen=True)
class Region:
    """One step of the way from all imputations down to the nucleolus."""

    level: int
    """Index k of the level whose excess is being lowered, from 0."""
    excess: Fraction
    """Bound t on the excess of every coalition that is still free."""
    polygon: Polygon


def triangle_of(game: TUGame) -> Polygon:
    """The three corners of the set of imputations.

    Raises
    ------
    TriangleError
        If the game does not have three players, or has one imputation only.
    EmptyImputationSetError
        If it has none.
    """
    game = _three_players(game)
    alone = tuple(game.singleton_values)
    surplus = game.grand_value - sum(alone)
    if surplus < 0:
        raise EmptyImputationSetError(
            f"the players have {sum(alone)} alone but only {game.grand_value} together; without imputations there is "
            "no triangle to draw. Choose a game with v(N) at least the sum of the v({i})"
        )
    if surplus == 0:
        raise TriangleError(
            "the players gain nothing together, so that the only imputation is what they have alone and the triangle "
            "is one point; choose a game with v(N) above the sum of the v({i})"
        )
    return tuple(
        (alone[0] + surplus * (i == 0), alone[1] + surplus * (i == 1), alone[2] + surplus * (i == 2)) for i in range(3)
    )


def cut(polygon: Polygon, coalition: int, least_total: Fraction) -> Polygon:
    """The part of a convex polygon with x(S) >= ``least_total``; empty if there is none.

    Sutherland and Hodgman's clipping by one half-plane. The polygon may be a segment or a point.
    """
    totals = [sum((corner[i] for i in players_of(coalition)), Fraction(0)) for corner in polygon]
    kept: list[Payoff] = []
    for k, corner in enumerate(polygon):
        after = (k + 1) % len(polygon)
        here, there = totals[k] - least_total, totals[after] - least_total
        if here >= 0:
            kept.append(corner)
        if here * there < 0:
            kept.append(_between(corner, polygon[after], here / (here - there)))
    return _without_repeats(kept)


def region(game: TUGame, excess: Any) -> Polygon:
    """P(t) for t = ``excess``: the imputations at which every proper excess is at most t. Empty if there is none.

    ``region(game, 0)`` is the core; errors as for :func:`triangle_of`.
    """
    game = _three_players(game)
    return _lowered(game, triangle_of(game), PROPER_COALITIONS, Fraction(excess))


def descent(game: TUGame, steps_per_level: int = 12) -> tuple[Region, ...]:
    """The regions from all imputations to the nucleolus, level by level.

    Each level starts at the largest excess that a free coalition has anywhere in the region before it and ends
    at the level's t_k, in equal steps; the core, if it is on the way, is a step of its own.

    Raises
    ------
    TriangleError, EmptyImputationSetError
    """
    if steps_per_level < 1:
        raise TriangleError(f"descent() needs at least one step per level; got steps_per_level={steps_per_level}")
    game = _three_players(game)
    polygon = triangle_of(game)
    result = nucleolus(game)
    fixed = [7]
    regions: list[Region] = []
    for k, level in enumerate(result.levels):
        free = [S for S in PROPER_COALITIONS if not in_span(fixed, 3)[S]]
        start = max(_excess(game, S, x) for S in free for x in polygon)
        bounds = {
            start + (level.excess - start) * Fraction(step, steps_per_level) for step in range(steps_per_level + 1)
        }
        if k == 0 and level.excess < 0 < start:
            bounds.add(Fraction(0))
        regions += [Region(k, t, _lowered(game, polygon, free, t)) for t in sorted(bounds, reverse=True)]
        polygon = regions[-1].polygon
        fixed += [*level.coalitions, *(1 << i for i in level.players_at_bound)]
    return tuple(regions)


def nucleolus_of(game: TUGame) -> NucleolusResult:
    """The nucleolus of the game in fractions, whatever its values are stored as."""
    return nucleolus(_three_players(game))


def barycentric(game: TUGame, payoffs: Sequence[Any]) -> NDArray[np.float64]:
    """w of efficient payoffs, shape (k, 3): rows sum to 1, and entries are >= 0 for imputations."""
    corners = np.array(triangle_of(game), dtype=np.float64)
    alone = corners.min(axis=0)
    points = np.array([np.asarray(check_payoff(game, x), dtype=np.float64) for x in payoffs]).reshape(-1, 3)
    surplus = corners.max(axis=0) - alone
    weights = (points - alone) / surplus
    worst = np.abs(weights.sum(axis=1) - 1).max(initial=0.0)
    if worst > 1e-6:
        raise TriangleError(
            "the triangle holds efficient payoffs only, which sum to v(N); "
            f"got payoffs that miss it by {worst * surplus[0]:.3g}. For a cost game, pass payoffs of the savings game"
        )
    return np.asarray(weights)


def plane_points(game: TUGame, payoffs: Sequence[Any]) -> NDArray[np.float64]:
    """Where efficient payoffs are drawn, shape (k, 2); player i's corner is at :data:`CORNERS` [i]."""
    return np.asarray(barycentric(game, payoffs) @ CORNERS)


def _three_players(game: TUGame) -> TUGame:
    if game.n_players != 3:
        raise TriangleError(f"a triangle shows three players; got a game of {game.n_players}. Draw a game of three")
    return game.to_exact()


def _lowered(game: TUGame, polygon: Polygon, coalitions: Iterable[int], t: Fraction) -> Polygon:
    for coalition in coalitions:
        polygon = cut(polygon, coalition, game.values[coalition] - t)
    return polygon


def _excess(game: TUGame, coalition: int, payoff: Payoff) -> Fraction:
    return Fraction(game.values[coalition] - sum(payoff[i] for i in players_of(coalition)))


def _between(here: Payoff, there: Payoff, share: Fraction) -> Payoff:
    return tuple(a + share * (b - a) for a, b in zip(here, there, strict=True))  # type: ignore[return-value]


def _without_repeats(corners: Sequence[Payoff]) -> Polygon:
    kept: list[Payoff] = []
    for corner in corners:
        if corner not in kept:
            kept.append(corner)
    return tuple(kept)

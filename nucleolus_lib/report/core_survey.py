"""How often a way to share lies in the core, counted over random games.

Of m games drawn independently, k of which have a property, the share p = k / m estimates its
probability. Wilson's interval holds the values p' whose own standard error would make k / m not surprising:

    | k/m - p' | <= z sqrt( p' (1 - p') / m ),     z the normal quantile of the confidence,

and so stays within [0, 1] and keeps a positive width at k = 0 and k = m (Wilson 1927).

References
----------
Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the American
Statistical Association 22, 209-212.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.core import is_core_empty, is_in_core
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.report.errors import SurveyError

Draw = Callable[[int, np.random.Generator], TUGame]
Rule = Callable[[TUGame], NDArray[Any]]


@dataclass(frozen=True)
class CoreCounts:
    """What was counted over games of one family."""

    n_games: int
    n_balanced: int
    """Games whose core is not empty."""
    n_inside: Mapping[str, int]
    """Games whose core holds the payoff, by the name of the rule."""

    @property
    def n_empty(self) -> int:
        """Games whose core is empty."""
        return self.n_games - self.n_balanced


def count_in_core(
    draw: Draw, rules: Mapping[str, Rule], n_players: int, n_games: int, rng: np.random.Generator
) -> CoreCounts:
    """Draw games and count how many have a core, and whether each rule's payoff is in it.

    Parameters
    ----------
    draw
        A game of n players from a generator, such as :func:`.random_superadditive_game`.
    rules
        Payoff of a game, by name. A rule must have a payoff for every game drawn.
    n_games
        m, at least 1.

    Raises
    ------
    SurveyError
    """
    if n_games < 1:
        raise SurveyError(f"a survey needs at least one game; got n_games={n_games}")
    n_balanced = 0
    n_inside = dict.fromkeys(rules, 0)
    for _ in range(n_games):
        game = draw(n_players, rng)
        n_balanced += not is_core_empty(game)
        for name, rule in rules.items():
            n_inside[name] += bool(is_in_core(game, rule(game)))
    return CoreCounts(n_games, n_balanced, n_inside)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a probability, from ``successes`` of ``trials`` independent draws.

    Without trials nothing is known: (0, 1).

    Raises
    ------
    SurveyError
    """
    if not 0 <= successes <= trials or not 0 < confidence < 1:
        raise SurveyError(
            f"expected 0 <= successes <= trials and a confidence between 0 and 1; got {successes} of {trials} at "
            f"{confidence}"
        )
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    # at the ends the interval touches 0 or 1 exactly; rounding must not push it past
    return max(0.0, middle - half) if successes else 0.0, min(1.0, middle + half) if successes < trials else 1.0

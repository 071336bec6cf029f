"""The core, the least core and balancedness.

Core: the payoffs with x(N) = v(N) and e(S, x) <= 0 for every coalition S; nobody gains by leaving.
Least core (paper, equation 2): min over imputations x of max over proper S of e(S, x).
Bondareva-Shapley (Bondareva 1963, Shapley 1967): the core is empty exactly when there are weights
w_S >= 0 on proper coalitions with sum_{S containing i} w_S = 1 for every player i and
sum_S w_S v(S) > v(N). Such weights are a proof; they come out of the first level of the prenucleolus,
whose dual they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import check_partition, grand_coalition
from nucleolus_lib.games.excess import excesses
from nucleolus_lib.games.nucleolus import NucleolusResult, solve_levels
from nucleolus_lib.games.tu_game import TUGame, check_payoff


@dataclass(frozen=True)
class LeastCoreResult:
    """The least-core value and one payoff that attains it."""

    value: Any
    """The smallest possible largest excess of a proper coalition; <= 0 exactly when the core is not empty."""
    payoff: NDArray[Any]
    """A payoff of the least core, (n,); the nucleolus is another."""
    coalitions: tuple[int, ...]
    """Coalitions with that excess at *every* payoff of the least core, as bitmasks."""


@dataclass(frozen=True)
class CoreMembership:
    """Whether a payoff is in the core, true or false, with the coalition that objects most."""

    holds: bool
    blocking_coalition: int | None
    """Bitmask of the coalition with the largest excess above zero; N or a block if the payoff is not efficient."""
    excess: Any
    """Its excess v(S) - x(S); the largest excess of any coalition when nobody objects."""
    reason: str

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True)
class BalancingWeights:
    """Bondareva-Shapley weights that prove a core empty."""

    weights: dict[int, Any]
    """w_S > 0 by coalition (bitmask); the weights of the coalitions that contain a player sum to 1."""
    total: Any
    """sum_S w_S v(S), more than v(N)."""
    grand_value: Any
    """v(N)."""


def least_core(game: TUGame, individually_rational: bool = True) -> LeastCoreResult:
    """The least core (paper, equation 2).

    ``individually_rational=False`` minimises over all efficient payoffs rather than imputations, which
    is the usual definition outside this paper and always exists. A game of one player has no proper
    coalition; its value is then minus infinity.

    Raises
    ------
    EmptyImputationSetError, ConvergenceError
    """
    result = _first_level(game, individually_rational)
    if not result.levels:
        return LeastCoreResult(-np.inf, result.payoff, ())
    level = result.levels[0]
    return LeastCoreResult(level.excess, result.payoff, level.coalitions)


def is_core_empty(game: TUGame, tolerance: float = 1e-9) -> bool:
    """Whether no payoff satisfies every coalition.

    ``tolerance`` is relative to the largest absolute value; exact games ignore it.
    """
    return bool(_first_level_excess(game) > _slack(game, tolerance))


def balancing_weights(game: TUGame, tolerance: float = 1e-9) -> BalancingWeights | None:
    """Bondareva-Shapley weights when the core is empty, else None."""
    if not is_core_empty(game, tolerance):
        return None
    level = _first_level(game, individually_rational=False).certificate.levels[0]
    grand_weight = -level.equation_weights[grand_coalition(game.n_players)]
    weights = {coalition: weight / grand_weight for coalition, weight in level.weights.items()}
    total = sum(weight * game.values[coalition] for coalition, weight in weights.items())
    return BalancingWeights(weights, total, game.grand_value)


def is_in_core(game: TUGame, payoff: ArrayLike, tolerance: float = 1e-9) -> CoreMembership:
    """Whether a payoff is in the core; if not, who blocks it. ``tolerance`` as in :func:`is_core_empty`."""
    return is_in_cs_core(game, (grand_coalition(game.n_players),), payoff, tolerance)


def is_in_cs_core(game: TUGame, structure: Sequence[int], payoff: ArrayLike, tolerance: float = 1e-9) -> CoreMembership:
    """Whether a payoff is in the core of a game with a coalition structure (Aumann and Dreze 1974).

    Efficiency is x(C) = v(C) for every block C; every coalition, across blocks too, must have e(S, x) <= 0.

    Raises
    ------
    NotAPartitionError, PayoffShapeError
    """
    blocks = check_partition(structure, game.n_players)
    excess = excesses(game, check_payoff(game, payoff))
    slack = _slack(game, tolerance)
    for block in blocks:
        if abs(excess[block]) > slack:
            return CoreMembership(
                False, block, excess[block], f"not efficient: {game.name_of(block)} has v - x = {excess[block]}"
            )
    worst = int(np.argmax(excess[1:])) + 1
    if excess[worst] > slack:
        reason = f"{game.name_of(worst)} can earn {game.values[worst]} on its own, {excess[worst]} more than it gets"
        return CoreMembership(False, worst, excess[worst], reason)
    return CoreMembership(True, None, excess[worst], "")


def _first_level(game: TUGame, individually_rational: bool) -> NucleolusResult:
    return solve_levels(game, (grand_coalition(game.n_players),), individually_rational, max_levels=1)


def _first_level_excess(game: TUGame) -> Any:
    result = _first_level(game, individually_rational=False)
    return result.levels[0].excess if result.levels else -np.inf


def _slack(game: TUGame, tolerance: float) -> Any:
    return 0 if game.is_exact else tolerance * float(np.max(np.abs(game.values)))

"""A proof that a payoff is the nucleolus, level by level, by linear-programming duality.

Let E_k be the rows fixed before level k. The weights of level k satisfy

    sum_{S fixed at k} weight_S 1_S + sum_i bound_weight_i e_i + sum_{S in E_k} equation_weight_S 1_S = 0,

with sum_S weight_S = 1 and all of weight, bound_weight > 0. For any x that keeps the totals in E_k and
the bounds, the weighted mean of e(S, x) over the coalitions fixed at k can then not be smaller than
it is at the certified payoff; hence the largest free excess can not be smaller than t_k, and it equals
t_k only if every one of those coalitions has excess t_k exactly. This is Kohlberg's balancedness
written as duals (Kohlberg 1971).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.excess import excesses
from nucleolus_lib.games.rational import in_span, rank
from nucleolus_lib.games.tu_game import TUGame, check_payoff


@dataclass(frozen=True)
class LevelWeights:
    """The dual weights of one level."""

    weights: Mapping[int, Any]
    """Positive weight of each coalition fixed at this level, by bitmask; they sum to 1."""
    bound_weights: Mapping[int, Any]
    """Positive weight of each bound x_i = v({i}) fixed at this level, by player."""
    equation_weights: Mapping[int, Any]
    """Weight of the rows fixed earlier, N included, by bitmask; any sign."""


@dataclass(frozen=True)
class CertificateCheck:
    """What a certificate's verification measured; true when every condition holds within the tolerance."""

    is_valid: bool
    largest_violation: Any
    """By how much a free coalition's excess passes the level it should not pass, or a bound is broken."""
    largest_residual: Any
    """Largest error in the balance of the weights and in the totals that should be fixed."""
    least_weight: Any
    """The smallest weight that has to be positive."""
    reason: str
    """The first condition that fails, in words; empty if none does."""

    def __bool__(self) -> bool:
        return self.is_valid


@dataclass(frozen=True)
class Certificate:
    """Weights that prove a payoff to be the nucleolus (or prenucleolus, or that of a coalition structure)."""

    equations: tuple[int, ...]
    """N alone, or the blocks of the coalition structure."""
    individually_rational: bool
    levels: tuple[LevelWeights, ...]
    excesses: tuple[Any, ...]
    """t_k for every level."""

    def verify(self, game: TUGame, payoff: ArrayLike, tolerance: float = 1e-8) -> CertificateCheck:
        """Check every condition from the game's values alone; cost O(n levels 2**n).

        ``tolerance`` is relative to the largest absolute value of the game; exact games ignore it.
        """
        x = check_payoff(game, payoff)
        exact = game.is_exact and x.dtype == object
        slack = 0 if exact else tolerance * max(1e-300, float(np.max(np.abs(game.values.astype(np.float64)))))
        weight_slack = 0 if exact else tolerance
        n = game.n_players
        excess = excesses(game, x)
        residual = max(abs(excess[block]) for block in self.equations)
        violation: Any = 0
        least: Any = None
        alone = game.singleton_values
        if self.individually_rational:
            violation = max(violation, *(alone[i] - x[i] for i in range(n)))
        balance: Any = 0
        fixed = list(self.equations)
        for level, t in zip(self.levels, self.excesses, strict=True):
            free = ~in_span(fixed, n)
            violation = max(violation, np.max(excess[free]) - t)
            residual = max(residual, *(abs(excess[coalition] - t) for coalition in level.weights))
            for i in level.bound_weights:
                residual = max(residual, abs(x[i] - alone[i]))
            positive = [*level.weights.values(), *level.bound_weights.values()]
            least = min(positive) if least is None else min(least, *positive)
            balance = max(balance, _imbalance(level, n), abs(sum(level.weights.values()) - 1))
            fixed += [*level.weights, *(1 << i for i in level.bound_weights)]
        reason = ""
        if violation > slack:
            reason = f"an excess or a bound is broken by {violation}"
        elif residual > slack:
            reason = f"a total that should be fixed is off by {residual}"
        elif balance > weight_slack:
            reason = f"the weights do not balance, by {balance}"
        elif least is not None and least <= 0:
            reason = f"a weight is {least}, not positive"
        elif rank(fixed, n) < n:
            reason = "the fixed coalitions do not determine the payoff"
        return CertificateCheck(reason == "", violation, max(residual, balance), least, reason)


def _imbalance(level: LevelWeights, n_players: int) -> Any:
    total: list[Any] = [0] * n_players
    for weights in (level.weights, level.equation_weights):
        for coalition, weight in weights.items():
            for i in players_of(coalition):
                total[i] += weight
    for i, weight in level.bound_weights.items():
        total[i] += weight
    return max(abs(entry) for entry in total)

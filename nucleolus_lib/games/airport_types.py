"""Airport games whose players come in types: one closed form for thousands of players.

The players are movements (landings and take-offs). Type k = 1, ..., m has n_k movements, each of which
needs a runway of cost c_k, with c_1 <= ... <= c_m. A runway serves everything smaller, so a coalition costs

    c(S) = max of c_k over the types present in S,   c(empty) = 0.

With N_k = n_1 + ... + n_k and N = N_m (N_0 = 0, c_0 = 0), what one movement of type k pays is

    Shapley      phi_k = sum over j <= k of (c_j - c_{j-1}) / (N - N_{j-1})                 (Littlechild and Owen 1973)

    nucleolus    r_1 <= r_2 <= ... found in stages, k_0 = 0 and r_0 = 0:                    (Littlechild 1974)
                 r_q = min over k > k_{q-1} of  (c_k - c_{k_{q-1}} + r_{q-1}) / (N_k - N_{k_{q-1}} + [k < m]),
                 k_q = the largest k that attains it; types k_{q-1}+1, ..., k_q pay r_q; stop when k_q = m.

The nucleolus formula says: a coalition of all movements up to type k saves c(S) minus what it pays, a
single movement saves what it would otherwise leave to the rest, and the smallest saving r is made as
large as possible, stage by stage. Only these two kinds of coalitions matter; [k < m] is 1 because the
coalition itself must save r too, and 0 for k = m because everybody together pays exactly c_m.

Cost: O(m^2), whatever the number of movements. Fractions in, fractions out.

References
----------
Littlechild and Owen (1973), A simple expression for the Shapley value in a special case, Management
Science 20, 370-372.
Littlechild (1974), A simple expression for the nucleolus in a special case, Int. J. Game Theory 3, 21-29.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError
from nucleolus_lib.games.tu_game import MAX_PLAYERS, TUGame


@dataclass(frozen=True)
class AirportTypes:
    """An airport cost game given by types and how many movements each has.

    Parameters
    ----------
    names
        One name per type, shape (m,).
    costs
        c_k, cost of the runway that type k needs, (m,), not negative and not decreasing. All of them
        :class:`~fractions.Fraction` or ``int`` make the results exact; otherwise they are float64.
    counts
        n_k, number of movements of the type, (m,), at least 1.

    Raises
    ------
    CatalogueParameterError
        If the lengths differ, a cost is negative, not finite or smaller than the one before, or a count is below 1.
    """

    names: tuple[str, ...]
    costs: tuple[Any, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.costs) == len(self.counts) or not self.names:
            raise CatalogueParameterError(
                "one name, one cost and one count per type, and at least one type; "
                f"got {len(self.names)}, {len(self.costs)} and {len(self.counts)}"
            )
        for name, cost, count in zip(self.names, self.costs, self.counts, strict=True):
            if not 0 <= cost < float("inf"):
                raise CatalogueParameterError(f"the cost of {name!r} must be finite and not negative; got {cost}")
            if count != int(count) or count < 1:
                raise CatalogueParameterError(f"the count of {name!r} must be a whole number from 1 on; got {count}")
        for k in range(1, len(self.costs)):
            if self.costs[k] < self.costs[k - 1]:
                raise CatalogueParameterError(
                    f"order the types by cost: {self.names[k]!r} costs {self.costs[k]}, "
                    f"less than {self.names[k - 1]!r} before it"
                )

    @property
    def n_types(self) -> int:
        """m."""
        return len(self.names)

    @property
    def n_players(self) -> int:
        """N, the number of movements."""
        return sum(self.counts)

    def shapley_per_movement(self) -> NDArray[Any]:
        """phi_k, what one movement of each type pays by the Shapley value, shape (m,)."""
        costs, cumulative = self._exact_costs(), self._cumulative()
        shares: list[Fraction] = []
        share, cost_before = Fraction(0), Fraction(0)
        for k, cost in enumerate(costs):
            share += (cost - cost_before) / (cumulative[-1] - cumulative[k])
            shares.append(share)
            cost_before = cost
        return self._as_array(shares)

    def nucleolus_per_movement(self) -> NDArray[Any]:
        """What one movement of each type pays by the nucleolus, shape (m,)."""
        costs, cumulative = [Fraction(0), *self._exact_costs()], self._cumulative()
        last = self.n_types
        shares: list[Fraction] = []
        paid_for, saving = 0, Fraction(0)
        while paid_for < last:
            candidates = [
                (costs[k] - costs[paid_for] + saving) / (cumulative[k] - cumulative[paid_for] + (k < last))
                for k in range(paid_for + 1, last + 1)
            ]
            saving = min(candidates)
            reached = paid_for + 1 + max(j for j, value in enumerate(candidates) if value == saving)
            shares.extend([saving] * (reached - paid_for))
            paid_for = reached
        return self._as_array(shares)

    def to_game(self) -> TUGame:
        """The savings game with one player per movement: v(S) = sum of stand-alone costs - c(S).

        Players are named ``"<type> #<number>"``, in type order.

        Raises
        ------
        TooManyPlayersError
            If 2**N values are too many; the closed forms above have no such limit.
        """
        if self.n_players > MAX_PLAYERS:
            raise TooManyPlayersError(
                f"{self.n_players} movements mean 2**{self.n_players} coalitions; a table holds at most {MAX_PLAYERS} "
                "players. Use nucleolus_per_movement() and shapley_per_movement(), which need no table"
            )
        each = np.repeat(self._as_array(self._exact_costs()), self.counts)
        names = [
            f"{name} #{j + 1}" for name, count in zip(self.names, self.counts, strict=True) for j in range(int(count))
        ]
        cost = np.zeros(1 << self.n_players, dtype=each.dtype)
        for i, own in enumerate(each):
            # Players come in order of cost, so the newest one is the dearest of every coalition it joins.
            cost[1 << i : 2 << i] = own
        return TUGame(subset_sums(each) - cost, tuple(names))

    def _cumulative(self) -> list[int]:
        sums = [0]
        for count in self.counts:
            sums.append(sums[-1] + int(count))
        return sums

    def _exact_costs(self) -> list[Fraction]:
        return [Fraction(cost) for cost in self.costs]

    def _as_array(self, shares: Sequence[Fraction]) -> NDArray[Any]:
        exact = all(isinstance(cost, int | Fraction | np.integer) for cost in self.costs)
        if not exact:
            return np.asarray([float(share) for share in shares])
        array = np.empty(len(shares), dtype=object)
        array[:] = shares
        return array

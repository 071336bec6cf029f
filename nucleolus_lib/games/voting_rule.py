"""Votes with several conditions: who wins, coalition by coalition, without storing the game.

A rule has conditions c = 1, 2, ..., each with integer weights w_ci >= 0 and a quota q_c, and perhaps a
size z at which a coalition wins whatever its weights. Coalition S wins when

    ( sum over i in S of w_ci >= q_c   for every c )     or     |S| >= z,

and v(S) = 1 for a winning S, 0 otherwise. One condition is a weighted vote [q; w_1, ..., w_n]. The
qualified majority of the EU Council has two (members and population) and z = n - 3, because fewer than
four members cannot block (Treaty on European Union, Article 16(4)).

Cost: a coalition is looked up as two halves of its bitmask in tables of about 2**(n/2) sums, so
:meth:`VotingRule.wins` needs about 0.3 MB for n = 27 and any number of coalitions can be asked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.coalitions import coalition_sizes, subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError, UnknownPlayerError
from nucleolus_lib.games.tu_game import TUGame, check_n_players

_MAX_RULE_PLAYERS = 40


@dataclass(frozen=True)
class Condition:
    """One condition of a vote: the weights in favour must reach the quota."""

    name: str
    weights: tuple[int, ...]
    quota: int


@dataclass(frozen=True)
class VotingRule:
    """A vote that passes when all conditions hold, or when enough players are in favour.

    Parameters
    ----------
    players
        Names, in bit order.
    conditions
        Each with one weight >= 0 per player and a quota that all players together reach.
    sure_size
        z, the size from which a coalition wins regardless; ``None`` if there is no such rule.

    Raises
    ------
    CatalogueParameterError
        If there is no condition, a weight is missing, negative or fractional, a quota is not positive or
        out of reach, or ``sure_size`` is not a size.
    """

    players: tuple[str, ...]
    conditions: tuple[Condition, ...]
    sure_size: int | None = None

    def __post_init__(self) -> None:
        if not self.conditions:
            raise CatalogueParameterError("a vote needs at least one condition; got none")
        check_n_players(len(self.players), _MAX_RULE_PLAYERS)
        for condition in self.conditions:
            weights = condition.weights
            if len(weights) != len(self.players):
                raise CatalogueParameterError(
                    f"condition {condition.name!r} needs one weight for each of {len(self.players)} players; "
                    f"got {len(weights)}"
                )
            if any(weight < 0 or weight != int(weight) for weight in weights):
                raise CatalogueParameterError(
                    f"the weights of condition {condition.name!r} must be whole numbers >= 0; scale them up first"
                )
            if not 0 < condition.quota <= sum(weights):
                raise CatalogueParameterError(
                    f"the quota of condition {condition.name!r} must be in 1..{sum(weights)}; got {condition.quota}"
                )
        if self.sure_size is not None and not 1 <= self.sure_size <= len(self.players):
            raise CatalogueParameterError(f"sure_size must be in 1..{len(self.players)}; got {self.sure_size}")

    @property
    def n_players(self) -> int:
        """n."""
        return len(self.players)

    @property
    def game_bytes(self) -> int:
        """Memory of the game's table, 8 * 2**n bytes; :meth:`to_game` needs twice as much while it works."""
        return 8 << self.n_players

    def wins(self, coalitions: ArrayLike) -> NDArray[np.bool_]:
        """Whether each coalition wins.

        Parameters
        ----------
        coalitions
            Bitmasks, any shape.

        Returns
        -------
        Booleans of the same shape.

        Raises
        ------
        UnknownPlayerError
            If a bitmask names a player the vote does not have.
        """
        masks = np.asarray(coalitions, dtype=np.int64)
        if masks.size and (masks.min() < 0 or masks.max() >> self.n_players):
            raise UnknownPlayerError(
                f"coalitions are bitmasks from 0 to {(1 << self.n_players) - 1}; got {masks.min()} to {masks.max()}"
            )
        n_low = self.n_players // 2
        low, high = masks & ((1 << n_low) - 1), masks >> n_low
        won = np.ones(masks.shape, dtype=np.bool_)
        for condition in self.conditions:
            below, above = self._half_sums(condition.weights)
            won &= below[low] + above[high] >= condition.quota
        if self.sure_size is not None:
            below, above = self._half_sums((1,) * self.n_players)
            won |= below[low] + above[high] >= self.sure_size
        return won

    def to_game(self) -> TUGame:
        """The simple game v(S) = 1 if S wins, else 0, as a table of 2**n values.

        Memory: ``game_bytes`` for the result and as much again while it is built (n = 15: 0.25 MiB;
        n = 27: 1 GiB held, 2 GiB at the peak).

        Raises
        ------
        TooManyPlayersError
            If 2**n values are too many.
        """
        check_n_players(self.n_players)
        return TUGame(self._table(np.float64), self.players)

    def n_winning(self) -> int:
        """Number of winning coalitions; 2**n bits are looked at, none is stored for longer than a block."""
        check_n_players(self.n_players)
        return sum(int(np.count_nonzero(block)) for block in self._blocks())

    def _half_sums(self, weights: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        n_low = self.n_players // 2
        return (
            subset_sums(np.asarray(weights[:n_low], dtype=np.int64)),
            subset_sums(np.asarray(weights[n_low:], dtype=np.int64)),
        )

    def _blocks(self) -> Any:
        """Win or lose for the coalitions in order, one block for each coalition of the upper half of the players."""
        tables = [(*self._half_sums(condition.weights), condition.quota) for condition in self.conditions]
        n_low = self.n_players // 2
        size_low, size_high = coalition_sizes(n_low), coalition_sizes(self.n_players - n_low)
        for upper in range(1 << (self.n_players - n_low)):
            won = np.ones(1 << n_low, dtype=np.bool_)
            for below, above, quota in tables:
                won &= below >= quota - above[upper]
            if self.sure_size is not None:
                won |= size_low >= self.sure_size - int(size_high[upper])
            yield won

    def _table(self, dtype: Any) -> NDArray[Any]:
        table = np.empty(1 << self.n_players, dtype=dtype)
        width = 1 << (self.n_players // 2)
        for upper, won in enumerate(self._blocks()):
            table[upper * width : (upper + 1) * width] = won
        return table

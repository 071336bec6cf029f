"""Games with transferable utility.

A TU game (N, v) gives every coalition S of the players N = {0, ..., n-1} the value v(S) that it can
earn on its own, with v(empty) = 0. ``values[S]`` is v(S), S read as a bitmask (player i = bit i).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import (
    EmptyCoalitionValueError,
    GameError,
    NonFiniteValueError,
    PayoffShapeError,
    TooManyPlayersError,
    UnknownPlayerError,
    ValuesLengthError,
)

MAX_PLAYERS = 27
"""Largest game that can be stored: 2**27 float64 values are 1 GiB."""


@dataclass(frozen=True, eq=False)
class TUGame:
    """A game with transferable utility.

    Parameters
    ----------
    values
        v(S) for every coalition, length 2**n, indexed by bitmask, ``values[0] == 0``. Floats and
        integers are stored as float64. If any entry is a :class:`fractions.Fraction` the game is
        *exact*: all entries must be rational, and every solver answers in fractions.
    players
        Names, one per player, in bit order. Default ``"1", ..., "n"``.

    Raises
    ------
    ValuesLengthError, NonFiniteValueError, EmptyCoalitionValueError, TooManyPlayersError, UnknownPlayerError
    """

    values: NDArray[Any]
    players: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        values = _as_values(self.values)
        n = values.size.bit_length() - 1
        players = tuple(str(name) for name in self.players) or tuple(str(i + 1) for i in range(n))
        if len(players) != n or len(set(players)) != n:
            raise UnknownPlayerError(
                f"{values.size} values make a game of {n} players, so {n} different names are needed; got {players}"
            )
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "players", players)

    @property
    def n_players(self) -> int:
        """n."""
        return self.values.size.bit_length() - 1

    @property
    def grand_value(self) -> Any:
        """v(N)."""
        return self.values[-1]

    @property
    def singleton_values(self) -> NDArray[Any]:
        """v({i}) for every player, shape (n,)."""
        return np.asarray(self.values[1 << np.arange(self.n_players)])

    @property
    def is_exact(self) -> bool:
        """Whether the values are fractions rather than floats."""
        return bool(self.values.dtype == object)

    @classmethod
    def from_function(cls, players: int | Sequence[str], function: Callable[[tuple[int, ...]], Any]) -> TUGame:
        """Build a game by calling ``function`` on every coalition, given as a tuple of player indices.

        The function is not called on the empty coalition, whose value is zero.
        """
        n, names = _roster(players)
        values = [0, *(function(players_of(coalition)) for coalition in range(1, 1 << n))]
        return cls(_stack(values), names)

    @classmethod
    def from_mapping(cls, players: int | Sequence[str], values: Mapping[Any, Any], default: Any = None) -> TUGame:
        """Build a game from a mapping of coalitions to values.

        A key is one player or an iterable of players, each an index or, if names were given, a name.
        Coalitions that are missing take ``default``; without a default they are an error.
        """
        n, names = _roster(players)
        index: dict[Hashable, int] = {name: i for i, name in enumerate(names)}
        index.update({i: i for i in range(n)})
        table: list[Any] = [default] * (1 << n)
        table[0] = 0
        for key, value in values.items():
            table[_mask_of_key(key, index)] = value
        missing = [players_of(coalition) for coalition, value in enumerate(table) if value is None]
        if missing:
            shown = ", ".join(str(coalition) for coalition in missing[:3])
            raise ValuesLengthError(
                f"{len(missing)} of {1 << n} coalitions have no value (players {shown}, ...); add them or pass default="
            )
        return cls(_stack(table), names)

    def to_float(self) -> TUGame:
        """The same game with float64 values."""
        return TUGame(self.values.astype(np.float64), self.players) if self.is_exact else self

    def to_exact(self) -> TUGame:
        """The same game with fractions; floats are converted without rounding."""
        return self if self.is_exact else TUGame(_stack([Fraction(value) for value in self.values]), self.players)

    def name_of(self, coalition: int) -> str:
        """A coalition in the players' names, such as ``{1, 3}``."""
        return "{" + ", ".join(self.players[i] for i in players_of(coalition)) + "}"

    def __repr__(self) -> str:
        kind = "exact" if self.is_exact else "float64"
        return f"TUGame(n_players={self.n_players}, v(N)={self.grand_value}, {kind})"


def check_n_players(n_players: int, limit: int = MAX_PLAYERS, bytes_per_coalition: int = 8) -> None:
    """Raise :class:`TooManyPlayersError`, naming the memory, before anything is allocated."""
    if n_players > limit:
        memory = (1 << n_players) * bytes_per_coalition / 2**30 if n_players < 64 else float("inf")
        raise TooManyPlayersError(
            f"{n_players} players mean 2**{n_players} coalitions, {memory:,.1f} GiB of tables; the limit here is "
            f"{limit} players. Merge identical players or use a closed form from games.catalogue."
        )


def check_payoff(game: TUGame, payoff: Any) -> NDArray[Any]:
    """``payoff`` as an (n,) array, of fractions if it holds any, else of float64."""
    array = _stack(list(payoff)) if np.ndim(payoff) == 1 else np.asarray(payoff)
    if array.shape != (game.n_players,):
        raise PayoffShapeError(f"a payoff is one number per player, shape ({game.n_players},); got shape {array.shape}")
    if array.dtype != object and not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise PayoffShapeError(f"the payoff of player {game.players[bad]!r} is {array[bad]}; payoffs must be finite")
    return array


def _roster(players: int | Sequence[str]) -> tuple[int, tuple[str, ...]]:
    if isinstance(players, int | np.integer):
        n, names = int(players), tuple(str(i + 1) for i in range(int(players)))
    else:
        names = tuple(str(name) for name in players)
        n = len(names)
    if n < 1:
        raise UnknownPlayerError("a game needs at least one player; got none")
    check_n_players(n)
    return n, names


def _mask_of_key(key: Any, index: Mapping[Hashable, int]) -> int:
    is_one_player = isinstance(key, str) or not isinstance(key, Iterable)
    mask = 0
    for player in (key,) if is_one_player else key:
        if player not in index:
            raise UnknownPlayerError(f"coalition {key!r} names {player!r}; the players are {list(index)}")
        mask |= 1 << index[player]
    return mask


def _stack(values: Sequence[Any]) -> NDArray[Any]:
    """An object array of fractions if any entry is one, else float64."""
    if not any(isinstance(value, Fraction) for value in values):
        return np.asarray(values, dtype=np.float64)
    array = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        if not isinstance(value, Rational | np.integer):
            raise NonFiniteValueError(
                f"an exact game takes fractions and integers only; entry {k} is {value!r} ({type(value).__name__}). "
                "Convert it with fractions.Fraction, or pass floats throughout"
            )
        array[k] = Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
    return array


def _as_values(raw: Any) -> NDArray[Any]:
    try:
        array = np.asarray(raw)
        if array.dtype == object:
            array = _stack(list(array))
        values = array if array.dtype == object else np.array(array, dtype=np.float64)
    except GameError:
        raise
    except (TypeError, ValueError) as error:
        raise NonFiniteValueError(f"the values must be numbers; got {raw!r:.80}") from error
    size = values.size
    if values.ndim != 1 or size < 2 or size & (size - 1):
        near = 1 << max(1, math.ceil(math.log2(max(size, 2))))
        raise ValuesLengthError(
            f"a game of n players has 2**n values in one row (2, 4, 8, ...); got shape {values.shape}. "
            f"For n = {near.bit_length() - 1} pass {near} values, with v(empty) = 0 first"
        )
    check_n_players(size.bit_length() - 1)
    if values.dtype != object and not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise NonFiniteValueError(f"v{players_of(bad)} (bitmask {bad}) is {values[bad]}; every value must be finite")
    if values[0] != 0:
        raise EmptyCoalitionValueError(
            f"the first value is v(empty) and must be 0; got {values[0]}. "
            "If the list starts with player 1 alone, put a 0 before it"
        )
    return values

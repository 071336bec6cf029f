"""Reading the numbers a named game is made of.

One rule for the whole catalogue: if any number given is a :class:`fractions.Fraction`, all of them must
be rational and the game is exact; otherwise the game is in float64, also when all numbers are integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.errors import CatalogueParameterError


def read_numbers(**raw: Any) -> tuple[NDArray[Any], ...]:
    """The named arguments as arrays, all of fractions (object dtype) or all of float64.

    Raises
    ------
    CatalogueParameterError
        If an entry is not a finite number, or floats are mixed with fractions.
    """
    arrays = {name: _as_array(name, value) for name, value in raw.items()}
    is_exact = any(isinstance(entry, Fraction) for array in arrays.values() for entry in array.flat)
    return tuple(_convert(name, array, is_exact) for name, array in arrays.items())


def _as_array(name: str, value: Any) -> NDArray[Any]:
    try:
        array = np.array(value, dtype=object)
        if array.ndim and not all(np.isscalar(entry) or isinstance(entry, Fraction) for entry in array.flat):
            raise ValueError("rows of different lengths")
    except ValueError as error:
        raise CatalogueParameterError(
            f"{name} must be a number or a regular table of numbers; got {value!r:.80} ({error})"
        ) from error
    return array


def _convert(name: str, array: NDArray[Any], is_exact: bool) -> NDArray[Any]:
    out = np.empty(array.shape, dtype=object if is_exact else np.float64)
    for where, entry in np.ndenumerate(array):
        if not isinstance(entry, Real | np.bool_):
            raise CatalogueParameterError(f"{name} must hold numbers; got {entry!r}")
        if is_exact and not isinstance(entry, Rational | np.bool_):
            raise CatalogueParameterError(
                f"{name} holds the float {entry!r} beside fractions; write it as a Fraction, or use floats only"
            )
        out[where] = _fraction(entry) if is_exact else float(entry)
    if not is_exact and not np.isfinite(out).all():
        raise CatalogueParameterError(f"{name} must hold finite numbers; got {array[~np.isfinite(out)][0]}")
    return out


def _fraction(entry: Any) -> Fraction:
    """An entry as a fraction; numpy integers wrap around, so they become Python integers first."""
    return entry if isinstance(entry, Fraction) else Fraction(int(entry))


def check_row(name: str, array: NDArray[Any], minimum: int = 1) -> int:
    """The length of a one-dimensional ``array``, which must be at least ``minimum``."""
    if array.ndim != 1 or len(array) < minimum:
        raise CatalogueParameterError(
            f"{name} must be a row of at least {minimum} number(s), one per player; got shape {array.shape}"
        )
    return len(array)


def check_not_negative(name: str, array: NDArray[Any]) -> None:
    """Raise :class:`CatalogueParameterError` if an entry is below zero."""
    below = np.argwhere(array < 0)
    if len(below):
        where = tuple(int(k) for k in below[0])
        raise CatalogueParameterError(f"{name} must not be negative; got {array[where]} at position {list(where)}")


def check_count(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """``value`` as an int in the closed range, or :class:`CatalogueParameterError`."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < minimum or (maximum is not None and value > maximum):
        upper = "" if maximum is None else f" and at most {maximum}"
        raise CatalogueParameterError(f"{name} must be a whole number, at least {minimum}{upper}; got {value!r}")
    return int(value)


def zero_like(array: NDArray[Any]) -> Any:
    """0 of the kind ``array`` holds: Fraction(0) or 0.0."""
    return Fraction(0) if array.dtype == object else 0.0


def player_names(players: Sequence[str] | None) -> tuple[str, ...]:
    """Names as a tuple; empty (names "1", ..., "n") if none were given."""
    return () if players is None else tuple(players)

"""What :mod:`nucleolus_lib.games.batched` asks of a batch before it solves it, and of the answers after."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import (
    ConvergenceError,
    EmptyCoalitionValueError,
    EmptyImputationSetError,
    NonFiniteValueError,
    TooManyPlayersError,
    ValuesLengthError,
)
from nucleolus_lib.games.fixing_record import EMPTY_IMPUTATION_SET, NOT_CONVERGED

MAX_BATCH_PLAYERS = 10
BYTES_PER_COALITION = 40
IMPUTATION_SLACK = 1e-9
NAMES_SHOWN = 5


def as_tensor(values: NDArray[Any]) -> Tensor:
    """An array of numbers, fractions included, as a float64 tensor; shares memory where it can."""
    try:
        return torch.from_numpy(np.require(values, np.float64, ("C", "WRITEABLE")))
    except (TypeError, ValueError) as error:
        raise NonFiniteValueError(f"the values must be an array of numbers; got {values!r:.80}") from error


def checked_batch(values: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """The games as (B, 2**n) and their leading shape.

    Raises
    ------
    ValuesLengthError, TooManyPlayersError, NonFiniteValueError, EmptyCoalitionValueError
    """
    size = values.shape[-1] if values.ndim else 0
    if size < 2 or size & (size - 1):
        raise ValuesLengthError(
            "the last axis of a batch holds the 2**n values of one game (2, 4, 8, ...), v(empty) = 0 first; "
            f"got shape {tuple(values.shape)}"
        )
    lead, n = tuple(values.shape[:-1]), size.bit_length() - 1
    if n > MAX_BATCH_PLAYERS:
        raise TooManyPlayersError(
            f"batches take at most {MAX_BATCH_PLAYERS} players; {values.numel() // size} games of {n} players would "
            f"need {BYTES_PER_COALITION * values.numel() / 2**30:,.2f} GiB of tables. Solve them one by "
            "one with games.nucleolus"
        )
    flat = values.reshape(-1, size)
    finite = flat.isfinite()
    if not finite.all():
        game, coalition = (int(k) for k in (~finite).nonzero()[0])
        raise NonFiniteValueError(
            f"v{players_of(coalition)} (bitmask {coalition}) of {_name(game, lead)} is {float(flat[game, coalition])}; "
            "every value must be finite"
        )
    nonzero = flat[:, 0] != 0
    if nonzero.any():
        game = int(nonzero.nonzero()[0, 0])
        raise EmptyCoalitionValueError(
            f"entry 0 of every game is v(empty) and must be 0; {_name(game, lead)} has {float(flat[game, 0])}. "
            "Subtract it from the whole game, or put a 0 before the values"
        )
    return flat, lead


def forgive_shortfall(games: Tensor) -> Tensor:
    """v(N) raised to the sum of v({i}) where it falls short by round-off (``IMPUTATION_SLACK``, relative)."""
    n = games.shape[1].bit_length() - 1
    shortfall = games[:, 1 << torch.arange(n, device=games.device)].sum(dim=1) - games[:, -1]
    is_slight = (shortfall > 0) & (shortfall <= IMPUTATION_SLACK * games.abs().amax(dim=1))
    lifted = games.clone()
    lifted[:, -1] += torch.where(is_slight, shortfall, 0.0)
    return lifted


def check_status(status: Tensor, lead: tuple[int, ...], on_empty: str) -> None:
    """Raise for games that were not solved.

    Raises
    ------
    EmptyImputationSetError, ConvergenceError
    """
    failed, empty = status == NOT_CONVERGED, status == EMPTY_IMPUTATION_SET
    if failed.any():
        raise ConvergenceError(
            f"{names_of(failed, lead)}: the solver reached its limit of pivots without an answer. Rescale values "
            "that differ by many orders of magnitude, or try the other device_path"
        )
    if on_empty == "raise" and empty.any():
        raise EmptyImputationSetError(
            f"{names_of(empty, lead)}: no imputation, since the sum of v({{i}}) is above v(N). Pass "
            "individually_rational=False for the prenucleolus, or on_empty='nan' to mark these games"
        )


def names_of(chosen: Tensor, lead: tuple[int, ...]) -> str:
    """The chosen games in words, by their indices."""
    games = chosen.nonzero().squeeze(1).tolist()
    shown = ", ".join(_name(game, lead) for game in games[:NAMES_SHOWN])
    return f"{len(games)} of {len(chosen)} games ({shown}{', ...' if len(games) > NAMES_SHOWN else ''})"


def _name(game: int, lead: tuple[int, ...]) -> str:
    if len(lead) == 0:
        return "the game"
    index = tuple(int(k) for k in np.unravel_index(game, lead))
    return f"game {index[0] if len(index) == 1 else index}"

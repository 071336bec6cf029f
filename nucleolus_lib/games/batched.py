"""Nucleoli of many small games at once, differentiable.

    x = nucleolus_batch(values)        values (..., 2**n) -> payoffs (..., n), n <= 10

Two solvers give the same record and are chosen by where the values are:

"cpu-kernel"   one game after the other in compiled code, games spread over the CPU threads;
"lockstep"     all games take the same steps as tensors on the values' own device
               (:mod:`nucleolus_lib.games.lockstep`).

A tensor that requires grad gets the gradient of :mod:`nucleolus_lib.games.gradient`, with no linear
programme in the reverse pass; the behaviour at kinks is described there.

A game whose sum of v({i}) passes v(N) by no more than 1e-9 of its largest value is taken to have the single
imputation x_i = v({i}): values that come out of floating-point sums would otherwise lose their
imputation to round-off.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.games.batch_checks import as_tensor, check_status, checked_batch, forgive_shortfall, names_of
from nucleolus_lib.games.errors import ConvergenceError, SolverOptionError
from nucleolus_lib.games.fixing_record import CONVERGED, FixingRecord
from nucleolus_lib.games.gradient import differentiable_nucleolus
from nucleolus_lib.games.lockstep import solve_lockstep
from nucleolus_lib.games.record_certificate import record_defect
from nucleolus_lib.games.tensor_record import TensorRecord

DEFECT_TOLERANCE = 1e-8
COALITIONS_PER_CHUNK = {"cpu": 1 << 19, "cuda": 1 << 27}
"""Lockstep solves so many coalitions at a time, at 40 bytes each: what the caches hold, or 5 GiB of a GPU."""

DevicePath = Literal["auto", "cpu-kernel", "lockstep"]
OnEmpty = Literal["raise", "nan"]


@overload
def nucleolus_batch(
    values: Tensor,
    *,
    individually_rational: bool = ...,
    device_path: DevicePath = ...,
    on_empty: OnEmpty = ...,
    certify: bool = ...,
) -> Tensor: ...
@overload
def nucleolus_batch(
    values: NDArray[Any],
    *,
    individually_rational: bool = ...,
    device_path: DevicePath = ...,
    on_empty: OnEmpty = ...,
    certify: bool = ...,
) -> NDArray[np.float64]: ...
def nucleolus_batch(
    values: Tensor | NDArray[Any],
    *,
    individually_rational: bool = True,
    device_path: DevicePath = "auto",
    on_empty: OnEmpty = "raise",
    certify: bool = False,
) -> Tensor | NDArray[np.float64]:
    """The nucleolus of every game of a batch.

    Parameters
    ----------
    values
        (..., 2**n) array or tensor, indexed by bitmask, ``values[..., 0] == 0``, n <= 10. Solved in float64.
    individually_rational
        True for the nucleolus, False for the prenucleolus.
    device_path
        "cpu-kernel" or "lockstep"; "auto" takes the kernel for arrays and CPU tensors, lockstep on a GPU.
    on_empty
        What to do with games without an imputation: raise, or give them NaN payoffs (and zero gradient).
    certify
        Prove every answer from its record before returning it, at about the cost of one more solve.

    Returns
    -------
    (..., n) payoffs: float64 array for an array; for a tensor, a tensor of the same device and floating
    dtype, with a gradient if ``values`` requires one.

    Raises
    ------
    ValuesLengthError, TooManyPlayersError, NonFiniteValueError, EmptyCoalitionValueError
        For values that make no games; the message names the first bad game and coalition.
    EmptyImputationSetError
        Some games have no imputation and ``on_empty`` is "raise".
    ConvergenceError
        Some games were not solved, or with ``certify`` not proved; the message names them.
    SolverOptionError
        An option is not one of those listed.
    """
    if isinstance(values, Tensor):
        flat, lead = _checked(values, device_path, on_empty)

        def solve(games: Tensor) -> TensorRecord:
            return _solve(games, lead, individually_rational, device_path, on_empty, certify)

        if flat.requires_grad and torch.is_grad_enabled():
            payoff = differentiable_nucleolus(flat, solve)
        else:
            payoff = solve(flat).payoff
        dtype = values.dtype if values.is_floating_point() else torch.float64
        return payoff.to(dtype).reshape(*lead, payoff.shape[1])
    flat, lead = _checked(as_tensor(values), device_path, on_empty)
    array: NDArray[np.float64]
    if device_path == "lockstep" or certify:
        array = _solve(flat, lead, individually_rational, device_path, on_empty, certify).payoff.numpy()
    else:
        from nucleolus_lib.games.nucleolus_kernel import solve_batch_payoffs

        array, status = solve_batch_payoffs(flat.numpy(), individually_rational)
        check_status(torch.from_numpy(status), lead, on_empty)
    return array.reshape(*lead, array.shape[1])


@overload
def nucleolus_batch_record(
    values: Tensor,
    *,
    individually_rational: bool = ...,
    device_path: DevicePath = ...,
    on_empty: OnEmpty = ...,
    certify: bool = ...,
) -> TensorRecord: ...
@overload
def nucleolus_batch_record(
    values: NDArray[Any],
    *,
    individually_rational: bool = ...,
    device_path: DevicePath = ...,
    on_empty: OnEmpty = ...,
    certify: bool = ...,
) -> FixingRecord: ...
def nucleolus_batch_record(
    values: Tensor | NDArray[Any],
    *,
    individually_rational: bool = True,
    device_path: DevicePath = "auto",
    on_empty: OnEmpty = "raise",
    certify: bool = False,
) -> TensorRecord | FixingRecord:
    """As :func:`nucleolus_batch`, with levels, fixed rows and duals; every field has the leading axes of ``values``.

    For an array a :class:`FixingRecord`, for a tensor a :class:`TensorRecord` on its device, without gradient.
    """
    is_tensor = isinstance(values, Tensor)
    flat, lead = _checked(values.detach() if isinstance(values, Tensor) else as_tensor(values), device_path, on_empty)
    record = _solve(flat, lead, individually_rational, device_path, on_empty, certify)
    record = TensorRecord(*(field.reshape(*lead, *field.shape[1:]) for field in record))
    return record if is_tensor else record.to_numpy()


def _solve(
    games: Tensor,
    lead: tuple[int, ...],
    individually_rational: bool,
    device_path: DevicePath,
    on_empty: OnEmpty,
    certify: bool,
) -> TensorRecord:
    """The records of checked games (B, 2**n), with every failure raised."""
    solve = _kernel if device_path == "cpu-kernel" or (device_path == "auto" and not games.is_cuda) else _lockstep
    games = games.to(torch.float64)
    record = solve(games, individually_rational)
    check_status(record.status, lead, on_empty)
    if certify:
        parts = zip(*(torch.split(field, _chunk(games)) for field in (games, *record)), strict=True)
        defect = torch.cat([record_defect(part, TensorRecord(*rest), individually_rational) for part, *rest in parts])
        unproved = (record.status == CONVERGED) & ~(defect <= DEFECT_TOLERANCE)
        if unproved.any():
            worst = float(defect[unproved].max())
            raise ConvergenceError(
                f"{names_of(unproved, lead)}: solved, but the records do not prove it (defect {worst:.1e}, expected at "
                f"most {DEFECT_TOLERANCE:.0e}). Rescale values that differ by many orders of magnitude, or try the "
                "other device_path"
            )
    return record


def _checked(values: Tensor, device_path: str, on_empty: str) -> tuple[Tensor, tuple[int, ...]]:
    for name, option, allowed in (
        ("device_path", device_path, ("auto", "cpu-kernel", "lockstep")),
        ("on_empty", on_empty, ("raise", "nan")),
    ):
        if option not in allowed:
            raise SolverOptionError(f"{name} must be one of {allowed}; got {option!r}")
    return checked_batch(values)


def _kernel(games: Tensor, individually_rational: bool) -> TensorRecord:
    from nucleolus_lib.games.nucleolus_kernel import solve_batch

    return TensorRecord.of(solve_batch(games.cpu().numpy(), individually_rational), games.device)


def _lockstep(games: Tensor, individually_rational: bool) -> TensorRecord:
    return TensorRecord.concatenate(
        [
            solve_lockstep(forgive_shortfall(chunk) if individually_rational else chunk, individually_rational)
            for chunk in torch.split(games, _chunk(games))
        ]
    )


def _chunk(games: Tensor) -> int:
    """How many games to take at a time on their device."""
    return max(1, COALITIONS_PER_CHUNK.get(games.device.type, 1 << 19) // games.shape[1])

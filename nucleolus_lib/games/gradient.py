"""The derivative of the nucleolus with respect to the game, read off the fixing record.

While the same rows stay fixed with the same multipliers, the payoff is linear in the values. With S_j
the fixed rows, l(j) the level of row j, A the n rows that are not redundant, and d the level duals,

    t_k   = sum_j d_kj rho_kj,    rho_kj = v(S_j) - t_l(j)   for an excess row of an earlier level,
                                  rho_kj = v(S_j)            for N, a bound, or a row of level k itself,
    A x   = rho,                  rho_j  = v(S_j) - t_l(j)   for an excess row, else v(S_j).

Collect the levels in t, the rows' values in v: with M_kl = sum of d_kj over the excess rows j of an
earlier level l < k, and P_jl = 1 where row j is an excess row of level l,

    (I + M) t = D v,      A x = v - P t.

Let g = dL/dx. The reverse pass solves A^T c = g, so that dL/dv = c so far and dL/dt = h = -P^T c; then
(I + M)^T h' = h, a triangular system solved from the last level to the first, adds D^T h' to dL/dv.
There is no linear programme in it: O(n^3) per game.

**Kinks.** v -> x is piecewise linear and continuous. Where two pieces meet (several coalitions could be
fixed, as in additive, symmetric and many integer-valued games) it has no derivative. The gradient is
then that of the piece whose basis the solver ended in: the derivative along some directions, and
not along others. It depends on the solver's tie-breaking, so the two solvers may differ there, but it
is always the exact Jacobian of one affine map that reproduces x at v. Games without a solution (NaN
payoffs) get gradient zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nucleolus_lib.games.fixing_record import CONVERGED
from nucleolus_lib.games.tensor_record import TensorRecord


def nucleolus_vjp(record: TensorRecord, payoff_gradient: Tensor) -> Tensor:
    """dL/dv (B, 2**n) from dL/dx (B, n): the vector-Jacobian product at the recorded solution.

    Differentiable in ``payoff_gradient``; the second derivative in v is zero almost everywhere.
    """
    games, n = record.payoff.shape
    solved = record.status == CONVERGED
    is_used = (record.rows >= 0) & solved.unsqueeze(1)
    is_excess = is_used & ~record.row_is_bound & (record.row_level >= 0)
    levels = torch.arange(n, device=record.rows.device)
    # P (B, R, n), and D (B, n, R): rows are excess rows of their level; multipliers beyond n_levels are zero.
    of_level = (is_excess.unsqueeze(2) & (record.row_level.unsqueeze(2) == levels)).to(torch.float64)
    duals = record.duals * is_used.unsqueeze(1)
    coupling = (duals @ of_level).tril(diagonal=-1)

    # The n rows that determine x, in the order fixed; games without a solution get unit rows and a zero gradient.
    is_basic = is_used & ~record.row_is_redundant
    basic = (~is_basic).to(torch.int8).argsort(dim=1, stable=True)[:, :n]
    matrix = (record.rows.gather(1, basic).unsqueeze(2) >> levels & 1).to(torch.float64)
    matrix = torch.where(solved[:, None, None], matrix, torch.eye(n, dtype=torch.float64, device=matrix.device))
    gradient = torch.where(solved.unsqueeze(1), payoff_gradient.to(torch.float64), 0.0)

    weights = torch.linalg.solve(matrix.transpose(1, 2), gradient)
    row_gradient = torch.zeros_like(record.duals[:, 0]).scatter(1, basic, weights)
    level_gradient = -(row_gradient.unsqueeze(1) @ of_level)
    identity = torch.eye(n, dtype=torch.float64, device=matrix.device)
    level_gradient = torch.linalg.solve_triangular(
        identity + coupling, level_gradient, upper=False, left=False, unitriangular=True
    )
    row_gradient = (row_gradient + (level_gradient @ duals).squeeze(1)) * is_used
    values_gradient = torch.zeros(games, 1 << n, dtype=torch.float64, device=matrix.device)
    return values_gradient.scatter_add(1, record.rows.clamp(min=0), row_gradient)


class _NucleolusFunction(torch.autograd.Function):
    """v (B, 2**n) -> x (B, n), solved by ``solve`` and differentiated through its record."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, solve: Callable[[Tensor], TensorRecord]) -> Tensor:
        record = solve(values.detach())
        ctx.save_for_backward(*record)
        ctx.dtype = values.dtype
        return record.payoff.to(values.dtype)

    @staticmethod
    def backward(ctx: Any, *payoff_gradients: Tensor) -> tuple[Tensor, None]:
        record = TensorRecord(*ctx.saved_tensors)
        return nucleolus_vjp(record, payoff_gradients[0]).to(ctx.dtype), None


def differentiable_nucleolus(values: Tensor, solve: Callable[[Tensor], TensorRecord]) -> Tensor:
    """Payoffs (B, n) of ``values`` (B, 2**n), attached to the graph; ``solve`` makes the record."""
    payoff: Tensor = _NucleolusFunction.apply(values, solve)  # type: ignore[no-untyped-call]
    return payoff

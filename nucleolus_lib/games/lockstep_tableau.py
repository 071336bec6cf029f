"""Where :mod:`nucleolus_lib.games.lockstep` starts: the scaled games and their first simplex tableau.

**Scaled game.** w(S) = (v(S) - sum_{i in S} v({i})) / scale. A difference within its own rounding error
is taken for zero; otherwise an additive game would be solved for its rounding errors.

scale is max |w|, after coalitions so far below zero that they can never matter are clipped: a value of
-1e12 for a forbidden coalition then costs no accuracy. Until x is determined some {i} is outside the
span of the fixed rows, and N - i with it. Let h = max w.

    nucleolus      t >= -x_i >= -w(N), while e(S, x) <= w(S): S never matters if w(S) < -w(N).
    prenucleolus   2 t >= w(N - i) - w(N) for that i, so t >= -L, L = max_i (w(N) - w(N - i)) / 2. No excess
                   passes the equal split's largest, T = max_S (w(S) - |S| w(N) / n), so x_i >= -T and
                   e(S, x) <= w(S) + n T: S never matters if w(S) < -L - n T.

They are raised to the bound less h, which keeps them below it.

**First vertex.** Every singleton tight, x(N) = w(N): x is the equal split, t = -w(N) / n, and every
singleton has the dual 1 / n. It is dual feasible and the same basis for every game.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.games.literal_tensor import literal_tensor

PERTURBATION = 1e-8


@dataclass
class Tableau:
    """B games between two steps: K = 2**n + n rows, m = n + 1 places in the basis, R = 2n rows in the record.

    The record has one level and one row more than it needs: what must not be written goes there.
    """

    alone: Tensor
    """(B, n) v({i})."""
    scale: Tensor
    """(B, 1)"""
    rhs: Tensor
    """(B, K) right-hand sides of the rows still to satisfy, -inf where masked."""
    inverse: Tensor
    """(B, m + 1, m + 1): B^-1 with the vertex z = (x, t) as a last column and, below, the perturbed duals."""
    b: Tensor
    """(B, m) right-hand sides of the basis."""
    basis: Tensor
    """(B, m) the row in each place, an index into K; 0 is t >= FLOOR."""
    is_fixed: Tensor
    """(B, m) the row in this place holds with equality from now on."""
    place_record: Tensor
    """(B, m) where the row of a fixed place stands in the record."""
    is_optimal: Tensor
    """(B,) the last pricing found no violation."""
    is_open: Tensor
    """(B,) neither solved nor failed."""
    is_empty: Tensor
    """(B,) there is no imputation."""
    rows: Tensor
    row_level: Tensor
    row_is_bound: Tensor
    row_is_redundant: Tensor
    n_rows: Tensor
    levels: Tensor
    n_levels: Tensor
    duals: Tensor

    def take(self, games: Tensor) -> Tableau:
        """The tableau of some of the games, by index."""
        return Tableau(**{name: field[games] for name, field in vars(self).items()})


class Rows(NamedTuple):
    """The constraints of an n-player level, the same for every game."""

    matrix: Tensor
    """(K, m): (a_S, 1) for every coalition S, then (e_i, 0) for every player."""
    costs: Tensor
    """(m,) irregular, between 1 and 2 times ``PERTURBATION``."""
    probes: Tensor
    """(2, m) irregular, between 1/2 and 3/2."""

    @classmethod
    def of(cls, n_players: int, device: torch.device) -> Rows:
        """Built on ``device``; the irregular numbers are the same everywhere and in every run."""
        coalitions = torch.arange(1 << n_players, device=device)
        member = coalitions[:, None] >> torch.arange(n_players, device=device) & 1
        top = torch.cat([member, torch.ones_like(member[:, :1])], dim=1)
        bottom = torch.eye(n_players, n_players + 1, dtype=top.dtype, device=device)
        draw = torch.Generator().manual_seed(7)
        numbers = torch.rand(3, n_players + 1, generator=draw, dtype=torch.float64)
        irregular = literal_tensor(numbers.flatten().tolist(), device).reshape(numbers.shape)
        return cls(torch.cat([top, bottom]).to(torch.float64), PERTURBATION * (1 + irregular[0]), 0.5 + irregular[1:])


def normalise(values: Tensor, rows: Rows, individually_rational: bool) -> tuple[Tensor, Tensor, Tensor]:
    """w (B, 2**n), the scale (B, 1), and whether there is no imputation (B,)."""
    n = rows.matrix.shape[1] - 1
    member = rows.matrix[: 1 << n, :n]
    alone = values[:, 1 << torch.arange(n, device=values.device)]
    rounding = 2 * n * torch.finfo(torch.float64).eps * (values.abs() + alone.abs() @ member.T)
    w = values - alone @ member.T
    w = torch.where(w.abs() <= rounding, 0.0, w)
    is_empty = (w[:, -1] < 0) & individually_rational
    w = torch.where(is_empty.unsqueeze(1), 0.0, w)
    w = torch.maximum(w, _never_matters_below(w, member, individually_rational))
    scale = w.abs().amax(dim=1, keepdim=True)
    scale = torch.where(scale > 0, scale, 1.0)
    return w / scale, scale, is_empty


def _never_matters_below(w: Tensor, member: Tensor, individually_rational: bool) -> Tensor:
    """(B, 1): a coalition can be raised to this without any effect on the solution."""
    n = member.shape[1]
    top, grand = w.amax(dim=1, keepdim=True), w[:, -1:]
    top = torch.where(top > 0, top, w.abs().amax(dim=1, keepdim=True))
    if individually_rational:
        return -grand - top
    without_one = w[:, (1 << n) - 1 - (1 << torch.arange(n, device=w.device))]
    least_level = 0.5 * (without_one.amin(dim=1, keepdim=True) - grand)
    equal_split = (w - grand / n * member.sum(dim=1)).amax(dim=1, keepdim=True)
    return least_level - n * equal_split - top


def first_tableau(values: Tensor, rows: Rows, individually_rational: bool) -> Tableau:
    """The first vertex of level 0 for games ``values`` (B, 2**n)."""
    games, n = values.shape[0], rows.matrix.shape[1] - 1
    m, device, dtype = n + 1, values.device, torch.float64
    singletons = 1 << torch.arange(n, device=device)
    w, scale, is_empty = normalise(values, rows, individually_rational)
    rhs = torch.cat([w, torch.full_like(w[:, :n], 0.0 if individually_rational else -torch.inf)], dim=1)
    rhs[:, 0] = -torch.inf
    rhs[:, (1 << n) - 1] = -torch.inf

    def table(fill: int | bool | float, *shape: int, dtype: torch.dtype = torch.int64) -> Tensor:
        return torch.full((games, *shape), fill, dtype=dtype, device=device)

    is_fixed, fixed_rows = table(False, m, dtype=torch.bool), table(-1, 2 * n + 1)
    is_fixed[:, n], fixed_rows[:, 0] = True, (1 << n) - 1
    # x_i = b_i - t and n t = sum_i b_i - w(N), written as a matrix acting on b = (w({1}), ..., w({n}), w(N)).
    inverse = torch.full((m + 1, m + 1), -1.0 / n, dtype=dtype, device=device)
    inverse[:n, :n] += torch.eye(n, dtype=dtype, device=device)
    inverse[n:] = -inverse[n:]
    inverse[:, n] = -inverse[:, n]
    inverse[m, :n] += rows.costs[:n]
    inverse = inverse.repeat(games, 1, 1)
    b = torch.cat([w[:, singletons], w[:, -1:]], dim=1)
    inverse[:, :, m] = (inverse[:, :, :m] * b.unsqueeze(1)).sum(dim=2)
    return Tableau(
        alone=values[:, singletons],
        scale=scale,
        rhs=rhs,
        inverse=inverse,
        b=b,
        basis=torch.cat([singletons, singletons.new_full((1,), (1 << n) - 1)]).repeat(games, 1),
        is_fixed=is_fixed,
        place_record=table(0, m),
        is_optimal=table(False, dtype=torch.bool),
        is_open=table(n > 1, dtype=torch.bool) & ~is_empty,
        is_empty=is_empty,
        rows=fixed_rows,
        row_level=table(-1, 2 * n + 1),
        row_is_bound=table(False, 2 * n + 1, dtype=torch.bool),
        row_is_redundant=table(False, 2 * n + 1, dtype=torch.bool),
        n_rows=table(1),
        levels=table(torch.nan, n + 1, dtype=dtype),
        n_levels=table(0),
        duals=table(0.0, n + 1, 2 * n + 1, dtype=dtype),
    )

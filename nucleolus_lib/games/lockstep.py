"""The nucleoli of B small games by one dual simplex in lockstep, as torch tensors on any device.

Level k of the nucleolus is the linear programme

    min t   s.t.   x(S) + t >= w(S)  for S outside span(E),    x(S) = rhs_S  for S in E,    x_i >= 0,

in the scaled game w of :mod:`nucleolus_lib.games.lockstep_tableau`, where E holds the rows fixed so
far, at first N alone. Every constraint is a row of the *row matrix*: (a_S, 1) for a coalition, (e_i, 0)
for a bound. A basis is m = n + 1 of them, the matrix B. All games take the same steps at once:

price     z = B^-1 b is the vertex (x, t); one matrix product gives the violation of every row.
pivot     u = r B^-1 for the most violated row r; of the inequalities with u_j > 0 the one with the
          least dual_j / u_j leaves; B^-1 changes by one outer product.
close     no violation: t is the level's value. The rows with a positive dual join E. They depend on
          each other, so one of them leaves its place to the row t >= FLOOR, whose dual is then 1 and
          all others 0. The rows in span(E) are masked with -inf.

**Tolerances on duals are safe.** B is a 0/1 matrix, so by Cramer's rule each dual, an entry of the last
row of B^-1, is an integer over det B, and a 0/1 matrix of order 11 has \\|det\\| <= 1458: a dual is 0
or at least 6.8e-4. The same holds for u.

**It does not cycle.** The duals are perturbed by irregular costs of 1e-8 to 2e-8 per row, so that every
pivot progresses. They move a dual by at most 11 * 2e-8 * 1458 < 3.3e-4: a basis that is optimal for the
perturbed costs is optimal for the true ones, and nothing needs cleaning up. What is fixed is read off
the true duals.

**FLOOR = -2 never binds.** If S is outside span(E), so is its complement, and their rows add up to
2 t >= w(S) + w(N - S) - w(N) >= -3, as \\|w\\| <= 1.

**Span.** B^-1 rho, with rho zero on E, is a generic vector orthogonal to E. A row in span(E) vanishes on
two of them; another row does so with a chance of about 1e-16.

Memory: about 4 * 8 * 2**n bytes per game. The host waits for the device at the stop test only.

Fixing the rows with a positive dual is the idea of Derks and Kuipers (1997) and of Benedek, Fliege and
Nguyen (2020).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.games.fixing_record import CONVERGED, EMPTY_IMPUTATION_SET, NOT_CONVERGED
from nucleolus_lib.games.lockstep_tableau import Rows, Tableau, first_tableau
from nucleolus_lib.games.tensor_record import TensorRecord

FLOOR = -2.0
VIOLATION = 1e-13
ROUND_OFF = 1e-9
POSITIVE_DUAL = 3.4e-4
IN_SPAN = 1e-9
PIVOTS_PER_ROUND = 3
ROUNDS_PER_CHECK = 2
MAX_ROUNDS = 600


def solve_lockstep(
    values: Tensor, individually_rational: bool = True, *, fixed_rounds: int | None = None
) -> TensorRecord:
    """Nucleoli of B games at once.

    Parameters
    ----------
    values
        (B, 2**n) finite float64 on any device, ``values[:, 0] == 0``, n <= 10; not checked here.
    individually_rational
        True for the nucleolus, False for the prenucleolus.
    fixed_rounds
        Run exactly so many rounds (each ``PIVOTS_PER_ROUND`` pivots and one closing) with all games: no
        shape depends on the data and the host never waits for the device. Games that needed more come
        back as NOT_CONVERGED. By default the solve runs until every game is done, looks every
        ``ROUNDS_PER_CHECK`` rounds, and goes on with the open games alone once half are done.

    Returns
    -------
    TensorRecord
        The payoff is NaN where ``status`` is not CONVERGED.
    """
    rows = Rows.of(values.shape[1].bit_length() - 1, values.device)
    tableau = first_tableau(values, rows, individually_rational)
    if fixed_rounds is not None:
        for _ in range(fixed_rounds):
            _round(tableau, rows)
        return _result(tableau, rows, individually_rational)
    finished: list[TensorRecord] = []
    order: list[Tensor] = []
    games = torch.arange(len(values), device=values.device)
    for round_index in range(MAX_ROUNDS):
        _round(tableau, rows)
        if round_index % ROUNDS_PER_CHECK:
            continue
        n_open = int(tableau.is_open.sum())
        if n_open == 0:
            break
        if 2 * n_open <= len(games):
            done, going = (~tableau.is_open).nonzero().squeeze(1), tableau.is_open.nonzero().squeeze(1)
            finished.append(_result(tableau.take(done), rows, individually_rational))
            order.append(games[done])
            tableau, games = tableau.take(going), games[going]
    finished.append(_result(tableau, rows, individually_rational))
    order.append(games)
    back = torch.cat(order).argsort()
    return TensorRecord(*(field[back] for field in TensorRecord.concatenate(finished)))


def _round(tableau: Tableau, rows: Rows) -> None:
    for _ in range(PIVOTS_PER_ROUND):
        _pivot(tableau, rows)
    _close_level(tableau, rows)


def _pivot(s: Tableau, rows: Rows) -> None:
    """Price, and bring the most violated row of every game into its basis."""
    m = rows.matrix.shape[1]
    violation, entering = torch.addmm(s.rhs, s.inverse[:, :m, m], rows.matrix.T, alpha=-1).max(dim=1, keepdim=True)
    u = (rows.matrix[entering.squeeze(1)].unsqueeze(2) * s.inverse[:, :m]).sum(dim=1)
    u[:, m:] = -violation
    can_leave = ~s.is_fixed & (u[:, :m] > POSITIVE_DUAL)
    step, leaving = torch.where(can_leave, s.inverse[:, m, :m] / u[:, :m], torch.inf).min(dim=1, keepdim=True)
    violated = violation > VIOLATION
    s.is_optimal = ~violated.squeeze(1)
    pivots = violated & step.isfinite() & s.is_open.unsqueeze(1)
    # If no row can leave, the fixed rows contradict a bound. By round-off the bound gives way; by more, the game ends.
    is_stuck = violated & step.isinf()
    s.rhs.scatter_add_(1, entering, torch.where(is_stuck, -violation, 0.0))
    s.is_open = s.is_open & ~(is_stuck & (violation > ROUND_OFF)).squeeze(1)
    _exchange(s.inverse, u, leaving, pivots)
    s.basis.scatter_(1, leaving, torch.where(pivots, entering, s.basis.gather(1, leaving)))
    s.b.scatter_(1, leaving, torch.where(pivots, s.rhs.gather(1, entering), s.b.gather(1, leaving)))


def _exchange(inverse: Tensor, u: Tensor, leaving: Tensor, pivots: Tensor) -> None:
    """Put a row into the place ``leaving`` (B, 1) of the games in ``pivots`` (B, 1), in place.

    ``u`` (B, m + 1) is the row times ``inverse``, less the row's right-hand side in the last entry.
    """
    column = inverse.gather(2, leaving.unsqueeze(2).expand(-1, inverse.shape[1], 1))
    change = u.scatter_add(1, leaving, -torch.ones_like(u[:, :1])) / u.gather(1, leaving)
    inverse.addcmul_(column, torch.where(pivots, change, 0.0).unsqueeze(1), value=-1)


def _close_level(s: Tableau, rows: Rows) -> None:
    """Fix the rows with a positive dual in every open game whose level is optimal, and start its next level."""
    m, n = rows.matrix.shape[1], rows.matrix.shape[1] - 1
    closes = (s.is_open & s.is_optimal).unsqueeze(1)
    u = s.inverse[:, n].clone()
    y, t = u[:, :m], u[:, m:].clone()
    is_excess = s.basis < 1 << n
    joins = closes & ~s.is_fixed & (y > POSITIVE_DUAL)
    spare = (joins & is_excess).to(torch.int8).argmax(dim=1, keepdim=True)
    is_spare = torch.zeros_like(joins).scatter(1, spare, True) & closes
    keeps = joins & ~is_spare
    _record_level(s, closes, joins, is_spare, y, t)

    # t >= FLOOR takes the spare place; then (a_S, 1) becomes (a_S, 0) for the fixed rows, and z follows.
    u[:, m:] -= FLOOR
    _exchange(s.inverse, u, spare, closes)
    turns = keeps & is_excess
    inverse = s.inverse[:, :m, :m]
    turned = (inverse * turns.unsqueeze(1)).sum(dim=2, keepdim=True)
    inverse.scatter_add_(2, spare.unsqueeze(2).expand(-1, m, 1), turned)
    s.b = torch.where(is_spare, FLOOR, torch.where(turns, s.b - t, s.b))
    s.basis = torch.where(is_spare, 0, s.basis)
    s.is_fixed = s.is_fixed | keeps
    s.inverse[:, :m, m] = (inverse * s.b.unsqueeze(1)).sum(dim=2)
    start = is_spare + rows.costs * ~s.is_fixed
    s.inverse[:, m, :m] = torch.where(closes, start, s.inverse[:, m, :m])

    normals = [(inverse[:, :n] * (probe * ~s.is_fixed).unsqueeze(1)).sum(dim=2) for probe in rows.probes]
    first, second = (normal @ rows.matrix[:, :n].T for normal in normals)
    in_span = first.abs_() + second.abs_() < IN_SPAN
    s.rhs.masked_fill_(in_span & closes, -torch.inf)
    s.is_open = s.is_open & (s.is_fixed.sum(dim=1) < n)


def _record_level(s: Tableau, closes: Tensor, joins: Tensor, is_spare: Tensor, y: Tensor, t: Tensor) -> None:
    """Append the joining rows, the redundant one last, and the level's value and duals."""
    n = y.shape[1] - 1
    nowhere = 2 * n
    is_bound = s.basis >= 1 << n
    count = joins.sum(dim=1, keepdim=True)
    position = s.n_rows.unsqueeze(1) + torch.where(is_spare, count, (joins & ~is_spare).cumsum(dim=1)) - 1
    position = torch.where(joins, position, nowhere)
    level = torch.where(closes, s.n_levels.unsqueeze(1), n)
    s.rows.scatter_(1, position, torch.where(is_bound, 1 << (s.basis - (1 << n)).clamp(min=0), s.basis))
    s.row_level.scatter_(1, position, level.expand_as(position))
    s.row_is_bound.scatter_(1, position, is_bound)
    s.row_is_redundant.scatter_(1, position, is_spare)
    s.place_record = torch.where(joins, position, s.place_record)
    target = torch.where(joins | s.is_fixed, s.place_record, nowhere)
    weights = torch.zeros_like(s.duals[:, 0]).scatter(1, target, torch.where(y.abs() > POSITIVE_DUAL, y, 0.0))
    s.duals.scatter_(1, level.unsqueeze(2).expand(-1, 1, nowhere + 1), weights.unsqueeze(1))
    s.levels.scatter_(1, level, t)
    s.n_rows += count.squeeze(1)
    s.n_levels += closes.squeeze(1)


def _result(s: Tableau, rows: Rows, individually_rational: bool) -> TensorRecord:
    """Refine x once against the residual of its basis, and undo the scaling."""
    m, n = rows.matrix.shape[1], rows.matrix.shape[1] - 1
    matrix = rows.matrix[s.basis]
    matrix[:, :, n] = torch.where(s.is_fixed, 0.0, matrix[:, :, n])
    inverse, z = s.inverse[:, :m, :m], s.inverse[:, :m, m:]
    z = z + inverse @ (s.b.unsqueeze(2) - matrix @ z)
    x = z[:, :n, 0].clamp(min=0.0 if individually_rational else -torch.inf)
    solved = (s.is_fixed.sum(dim=1) == n) & ~s.is_empty
    status = torch.where(solved, CONVERGED, torch.where(s.is_empty, EMPTY_IMPUTATION_SET, NOT_CONVERGED))
    return TensorRecord(
        payoff=torch.where(solved.unsqueeze(1), s.alone + s.scale * x, torch.nan),
        rows=s.rows[:, :-1],
        row_level=s.row_level[:, :-1],
        row_is_bound=s.row_is_bound[:, :-1],
        row_is_redundant=s.row_is_redundant[:, :-1],
        n_rows=s.n_rows,
        levels=s.scale * s.levels[:, :-1],
        n_levels=s.n_levels,
        duals=s.duals[:, :-1, :-1],
        status=status,
    )

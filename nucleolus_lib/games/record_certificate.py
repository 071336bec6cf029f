"""Proof, for a whole batch, that fixing records hold nucleoli: from the values and the records alone.

Let E_k be the rows fixed before level k. The payoff x is the nucleolus if at every level k

    weak duality    sum_j d_kj a_j = 0, where d_kj > 0 for the rows fixed at level k, any sign for E_k and 0 for later
                    rows, and the excess rows of level k have weights of sum 1;
    tightness       e(S_j, x) = t_k for the excess rows j of level k, x_i = v({i}) for its bounds;
    feasibility     e(S, x) <= t_k for every S outside span(E_k), x_i >= v({i}), x(N) = v(N);

and the rows fixed in the end have rank n. The first two make t_k a lower bound of the level's linear
programme, the third an attained one; a positive weight makes the row tight in every optimal solution.
This is Kohlberg's criterion (1971) with the balancing weights given. :mod:`nucleolus_lib.games.certificate`
says the same of one game, in fractions too.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.games.fixing_record import CONVERGED
from nucleolus_lib.games.lockstep_tableau import Rows, normalise
from nucleolus_lib.games.tensor_record import TensorRecord

IN_SPAN = 1e-8
"""Squared distance of a 0/1 vector from a span of such vectors: 0, or a ratio of integer Gram determinants > 1e-7."""

LEAST_WEIGHT = 6.8e-4
"""A positive level dual is an integer over a 0/1 determinant of order 11, which is at most 1458."""


def record_defect(values: Tensor, record: TensorRecord, individually_rational: bool = True) -> Tensor:
    """By how much each record fails to prove its payoff, (B,): round-off if it does, infinite where it is not solved.

    Errors of payoffs and levels are relative to the largest \\|v(S)\\| of the game, without the coalitions so far
    below zero that they can never matter; errors of the weights, which are of order one, are absolute.

    Parameters
    ----------
    values
        (B, 2**n) float64, n <= 10.
    record
        Fields with one leading axis B.
    """
    games, n = record.payoff.shape
    rows = Rows.of(n, values.device)
    member, x = rows.matrix[: 1 << n, :n], record.payoff
    alone = values[:, 1 << torch.arange(n, device=values.device)]
    w, scale, _ = normalise(values, rows, individually_rational)
    magnitude = (alone @ member.T + scale * w).abs().amax(dim=1).clamp(min=torch.finfo(torch.float64).tiny)
    coalition = record.rows.clamp(min=0)
    is_used = record.rows >= 0
    level = record.row_level
    is_excess = is_used & ~record.row_is_bound & (level >= 0)

    excess = values - x @ member.T
    levels = torch.where(torch.arange(n, device=values.device) < record.n_levels.unsqueeze(1), record.levels, 0.0)
    due = torch.where(is_excess, levels.gather(1, level.clamp(min=0)), 0.0)
    tightness = torch.where(is_used, (excess.gather(1, coalition) - due).abs(), 0.0).amax(dim=1)

    # Level after which a coalition is in the span, by Gram-Schmidt over the rows in the order fixed.
    distance = member.sum(dim=1).expand(games, -1).clone()
    spanned_at = torch.where(distance < IN_SPAN, -1, n).to(torch.int64)
    basis: list[Tensor] = []
    for j in range(record.rows.shape[1]):
        direction = member[coalition[:, j]] * is_used[:, j : j + 1]
        for _ in range(2):
            for earlier in basis:
                direction = direction - (direction * earlier).sum(dim=1, keepdim=True) * earlier
        length = direction.norm(dim=1, keepdim=True)
        direction = torch.where(length**2 > IN_SPAN, direction / length, 0.0)
        basis.append(direction)
        distance -= (direction @ member.T) ** 2
        spanned_at = torch.where((distance < IN_SPAN) & (spanned_at == n), level[:, j : j + 1], spanned_at)
    is_determined = (spanned_at < n).all(dim=1)

    # A coalition that enters the span after level k obeyed levels 0..k; one that entered before level 0 obeys none.
    ceiling = torch.cat([torch.full_like(levels[:, :1], torch.inf), levels.cummin(dim=1).values], dim=1)
    breach = (excess - ceiling.gather(1, spanned_at.clamp(max=n - 1) + 1)).amax(dim=1)
    if individually_rational:
        breach = torch.maximum(breach, (alone - x).amax(dim=1))
        # Bounds fixed before level 0 claim that there is one imputation only.
        is_single = (record.row_is_bound & is_used & (level < 0)).any(dim=1)
        breach = torch.maximum(breach, torch.where(is_single, values[:, -1] - alone.sum(dim=1), -torch.inf))
    else:
        breach = torch.where((record.row_is_bound & is_used).any(dim=1), torch.inf, breach)

    is_level = torch.arange(n, device=values.device).view(1, n, 1)
    in_use = is_used.unsqueeze(1) & (is_level < record.n_levels.view(-1, 1, 1))
    now, later = in_use & (level.unsqueeze(1) == is_level), in_use & (level.unsqueeze(1) > is_level)
    weights = torch.where(in_use, record.duals, 0.0)
    balance = (weights @ member[coalition]).abs().amax(dim=(1, 2))
    total = torch.where(now & is_excess.unsqueeze(1), weights, 0.0).sum(dim=2)
    one = (torch.arange(n, device=values.device) < record.n_levels.unsqueeze(1)).to(torch.float64)
    unit = (total - one).abs().amax(dim=1)
    sign = torch.where(now, LEAST_WEIGHT - weights, 0.0).amax(dim=(1, 2))
    future = torch.where(later, weights.abs(), 0.0).amax(dim=(1, 2))

    defect = torch.stack([tightness / magnitude, breach / magnitude, balance, unit, sign, future]).amax(dim=0)
    is_proved = is_determined & (record.status == CONVERGED)
    return torch.where(is_proved, defect.clamp(min=0.0), torch.inf)

"""What exact solutions say about a sample of learned games: metrics, and the least-core value for row I5.

The payoffs x share out the total x(N) = Q_tot - V_empty. The game they are measured against is therefore v with
v(N) = x(N): credit can only divide what there is. For every sampled step:

least-core value   eps*, the smallest largest excess that any division of x(N) has;
empty core         eps* > 0 (by more than rounding, ``CORE_TOLERANCE`` of the largest value of the game);
distance           sqrt( mean_i (x_i - nu_i)^2 ) from the nucleolus nu.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.learners.nucleolus_credit import exact_shares, least_core_values
from nucleolus_lib.learners.nucleolus_sample import StepSample

CORE_TOLERANCE = 1e-5
"""Values are float32 numbers of a network: an eps* below this fraction of them is zero."""


class ExactComparison(NamedTuple):
    """Sample means, all 0-d; NaN where no game of the sample was solved."""

    least_core: Tensor
    empty_core: Tensor
    distance: Tensor
    solved: Tensor
    """Share of the sampled games that were solved."""


def with_total(game: Tensor, payoff: Tensor) -> Tensor:
    """The games (G, 2**n) with v(N) = x(N) and v(empty) = 0, detached; payoffs (G, n)."""
    game, payoff = game.detach(), payoff.detach()
    return torch.cat([torch.zeros_like(game[:, :1]), game[:, 1:-1], payoff.sum(1, keepdim=True)], 1)


@torch.no_grad()
def compare(game: Tensor, payoff: Tensor, sample: StepSample) -> ExactComparison:
    """Sampled games (G, 2**n) as :func:`with_total` makes them, and their payoffs (G, n), against the nucleolus."""
    nucleolus, is_solved = exact_shares(game, "nucleolus")
    least = least_core_values(game, nucleolus)
    is_empty = least > CORE_TOLERANCE * game.abs().amax(1)
    distance = (payoff - nucleolus).square().mean(1).sqrt()
    weight = sample.weight * is_solved
    total = weight.sum()
    return ExactComparison(
        least_core=(weight * least).sum() / total,
        empty_core=(weight * is_empty).sum() / total,
        distance=(weight * distance).sum() / total,
        solved=sample.mean(is_solved.to(weight.dtype)),
    )

"""What prey do: flee, act at random, or mix the two.

*Flee.* From the predators at positions p_j, a prey at p has

    g = sum_j d_j / (|d_j|^2 + softening)^2 - gain * max(0, |p| - (wall - margin)) sign(p),   d_j = p - p_j,

the second term per axis and only where there are walls. It accelerates along the axis on which |g| is
larger (along both on an exact tie), in the direction of g.

*Random.* One of the five actions, uniformly: none, -x, +x, -y, +y.

*Mix.* With probability q flee, else act at random; both are decided by one uniform number r: flee if
r < q, else the action floor(5 (r - q) / (1 - q)).

B worlds are the last axis.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softshrink

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules

N_ACTIONS = 5
"""none, -x, +x, -y, +y."""
SMALLEST = 1e-30
"""Keeps g / |g| at 0 where g is 0."""


def n_prey_draws(rules: PredatorPreyRules) -> int:
    """Uniform numbers that the prey of one world use in one step."""
    return 0 if rules.prey == "flee" else rules.n_prey


def prey_directions(
    away: Tensor, squared: Tensor, position: Tensor, draws: Tensor, directions: Tensor, rules: PredatorPreyRules
) -> Tensor:
    """Where each prey accelerates, (G, 2, B): 1, -1 or 0 on each axis.

    Parameters
    ----------
    away
        (G * N, 2, B), d_j of each prey.
    squared
        (G * N, B), |d_j|^2.
    position
        (G, 2, B), of the prey.
    draws
        (B, n_prey_draws), uniform on [0, 1).
    directions
        (5, 2), the direction of every action.
    rules
        The policy and its constants.
    """
    if rules.prey == "flee":
        return _flee(away, squared, position, rules)
    q = rules.mix_flee_probability if rules.prey == "mix" else 0.0
    # A draw just below 1 can round up to action 5.
    action = ((draws - q) * (N_ACTIONS / max(1 - q, 1e-9))).long().clamp(0, N_ACTIONS - 1)
    at_random = directions[action].permute(1, 2, 0)
    if rules.prey == "random":
        return at_random
    return torch.where((draws < q).T[:, None], _flee(away, squared, position, rules), at_random)


def _flee(away: Tensor, squared: Tensor, position: Tensor, rules: PredatorPreyRules) -> Tensor:
    terms = away * (squared + rules.flee_softening).pow_(-2).unsqueeze(1)
    g = terms.view(rules.n_prey, rules.n_predators, 2, -1).sum(1)
    if rules.wall is not None:
        # Soft shrinkage by a is max(0, |p| - a) sign(p).
        g.sub_(softshrink(position, rules.wall - rules.flee_wall_margin), alpha=rules.flee_wall_gain)
    # 1 or -1 where |g| is largest, and a fraction that is cut off elsewhere.
    return g.div_(g.abs().amax(1, keepdim=True).clamp_(min=SMALLEST)).trunc_()

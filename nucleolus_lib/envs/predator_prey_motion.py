r"""How bodies move in predator-prey: contact, acceleration, damping, walls (simple_tag's physics).

Body i has position p_i, velocity v_i, a radius, and mass 1. B worlds are the *last* axis here, so that
every operation runs along contiguous memory.

*Contact.* With d = |p_i - p_j|, the sum of the radii D_ij and softness k, body j pushes body i with

    F_ij = c (p_i - p_j) / d * k log(1 + exp((D_ij - d) / k)) = -F_ji,

nothing at d = 0. Landmarks push and are not pushed. Each pair of bodies is computed once: with the
incidence matrix I of the pairs, 1 for the first body of a pair and -1 for the second, the separations
p_i - p_j are I' p, and the sums over j are I F.

*One step* of length h, with own acceleration u_i, damping b and greatest speed m_i:

    v'_i = clip((1 - b) v_i + h (u_i + sum_j F_ij), m_i),    clip(v, m) = v min(1, m / |v|),
    p'_i = p_i + h v_i   (order ``mpe2``)   or   p_i + h v'_i   (order ``openai``).

*Walls.* Each coordinate of p' is clamped to [-w, w], and the velocity along a clamped one becomes 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules

SMALLEST = 1e-24
"""Added to squared lengths, so that one can divide by a length of 0."""
FAR = 1e3
"""Where bodies that are gone are thought to be, so that they push nobody: body i at (i + 1) times this."""


@dataclass(frozen=True)
class BodyPairs:
    """Which bodies can touch: Q pairs of the P that move and the L landmarks, which are always second.

    The G * N pairs (prey, predator) come first, prey by prey.

    Parameters
    ----------
    reach
        (Q, 1), D_ij.
    separate
        (Q, P + L), I': from positions to separations.
    push
        (P, Q), h c I: from the strengths of contact to changes of velocity.
    """

    reach: Tensor
    separate: Tensor
    push: Tensor


def body_pairs(rules: PredatorPreyRules, radius: Tensor) -> BodyPairs:
    """The pairs of a world; ``radius`` (P + L,) gives device and precision."""
    n, p = rules.n_predators, rules.n_bodies
    chases = [(prey, predator) for prey in range(n, p) for predator in range(n)]
    own_kind = [(i, j) for i in range(p) for j in range(i) if (i < n) == (j < n)]
    obstacles = [(i, j) for i in range(p) for j in range(p, p + rules.n_landmarks)]
    pairs = torch.tensor(chases + own_kind + obstacles, dtype=torch.int64, device=radius.device)
    first, second = pairs.T.contiguous()
    solid = torch.arange(p + rules.n_landmarks, device=radius.device)
    separate = (first[:, None] == solid).to(radius.dtype) - (second[:, None] == solid).to(radius.dtype)
    return BodyPairs(
        reach=(radius[first] + radius[second])[:, None],
        separate=separate,
        push=separate[:, :p].T * (rules.contact_force * rules.time_step),
    )


def separations(separate: Tensor, position: Tensor) -> Tensor:
    """p_i - p_j, (Q, 2, B), from positions (P + L, 2, B); ``separate`` has a row per pair."""
    return (separate @ position.flatten(1)).view(len(separate), 2, -1)


def squared_lengths(vectors: Tensor, smallest: Tensor) -> Tensor:
    """|v|^2 + smallest for vectors (Q, 2, B), (Q, B)."""
    x, y = vectors.unbind(1)
    return torch.addcmul(torch.addcmul(smallest, x, x), y, y)


def contact(separation: Tensor, squared: Tensor, pairs: BodyPairs, margin: float) -> Tensor:
    """h sum_j F_ij, what contact adds to the velocities, (P, 2, B).

    Parameters
    ----------
    separation
        (Q, 2, B), p_i - p_j of every pair.
    squared
        (Q, B), its squared length.
    pairs
        The pairs.
    margin
        k.
    """
    distance = squared.sqrt()
    strength = softplus(pairs.reach - distance, beta=1 / margin).div_(distance)
    return (pairs.push @ (separation * strength.unsqueeze(1)).flatten(1)).view(len(pairs.push), 2, -1)


def integrate(
    velocity: Tensor,
    position: Tensor,
    gain: Tensor,
    moving: Tensor,
    max_speed: Tensor,
    smallest: Tensor,
    rules: PredatorPreyRules,
) -> tuple[Tensor, Tensor]:
    """Velocities and positions after one step, (P, 2, B) each.

    Parameters
    ----------
    velocity, position
        (P, 2, B), before the step; bodies that do not move have velocity 0.
    gain
        (P, 2, B), h (u + sum F).
    moving
        (P, B) bool.
    max_speed
        (P, 1), m.
    smallest
        () to divide by a speed of 0.
    rules
        h, b, w and the order.
    """
    old = velocity
    velocity = torch.add(gain, old, alpha=1 - rules.damping)
    velocity.mul_(squared_lengths(velocity, smallest).rsqrt_().mul_(max_speed).clamp_(max=1.0).unsqueeze(1))
    if rules.integration == "openai":
        velocity.mul_(moving.unsqueeze(1))
    moved = old if rules.integration == "mpe2" else velocity
    position = torch.add(position, moved, alpha=rules.time_step)
    if rules.wall is not None:
        inside = position.clamp(-rules.wall, rules.wall)
        velocity.masked_fill_(inside != position, 0.0)
        position = inside
    return velocity, position

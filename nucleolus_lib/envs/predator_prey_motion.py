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

SMALLEST = 1e-12
"""Stands for a length of 0 where one divides by it."""


@dataclass(frozen=True)
class BodyPairs:
    """Which bodies can touch: Q pairs of the P that move and the L landmarks, which are always second.

    The G * N pairs (prey, predator) come first, prey by prey.

    Parameters
    ----------
    first, second
        (Q,) int64, indices of the two bodies; in ``second`` a landmark is replaced by the first body,
        so that both index what moves.
    reach
        (Q, 1), D_ij.
    separate
        (Q, P + L), I': from positions to separations.
    push
        (P, Q), h c I: from the strengths of contact to changes of velocity.
    """

    first: Tensor
    second: Tensor
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
        first=first,
        second=torch.where(second < p, second, first),
        reach=(radius[first] + radius[second])[:, None],
        separate=separate,
        push=separate[:, :p].T * (rules.contact_force * rules.time_step),
    )


def separations(separate: Tensor, position: Tensor) -> Tensor:
    """p_i - p_j, (Q, 2, B), from positions side by side, (P + L, 2 B); ``separate`` has a row per pair."""
    return (separate @ position).view(len(separate), 2, -1)


def contact(separation: Tensor, squared: Tensor, pairs: BodyPairs, solid: Tensor | None, margin: float) -> Tensor:
    """h sum_j F_ij, what contact adds to the velocities, (P, 2, B).

    Parameters
    ----------
    separation
        (Q, 2, B), p_i - p_j of every pair.
    squared
        (Q, B), its squared length.
    pairs
        The pairs.
    solid
        (Q, B) bool, whether both bodies are there; None if all are.
    margin
        k.
    """
    distance = squared.sqrt()
    strength = softplus(pairs.reach - distance, beta=1 / margin)
    strength.div_(distance.clamp_(min=SMALLEST))
    if solid is not None:
        strength.mul_(solid)
    return (pairs.push @ (separation * strength[:, None]).flatten(1)).view(len(pairs.push), 2, -1)


def integrate(bodies: Tensor, gain: Tensor, max_speed: Tensor, rules: PredatorPreyRules) -> Tensor:
    """Velocities and positions after one step, (P, 4, B).

    Parameters
    ----------
    bodies
        (P, 4, B): v_x, v_y, p_x, p_y before the step.
    gain
        (P, 2, B), h (u + sum F).
    max_speed
        (P, 1), m.
    rules
        h, b, w and the order.
    """
    old = bodies[:, :2]
    velocity = torch.add(gain, old, alpha=1 - rules.damping)
    # At rest the quotient is infinite, and clamped to 1.
    velocity.mul_(velocity.square().sum(1).rsqrt_().mul_(max_speed).clamp_(max=1.0)[:, None])
    moved = old if rules.integration == "mpe2" else velocity
    position = torch.add(bodies[:, 2:], moved, alpha=rules.time_step)
    if rules.wall is not None:
        inside = position.clamp(-rules.wall, rules.wall)
        velocity.mul_(inside == position)
        position = inside
    return torch.cat([velocity, position], 1)

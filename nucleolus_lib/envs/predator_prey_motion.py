r"""How bodies move in predator-prey: contact, acceleration, damping, walls (simple_tag's physics).

Body i has position p_i, velocity v_i, radius and mass 1; B worlds are the *last* axis here, so that
every operation runs along contiguous memory.

*Contact.* With d = |p_i - p_j|, the sum of the radii D_ij and softness k, body j pushes body i with

    F_ij = c (p_i - p_j) / d * k log(1 + exp((D_ij - d) / k)),

nothing at d = 0. Landmarks push and are not pushed.

*One step* of length h, with own acceleration u_i, damping b and greatest speed m_i:

    v'_i = clip((1 - b) v_i + h (u_i + sum_j F_ij), m_i),    clip(v, m) = v min(1, m / |v|),
    p'_i = p_i + h v_i   (order ``mpe2``)   or   p_i + h v'_i   (order ``openai``).

*Walls.* Each coordinate of p' is clamped to [-w, w], and the velocity along a clamped one becomes 0.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules

SMALLEST = 1e-12
"""Stands for a length of 0 where one divides by it."""


def lengths(vectors: Tensor) -> Tensor:
    """|v| for vectors (..., 2, B), (..., B)."""
    x, y = vectors.unbind(-2)
    return torch.addcmul(x * x, y, y).sqrt_()


def contact_forces(
    separation: Tensor, distance: Tensor, reach: Tensor, solid: Tensor | None, rules: PredatorPreyRules
) -> Tensor:
    """sum_j F_ij, (P, 2, B).

    Parameters
    ----------
    separation
        (P, Q, 2, B), p_i - p_j; the first P of the Q bodies are those that move.
    distance
        (P, Q, B), its length.
    reach
        (P, Q, 1), D_ij.
    solid
        (Q, B), 1 for a body that pushes and 0 for one that is gone; None if all push.
    rules
        c and k.
    """
    depth = softplus(reach - distance, beta=1 / rules.contact_margin)
    strength = depth.div_(distance.clamp(min=SMALLEST))
    if solid is not None:
        strength = strength.mul_(solid)
    return (separation * strength[:, :, None]).sum(1).mul_(rules.contact_force)


def integrate(bodies: Tensor, force: Tensor, max_speed: Tensor, rules: PredatorPreyRules) -> Tensor:
    """Velocities and positions after one step, (P, 4, B), from those before and u + sum F, (P, 2, B).

    ``bodies`` (P, 4, B) holds v_x, v_y, p_x, p_y and ``max_speed`` (P, 1) the m_i.
    """
    h = rules.time_step
    old = bodies[:, :2]
    velocity = torch.add(old * (1 - rules.damping), force, alpha=h)
    velocity = velocity * (max_speed / lengths(velocity).clamp_(min=SMALLEST)).clamp_(max=1.0)[:, None]
    position = torch.add(bodies[:, 2:], old if rules.integration == "mpe2" else velocity, alpha=h)
    if rules.wall is not None:
        inside = position.clamp(-rules.wall, rules.wall)
        velocity = velocity * (inside == position)
        position = inside
    return torch.cat([velocity, position], 1)

r"""How bodies move in predator-prey: contact, acceleration, damping, walls (simple_tag's physics).

Body i has position p_i, velocity v_i, a radius, and mass 1. B worlds are the *last* axis here, so that
every operation runs along contiguous memory.

*Contact.* With d = |p_i - p_j|, the sum of the radii D_ij and softness k, body j pushes body i with

    F_ij = c (p_i - p_j) / d * k log(1 + exp((D_ij - d) / k)) = -F_ji,

nothing at d = 0. Landmarks push and are not pushed. Each pair is computed once; the sums over j are a
product with the incidence matrix of the pairs, 1 for the first body of a pair and -1 for the second.

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
    """Which bodies can touch, Q pairs of the P bodies that move and the L landmarks.

    The G * N pairs (prey, predator) come first, prey by prey.

    Parameters
    ----------
    first, second
        (Q,) int64, indices of the bodies; landmarks follow the bodies that move and are always second.
    second_mover
        (Q,) int64, the second body, or the first again where the second is a landmark.
    reach
        (Q, 1), D_ij.
    push
        (P, Q), the incidence matrix of the module's docstring, times c.
    """

    first: Tensor
    second: Tensor
    second_mover: Tensor
    reach: Tensor
    push: Tensor


def body_pairs(rules: PredatorPreyRules, radius: Tensor) -> BodyPairs:
    """The pairs of a world; ``radius`` (P + L,) gives device and precision."""
    n, p = rules.n_predators, rules.n_bodies
    chases = [(prey, predator) for prey in range(n, p) for predator in range(n)]
    own_kind = [(i, j) for i in range(p) for j in range(i) if (i < n) == (j < n)]
    obstacles = [(i, j) for i in range(p) for j in range(p, p + rules.n_landmarks)]
    pairs = torch.tensor(chases + own_kind + obstacles, dtype=torch.int64, device=radius.device)
    first, second = pairs.T.contiguous()
    body = torch.arange(p, device=radius.device)[:, None]
    incidence = (first == body).to(radius.dtype) - (second == body).to(radius.dtype)
    return BodyPairs(
        first=first,
        second=second,
        second_mover=torch.where(second < p, second, first),
        reach=(radius[first] + radius[second])[:, None],
        push=incidence * rules.contact_force,
    )


def squared_length(x: Tensor, y: Tensor) -> Tensor:
    """x^2 + y^2."""
    return torch.addcmul(x * x, y, y)


def contact_forces(
    x: Tensor, y: Tensor, squared: Tensor, pairs: BodyPairs, solid: Tensor | None, rules: PredatorPreyRules
) -> Tensor:
    """sum_j F_ij, (P, 2, B).

    Parameters
    ----------
    x, y
        (Q, B), p_i - p_j of every pair.
    squared
        (Q, B), its squared length.
    pairs
        The pairs.
    solid
        (Q, B) bool, whether both bodies are there; None if all are.
    rules
        k.
    """
    distance = squared.sqrt()
    strength = softplus(pairs.reach - distance, beta=1 / rules.contact_margin)
    strength.div_(distance.clamp_(min=SMALLEST))
    if solid is not None:
        strength.mul_(solid)
    return torch.stack([pairs.push @ (x * strength), pairs.push @ (y * strength)], 1)


def integrate(bodies: Tensor, force: Tensor, max_speed: Tensor, rules: PredatorPreyRules) -> Tensor:
    """Velocities and positions after one step, (P, 4, B), from those before and u + sum F, (P, 2, B).

    ``bodies`` (P, 4, B) holds v_x, v_y, p_x, p_y and ``max_speed`` (P, 1) the m_i.
    """
    h = rules.time_step
    old = bodies[:, :2]
    velocity = torch.add(old * (1 - rules.damping), force, alpha=h)
    speed = squared_length(velocity[:, 0], velocity[:, 1]).sqrt_()
    velocity.mul_((max_speed / speed.clamp_(min=SMALLEST)).clamp_(max=1.0)[:, None])
    position = torch.add(bodies[:, 2:], old if rules.integration == "mpe2" else velocity, alpha=h)
    if rules.wall is not None:
        inside = position.clamp(-rules.wall, rules.wall)
        velocity.mul_(inside == position)
        position = inside
    return torch.cat([velocity, position], 1)

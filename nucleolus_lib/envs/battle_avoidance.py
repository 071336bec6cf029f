r"""Optimal reciprocal collision avoidance, the way in which units keep apart under the ruleset ``smaclite``.

Velocities are displacements per loop, tau is the ruleset's ``foresight``. Take a walking unit i with velocity v_i in
the last loop and wish w_i, and a unit j nearby (within i's radius plus the largest radius of the battle) with velocity
v_j; p = x_j - x_i, R the sum of their radii, v = v_i - v_j.

*Velocity obstacle.* The relative velocities with which i and j touch within tau loops form a cone with apex 0 about p,
cut off by the circle of radius R / tau about p / tau. Let u be the smallest change that takes v to its edge (into or
out of it), n the edge's outward normal there. If they overlap already, the circle of radius R about p takes the cone's
place.

*Permitted velocities* of i with respect to j: the half-plane { x : (x - (v_i + c u)) . n >= 0 }, with c = 1/2 if j
walks and 1 if it stands.

*New velocity.* The permitted velocity, of length at most the unit's speed, that is nearest to w_i. If no velocity is
permitted by all, the one whose greatest violation is least. Both are found by running through the half-planes one
by one; each is a line with a direction d and a point, and permits what lies to its left.

Standing units stay. At most ``NEIGHBOURS`` nearest units count.

Reference: van den Berg, Guy, Lin and Manocha (2011), *Reciprocal n-body collision avoidance*, Robotics Research, STAR
70, 3-19. That a standing unit leaves the whole change to the other was measured on SMAClite @ 0d6abbe.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_tables import BattleTables

NEIGHBOURS = 10
PARALLEL = 1e-5
TINY = 1e-20


class Lines(NamedTuple):
    """L half-planes of each of M units: ``point``, ``direction`` (2, L, M), ``valid`` (L, M) bool."""

    point: Tensor
    direction: Tensor
    valid: Tensor

    def first(self, count: int) -> Lines:
        """The first ``count`` of them."""
        return Lines(self.point[:, :count], self.direction[:, :count], self.valid[:count])


def avoid(tables: BattleTables, place: Tensor, velocity: Tensor, wanted: Tensor, walks: Tensor) -> Tensor:
    """New velocities (2, U, B) of units at places (2, U, B), with the dead parked far away."""
    n_units, batch = walks.shape
    speed = tables.speed.expand(n_units, batch).reshape(-1)
    lines = permitted(tables, place, velocity, walks)
    wish = wanted.reshape(2, -1)
    result, failed = nearest_permitted(lines, speed, wish, wish)
    result = least_violation(lines, failed, speed, result)
    return torch.where(walks, result.reshape(2, n_units, batch), 0.0)


def permitted(tables: BattleTables, place: Tensor, velocity: Tensor, walks: Tensor) -> Lines:
    """The half-planes of every unit with respect to its nearest neighbours, M = U B."""
    tau = tables.rules.foresight or 1.0
    n_units, batch = walks.shape
    count = min(NEIGHBOURS, n_units - 1)
    offset = place[:, None] - place[:, :, None]
    square = offset.square().sum(0)
    alone = torch.eye(n_units, dtype=torch.bool, device=place.device)[..., None]
    minded = (square <= (tables.radius[:, None] + tables.radius.max()).square()) & ~alone
    nearest = torch.where(minded, square, torch.inf).topk(count, dim=1, largest=False, sorted=True)[1]

    def pick(pairs: Tensor) -> Tensor:
        return pairs.expand(n_units, n_units, batch).gather(1, nearest).transpose(0, 1).reshape(count, -1)

    p = torch.stack([pick(offset[0]), pick(offset[1])])
    relative = velocity[:, :, None] - velocity[:, None]
    v = torch.stack([pick(relative[0]), pick(relative[1])])
    radii = pick(tables.radius[:, None] + tables.radius[None])
    share = pick(torch.where(walks, 0.5, 1.0)[None])
    direction, change = _edge(p, v, radii, tau)
    own = velocity.reshape(2, 1, -1)
    return Lines(own + share * change, direction, pick(minded))


def _edge(p: Tensor, v: Tensor, radii: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """Direction of the velocity obstacle's edge nearest to v, and the change u that takes v there."""
    square = p.square().sum(0)
    apart = square > radii.square()
    horizon = torch.where(apart, tau, 1.0)
    w = v - p / horizon
    length = (w.square().sum(0) + TINY).sqrt()
    unit = w / length
    ahead = (w * p).sum(0)
    on_circle = ~apart | ((ahead < 0) & (ahead.square() > radii.square() * length.square()))
    circle = torch.stack([unit[1], -unit[0]])
    leg = (square - radii.square()).clamp(min=0.0).sqrt()
    left = (p[0] * w[1] - p[1] * w[0]) > 0
    side = torch.where(left, radii, -radii)
    along = torch.stack([p[0] * leg - p[1] * side, p[0] * side + p[1] * leg]) / square
    cone = torch.where(left, along, -along)
    to_circle = (radii / horizon - length) * unit
    to_cone = (v * cone).sum(0) * cone - v
    return torch.where(on_circle, circle, cone), torch.where(on_circle, to_circle, to_cone)


def _det(a: Tensor, b: Tensor) -> Tensor:
    return a[0] * b[1] - a[1] * b[0]


def _on_line(lines: Lines, i: int, speed: Tensor, wish: Tensor, as_direction: bool) -> tuple[Tensor, Tensor]:
    """The point of line i nearest to the wish (or farthest along it) that the earlier lines permit, if there is one."""
    point, direction = lines.point[:, i], lines.direction[:, i]
    middle = (point * direction).sum(0)
    room = middle.square() + speed.square() - point.square().sum(0)
    half = room.clamp(min=0.0).sqrt()
    low, high = -middle - half, -middle + half
    found = room >= 0
    if i:
        earlier = lines.first(i)
        across = _det(direction[:, None], earlier.direction)
        inside = _det(earlier.direction, point[:, None] - earlier.point)
        parallel = across.abs() < PARALLEL
        found = found & ~(earlier.valid & parallel & (inside < 0)).any(0)
        at = inside / torch.where(parallel, 1.0, across)
        cuts = earlier.valid & ~parallel
        high = torch.minimum(high, torch.where(cuts & (across > 0), at, torch.inf).amin(0))
        low = torch.maximum(low, torch.where(cuts & (across < 0), at, -torch.inf).amax(0))
        found = found & (low <= high)
    if as_direction:
        where = torch.where((wish * direction).sum(0) > 0, high, low)
    else:
        where = torch.minimum(torch.maximum((direction * (wish - point)).sum(0), low), high)
    return point + where * direction, found


def nearest_permitted(
    lines: Lines, speed: Tensor, wish: Tensor, start: Tensor, as_direction: bool = False
) -> tuple[Tensor, Tensor]:
    """The permitted velocity nearest to the wish (2, M), and the first line that admits none, L if all do.

    ``start`` satisfies no line in particular; with ``as_direction`` the wish is a direction to go as far as possible
    in.
    """
    count = lines.valid.shape[0]
    result = start
    failed = torch.full_like(speed, count, dtype=torch.int64)
    for i in range(count):
        violated = lines.valid[i] & (failed == count) & (_det(lines.direction[:, i], lines.point[:, i] - result) > 0)
        candidate, found = _on_line(lines, i, speed, wish, as_direction)
        result = torch.where(violated & found, candidate, result)
        failed = torch.where(violated & ~found, i, failed)
    return result, failed


def least_violation(lines: Lines, failed: Tensor, speed: Tensor, result: Tensor) -> Tensor:
    """The velocity (2, M) with the least greatest violation, for units whose lines admit none from ``failed`` on."""
    violation = torch.zeros_like(speed)
    for i in range(lines.valid.shape[0]):
        direction, point = lines.direction[:, i], lines.point[:, i]
        worse = lines.valid[i] & (failed <= i) & (_det(direction, point - result) > violation)
        earlier = lines.first(i)
        across = _det(direction[:, None], earlier.direction)
        parallel = across.abs() <= PARALLEL
        same = parallel & ((direction[:, None] * earlier.direction).sum(0) > 0)
        at = _det(earlier.direction, point[:, None] - earlier.point) / torch.where(parallel, 1.0, across)
        middle = 0.5 * (point[:, None] + earlier.point)
        crossing = point[:, None] + at * direction[:, None]
        bisector = earlier.direction - direction[:, None]
        between = Lines(
            torch.where(parallel, middle, crossing),
            bisector / (bisector.square().sum(0) + TINY).sqrt(),
            earlier.valid & ~same,
        )
        inward = torch.stack([-direction[1], direction[0]])
        candidate, unsolved = nearest_permitted(between, speed, inward, inward * speed, as_direction=True)
        result = torch.where(worse & (unsolved == i), candidate, result)
        violation = torch.where(worse, _det(direction, point - result), violation)
    return result

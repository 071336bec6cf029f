"""The ground of a battle: which cells can be entered, how walls stop a walker, and the way round them.

*Walls.* A unit is a point to the ground. It is moved first in x, then in y. In either direction it can enter the next
cell if that is open to it; otherwise it stops at the edge of its own cell, ``EDGE`` before it. So it slides along
walls. Units that cross cliffs have cliff cells open as well.

*Ways.* Cell d is in sight of cell c if the four lines between corresponding corners of the two cells run through
walkable cells only; then every straight line from a point of c to a point of d does. From c to d a unit walks straight
if d is in sight of c. Otherwise it walks to the centre of the *waypoint* of (c, d): the last cell in sight of c on a
shortest path from c to d over the eight neighbours (no corner is cut). Waypoints of all pairs are computed once, when a
world is built. A goal in a cell that is not walkable counts as the nearest walkable cell.

Where every cell sees every other (five of the paper's six maps have no inner walls, four of them are rectangles) there
is no table and no lookup.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

EDGE = 1e-3
"""How far from a wall a unit stops. Positions have a precision of 4e-6 on maps of 32 cells."""
_INSET = 1e-4


class Ways(NamedTuple):
    """Waypoints of all pairs of walkable cells.

    Parameters
    ----------
    cell
        (width * height,) int64, the walkable cell (numbered 0, ..., C - 1) that a cell stands for.
    waypoint
        (2, C * C) float32, where to walk from c to reach d, at index c * C + d; infinite if d is in sight.
    """

    cell: Tensor
    waypoint: Tensor


@dataclass(frozen=True)
class Terrain:
    """The ground as tensors.

    Parameters
    ----------
    height
        Cells of the map in y.
    box
        If the open cells are the same rectangle for every unit: its (2, 1, 1) least and greatest coordinates. Else
        None.
    bounds
        (4, G * width * height) float32: least x, greatest x, least y, greatest y that a unit standing in the cell can
        reach in one loop, for each of G kinds of units.
    offset
        (U, 1) int64, where the cells of the unit's kind begin in ``bounds``.
    wall
        (4, width * height) float32: coordinates of the next wall to the west, east, south and north; infinite if none.
    ways
        None if every cell sees every other.
    """

    height: int
    box: tuple[Tensor, Tensor] | None
    bounds: Tensor
    offset: Tensor
    wall: Tensor
    ways: Ways | None


def build_terrain(
    walkable: NDArray[np.bool_], cliff: NDArray[np.bool_] | None, crosses_cliffs: list[bool], device: torch.device
) -> Terrain:
    """Tables of a map for units that cross cliffs or not."""
    kinds = sorted(set(crosses_cliffs))
    opens = [walkable | cliff if kind and cliff is not None else walkable for kind in kinds]
    cells = walkable.size
    bounds = np.concatenate([reach_bounds(open_cells) for open_cells in opens], axis=1)
    offset = torch.tensor([[kinds.index(kind) * cells] for kind in crosses_cliffs], device=device)
    rectangles = {rectangle(open_cells) for open_cells in opens}
    box = None
    if len(rectangles) == 1 and (only := rectangles.pop()) is not None:
        (x0, x1), (y0, y1) = only
        box = (
            torch.tensor([[[x0 + EDGE]], [[y0 + EDGE]]], device=device),
            torch.tensor([[[x1 - EDGE]], [[y1 - EDGE]]], device=device),
        )
    ways = None if rectangle(walkable) is not None else build_ways(walkable, device)
    return Terrain(
        height=walkable.shape[1],
        box=box,
        bounds=torch.tensor(bounds, dtype=torch.float32, device=device),
        offset=offset,
        wall=torch.tensor(next_walls(walkable), dtype=torch.float32, device=device),
        ways=ways,
    )


def rectangle(open_cells: NDArray[np.bool_]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The sides of the open area if it is a rectangle of cells, else None."""
    xs, ys = np.nonzero(open_cells.any(1))[0], np.nonzero(open_cells.any(0))[0]
    x0, x1, y0, y1 = int(xs[0]), int(xs[-1]) + 1, int(ys[0]), int(ys[-1]) + 1
    if not open_cells[x0:x1, y0:y1].all():
        return None
    return (float(x0), float(x1)), (float(y0), float(y1))


def reach_bounds(open_cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``Terrain.bounds`` of one kind of units."""
    width, height = open_cells.shape
    framed = np.zeros((width + 2, height + 2), dtype=np.bool_)
    framed[1:-1, 1:-1] = open_cells
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float), indexing="ij")
    low_x = np.where(framed[:-2, 1:-1], x - 1 + EDGE, x + EDGE)
    high_x = np.where(framed[2:, 1:-1], x + 2 - EDGE, x + 1 - EDGE)
    low_y = np.where(framed[1:-1, :-2], y - 1 + EDGE, y + EDGE)
    high_y = np.where(framed[1:-1, 2:], y + 2 - EDGE, y + 1 - EDGE)
    return np.stack([table.ravel() for table in (low_x, high_x, low_y, high_y)])


def next_walls(walkable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``Terrain.wall``; the border of the map is no wall."""
    width, height = walkable.shape
    walls = np.empty((4, width, height))
    walls[0], walls[1], walls[2], walls[3] = -np.inf, np.inf, -np.inf, np.inf
    for x in range(width):
        for y in range(height):
            row, column = np.nonzero(~walkable[:, y])[0], np.nonzero(~walkable[x])[0]
            if (west := row[row < x]).size:
                walls[0, x, y] = west[-1] + 1
            if (east := row[row > x]).size:
                walls[1, x, y] = east[0]
            if (south := column[column < y]).size:
                walls[2, x, y] = south[-1] + 1
            if (north := column[column > y]).size:
                walls[3, x, y] = north[0]
    return walls.reshape(4, -1)


def sight(walkable: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The C walkable cells (x, y), and which of them see which, (C, C)."""
    cells = np.argwhere(walkable)
    count = len(cells)
    clear = np.ones((count, count), dtype=np.bool_)
    first, second = np.triu_indices(count, 1)
    # Two cells see each other at once if the rectangle they span is walkable: only the others are looked at.
    filled = np.zeros((walkable.shape[0] + 1, walkable.shape[1] + 1), dtype=np.int64)
    filled[1:, 1:] = (~walkable).cumsum(0).cumsum(1)
    low, high = np.minimum(cells[first], cells[second]), np.maximum(cells[first], cells[second]) + 1
    walls = filled[high[:, 0], high[:, 1]] - filled[low[:, 0], high[:, 1]]
    walls += filled[low[:, 0], low[:, 1]] - filled[high[:, 0], low[:, 1]]
    first, second = first[walls > 0], second[walls > 0]
    still = np.ones(len(first), dtype=np.bool_)
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        inset = np.where(np.array(corner) == 0, _INSET, 1 - _INSET)
        start, way = cells[first] + inset, cells[second] - cells[first]
        for t in np.linspace(0.0, 1.0, 8 * max(walkable.shape)):
            point = (start + t * way).astype(np.int64)
            still &= walkable[point[:, 0], point[:, 1]]
    clear[first, second] = still
    return cells, clear & clear.T


def build_ways(walkable: NDArray[np.bool_], device: torch.device) -> Ways | None:
    """Waypoints of all pairs of walkable cells, or None if none is needed."""
    found = _waypoints(walkable.shape, np.ascontiguousarray(walkable).tobytes())
    if found is None:
        return None
    cell, waypoint = found
    return Ways(
        cell=torch.tensor(cell, dtype=torch.int64, device=device),
        waypoint=torch.tensor(waypoint, dtype=torch.float32, device=device),
    )


@lru_cache(maxsize=8)
def _waypoints(shape: tuple[int, ...], grid: bytes) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """``Ways`` as arrays; remembered, since a map is often built again."""
    walkable = np.frombuffer(grid, dtype=np.bool_).reshape(shape)
    cells, clear = sight(walkable)
    if clear.all():
        return None
    count = len(cells)
    before = last_steps(cells, walkable)
    waypoint = np.full((2, count, count), np.inf)
    everywhere = np.arange(count)
    for start in range(count):
        # From each goal back along the shortest path from `start`, until the path is in sight.
        at = everywhere.copy()
        for _ in range(count):
            step = ~clear[start, at] & (before[start, at] >= 0)
            if not step.any():
                break
            at[step] = before[start, at[step]]
        hidden = ~clear[start]
        waypoint[:, start, hidden] = cells[at[hidden]].T + 0.5
    all_cells = np.argwhere(np.ones_like(walkable))
    nearest = ((all_cells[:, None] - cells) ** 2).sum(-1).argmin(1)
    return nearest, waypoint.reshape(2, -1)


def last_steps(cells: NDArray[np.int64], walkable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The cell before d on a shortest path from c to d, (C, C), by Floyd and Warshall; -1 if there is none."""
    count = len(cells)
    number = np.full((walkable.shape[0] + 2, walkable.shape[1] + 2), -1)
    number[tuple(cells.T + 1)] = np.arange(count)
    x, y = cells.T + 1
    length = np.full((count, count), np.inf)
    np.fill_diagonal(length, 0.0)
    before = np.full((count, count), -1)
    for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
        other = number[x + dx, y + dy]
        free = np.nonzero((other >= 0) & (number[x + dx, y] >= 0) & (number[x, y + dy] >= 0))[0]
        there = other[free]
        length[free, there] = length[there, free] = np.hypot(dx, dy)
        before[free, there], before[there, free] = free, there
    for k in range(count):
        by_k = length[:, k, None] + length[k]
        # Strictly shorter by more than rounding, so that equal paths do not flip with the order of cells.
        rows, columns = np.nonzero(by_k < length - 1e-9)
        length[rows, columns] = by_k[rows, columns]
        before[rows, columns] = before[k, columns]
    return before


def cell_index(terrain: Terrain, place: Tensor) -> Tensor:
    """Number x * height + y of the cell of each point, from places (2, U, B)."""
    whole = place.long()
    return whole[0] * terrain.height + whole[1]


def walk(terrain: Terrain, place: Tensor, displacement: Tensor) -> Tensor:
    """Places (2, U, B) after a displacement of less than one cell, stopped by walls."""
    wanted = place + displacement
    if terrain.box is not None:
        return wanted.clamp(*terrain.box)
    cell = place.long()
    here = cell[0] * terrain.height + cell[1] + terrain.offset
    x = wanted[0].clamp(terrain.bounds[0][here], terrain.bounds[1][here])
    there = x.long() * terrain.height + cell[1] + terrain.offset
    y = wanted[1].clamp(terrain.bounds[2][there], terrain.bounds[3][there])
    return torch.stack([x, y])


def brake(terrain: Terrain, place: Tensor, displacement: Tensor, loops: float) -> Tensor:
    """The displacement, slowed so that it would not carry a unit beyond the next wall within so many loops."""
    here = cell_index(terrain, place)
    low = (torch.stack([terrain.wall[0][here], terrain.wall[2][here]]) - place) / loops
    high = (torch.stack([terrain.wall[1][here], terrain.wall[3][here]]) - place) / loops
    return displacement.clamp(low, high)


def next_stop(terrain: Terrain, place: Tensor, goal: Tensor) -> Tensor:
    """Where to walk now in order to reach ``goal`` (2, U, B): the goal itself, or a waypoint."""
    ways = terrain.ways
    if ways is None:
        return goal
    from_cell = ways.cell[cell_index(terrain, place)]
    to_cell = ways.cell[cell_index(terrain, goal)]
    stop = ways.waypoint[:, from_cell * _count(ways) + to_cell]
    return torch.where(stop.isinf(), goal, stop)


def _count(ways: Ways) -> int:
    return math.isqrt(ways.waypoint.shape[1])

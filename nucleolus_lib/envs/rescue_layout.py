"""Maps for the fire-rescue world, written as text.

One character is one cell:

=========  ==========================================================================
``.``      free
``#``      obstacle
``S``      start; agent i starts on the i-th ``S`` in reading order, counted round
``1..9``   a fire and the number of agents it needs at once
``R``      a person to rescue: needs all agents at once, once every fire is out
=========  ==========================================================================

Agents walk on every cell but obstacles. A map without ``S`` starts each agent on a free cell drawn
uniformly. Only cells that the agents can reach count as free, and they are numbered in reading order.

The walking distance between two cells is the least number of moves (up, down, left, right).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.envs.errors import LayoutError

SIGNS = ".#SR123456789"
MOVES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""Row and column change of noop, up, down, left, right, in the order of the world's actions."""

TWO_FIRES = ("1S2",)
"""Three cells: small enough to enumerate every state and joint action."""

STATION = (
    "S.1",
    ".#.",
    "2.1",
)
"""Eight cells around an obstacle, three fires."""

TOWN = (
    "1...#...2",
    "..#...#..",
    "..#.S.#..",
    "....R....",
    "..#...#..",
    "..#.#.#..",
    "3...#...1",
)
"""Four fires that need 1, 2, 3 and 1 agents, then a person whom everybody must carry; made for five agents."""


@dataclass(frozen=True)
class Task:
    """A fire or a rescue: where it is and how many agents it needs at once."""

    name: str
    cell: int
    requirement: int
    is_rescue: bool


@dataclass(frozen=True, eq=False)
class RescueLayout:
    """A parsed map.

    Parameters
    ----------
    rows
        The text.
    positions
        (P, 2) int64, row and column of each free cell.
    obstacles
        (K, 2) int64, row and column of each obstacle.
    neighbour
        (P, 5) int64, the cell reached by noop, up, down, left, right; the cell itself if blocked.
    tasks
        Fires in reading order, then rescues.
    start_cells
        Where agents start; empty if they start anywhere.
    """

    rows: tuple[str, ...]
    positions: NDArray[np.int64]
    obstacles: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    tasks: tuple[Task, ...]
    start_cells: tuple[int, ...]

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0])

    @property
    def n_cells(self) -> int:
        """P."""
        return len(self.positions)

    def distances(self) -> NDArray[np.int64]:
        """Walking distance between every two cells, (P, P)."""
        return np.stack([_distances_from(cell, self.neighbour) for cell in range(self.n_cells)])


def parse_layout(rows: Sequence[str], n_agents: int) -> RescueLayout:
    """Read a map for ``n_agents`` agents.

    Raises
    ------
    LayoutError
        If the map has unknown signs, ragged rows, nothing to do, a cell of interest that cannot be
        reached, or a fire that needs more agents than there are.
    """
    rows = tuple(rows)
    _check_text(rows, n_agents)
    grid = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row)}
    open_cells = [place for place, sign in grid.items() if sign != "#"]
    starts = [place for place in open_cells if grid[place] == "S"]
    goals = [place for place in open_cells if grid[place] in "R123456789"]
    reached = _reachable(starts[0] if starts else goals[0], set(open_cells))
    for place in starts + goals:
        if place not in reached:
            raise LayoutError(
                f"the cell {grid[place]!r} in row {place[0]}, column {place[1]} is walled off from the rest; "
                "open a way to it or take it out"
            )
    cells = [place for place in open_cells if place in reached]
    number = {place: k for k, place in enumerate(cells)}
    neighbour = [[number.get((r + dr, c + dc), number[r, c]) for dr, dc in MOVES] for r, c in cells]
    fires = [place for place in goals if grid[place] != "R"]
    rescues = [place for place in goals if grid[place] == "R"]
    tasks = [Task(f"fire_{k}", number[place], int(grid[place]), False) for k, place in enumerate(fires)]
    tasks += [Task(f"rescue_{k}", number[place], n_agents, True) for k, place in enumerate(rescues)]
    return RescueLayout(
        rows=rows,
        positions=np.array(cells, dtype=np.int64),
        obstacles=np.array([place for place, sign in grid.items() if sign == "#"], dtype=np.int64).reshape(-1, 2),
        neighbour=np.array(neighbour, dtype=np.int64),
        tasks=tuple(tasks),
        start_cells=tuple(number[place] for place in starts),
    )


def _check_text(rows: tuple[str, ...], n_agents: int) -> None:
    if not rows or not rows[0]:
        raise LayoutError("a map is a sequence of rows of text, such as ('1S2',); got an empty one")
    for r, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise LayoutError(
                f"every row of a map has the same length; row 0 has {len(rows[0])} cells, row {r} has {len(row)}"
            )
        unknown = sorted(set(row) - set(SIGNS))
        if unknown:
            raise LayoutError(f"row {r} of the map holds {unknown}; the signs are {' '.join(SIGNS)}")
        for c, sign in enumerate(row):
            if sign.isdigit() and int(sign) > n_agents:
                raise LayoutError(
                    f"the fire in row {r}, column {c} needs {sign} agents at once, but there are {n_agents}; "
                    "add agents or write a smaller number"
                )
    if not set("R123456789") & set("".join(rows)):
        raise LayoutError("the map has nothing to do; put a fire (a digit) or a rescue (R) on it")


def _reachable(start: tuple[int, int], open_cells: set[tuple[int, int]]) -> set[tuple[int, int]]:
    reached, frontier = {start}, [start]
    while frontier:
        r, c = frontier.pop()
        for dr, dc in MOVES[1:]:
            place = (r + dr, c + dc)
            if place in open_cells and place not in reached:
                reached.add(place)
                frontier.append(place)
    return reached


def _distances_from(cell: int, neighbour: NDArray[np.int64]) -> NDArray[np.int64]:
    distance = np.full(len(neighbour), -1, dtype=np.int64)
    distance[cell] = 0
    frontier = [cell]
    for place in frontier:
        for near in neighbour[place, 1:]:
            if distance[near] < 0:
                distance[near] = distance[place] + 1
                frontier.append(int(near))
    return distance

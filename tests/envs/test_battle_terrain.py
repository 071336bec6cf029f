"""Walls and ways: every waypoint is in sight, and the ways are the shortest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from nucleolus_lib.envs.battle_scenarios import ground
from nucleolus_lib.envs.battle_terrain import EDGE, brake, build_terrain, build_ways, last_steps, next_stop, sight, walk

CPU = torch.device("cpu")


def clear_by_samples(walkable, start, end) -> bool:
    points = start + np.linspace(0, 1, 400)[:, None] * (np.asarray(end) - start)
    cells = points.astype(int)
    return bool(walkable[cells[:, 0], cells[:, 1]].all())


def places(points) -> torch.Tensor:
    return torch.tensor(np.asarray(points, dtype=np.float32).T[:, :, None])


@pytest.mark.parametrize("name", ["corridor", "2c_vs_64zg"])
def test_from_anywhere_the_next_stop_is_in_sight_and_leads_to_the_goal(name: str) -> None:
    walkable, _ = ground(name)
    terrain = build_terrain(walkable, None, [False], CPU)
    rng = np.random.default_rng(0)
    cells = np.argwhere(walkable)
    arrived = 0
    for _ in range(25):
        place, goal = (cells[rng.integers(len(cells))] + rng.uniform(0.01, 0.99, 2) for _ in range(2))
        for _ in range(30):
            stop = next_stop(terrain, places([place]), places([goal]))[:, 0, 0].numpy().astype(float)
            assert clear_by_samples(walkable, place, stop)
            place = stop
            if np.abs(place - goal).max() < 1e-4:
                arrived += 1
                break
    assert arrived == 25


def test_the_check_of_sight_can_fail() -> None:
    walkable, _ = ground("corridor")
    assert not clear_by_samples(walkable, np.array([3.5, 4.5]), [25.5, 14.5])
    cells, clear = sight(walkable)
    number = {tuple(cell): i for i, cell in enumerate(cells.tolist())}
    assert not clear[number[3, 4], number[25, 14]]
    assert clear[number[14, 20], number[26, 20]]


def test_last_steps_are_dijkstras() -> None:
    walkable, _ = ground("2c_vs_64zg")
    cells = np.argwhere(walkable)
    apart = np.abs(cells[:, None] - cells).max(-1)
    near = apart == 1
    for i, j in np.argwhere(near & (np.abs(cells[:, None] - cells).sum(-1) == 2)):
        (x, y), (u, v) = cells[i], cells[j]
        near[i, j] = walkable[x, v] and walkable[u, y]
    length = np.where(near, np.linalg.norm(cells[:, None] - cells, axis=-1), 0.0)
    shortest = dijkstra(csr_matrix(length))
    before = last_steps(cells, walkable)
    start = 7
    for goal in range(0, len(cells), 11):
        total, at = 0.0, goal
        while at != start:
            assert near[before[start, at], at]
            total += length[before[start, at], at]
            at = before[start, at]
        assert total == pytest.approx(shortest[start, goal])


def test_open_grounds_need_no_ways() -> None:
    assert build_ways(ground("band")[0], CPU) is None
    assert build_terrain(ground("band")[0], None, [False], CPU).box is not None


def test_walls_stop_and_let_slide() -> None:
    walkable = np.zeros((6, 6), dtype=np.bool_)
    walkable[1:5, 1:3] = True
    walkable[1:3, 3:5] = True
    terrain = build_terrain(walkable, None, [False], CPU)
    assert terrain.box is None
    steps = {
        (2.9, 3.5, 0.3, 0.2): (3 - EDGE, 3.7),  # a wall to the east: slides north
        (3.5, 2.9, 0.1, 0.3): (3.6, 3 - EDGE),  # a wall to the north: slides east
        (2.9, 2.9, 0.3, 0.3): (3.2, 3 - EDGE),  # first x, then y
        (2.5, 2.5, 0.3, 0.3): (2.8, 2.8),
        (1.1, 1.1, -0.3, -0.3): (1 + EDGE, 1 + EDGE),
    }
    for (x, y, dx, dy), end in steps.items():
        got = walk(terrain, places([(x, y)]), places([(dx, dy)]))[:, 0, 0].tolist()
        assert got == pytest.approx(end, abs=1e-5)


def test_a_rectangle_stops_like_the_table_of_cells() -> None:
    walkable = np.zeros((8, 8), dtype=np.bool_)
    walkable[2:6, 3:7] = True
    box = build_terrain(walkable, None, [False], CPU)
    rng = np.random.default_rng(1)
    place = places(rng.uniform([2.01, 3.01], [5.99, 6.99], (200, 2)))
    step = places(rng.uniform(-0.4, 0.4, (200, 2)))
    assert torch.allclose(walk(box, place, step), walk(replace(box, box=None), place, step), atol=1e-6)


def test_cliffs_open_only_to_those_who_cross_them() -> None:
    walkable, cliff = ground("2c_vs_64zg")
    terrain = build_terrain(walkable, cliff, [True, False], CPU)
    at_the_edge = places([(16.0, 11.95), (16.0, 11.95)])
    after = walk(terrain, at_the_edge, places([(0.0, 0.2), (0.0, 0.2)]))
    assert after[1, :, 0].tolist() == pytest.approx([12.15, 12 - EDGE], abs=1e-5)


def test_braking_comes_from_the_nearest_wall() -> None:
    walkable = np.zeros((32, 32), dtype=np.bool_)
    walkable[:, 8:24] = True
    terrain = build_terrain(walkable, None, [False], CPU)
    slowed = brake(terrain, places([(5.0, 9.6)]), places([(0.0, -0.2)]), 16.0)
    assert slowed[:, 0, 0].tolist() == pytest.approx([0.0, -0.1], abs=1e-6)
    free = brake(terrain, places([(0.5, 16.0)]), places([(-0.2, 0.0)]), 16.0)
    assert free[:, 0, 0].tolist() == pytest.approx([-0.2, 0.0], abs=1e-6)

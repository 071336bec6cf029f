"""Walking, pushing and avoiding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.battle_avoidance import Lines, least_violation, nearest_permitted
from nucleolus_lib.envs.battle_loop import initial_state
from nucleolus_lib.envs.battle_movement import pushes
from nucleolus_lib.envs.battle_scenarios import Scenario, ground
from nucleolus_lib.envs.battle_state import EAST, FIRST_ATTACK, NORTH, STOP, WEST
from nucleolus_lib.envs.battle_tables import build_tables
from nucleolus_lib.envs.battle_trials import play_actions, skirmish, zerglings_reach

FAR = {"enemies": ["marine"], "enemy_positions": [(30.0, 9.0)], "attack_point": (30.0, 9.0)}


def walked(unit: str, action: int, rules: str = "liberty", steps: int = 1):
    tables = build_tables(skirmish([unit], ally_positions=[(6.0, 16.0)], rules=rules, **FAR))
    state = initial_state(tables, 1)
    for _ in range(steps):
        state = play_actions(tables, state, [action])
    return (state.position[0, 0] - torch.tensor([6.0, 16.0])).tolist()


@pytest.mark.parametrize(("unit", "length"), [("marine", 1.125), ("stalker", 1.47655), ("colossus", 1.125)])
def test_eight_loops_of_walking(unit: str, length: float) -> None:
    assert walked(unit, EAST) == pytest.approx([length, 0.0], abs=1e-4)
    assert walked(unit, NORTH, steps=2) == pytest.approx([0.0, 2 * length], abs=1e-4)
    assert walked(unit, STOP) == [0.0, 0.0]


def test_a_unit_stops_at_its_goal_unless_the_ruleset_says_otherwise() -> None:
    # A zergling of smaclite walks 2.065 in a step, of liberty 1.477: only the first passes the point 2 ahead.
    assert walked("zergling", EAST, "smaclite")[0] == pytest.approx(2.065, abs=1e-4)
    tables = build_tables(skirmish(["marine"], ["marine"], [(3.0, 9.0)], [(20.0, 16.0)], attack_point=(18.0, 16.0)))
    state = initial_state(tables, 1)
    for _ in range(4):
        state = play_actions(tables, state, [STOP])
    assert state.position[0, 1].tolist() == pytest.approx([18.0, 16.0], abs=1e-4)


def test_an_attack_walks_into_range_and_stands() -> None:
    tables = build_tables(skirmish(["zealot"], ["marine"], [(10.0, 16.0)], [(14.0, 16.0)], attack_point=(14.0, 16.0)))
    state = initial_state(tables, 1)
    for _ in range(8):
        state = play_actions(tables, state, [FIRST_ATTACK])
    gap = float(state.position[0, 1, 0] - state.position[0, 0, 0])
    assert 0.75 <= gap <= 0.1 + 0.5 + 0.375 + 1e-4
    assert float(state.health[0, 1]) < 45


def test_units_that_do_not_collide_pass_through() -> None:
    battle = skirmish(["colossus", "zealot"], ally_positions=[(8.0, 16.0), (9.5, 16.0)], **FAR)
    tables = build_tables(battle)
    state = play_actions(tables, initial_state(tables, 1), [EAST, STOP])
    assert float(state.position[0, 0, 0]) == pytest.approx(9.125, abs=1e-4)
    assert state.position[0, 1].tolist() == pytest.approx([9.5, 16.0])


def test_two_walkers_share_the_push_and_the_standing_do_not_move() -> None:
    tables = build_tables(skirmish(["marine", "marine"], ally_positions=[(10.0, 16.0), (10.8, 16.0)], **FAR))
    place = torch.tensor([[10.0, 10.5, 30.0], [16.0, 16.0, 9.0]])[..., None]
    both = pushes(tables, place, torch.tensor([[True], [True], [False]]))
    assert both[0, :, 0].tolist() == pytest.approx([-0.125, 0.125, 0.0])
    one = pushes(tables, place, torch.tensor([[True], [False], [False]]))
    assert one[0, :, 0].tolist() == pytest.approx([-0.25, 0.0, 0.0])
    same_place = pushes(tables, place[:, [0, 0, 2]], torch.ones((3, 1), dtype=torch.bool))
    assert not same_place.isnan().any()


def test_a_crowd_does_not_end_up_in_one_place() -> None:
    spots = [(10.0 + 0.8 * (k % 4), 14.0 + 0.8 * (k // 4)) for k in range(16)]
    battle = skirmish(["marine"], ["zergling"] * 16, [(3.0, 9.0)], spots, attack_point=(20.0, 15.0))
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    for _ in range(12):
        state = play_actions(tables, state, [STOP])
    place = state.position[0, 1:].numpy()
    apart = np.linalg.norm(place[:, None] - place, axis=-1)[np.triu_indices(16, 1)]
    assert apart.min() > 0.45
    assert np.linalg.norm(place - [20.0, 15.0], axis=1).max() < 3.5


def test_zerglings_find_the_way_through_the_corridor() -> None:
    battle = Scenario(
        name="way",
        allies=("marine",),
        enemies=("zergling",) * 4,
        ally_positions=((28.5, 17.5),),
        enemy_positions=((27.0, 27.0), (28.0, 27.0), (27.0, 28.0), (28.0, 28.0)),
        walkable=ground("corridor")[0],
        episode_limit=100,
        attack_point=(4.47, 4.33),
    )
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    for _ in range(30):
        state = play_actions(tables, state, [STOP])
    assert (state.position[0, 1:] - torch.tensor([4.47, 4.33])).norm(dim=-1).max() < 1.5


def test_zerglings_reach_the_colossi() -> None:
    assert zerglings_reach(40)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 6.28), st.floats(-0.5, 0.9)), min_size=1, max_size=5), st.floats(0, 6.28))
def test_the_permitted_velocity_is_the_nearest_or_violates_least(half_planes, heading: float) -> None:
    """Half-planes { v : v . n >= c } with normals at an angle; compared with a fine grid of velocities."""
    normals = torch.tensor([[math.cos(a), math.sin(a)] for a, _ in half_planes])
    offsets = torch.tensor([c for _, c in half_planes])
    # Left of the direction is permitted: the normal turned by -90 degrees.
    direction = torch.stack([normals[:, 1], -normals[:, 0]])[..., None]
    point = (normals * offsets[:, None]).T[..., None]
    lines = Lines(point, direction, torch.ones((len(half_planes), 1), dtype=torch.bool))
    wish = torch.tensor([[math.cos(heading)], [math.sin(heading)]])
    speed = torch.ones(1)
    first, failed = nearest_permitted(lines, speed, wish, wish)
    got = least_violation(lines, failed, speed, first)[:, 0]
    angle = torch.linspace(0, 2 * math.pi, 361)
    length = torch.linspace(0, 1, 101)[:, None]
    grid = torch.stack([length * angle.cos(), length * angle.sin()]).flatten(1)
    worst_on_grid = (offsets[:, None] - normals @ grid).amax(0)
    worst = float((offsets - normals @ got).max())
    assert float(got.norm()) <= 1 + 1e-3
    if int(failed) == len(half_planes):
        assert worst <= 1e-4
        permitted = grid[:, worst_on_grid <= -1e-3]
        if permitted.shape[1]:
            assert float((got - wish[:, 0]).norm()) <= float((permitted - wish).norm(dim=0).min()) + 1e-3
    else:
        assert float(worst_on_grid.min()) > -0.02, "there was a permitted velocity"
        assert worst <= float(worst_on_grid.min()) + 0.02


def test_west_and_east_are_opposite() -> None:
    assert walked("marine", WEST)[0] == pytest.approx(-walked("marine", EAST)[0], abs=1e-5)

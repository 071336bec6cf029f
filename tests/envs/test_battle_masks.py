"""Available actions against the plain-Python twin and on hand-made boards."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.battle_masks import available_actions
from nucleolus_lib.envs.battle_options import battle_options
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_view import battle_view
from tests.envs.battle_moments import by_hand, random_moment
from tests.reference.smac_interface_by_hand import SMAC_MAPS, mask_of


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(sorted(SMAC_MAPS)),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 2, 3.5]),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_masks_equal_the_twins(map_name, seed, move_amount, dead):
    state = random_moment(map_name, seed, dead=dead)
    view = battle_view(scenario(map_name), battle_options({"move_amount": move_amount}))
    mask = available_actions(view, state)
    assert mask.dtype == torch.bool
    assert bool(mask.any(-1).all())
    for b in range(len(mask)):
        battle = by_hand(map_name, state, b, move_amount=move_amount)
        assert mask[b].int().tolist() == [mask_of(battle, i) for i in range(len(battle.agents))]


def mask_at(x, y, enemy_at=(30.0, 30.0), map_name="3m", health=45.0, enemy_health=45.0):
    """Mask of the first marine of 3m at (x, y), the first enemy elsewhere."""
    state = random_moment("5m_vs_6m", 0, batch=1, dead=0.0)
    state = dataclasses.replace(state, last_action=torch.full((1, 3), -1))
    position = torch.tensor([[[x, y], [1.0, 1], [1, 1], enemy_at, [30.0, 1], [1, 30]]])
    state = dataclasses.replace(
        state,
        position=position,
        health=torch.tensor([[health, 45, 45, enemy_health, 45, 45]]),
        shield=torch.zeros(1, 6),
    )
    view = battle_view(scenario(map_name), battle_options({}))
    return available_actions(view, state)[0, 0].int().tolist()


@pytest.mark.parametrize(
    ("place", "moves"),
    [
        # The band of 3m is walkable for x in 2..29 and y in 7..24.
        ((16.0, 16.0), [1, 1, 1, 1]),
        ((16.0, 23.99), [1, 1, 1, 1]),
        ((16.0, 24.0), [0, 1, 1, 1]),
        ((16.0, 8.0), [1, 1, 1, 1]),
        ((16.0, 7.99), [1, 0, 1, 1]),
        ((29.0, 16.0), [1, 1, 0, 1]),
        ((2.99, 16.0), [1, 1, 1, 0]),
        ((3.0, 16.0), [1, 1, 1, 1]),
    ],
)
def test_the_cell_one_ahead_decides_about_a_move(place, moves):
    assert mask_at(*place)[2:6] == moves


def test_coordinates_are_cut_off_towards_zero():
    """One step west of x = 0.5 is x = -0.5, which SMAC cuts off to cell 0 and not to -1."""
    view = battle_view(scenario("3m"), battle_options({}))
    ground = np.zeros((32, 32), dtype=bool)
    ground[0] = True
    view = dataclasses.replace(view, walkable=torch.tensor(np.pad(ground, 1)))
    state = random_moment("5m_vs_6m", 0, batch=1, dead=0.0)
    state = dataclasses.replace(
        state,
        position=torch.tensor([[[0.5, 16.0]] * 6]),
        health=torch.ones(1, 6),
        last_action=torch.full((1, 3), -1),
    )
    assert available_actions(view, state)[0, 0, 2:6].tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("offset", "allowed"), [((6.0, 0.0), 1), ((6.01, 0.0), 0), ((4.2, 4.2), 1), ((4.3, 4.3), 0), ((0.0, -6.0), 1)]
)
def test_an_attack_reaches_six_from_centre_to_centre(offset, allowed):
    assert mask_at(16.0, 16.0, enemy_at=(16 + offset[0], 16 + offset[1]))[6] == allowed


def test_the_dead_have_the_no_op_and_nothing_else():
    assert mask_at(16.0, 16.0, health=0.0) == [1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_the_dead_cannot_be_attacked():
    assert mask_at(16.0, 16.0, enemy_at=(17.0, 16.0), enemy_health=0.0)[6] == 0
    assert mask_at(16.0, 16.0, enemy_at=(17.0, 16.0), enemy_health=0.1)[6] == 1

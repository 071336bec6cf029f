"""Observations, state vector and visibility against the plain-Python twin and against SMAC's published sizes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.battle_observation import global_state, observation, observation_columns, visibility
from nucleolus_lib.envs.battle_options import battle_options
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_view import battle_view
from nucleolus_lib.envs.errors import WorldParameterError
from tests.envs.battle_moments import HEIGHTS, battle_state, by_hand, random_moment
from tests.reference.smac_interface_by_hand import SMAC_MAPS, observation_of, sees, state_of

FLAGS = (
    "obs_all_health",
    "obs_own_health",
    "obs_last_action",
    "obs_pathing_grid",
    "obs_terrain_height",
    "obs_instead_of_state",
    "obs_timestep_number",
    "state_last_action",
    "state_timestep_number",
)


def view_of(map_name, **options):
    return battle_view(scenario(map_name), battle_options(options), height=HEIGHTS)


def look(view, state):
    columns = observation_columns(view)
    return observation(view, columns, state), global_state(view, columns, state)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(SMAC_MAPS)),
    st.integers(0, 2**32 - 1),
    st.fixed_dictionaries({flag: st.booleans() for flag in FLAGS}),
    st.sampled_from([0.0, 0.3, 0.9]),
)
def test_observations_and_state_equal_the_twins(map_name, seed, options, dead):
    state = random_moment(map_name, seed, dead=dead)
    seen, vector = look(view_of(map_name, **options), state)
    for b in range(len(seen)):
        battle = by_hand(map_name, state, b, **options)
        expected = [observation_of(battle, i) for i in range(len(battle.agents))]
        np.testing.assert_allclose(seen[b].numpy(), expected, atol=2e-6)
        np.testing.assert_allclose(vector[b].numpy(), state_of(battle), atol=2e-6)


@pytest.mark.parametrize("map_name", sorted(SMAC_MAPS))
def test_visibility_equals_the_twins(map_name):
    view, state = view_of(map_name), random_moment(map_name, 5, batch=20)
    found = visibility(view, state)
    for b in range(20):
        assert found[b].tolist() == sees(by_hand(map_name, state, b))


def test_a_perturbed_twin_is_rejected():
    """The comparison sees a swapped type, a neighbouring column, and a shield out of sight."""
    state = random_moment("2s3z", 3, batch=1, dead=0.0)
    seen, _ = look(view_of("2s3z"), state)
    battle = by_hand("2s3z", state, 0)
    battle.enemies[0].kind, battle.enemies[4].kind = "z", "s"
    wrong = np.array([observation_of(battle, i) for i in range(5)])
    assert not np.allclose(seen[0].numpy(), wrong, atol=1e-3)


def test_stalkers_and_zealots_are_numbered_differently_on_the_two_sides():
    """Two stalkers and three zealots a side, everything in sight: SMAC's swapped bits."""
    state = random_moment("2s3z", 0, batch=1, dead=0.0)
    position = torch.full_like(state.position, 16.0)
    state = battle_state(position, state.health, state.shield, state.cooldown, state.last_action, state.elapsed)
    seen, vector = look(view_of("2s3z"), state)
    enemies = seen[0, 0, 4 : 4 + 5 * 8].reshape(5, 8)
    assert enemies[:, 6:].tolist() == [[0, 1], [0, 1], [1, 0], [1, 0], [1, 0]]
    allies = seen[0, 0, 44 : 44 + 4 * 8].reshape(4, 8)
    assert allies[:, 6:].tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]
    assert seen[0, 0, -2:].tolist() == [1, 0]
    rows = vector[0, : 5 * 7].reshape(5, 7)
    assert rows[:, 5:].tolist() == [[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]
    rows = vector[0, 35 : 35 + 5 * 6].reshape(5, 6)
    assert rows[:, 4:].tolist() == [[0, 1], [0, 1], [1, 0], [1, 0], [1, 0]]


def one_against_one(apart, **changes):
    """3s_vs_5z with the first stalker at (10, 10), the first zealot ``apart`` to the east, all others dead."""
    position = np.full((1, 8, 2), 10.0)
    position[0, 3, 0] += apart
    arrays = {
        "position": position,
        "health": np.array([[80.0, 0, 0, 50.0, 0, 0, 0, 0]]),
        "shield": np.array([[20.0, 9, 9, 10.0, 9, 9, 9, 9]]),
        "cooldown": np.array([[70.0, 0, 0, 5.0, 0, 0, 0, 0]]),
        "last_action": np.array([[6, 0, 0]]),
        "elapsed": np.array([5]),
    }
    return battle_state(**{**arrays, **changes})


def test_numbers_of_a_hand_made_moment():
    seen, vector = look(view_of("3s_vs_5z"), one_against_one(6.0))
    own = seen[0, 0].tolist()
    assert own[:4] == [1, 1, 1, 1]
    assert own[4:10] == pytest.approx([1, 6 / 9, 6 / 9, 0, 0.5, 0.2])
    assert not any(own[10:-2])
    assert own[-2:] == pytest.approx([1, 0.25])
    assert not seen[0, 1:].any()
    # health, cooldown / 35, x, y, shield; the dead have no row
    assert vector[0, :5].tolist() == pytest.approx([1, 2, -6 / 32, -6 / 32, 0.25])
    assert not vector[0, 5:15].any()
    assert vector[0, 15:19].tolist() == pytest.approx([0.5, 0, -6 / 32, 0.2])
    actions = vector[0, -33:].reshape(3, 11)
    # A dead agent's last action is the no-op; its row is not empty.
    assert actions.argmax(1).tolist() == [6, 0, 0]
    assert actions.sum() == 3


@pytest.mark.parametrize(
    ("apart", "attack", "seen"), [(6.0, 1, True), (6.001, 0, True), (8.999, 0, True), (9.0, 0, False)]
)
def test_sight_is_strict_and_attack_is_not(apart, attack, seen):
    block = look(view_of("3s_vs_5z"), one_against_one(apart))[0][0, 0, 4:10]
    assert block[0] == attack
    assert bool(block.any()) == seen


def test_no_last_action_before_the_first_step():
    view = view_of("3s_vs_5z")
    before = one_against_one(3.0, last_action=np.array([[-1, -1, -1]]))
    assert not look(view, before)[1][0, -33:].any()


def test_the_time_step_lengthens_the_observation_by_one_more_than_stated():
    view = view_of("3s_vs_5z", obs_timestep_number=True)
    seen, _ = look(view, one_against_one(3.0))
    assert view.stated_observation_size == 49
    assert seen.shape == (1, 3, 50)
    # The dead get it too.
    np.testing.assert_allclose(seen[0, :, -2:], np.tile([0, 5 / 250], (3, 1)), atol=1e-7)
    together = view_of("3s_vs_5z", obs_timestep_number=True, obs_instead_of_state=True)
    assert together.stated_state_size == 3 * 49
    assert look(together, one_against_one(3.0))[1].shape == (1, 150)


def test_ground_beyond_the_map_counts_as_walkable_and_high():
    view = view_of("3s_vs_5z", obs_pathing_grid=True, obs_terrain_height=True)
    at_edge = one_against_one(3.0, position=np.full((1, 8, 2), 31.5))
    moves = look(view, at_edge)[0][0, 0, :21].tolist()
    # north 4, south 4, east 4, west 4, then the diagonals: off the map is 1, and (27, 31) and (31, 27) are rim
    assert moves[4:12] == [1, 0, 1, 0, 1, 1, 1, 1]
    assert [moves[12], moves[14]] == [1, 1]
    assert moves[-1] == pytest.approx(float(HEIGHTS[31, 31]))


def test_heights_must_be_given():
    with pytest.raises(WorldParameterError, match="terrain_height"):
        battle_view(scenario("3m"), battle_options({"obs_terrain_height": True}))

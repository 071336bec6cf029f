"""SMAC's reward and its parts, against the plain-Python twin and by hand."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.battle_options import battle_options
from nucleolus_lib.envs.battle_reward import Points, battle_reward, battle_subtasks
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_view import battle_view
from tests.envs.battle_moments import by_hand, random_moment
from tests.reference.smac_interface_by_hand import SMAC_MAPS, max_reward, reward_of

OPTIONS = st.fixed_dictionaries(
    {
        "reward_sparse": st.booleans(),
        "reward_only_positive": st.booleans(),
        "reward_scale": st.booleans(),
        "reward_scale_rate": st.sampled_from([20, 1.5]),
        "reward_death_value": st.sampled_from([10, 3]),
        "reward_win": st.sampled_from([200, 0]),
        "reward_defeat": st.sampled_from([0, -50]),
        "reward_negative_scale": st.sampled_from([0.5, 1]),
    }
)


def later(state, seed, deadly):
    """A moment after ``state``: damage, deaths, and some healing."""
    rng = np.random.default_rng(seed)

    def change(values, low, high):
        return torch.tensor(rng.uniform(low, high, values.shape), dtype=torch.float32)

    n = state.last_action.shape[1]
    health = (state.health + change(state.health, -30, 3)) * (state.health > 0)
    lost = torch.tensor(rng.random((len(health), 2)) < deadly)
    health[:, :n] = torch.where(lost[:, :1], 0, health[:, :n])
    health[:, n:] = torch.where(lost[:, 1:], 0, health[:, n:])
    shield = (state.shield + change(state.shield, -20, 3)).clamp(min=0)
    return dataclasses.replace(state, health=health.clamp(min=0), shield=shield)


def pay_of(map_name, before, after, damaged=None, **options):
    view = battle_view(scenario(map_name), battle_options(options))
    n = view.n_agents
    living = after.health > 0
    agents, enemies = living[:, :n].any(1), living[:, n:].any(1)
    if damaged is None:
        damaged = torch.zeros(len(living), n, view.n_enemies, dtype=torch.bool)
    return battle_reward(
        view,
        Points(before.health, before.shield),
        Points(after.health, after.shield),
        damaged,
        agents & ~enemies,
        enemies & ~agents,
    )


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(sorted(SMAC_MAPS)), st.integers(0, 2**32 - 1), OPTIONS, st.sampled_from([0.0, 0.5]), st.booleans()
)
def test_the_reward_equals_the_twins_and_its_parts_add_up(map_name, seed, options, deadly, touched):
    before = random_moment(map_name, seed, batch=4)
    after = later(before, seed, deadly)
    n, e = before.last_action.shape[1], before.enemy_target.shape[1]
    damaged = torch.tensor(np.random.default_rng(seed).random((4, n, e)) < 0.3 * touched)
    pay = pay_of(map_name, before, after, damaged, **options)
    for b in range(4):
        expected = reward_of(by_hand(map_name, before, b, **options), by_hand(map_name, after, b, **options))
        assert float(pay.reward[b]) == pytest.approx(expected, rel=1e-5, abs=2e-4)
    np.testing.assert_allclose(pay.subtask_rewards.sum(1), pay.reward, rtol=1e-6, atol=1e-5)
    enough = pay.participants.sum(-1) >= pay.requirement
    assert bool((enough | (pay.subtask_rewards == 0)).all())
    assert bool((pay.requirement >= 1).all())


def test_a_wrong_formula_is_rejected():
    before = random_moment("2s3z", 1)
    after = later(before, 1, 0.0)
    right = pay_of("2s3z", before, after).reward
    for wrong in ({"reward_death_value": 9}, {"reward_only_positive": False}, {"reward_scale": False}):
        assert not torch.allclose(pay_of("2s3z", before, after, **wrong).reward, right, atol=1e-3)


def moment(health, shield):
    """One battle of 3s_vs_5z with these points: three stalkers, then five zealots."""
    state = random_moment("3s_vs_5z", 0, batch=1)
    return dataclasses.replace(
        state, health=torch.tensor([health], dtype=torch.float32), shield=torch.tensor([shield], dtype=torch.float32)
    )


FULL = moment([80, 80, 80, 100, 100, 100, 100, 100], [80, 80, 80, 50, 50, 50, 50, 50])
SCALE = 1000 / 20


def hits(*pairs):
    damaged = torch.zeros(1, 3, 5, dtype=torch.bool)
    for agent, enemy in pairs:
        damaged[0, agent, enemy] = True
    return damaged


def test_damage_and_a_kill_go_to_the_enemy_and_who_damaged_it():
    before = moment([80, 80, 80, 20, 100, 100, 100, 100], [80, 80, 80, 0, 50, 50, 50, 50])
    after = moment([80, 80, 0, 0, 100, 100, 100, 100], [80, 80, 0, 0, 37, 50, 50, 50])
    pay = pay_of("3s_vs_5z", before, after, hits((0, 0), (2, 0), (1, 1)))
    assert pay.subtask_rewards[0].tolist() == pytest.approx([30 / SCALE, 13 / SCALE, 0, 0, 0, 0, 0])
    assert pay.participants[0, :2].tolist() == [[True, False, True], [False, True, False]]
    # The third stalker is dead: not part of a victory.
    assert pay.participants[0, 5].tolist() == [True, True, False]
    assert pay.requirement[0].tolist() == [1, 1, 1, 1, 1, 2, 1]


def test_victory_is_paid_to_the_living_and_takes_all_of_them():
    before = moment([80, 0, 80, 5, 0, 0, 0, 0], [0, 0, 80, 0, 0, 0, 0, 0])
    after = moment([80, 0, 80, 0, 0, 0, 0, 0], [0, 0, 80, 0, 0, 0, 0, 0])
    pay = pay_of("3s_vs_5z", before, after, hits((0, 0)))
    assert float(pay.reward) == pytest.approx(215 / SCALE)
    assert pay.subtask_rewards[0].tolist() == pytest.approx([15 / SCALE, 0, 0, 0, 0, 200 / SCALE, 0])
    assert int(pay.requirement[0, 5]) == 2


def test_the_absolute_value_pays_for_shields_that_come_back():
    """SMAC's issue 72: nothing but regeneration is rewarded, by the rest and not by an enemy."""
    hurt = moment([80, 80, 80, 100, 100, 100, 100, 100], [80, 80, 80, 49, 50, 50, 50, 50])
    pay = pay_of("3s_vs_5z", hurt, FULL)
    assert float(pay.reward) == pytest.approx(1 / SCALE)
    assert pay.subtask_rewards[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 0, 1 / SCALE])
    honest = pay_of("3s_vs_5z", hurt, FULL, reward_only_positive=False)
    assert float(honest.reward) == pytest.approx(-1 / SCALE)


def test_regeneration_beside_damage_is_subtracted():
    before = moment([80, 80, 80, 100, 100, 100, 100, 100], [80, 80, 80, 49, 50, 50, 50, 50])
    after = moment([80, 80, 80, 100, 100, 100, 100, 100], [80, 80, 80, 50, 40, 50, 50, 50])
    pay = pay_of("3s_vs_5z", before, after, hits((0, 1)))
    assert float(pay.reward) == pytest.approx(9 / SCALE)
    assert pay.subtask_rewards[0].tolist() == pytest.approx([0, 10 / SCALE, 0, 0, 0, 0, -1 / SCALE])


def test_without_untouched_healing_the_rest_is_exactly_zero():
    after = moment([80, 80, 80, 100, 100, 100, 100, 100], [80, 80, 80, 39.7, 40.1, 50, 50, 50])
    assert float(pay_of("3s_vs_5z", FULL, after, hits((0, 0), (1, 1))).subtask_rewards[0, -1]) == 0


def test_sparse_rewards_are_still_divided():
    won = moment([80, 80, 80, 0, 0, 0, 0, 0], [80, 80, 80, 0, 0, 0, 0, 0])
    lost = moment([0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0])
    assert float(pay_of("3s_vs_5z", FULL, won, reward_sparse=True).reward) == pytest.approx(1 / SCALE)
    assert float(pay_of("3s_vs_5z", FULL, lost, reward_sparse=True).reward) == pytest.approx(-1 / SCALE)
    assert float(pay_of("3s_vs_5z", FULL, FULL, reward_sparse=True).reward) == 0


@pytest.mark.parametrize("map_name", sorted(SMAC_MAPS))
def test_the_best_episode_returns_twenty(map_name):
    before = random_moment(map_name, 0, batch=1, dead=0.0)
    view = battle_view(scenario(map_name), battle_options({}))
    n = view.n_agents
    before = dataclasses.replace(
        before,
        health=view.health_max[None],
        shield=torch.tensor([[u.shield for u in scenario(map_name).ally_types + scenario(map_name).enemy_types]]),
    )
    after = dataclasses.replace(before, health=torch.cat([before.health[:, :n], 0 * before.health[:, n:]], 1))
    assert float(pay_of(map_name, before, after).reward) == pytest.approx(20)
    assert view.max_reward == max_reward(by_hand(map_name, before, 0))


def test_names_of_the_subtasks():
    view = battle_view(scenario("3m"), battle_options({}))
    subtasks = battle_subtasks(view, ("a", "b", "c"))
    assert [s.name for s in subtasks] == ["fight a", "fight b", "fight c", "victory", "rest"]
    assert [s.forms_coalition for s in subtasks] == [True, True, True, False, False]
    assert subtasks[3].reward == pytest.approx(200 / (365 / 20))

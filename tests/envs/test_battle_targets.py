"""Whom enemies fight: keep, drop, nearest in scan, nearest attacker, the allied group."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.envs.battle_lanes import make_plan
from nucleolus_lib.envs.battle_loop import initial_state
from nucleolus_lib.envs.battle_state import FIRST_ATTACK, NO_TARGET, STOP, orders_from_actions
from nucleolus_lib.envs.battle_tables import build_tables
from nucleolus_lib.envs.battle_targets import choose_targets, squared_distances
from nucleolus_lib.envs.battle_trials import play_actions, skirmish


def chosen(battle, actions, target=NO_TARGET, dead=()) -> int:
    """The target of the only enemy after one choice."""
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    health = state.health.clone()
    health[0, list(dead)] = 0
    orders = orders_from_actions(state.position, torch.tensor([actions]))
    plan = make_plan(tables, state, orders, torch.zeros((1, tables.n_units + 1)))
    place = torch.where(health.T > 0, state.position.permute(2, 1, 0), tables.park)
    apart = squared_distances(place, tables.n_allies)
    return int(choose_targets(tables, plan, apart, torch.tensor([[target]]))[0, 0])


def marines(*xs: float, attack_point=(3.0, 10.0)):
    """Marines at these distances from an enemy marine at (20, 16). Scan 5.375, weapon 5.75 between centres."""
    places = [(20.0 - x, 16.0) for x in xs]
    return skirmish(["marine"] * len(xs), ["marine"], places, [(20.0, 16.0)], attack_point=attack_point)


def test_the_nearest_in_scan_is_chosen() -> None:
    assert chosen(marines(5.0, 3.0, 4.0), [STOP] * 3) == 1
    assert chosen(marines(5.0, 3.0, 4.0), [STOP] * 3, dead=[1]) == 2


def test_beyond_the_scan_there_is_no_target() -> None:
    assert chosen(marines(5.4), [STOP]) == NO_TARGET
    assert chosen(marines(5.37), [STOP]) == 0


def test_an_attacker_beyond_the_scan_is_a_target_after_all_others() -> None:
    assert chosen(marines(9.0), [FIRST_ATTACK]) == 0
    assert chosen(marines(9.0, 5.0), [FIRST_ATTACK, STOP]) == 1
    assert chosen(marines(9.0, 8.0), [FIRST_ATTACK, FIRST_ATTACK]) == 1


def test_a_target_is_kept_in_weapon_range_or_while_it_attacks() -> None:
    assert chosen(marines(5.7, 3.0), [STOP, STOP], target=0) == 0, "within range, beyond scan"
    assert chosen(marines(5.8, 3.0), [STOP, STOP], target=0) == 1, "out of range"
    assert chosen(marines(12.0, 3.0), [FIRST_ATTACK, STOP], target=0) == 0, "it attacks"
    assert chosen(marines(5.7, 3.0), [FIRST_ATTACK, STOP], target=0, dead=[0]) == 1, "dead"


def test_the_order_to_attack_the_group_has_no_limit() -> None:
    assert chosen(marines(15.0, 14.0, attack_point=None), [STOP, STOP]) == 1
    assert chosen(marines(15.0, 14.0, attack_point=None), [STOP, STOP], dead=[0, 1]) == NO_TARGET


def test_an_enemy_without_target_follows_its_order_and_takes_it_up_again() -> None:
    tables = build_tables(marines(5.0, attack_point=(20.0, 10.0)))
    state = initial_state(tables, 1)
    state = play_actions(tables, state, [STOP])
    assert state.enemy_target.tolist() == [[0]]
    gone = replace(state, position=state.position - torch.tensor([[[12.0, 0.0], [0.0, 0.0]]]))
    after = play_actions(tables, gone, [STOP])
    assert after.enemy_target.tolist() == [[NO_TARGET]]
    assert float(after.position[0, 1, 1]) == pytest.approx(float(gone.position[0, 1, 1]) - 1.125, abs=1e-4)

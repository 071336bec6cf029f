"""Shots, hits, shields and regeneration against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.envs.battle_combat import harm
from nucleolus_lib.envs.battle_lanes import make_plan, to_lanes
from nucleolus_lib.envs.battle_loop import initial_state, one_loop, play_loops
from nucleolus_lib.envs.battle_state import FIRST_ATTACK, STOP, orders_from_actions
from nucleolus_lib.envs.battle_tables import build_tables
from nucleolus_lib.envs.battle_trials import (
    play_actions,
    shield_recovery,
    shots_per_hundred_loops,
    skirmish,
    sweep_deaths,
)


def duel(ally: str, enemy: str, apart: float, rules: str = "liberty"):
    battle = skirmish(
        [ally], [enemy], [(10.0, 16.0)], [(10.0 + apart, 16.0)], rules=rules, attack_point=(10.0 + apart, 16.0)
    )
    return build_tables(battle)


def health_by_loop(tables, loops: int = 24) -> list[float]:
    """The enemy's health and shield after each loop of being attacked; it does not shoot back."""
    state = initial_state(tables, 1)
    state = replace(state, cooldown=torch.tensor([[0.0, 1e9]]))
    orders = orders_from_actions(state.position, torch.tensor([[FIRST_ATTACK]]))
    plan, lanes = make_plan(tables, state, orders, torch.full((1, 3), 1 / 3)), to_lanes(tables, state)
    points = []
    for turn in range(loops):
        lanes = one_loop(tables, plan, lanes, plan.ally_first[turn % 8])
        points.append(float(lanes.health[1, 0] + lanes.shield[1, 0]))
    return points


def test_a_marine_shoots_every_13_77_loops_on_average() -> None:
    # The jitter is 1/3 of the way from -1 to 2, that is 0: P = 13.7728. The hit lands 0.8 loops after the shot.
    points = health_by_loop(duel("marine", "marine", 4.0), loops=60)
    hits = [t for t in range(1, 60) if points[t] < points[t - 1]]
    # Shots at 0, 13.77, 27.55, 41.32, 55.09, each in the loop it falls into; hits one loop later.
    assert hits == [1, 14, 28, 42, 56]
    assert points[0] == 45.0
    assert points[1] == 39.0


def test_seven_shots_in_a_hundred_loops() -> None:
    assert shots_per_hundred_loops(steps=250, battles=16) == pytest.approx(7.0, abs=0.05)


def test_a_zealot_hits_twice_four_and_a_half_loops_apart() -> None:
    points = health_by_loop(duel("zealot", "zergling", 0.9), loops=12)
    # 8 - 0 armour per hit; the zergling regenerates 0.017 a loop.
    assert points[0] == pytest.approx(27.0, abs=0.02)
    assert points[4] == pytest.approx(27.0 + 4 * 0.0171, abs=0.02)
    assert points[5] == pytest.approx(19.0 + 5 * 0.0171, abs=0.02)


def test_a_stalkers_missile_flies() -> None:
    points = health_by_loop(duel("stalker", "stalker", 6.0), loops=12)
    # 2.672 loops to the launch, 6 / 1.171875 = 5.12 of flight: lands in loop 8 (counted from 0).
    assert next(t for t in range(12) if points[t] < 160.0) == 8
    assert points[8] == pytest.approx(160.0 - 14.0)


def harmed(attackers, victims, hits, shield):
    """Health and shield that simultaneous strikes leave a victim of full health."""
    battle = skirmish(
        attackers,
        victims,
        [(4.0 + 2.5 * k, 10.0) for k in range(len(attackers))],
        [(20.0, 18.0)],
        attack_point=(20.0, 18.0),
    )
    weapons = build_tables(battle).ally_weapons
    hit = torch.tensor(hits, dtype=torch.float32)[:, None, None]
    weight = hit * (weapons.raw if weapons.shielded else weapons.strike)
    full = torch.tensor([[battle.enemy_types[0].health]])
    health, left, _ = harm(weapons, weight, full, torch.tensor([[shield]]))
    return float(full - health), float(left)


@pytest.mark.parametrize(
    ("attackers", "victim", "shield", "loss", "left"),
    [
        (["marine"] * 2, "marine", 0.0, 12.0, 0.0),
        (["marine"], "zealot", 50.0, 0.0, 44.0),
        (["marine"], "zealot", 0.0, 5.0, 0.0),
        (["marine"], "zealot", 4.0, 1.0, 0.0),  # 2 go on, less 1
        (["marine"], "zealot", 5.75, 0.5, 0.0),  # a quarter goes on: the least damage
        (["marine"] * 3, "zealot", 8.0, 8.0, 0.0),  # 6; 2 and 4 - 1; 6 - 1
        (["zealot", "stalker"], "zealot", 3.0, 13.0, 0.0),  # 3 and 5 - 1; 10 - 1
        (["stalker", "zealot"], "zealot", 12.0, 5.0, 0.0),  # 10; 2 and 6 - 1
        (["stalker"], "stalker", 0.0, 13.0, 0.0),  # 10 + 4 against armoured, less 1
        (["colossus"], "zealot", 30.0, 9.0, 0.0),  # 20; 10 and 10 - 1
        (["colossus"], "zealot", 0.0, 38.0, 0.0),
        (["zergling"] * 2, "colossus", 0.0, 8.0, 0.0),
    ],
)
def test_shield_first_then_health_less_the_armour(attackers, victim, shield, loss, left) -> None:
    got = harmed(attackers, [victim], [1.0] * len(attackers), shield)
    assert got == pytest.approx((loss, left), abs=1e-4)


def test_a_wrong_armour_would_be_seen() -> None:
    assert harmed(["marine"], ["zealot"], [1.0], 0.0)[0] != pytest.approx(6.0)


def test_shields_wait_160_loops_and_fill_in_400() -> None:
    shields = shield_recovery()
    assert shields[19] == 0.0, "160 loops"
    assert shields[20] == pytest.approx(1.0), "8 loops more"
    assert shields[68] == pytest.approx(49.0)
    assert shields[69] == pytest.approx(50.0), "400 loops after the wait"
    assert shields[-1] == pytest.approx(50.0)


def test_one_sweep_kills_the_zerglings_on_the_strip() -> None:
    assert sweep_deaths("liberty") == 5
    assert sweep_deaths("lotv") == 0, "2 x 15 leave 5 of 35"


def test_a_beam_spares_what_lies_off_the_strip_and_friends() -> None:
    battle = skirmish(
        ["colossus", "marine"],
        ["marine"] * 3,
        [(10.0, 16.0), (15.0, 15.2)],
        [(15.0, 16.0), (15.0, 17.6), (16.2, 16.0)],
        attack_point=(15.0, 16.0),
    )
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    quiet = torch.full((1, 5), 1e9)
    quiet[0, 0] = 0.0
    state = replace(state, cooldown=quiet)
    for _ in range(2):
        state = play_actions(tables, state, [FIRST_ATTACK, STOP])
    assert state.health[0, 2:].tolist() == pytest.approx([5.0, 5.0, 45.0])
    assert float(state.health[0, 1]) == 45.0


def test_of_two_last_marines_the_first_to_hit_survives() -> None:
    tables = duel("marine", "marine", 3.0, rules="smaclite")
    state = initial_state(tables, 2)
    state = replace(state, health=torch.full((2, 2), 6.0))
    orders = orders_from_actions(state.position, torch.full((2, 1), FIRST_ATTACK))
    draws = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 0.999]])
    after, record = play_loops(tables, state, orders, draws)
    assert after.health.tolist() == [[6.0, 0.0], [0.0, 6.0]]
    assert record.kills[:, 0, 0].tolist() == [True, False]
    assert record.dealt[:, 0, 0].tolist() == pytest.approx([6.0, 0.0])


def test_allies_that_hit_together_share_what_was_left() -> None:
    battle = skirmish(
        ["marine", "marine"], ["marine"], [(10.0, 16.0), (10.0, 17.0)], [(13.0, 16.0)], attack_point=(13.0, 16.0)
    )
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    state = replace(state, health=torch.tensor([[45.0, 45.0, 9.0]]))
    orders = orders_from_actions(state.position, torch.full((1, 2), FIRST_ATTACK))
    after, record = play_loops(tables, state, orders, torch.zeros((1, 4)))
    assert float(after.health[0, 2]) == 0.0
    assert record.dealt[0, :, 0].tolist() == pytest.approx([4.5, 4.5])
    assert record.kills[0, :, 0].tolist() == [True, True]


def test_shooting_at_the_dead_costs_a_shot_only_under_smaclite() -> None:
    for rules, waits in (("liberty", False), ("smaclite", True)):
        battle = skirmish(
            ["marine"],
            ["marine", "marine"],
            [(10.0, 16.0)],
            [(13.0, 16.0), (30.0, 9.0)],
            rules=rules,
            attack_point=(30.0, 9.0),
        )
        tables = build_tables(battle)
        state = initial_state(tables, 1)
        state = replace(state, health=torch.tensor([[45.0, 0.0, 45.0]]))
        after = play_actions(tables, state, [FIRST_ATTACK])
        assert (float(after.cooldown[0, 0]) > 0) == waits, rules

"""The batched game loop against its twin, against itself battle by battle, and against what must never happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.batched_state import tensors_of, world_slice
from nucleolus_lib.envs.battle_lanes import make_plan, to_lanes
from nucleolus_lib.envs.battle_loop import initial_state, n_step_draws, one_loop, play_loops
from nucleolus_lib.envs.battle_scenarios import MAP_NAMES, Scenario, scenario
from nucleolus_lib.envs.battle_scripts import scripted_actions
from nucleolus_lib.envs.battle_state import FIRST_ATTACK, NO_TARGET, orders_from_actions
from nucleolus_lib.envs.battle_tables import build_tables
from nucleolus_lib.envs.battle_trials import play_actions, skirmish
from nucleolus_lib.envs.battle_units import UNIT_TYPES
from tests.reference.battle_by_hand import BattleByHand, Fighter

CLOSE_CALL = 1e-4
"""Battles in which a decision hangs on less are left out: single and double precision may decide differently."""


def fighters_of(battle: Scenario, state, actions: list[int], draws: list[float]) -> list[Fighter]:
    kinds = battle.ally_types + battle.enemy_types
    fighters = []
    for i, kind in enumerate(kinds):
        x, y = state.position[0, i].tolist()
        fighters.append(
            Fighter(
                kind=kind,
                ally=i < battle.n_allies,
                x=x,
                y=y,
                health=float(state.health[0, i]),
                shield=float(state.shield[0, i]),
                cooldown=float(state.cooldown[0, i]),
                shield_wait=float(state.shield_wait[0, i]),
                period=kind.period + kind.jitter[0] + (kind.jitter[1] - kind.jitter[0]) * draws[i],
            )
        )
    moves = {2: (0, 2), 3: (0, -2), 4: (2, 0), 5: (-2, 0)}
    for f, action in zip(fighters, actions, strict=False):
        if action >= FIRST_ATTACK:
            f.order = fighters[battle.n_allies + action - FIRST_ATTACK]
        elif action in moves:
            f.order = (f.x + moves[action][0], f.y + moves[action][1])
    return fighters


@st.composite
def meetings(draw):
    """A scenario with units close together, its state in mid-battle, actions and draws."""
    rules = draw(st.sampled_from(["liberty", "lotv"]))
    names = sorted(UNIT_TYPES[rules])
    allies = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    enemies = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    spots = rng.permutation([(x, y) for x in range(4) for y in range(3)])[: len(allies) + len(enemies)]
    corner = np.array([2.0, 9.0]) if rng.random() < 0.3 else np.array([12.0, 12.0])
    places = [tuple(p) for p in corner + 2.1 * spots + rng.uniform(-0.02, 0.02, (len(spots), 2))]
    point = (3.0, 9.5) if rng.random() < 0.7 else None
    battle = skirmish(allies, enemies, places[: len(allies)], places[len(allies) :], rules, point)
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    hurt = torch.tensor(rng.uniform(0.02, 1.0, (1, tables.n_units)), dtype=torch.float32)
    state = replace(
        state,
        health=state.health * hurt,
        shield=state.shield * torch.tensor(rng.integers(0, 2, (1, tables.n_units)) * rng.uniform(0, 1)).float(),
        cooldown=torch.tensor(rng.uniform(0, 4, (1, tables.n_units)), dtype=torch.float32),
        shield_wait=torch.tensor(rng.integers(0, 4, (1, tables.n_units))).float() * (tables.max_shield.T > 0),
    )
    actions = rng.integers(1, FIRST_ATTACK + len(enemies), len(allies)).tolist()
    return battle, tables, state, actions, rng.uniform(0, 1, tables.n_units + 1).tolist()


@settings(max_examples=40, deadline=None)
@given(meetings())
def test_a_step_is_the_twins_eight_loops(meeting) -> None:
    battle, tables, state, actions, draws = meeting
    by_hand = BattleByHand(battle, fighters_of(battle, state, actions, draws))
    coin = int(draws[-1] * 256)
    for turn in range(8):
        by_hand.loop(ally_first=(coin >> turn) & 1 == 0)
    assume(by_hand.closest_call > CLOSE_CALL)
    orders = orders_from_actions(state.position, torch.tensor([actions]))
    after, record = play_loops(tables, state, orders, torch.tensor([draws], dtype=torch.float32))
    for i, f in enumerate(by_hand.fighters):
        assert float(after.health[0, i]) == pytest.approx(f.health, abs=1e-3), i
        assert after.position[0, i].tolist() == pytest.approx([f.x, f.y], abs=2e-4), i
        assert float(after.shield[0, i]) == pytest.approx(f.shield, abs=1e-3), i
        if f.alive:
            assert float(after.cooldown[0, i]) == pytest.approx(f.cooldown, abs=1e-3), i
            assert float(after.shield_wait[0, i]) == pytest.approx(f.shield_wait, abs=1e-3), i
            assert float(after.shot_left[0, i]) == pytest.approx(f.shot_left, abs=1e-3), i
    for (i, k), dealt in by_hand.dealt.items():
        assert float(record.dealt[0, i, k]) == pytest.approx(dealt, abs=1e-3), (i, k)


def test_enemies_stand_when_the_group_they_attack_is_dead() -> None:
    battle = skirmish(["marine"], ["marine"], [(10.0, 16.0)], [(20.0, 16.0)])
    tables = build_tables(battle)
    state = initial_state(tables, 1)
    orders = orders_from_actions(state.position, torch.tensor([[1]]))
    plan, lanes = make_plan(tables, state, orders, torch.zeros((1, 3))), to_lanes(tables, state)
    for turn in range(4):
        lanes = one_loop(tables, plan, lanes, plan.ally_first[turn])
    there = float(lanes.place[0, 1])
    assert there < 19.5
    lanes = lanes._replace(health=lanes.health * torch.tensor([[0.0], [1.0]]))
    for turn in range(4, 8):
        lanes = one_loop(tables, plan, lanes, plan.ally_first[turn])
    assert float(lanes.place[0, 1]) == there


def test_the_twin_sees_a_wrong_rule() -> None:
    battle = skirmish(["marine"], ["marine"], [(10.0, 16.0)], [(14.0, 16.0)], attack_point=(10.0, 16.0))
    tables = build_tables(battle)
    weak = replace(tables, ally_weapons=replace(tables.ally_weapons, strike=tables.ally_weapons.strike / 2))
    state, draws = initial_state(tables, 1), [0.5, 0.5, 0.0]
    by_hand = BattleByHand(battle, fighters_of(battle, state, [6], draws))
    for _ in range(8):
        by_hand.loop(ally_first=True)
    orders = orders_from_actions(state.position, torch.tensor([[6]]))
    right = play_loops(tables, state, orders, torch.tensor([draws]))[0]
    wrong = play_loops(weak, state, orders, torch.tensor([draws]))[0]
    assert float(right.health[0, 1]) == pytest.approx(by_hand.fighters[1].health)
    assert float(wrong.health[0, 1]) != pytest.approx(by_hand.fighters[1].health)


def played(tables, batch: int, steps: int, seed: int, script: str = "random"):
    """States and records of a batch under random available-looking orders."""
    generator = torch.Generator().manual_seed(seed)
    state = initial_state(tables, batch)
    history = []
    for _ in range(steps):
        if script == "random":
            actions = torch.randint(1, FIRST_ATTACK + tables.n_enemies, (batch, tables.n_allies), generator=generator)
        else:
            attack = (state.health[:, tables.n_allies :] > 0).int().argmax(1) + FIRST_ATTACK
            actions = attack[:, None].expand(batch, tables.n_allies)
        draws = torch.rand((batch, n_step_draws(tables)), generator=generator)
        after, record = play_loops(tables, state, orders_from_actions(state.position, actions), draws)
        history.append((state, actions, draws, after, record))
        state = after
    return history


@pytest.mark.parametrize("name", ["2s3z", "corridor", "2c_vs_64zg"])
def test_a_batch_is_its_battles_one_by_one(name: str) -> None:
    tables = build_tables(scenario(name))
    for state, actions, draws, after, record in played(tables, 3, 14, seed=1, script="attack")[9:]:
        for b in range(3):
            one = slice(b, b + 1)
            alone, alone_record = play_loops(
                tables, world_slice(state, one), orders_from_actions(state.position[one], actions[one]), draws[one]
            )
            for field, tensor in tensors_of(alone).items():
                assert torch.allclose(tensor.float(), tensors_of(after)[field][one].float(), atol=1e-4), field
            assert torch.allclose(alone_record.dealt, record.dealt[one], atol=1e-4)


@pytest.mark.parametrize(("name", "rules"), [("2s3z", "liberty"), ("corridor", "liberty"), ("3s_vs_5z", "lotv")])
def test_what_must_never_happen(name: str, rules: str) -> None:
    tables = build_tables(scenario(name, rules))
    a = tables.n_allies
    regenerated = 8 * tables.health_regeneration[:, 0]
    grid = torch.tensor(np.array(tables.scenario.walkable))
    died = 0
    for script in ("random", "attack"):
        for state, _, _, after, record in played(tables, 4, 30, seed=2, script=script):
            dead = state.health <= 0
            died += int(dead.sum())
            assert torch.equal(after.position[dead], state.position[dead]), "the dead moved"
            assert (after.health[dead] == 0).all()
            assert (after.shield[dead] == 0).all()
            assert (record.dealt[dead[:, :a]] == 0).all(), "the dead struck"
            assert (record.dealt.transpose(1, 2)[dead[:, a:]] == 0).all(), "the dead were hit"
            assert (after.health <= state.health + regenerated + 1e-4).all(), "health rose by more than regeneration"
            assert (after.shield <= state.shield + 1.0 + 1e-4).all()
            assert (after.health <= tables.max_health.T + 1e-4).all()
            assert (after.shield <= tables.max_shield.T + 1e-4).all()
            removed = (state.health + state.shield - after.health - after.shield)[:, a:]
            assert (record.dealt.sum(1) >= removed - 1e-3).all(), "enemies lost more than the allies took"
            assert (record.dealt.sum(1) <= removed + regenerated[a:] + 8 * 0.125 + 1e-3).all()
            step = (after.position - state.position).norm(dim=-1)
            assert (step <= 8 * tables.speed.T + 1e-4).all(), "faster than its speed"
            cell = after.position.long()
            assert grid[cell[..., 0], cell[..., 1]].all(), "in a wall"
            aimed_at = after.enemy_target.clamp(min=0)
            wrong = (after.enemy_target != NO_TARGET) & (state.health[:, :a].gather(1, aimed_at) <= 0)
            assert not wrong.any(), "an enemy fights the dead"
            assert (record.kills <= (record.dealt > 0)).all()
    assert died > 20, "the test saw too little fighting"


def test_the_dead_do_not_block() -> None:
    battle = skirmish(
        ["marine", "zealot"], ["marine"], [(10.0, 16.0), (11.5, 16.0)], [(30.0, 16.0)], attack_point=(30.0, 16.0)
    )
    tables = build_tables(battle)
    start = initial_state(tables, 1)
    corpse = replace(start, health=start.health * torch.tensor([[1.0, 0.0, 1.0]]), shield=start.shield * 0)
    free = play_actions(tables, corpse, [4, 1])
    blocked = play_actions(tables, start, [4, 1])
    assert float(free.position[0, 0, 0]) == pytest.approx(11.125, abs=1e-4)
    assert float(blocked.position[0, 0, 0]) < 10.8


def test_the_same_draws_give_the_same_battle_and_others_another() -> None:
    tables = build_tables(scenario("5m_vs_6m"))
    first, again, other = (played(tables, 2, 14, seed, "attack")[-1][3] for seed in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(tensors_of(first).values(), tensors_of(again).values(), strict=True))
    assert not torch.equal(first.cooldown, other.cooldown)


@pytest.mark.parametrize("name", MAP_NAMES)
def test_every_map_can_be_played(name: str) -> None:
    tables = build_tables(scenario(name))
    last = played(tables, 2, 2, seed=0)[-1][3]
    assert not any(tensor.isnan().any() for tensor in tensors_of(last).values())


def test_scripts_only_take_available_actions_and_do_what_they_say() -> None:
    battle = skirmish(["marine", "marine"], ["marine"] * 2, [(10.0, 16.0), (4.0, 10.0)], [(14.0, 16.0), (15.0, 16.0)])
    state = initial_state(build_tables(battle), 1)
    state = replace(state, health=torch.tensor([[45.0, 45.0, 45.0, 9.0]]))
    available = torch.zeros((1, 2, 8), dtype=torch.bool)
    available[:, 0, 1:] = True
    available[:, 1, 1:6] = True
    draws = torch.rand((1, 2, 2))
    assert scripted_actions("nearest", state, available, draws).tolist() == [[6, 4]]
    assert scripted_actions("focus", state, available, draws).tolist() == [[7, 4]]
    available[:, 1, 4] = False
    assert scripted_actions("nearest", state, available, draws).tolist() == [[6, 2]]
    chosen = [scripted_actions("random", state, available, torch.rand((1, 2, 2))) for _ in range(50)]
    assert all(available.gather(-1, action[..., None]).all() for action in chosen)
    with pytest.raises(ValueError, match="scripts are nearest"):
        scripted_actions("nearst", state, available, draws)

"""The compiled game loop against the eager one, step by step from the same states."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.envs.batched_state import tensors_of
from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_compiled import KernelLoops
from nucleolus_lib.envs.battle_loop import compiled_loop, initial_state, n_step_draws, play_loops
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_state import FIRST_ATTACK, orders_from_actions
from nucleolus_lib.envs.battle_tables import BattleTables, build_tables
from nucleolus_lib.envs.protocol import random_actions, reset, step

TOLERANCE = 2e-4
"""Of places after eight loops: in a crowd of 64 zerglings rounding in one push moves the next one."""


def differences(tables: BattleTables, loops: KernelLoops, batch: int, steps: int) -> tuple[list[float], int]:
    """The largest difference of each battle and step, both from the eager loop's state, and how many units died."""
    generator = torch.Generator().manual_seed(0)
    state, found = initial_state(tables, batch), []
    for t in range(steps):
        attack = (state.health[:, tables.n_allies :] > 0).int().argmax(1)[:, None] + FIRST_ATTACK
        anything = torch.randint(1, 6 + tables.n_enemies, (batch, tables.n_allies), generator=generator)
        orders = orders_from_actions(state.position, anything if t % 3 == 2 else attack.expand_as(anything))
        draws = torch.rand((batch, n_step_draws(tables)), generator=generator)
        eager, record = play_loops(tables, state, orders, draws)
        compiled, other = play_loops(tables, state, orders, draws, loops)
        pairs = [(tensor, tensors_of(compiled)[name]) for name, tensor in tensors_of(eager).items()]
        pairs += [(record.dealt, other.dealt), (record.kills, other.kills)]
        gaps = [(a.float() - b.float()).abs().reshape(batch, -1).amax(1) for a, b in pairs]
        found += torch.stack(gaps).amax(0).tolist()
        state = eager
    return found, int((state.health <= 0).sum())


@pytest.mark.parametrize(
    ("name", "rules", "steps"),
    [
        ("5m_vs_6m", "liberty", 30),
        ("2s3z", "liberty", 30),
        ("3s_vs_5z", "lotv", 30),
        ("corridor", "liberty", 34),
        ("2c_vs_64zg", "liberty", 20),
        ("6h_vs_8z", "liberty", 34),
    ],
)
def test_the_compiled_loop_does_what_the_loop_does(name: str, rules: str, steps: int) -> None:
    tables = build_tables(scenario(name, rules))
    found, died = differences(tables, KernelLoops(tables), batch=4, steps=steps)
    assert died > 5, "the test saw too little fighting"
    apart = [gap for gap in found if gap > TOLERANCE]
    # A decision may hang on less than rounding; two in a hundred would be no accident.
    assert len(apart) <= 0.01 * len(found), sorted(apart)[-5:]


@pytest.mark.parametrize("field", ["speed", "separation", "shot_length", "reach", "shield_delay"])
def test_a_compiled_loop_with_a_wrong_constant_is_found_out(field: str) -> None:
    tables = build_tables(scenario("2s3z"))
    wrong = replace(tables, **{field: getattr(tables, field) * 1.02 + 0.02})
    found, _ = differences(tables, KernelLoops(wrong), batch=4, steps=18)
    assert sum(gap > TOLERANCE for gap in found) > 0.05 * len(found)


def test_what_went_in_is_left_as_it_was() -> None:
    tables = build_tables(scenario("5m_vs_6m"))
    state = initial_state(tables, 3)
    before = {name: tensor.clone() for name, tensor in tensors_of(state).items()}
    orders = orders_from_actions(state.position, torch.full((3, 5), FIRST_ATTACK))
    draws = torch.rand((3, n_step_draws(tables)), generator=torch.Generator().manual_seed(0))
    first = play_loops(tables, state, orders, draws, KernelLoops(tables))[0]
    again = play_loops(tables, state, orders, draws, KernelLoops(tables))[0]
    assert all(torch.equal(before[name], tensor) for name, tensor in tensors_of(state).items())
    assert all(torch.equal(tensors_of(first)[name], tensor) for name, tensor in tensors_of(again).items())
    assert not torch.equal(first.position, state.position)


def test_a_world_plays_on_the_compiled_loop() -> None:
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    worlds = Battle("5m_vs_6m"), Battle("5m_vs_6m", compiled=True)
    states = [reset(world, 8, generator) for world, generator in zip(worlds, generators, strict=True)]
    for _ in range(10):
        actions = random_actions(worlds[0], states[0], generators[0])
        random_actions(worlds[0], states[0], generators[1])
        eager, compiled = (
            step(world, state, actions, generator)
            for world, state, generator in zip(worlds, states, generators, strict=True)
        )
        assert torch.allclose(eager.reward, compiled.reward, atol=1e-4)
        states = [eager.state, eager.state]


def test_collision_avoidance_does_nearly_what_the_loop_does() -> None:
    # Half-planes that are nearly parallel enlarge rounding, and units at equal distances may count in another order.
    tables = build_tables(scenario("2s3z", "smaclite"))
    found, died = differences(tables, KernelLoops(tables), batch=4, steps=12)
    assert died > 3, "the test saw too little fighting"
    assert sum(gap > 1e-2 for gap in found) <= 0.1 * len(found), sorted(found)[-8:]
    wrong = replace(tables, radius=tables.radius * 1.1)
    found, _ = differences(tables, KernelLoops(wrong), batch=4, steps=12)
    assert sum(gap > 1e-2 for gap in found) > 0.3 * len(found)


def test_a_processor_gets_the_kernels_and_others_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = build_tables(scenario("2s3z"))
    assert isinstance(compiled_loop(tables), KernelLoops)
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: asked.append(function) or function)
    assert not isinstance(compiled_loop(replace(tables, device=torch.device("meta"))), KernelLoops)
    assert len(asked) == 1

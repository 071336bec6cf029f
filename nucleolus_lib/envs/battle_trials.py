"""Measurements on the battle simulator, to be held against figures measured elsewhere or worked out by hand.

*Traces.* A trace gives the units of a small battle after every environment step of a fixed sequence of actions. Units
that act in the same tick act in a random order there, so times may differ by one loop, and what regenerates by one
loop's amount.

*Statistics.* Mean return and length of scripted policies. The return is the sum of damage dealt to enemies, 10 per kill
and 200 for a win, times 20, divided by 10 per enemy + 200 + the enemies' health and shields.

*By hand.* Numbers that follow from the unit rows: speed, rate of fire, recovery of shields, one sweep of a colossus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nucleolus_lib.envs.battle_compiled import KernelLoops
from nucleolus_lib.envs.battle_loop import LoopsOfStep, initial_state, n_step_draws, play_loops
from nucleolus_lib.envs.battle_masks import available_actions
from nucleolus_lib.envs.battle_options import battle_options
from nucleolus_lib.envs.battle_scenarios import Scenario, data_path, scenario
from nucleolus_lib.envs.battle_scripts import scripted_actions
from nucleolus_lib.envs.battle_state import FIRST_ATTACK, STOP, BattleState, orders_from_actions
from nucleolus_lib.envs.battle_tables import BattleTables, build_tables
from nucleolus_lib.envs.battle_units import LOOPS_PER_SECOND, LOOPS_PER_STEP, SHIELD_REGENERATION
from nucleolus_lib.envs.battle_view import battle_view

KILL, WIN, SCALE = 10.0, 200.0, 20.0


def read_battle_data(name: str) -> dict[str, Any]:
    """A JSON file of ``data/battle``."""
    record: dict[str, Any] = json.loads(data_path(f"{name}.json").read_text(encoding="utf-8"))
    return record


def skirmish(
    allies: Sequence[str],
    enemies: Sequence[str],
    ally_positions: Sequence[tuple[float, float]],
    enemy_positions: Sequence[tuple[float, float]],
    rules: str = "liberty",
    attack_point: tuple[float, float] | None = None,
    rows: tuple[int, int] = (8, 24),
) -> Scenario:
    """A small battle on a map of 32 by 32 cells, walkable in y from ``rows[0]`` to below ``rows[1]``."""
    walkable = np.zeros((32, 32), dtype=np.bool_)
    walkable[:, rows[0] : rows[1]] = True
    return Scenario(
        name="skirmish",
        allies=tuple(allies),
        enemies=tuple(enemies),
        ally_positions=tuple(ally_positions),
        enemy_positions=tuple(enemy_positions),
        walkable=walkable,
        episode_limit=1000,
        attack_point=attack_point,
        rules=rules,
    )


def play_actions(
    tables: BattleTables, state: BattleState, actions: Sequence[int], draw: float = 0.0, loop: LoopsOfStep | None = None
) -> BattleState:
    """One step of one battle with every draw equal to ``draw``, on the eager loop or a compiled one."""
    draws = torch.full((1, n_step_draws(tables)), draw, device=tables.device)
    chosen = torch.tensor([list(actions)], device=tables.device)
    return play_loops(tables, state, orders_from_actions(state.position, chosen), draws, loop)[0]


@dataclass(frozen=True)
class TraceResult:
    """Largest deviations from a trace.

    Parameters
    ----------
    name
        Of the trace.
    position
        In map units.
    points
        Health and shield, beyond what one loop regenerates.
    cooldown
        In loops, beyond one loop.
    exact_points, exact_cooldown
        The same without allowance.
    deaths_agree
        Whether the same units are dead after every step.
    """

    name: str
    position: float
    points: float
    cooldown: float
    exact_points: float
    exact_cooldown: float
    deaths_agree: bool

    @property
    def holds(self) -> bool:
        """Position to 1e-4, points exact and cooldown to 1e-4 but for the order within one loop."""
        return self.position <= 1e-4 and self.points <= 1e-4 and self.cooldown <= 1e-3 and self.deaths_agree


def replay_trace(trace: Mapping[str, Any], draw: float, compiled: bool = False) -> TraceResult:
    """Play the actions of a trace; ``draw`` 0 lets the allies' hits count first, a draw near 1 the enemies'."""
    start = trace["trace"][0]
    battle = skirmish(
        trace["allies"],
        trace["enemies"],
        [(unit["x"], unit["y"]) for unit in start["allies"]],
        [(unit["x"], unit["y"]) for unit in start["enemies"]],
        rules="smaclite",
        attack_point=tuple(trace["attack_point"]),
    )
    tables = build_tables(battle)
    loop = KernelLoops(tables) if compiled else None
    state = initial_state(tables, 1)
    regenerated = tables.health_regeneration[:, 0].clamp(min=0).tolist()
    position = points = cooldown = exact_points = exact_cooldown = 0.0
    deaths_agree = True
    for actions, units in zip(trace["actions"], trace["trace"][1:], strict=True):
        state = play_actions(tables, state, actions, draw, loop)
        for i, unit in enumerate(units["allies"] + units["enemies"]):
            health, shield = float(state.health[0, i]), float(state.shield[0, i])
            deaths_agree = deaths_agree and (unit is None) == (health <= 0)
            if unit is None or health <= 0:
                continue
            x, y = state.position[0, i].tolist()
            position = max(position, abs(x - unit["x"]), abs(y - unit["y"]))
            health_gap, shield_gap = abs(health - unit["health"]), abs(shield - unit["shield"])
            wait_gap = abs(float(state.cooldown[0, i]) - unit["cooldown"] * LOOPS_PER_SECOND)
            exact_points = max(exact_points, health_gap, shield_gap)
            exact_cooldown = max(exact_cooldown, wait_gap)
            points = max(points, health_gap - regenerated[i], shield_gap - SHIELD_REGENERATION)
            cooldown = max(cooldown, wait_gap - 1.0 if wait_gap > 1e-3 else 0.0)
    return TraceResult(trace["name"], position, points, cooldown, exact_points, exact_cooldown, deaths_agree)


def closest_replay(trace: Mapping[str, Any], compiled: bool = False) -> TraceResult:
    """The replay with that side first which comes closer."""
    results = [replay_trace(trace, draw, compiled) for draw in (0.0, 0.999)]
    return min(results, key=lambda result: (not result.deaths_agree, result.position, result.points))


@dataclass(frozen=True)
class ScriptResult:
    """Episodes of a script: ``returns``, ``lengths``, ``won``, ``dead_allies``, ``dead_enemies``, each (B,)."""

    returns: Tensor
    lengths: Tensor
    won: Tensor
    dead_allies: Tensor
    dead_enemies: Tensor


def play_script(
    battle: Scenario, script: str, exploration_rate: float, episodes: int, seed: int = 0, compiled: bool = False
) -> ScriptResult:
    """Play B episodes side by side with a script of :mod:`~nucleolus_lib.envs.battle_scripts`."""
    tables = build_tables(battle)
    loop = KernelLoops(tables) if compiled else None
    view = battle_view(battle, battle_options({}))
    generator = torch.Generator().manual_seed(seed)
    n_allies = tables.n_allies
    state = initial_state(tables, episodes)
    whole = KILL * tables.n_enemies + WIN + float((tables.max_health + tables.max_shield)[n_allies:].sum())
    returns, lengths = torch.zeros(episodes), torch.zeros(episodes)
    won, over = torch.zeros(episodes, dtype=torch.bool), torch.zeros(episodes, dtype=torch.bool)
    dead = torch.zeros((2, episodes))
    for _ in range(battle.episode_limit):
        chance = torch.rand((episodes, n_allies, 2), generator=generator)
        action = scripted_actions(script, state, available_actions(view, state), chance, exploration_rate)
        draws = torch.rand((episodes, n_step_draws(tables)), generator=generator)
        after, record = play_loops(tables, state, orders_from_actions(state.position, action), draws, loop)
        alive, was_alive = after.health > 0, state.health > 0
        kills = (was_alive & ~alive)[:, n_allies:].sum(1)
        wins = ~alive[:, n_allies:].any(1)
        paid = record.dealt.sum((1, 2)) + KILL * kills + WIN * wins
        returns += torch.where(over, 0.0, paid * SCALE / whole)
        lengths += ~over
        won |= ~over & wins & alive[:, :n_allies].any(1)
        now = torch.stack([(~alive[:, :n_allies]).sum(1), (~alive[:, n_allies:]).sum(1)]).float()
        dead = torch.where(over, dead, now)
        over |= wins | ~alive[:, :n_allies].any(1)
        state = after
        if bool(over.all()):
            break
    return ScriptResult(returns, lengths, won, dead[0], dead[1])


def marine_step() -> float:
    """Distance a marine walks in one environment step."""
    tables = build_tables(skirmish(["marine"], ["marine"], [(5.0, 16.0)], [(30.0, 16.0)], attack_point=(30.0, 16.0)))
    start = initial_state(tables, 1)
    after = play_actions(tables, start, [FIRST_ATTACK - 2])
    return float(after.position[0, 0, 0] - start.position[0, 0, 0])


def shots_per_hundred_loops(steps: int = 500, battles: int = 32, seed: int = 0) -> float:
    """Shots of a marine at a target that does not die."""
    tables = build_tables(skirmish(["marine"], ["marine"], [(16.0, 16.0)], [(20.0, 16.0)], attack_point=(20.0, 16.0)))
    generator = torch.Generator().manual_seed(seed)
    state = initial_state(tables, battles)
    # The target never tires, and never shoots.
    state = replace(state, cooldown=state.cooldown + torch.tensor([0.0, 1e9]))
    damage = torch.zeros(battles)
    for _ in range(steps):
        state = replace(state, health=tables.max_health.T.expand(battles, -1))
        orders = orders_from_actions(state.position, torch.full((battles, 1), FIRST_ATTACK))
        state, record = play_loops(tables, state, orders, torch.rand((battles, 3), generator=generator))
        damage += record.dealt.sum((1, 2))
    shots = damage / tables.ally_weapons.strike[0, 0, 0]
    return float(shots.mean()) / (steps * LOOPS_PER_STEP) * 100


def shield_recovery(wait: float = 160.0) -> list[float]:
    """A zealot's shield after every step, from 0 and a hit in the loop before."""
    tables = build_tables(skirmish(["zealot"], ["marine"], [(3.0, 16.0)], [(30.0, 16.0)], attack_point=(30.0, 16.0)))
    state = initial_state(tables, 1)
    state = replace(state, shield=torch.tensor([[0.0, 0.0]]), shield_wait=torch.tensor([[wait, 0.0]]))
    shields = []
    for _ in range(75):
        state = play_actions(tables, state, [STOP])
        shields.append(float(state.shield[0, 0]))
    return shields


def sweep_deaths(rules: str = "liberty") -> int:
    """How many of five zerglings in a line across the direction of fire one shot of a colossus kills."""
    line = [(20.0, 14.4 + 0.8 * k) for k in range(5)]
    # All zerglings are near enough to run at the colossus, and do so side by side.
    battle = skirmish(["colossus"], ["zergling"] * 5, [(14.5, 16.0)], line, rules=rules, attack_point=(14.5, 16.0))
    tables = build_tables(battle)
    state = play_actions(tables, initial_state(tables, 1), [FIRST_ATTACK + 2])
    state = play_actions(tables, state, [STOP])
    return int((state.health[0, 1:] <= 0).sum())


def zerglings_reach(steps: int = 60) -> bool:
    """Whether colossi that stand still on 2c_vs_64zg are hit."""
    tables = build_tables(scenario("2c_vs_64zg"))
    state = initial_state(tables, 1)
    for _ in range(steps):
        state = play_actions(tables, state, [STOP, STOP])
    return bool((state.shield[0, :2] < tables.max_shield[:2, 0]).any())

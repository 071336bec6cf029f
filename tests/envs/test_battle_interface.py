"""The batched battle: conformance, SMAC's sizes, ends, options, outcomes and bad input."""

import dataclasses

import numpy as np
import pytest
import torch

from nucleolus_lib.envs import check_env, random_actions, reset, step
from nucleolus_lib.envs.battle import OUTCOMES, Battle
from nucleolus_lib.envs.battle_loop import one_loop
from nucleolus_lib.envs.battle_memory import available_bytes
from nucleolus_lib.envs.battle_options import BattleOptions, battle_options
from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.errors import ActionsError, ScenarioError, WorldParameterError

# SMAC's get_env_info, and max_reward, at its defaults (oxwhirl/smac, commit d6aab33).
PUBLISHED = {
    # map: agents, enemies, limit, actions, observation, state, max_reward
    "2s3z": (5, 5, 120, 11, 80, 120, 1020),
    "3s_vs_5z": (3, 5, 250, 11, 48, 68, 1000),
    "2c_vs_64zg": (2, 64, 400, 70, 332, 342, 3080),
    "5m_vs_6m": (5, 6, 70, 12, 55, 98, 530),
    "8m_vs_9m": (8, 9, 120, 15, 85, 179, 695),
    "corridor": (6, 24, 400, 30, 156, 282, 1280),
}
AGENT, ENEMY = ["health", "energy/cooldown", "rel_x", "rel_y"], ["health", "rel_x", "rel_y"]
FEATURES = {
    "2s3z": ([*AGENT, "shield", "type_0", "type_1"], [*ENEMY, "shield", "type_0", "type_1"]),
    "3s_vs_5z": ([*AGENT, "shield"], [*ENEMY, "shield"]),
    "2c_vs_64zg": ([*AGENT, "shield"], ENEMY),
    "5m_vs_6m": (AGENT, ENEMY),
    "8m_vs_9m": (AGENT, ENEMY),
    "corridor": ([*AGENT, "shield"], ENEMY),
}


def noop(world, batch):
    return torch.zeros(batch, world.spec.n_agents, dtype=torch.int64)


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_smacs(name):
    agents, enemies, limit, actions, observation, state, max_reward = PUBLISHED[name]
    world = Battle(name)
    assert world.view.env_info() == {
        "state_shape": state,
        "obs_shape": observation,
        "n_actions": actions,
        "n_agents": agents,
        "episode_limit": limit,
        "agent_features": FEATURES[name][0],
        "enemy_features": FEATURES[name][1],
    }
    spec = world.spec
    assert (spec.n_agents, spec.n_actions, spec.horizon) == (agents, actions, limit)
    assert (spec.observation_size, spec.state_size) == (observation, state)
    assert spec.n_entities == agents + enemies
    assert world.view.max_reward == max_reward


@pytest.mark.parametrize(
    ("name", "options", "steps"),
    [
        (dataclasses.replace(scenario("3m"), episode_limit=16), {}, 16),
        ("2s3z", {"obs_last_action": True, "obs_pathing_grid": True, "shuffle_enemy_ids": True}, 5),
        pytest.param("3m", {}, 60, marks=pytest.mark.slow),
        pytest.param("3m", {"continuing_episode": True, "reward_only_positive": False}, 60, marks=pytest.mark.slow),
        pytest.param("3s_vs_5z", {"obs_timestep_number": True}, 250, marks=pytest.mark.slow),
        pytest.param("2c_vs_64zg", {"reward_sparse": True}, 30, marks=pytest.mark.slow),
        pytest.param("corridor", {"obs_instead_of_state": True}, 60, marks=pytest.mark.slow),
    ],
    ids=["3m cut short", "2s3z", "3m", "3m truncated", "3s_vs_5z", "2c_vs_64zg", "corridor"],
)
def test_the_protocol_is_kept(name, options, steps):
    report = check_env(Battle(name, **options), batch=2, max_steps=steps)
    assert report.n_steps == steps


def walk_away(world, state):
    """West if possible, else stop: nobody is ever near an enemy that stands still."""
    mask = world.available_actions(state)
    return torch.where(mask[..., 5], 5, torch.where(mask[..., 0], 0, 1))


def peaceful():
    """Two sides of 3m that cannot reach each other within the limit."""
    three = scenario("3m")
    far = tuple((x + 5, y) for x, y in three.enemy_positions)
    return dataclasses.replace(three, enemy_positions=far, attack_point=(28.0, 16.0), episode_limit=4)


@pytest.mark.parametrize("continuing", [False, True])
def test_the_time_limit_terminates_or_truncates(continuing):
    world = Battle(peaceful(), continuing_episode=continuing)
    state, generator = reset(world, 2, torch.Generator()), torch.Generator()
    ends = []
    for _ in range(4):
        result = step(world, state, walk_away(world, state), generator)
        ends.append((bool(result.terminated.all()), bool(result.truncated.all())))
        state = result.state
    assert ends[:3] == [(False, False)] * 3
    assert ends[3] == (not continuing, continuing)
    assert world.outcome(state).tolist() == [[0, 0, 0, 0, 4]] * 2


def one_hit_from(winner):
    """3m in which one side has one unit with a last point of health left, and the other three."""
    world = Battle("3m")
    state = world.initial(torch.zeros(1, 0))
    health = torch.full((1, 6), 45.0)
    place = state.position.clone()
    if winner == "agents":
        health[0, 4:], health[0, 3] = 0.0, 1.0
    else:
        health[0, 1:3], health[0, 0] = 0.0, 1.0
    place[0, 3:, 0] = place[0, :3, 0] + 2.0
    return world, dataclasses.replace(state, health=health, position=place)


def test_a_won_battle():
    world, state = one_hit_from("agents")
    generator = torch.Generator().manual_seed(0)
    while True:
        attack = torch.full((1, 3), 6)
        result = step(world, state, attack, generator)
        state = result.state
        if bool(result.terminated):
            break
    assert float(result.reward) >= 200 / (365 / 20)
    outcome = dict(zip(world.outcome_names, world.outcome(state)[0].tolist(), strict=True))
    assert outcome["won"] == 1
    assert outcome["dead_enemies"] == 3
    # What comes after the end changes nothing and pays nothing.
    later = step(world, state, torch.ones(1, 3, dtype=torch.int64), generator)
    assert bool(later.terminated)
    assert float(later.reward) == 0
    assert not later.participants[:, :3].any()
    assert world.outcome(later.state).tolist() == world.outcome(state).tolist()


def test_a_lost_battle_pays_nothing_for_its_end():
    world, state = one_hit_from("enemies")
    generator = torch.Generator().manual_seed(0)
    total = 0.0
    for _ in range(60):
        result = step(world, state, torch.ones(1, 3, dtype=torch.int64), generator)
        state, total = result.state, total + float(result.reward)
        if bool(result.terminated):
            break
    outcome = dict(zip(OUTCOMES, world.outcome(state)[0].tolist(), strict=True))
    assert outcome["won"] == 0
    assert outcome["dead_allies"] == 3
    assert outcome["return"] == pytest.approx(total)
    assert outcome["length"] < 60


def test_the_return_and_the_participants_follow_the_play():
    world, generator = Battle("3m"), torch.Generator().manual_seed(3)
    state = reset(world, 8, generator)
    total = torch.zeros(8)
    for _ in range(30):
        result = step(world, state, random_actions(world, state, generator), generator)
        total += result.reward
        hurt = result.subtask_rewards[:, :3] > 0
        # Marines have no shield and do not heal: an enemy pays exactly when somebody shot it.
        assert torch.equal(hurt, result.participants[:, :3].any(-1))
        assert not result.subtask_rewards[:, -1].any()
        state = result.state
    torch.testing.assert_close(world.outcome(state)[:, 1], total)
    assert float(total.max()) > 0


def test_agents_that_shoot_one_enemy_are_a_coalition():
    world, state = one_hit_from("agents")
    health = state.health.clone()
    health[0, 3:] = 45.0
    state = dataclasses.replace(state, health=health)
    result = step(world, state, torch.tensor([[7, 6, 7]]), torch.Generator())
    for _ in range(3):
        if result.participants[:, :3].any():
            break
        result = step(world, result.state, torch.tensor([[7, 6, 7]]), torch.Generator())
    assert result.participants[0, :3].tolist() == [[False, True, False], [True, False, True], [False, False, False]]
    assert world.induced_structure(result).tolist() == [[0, 1, 0]]


def test_a_living_agent_with_the_no_op_stops_and_is_recorded_so():
    world = Battle("3m")
    state = reset(world, 2, torch.Generator())
    draws = torch.rand(2, world.spec.n_step_draws)
    idle = world.transition(state, noop(world, 2), draws).state
    stopped = world.transition(state, noop(world, 2) + 1, draws).state
    torch.testing.assert_close(idle.position, stopped.position)
    assert idle.last_action.tolist() == [[0] * 3] * 2
    assert world.initial(torch.zeros(1, 0)).last_action.tolist() == [[-1] * 3]


def test_a_move_is_as_long_as_the_unit_is_fast():
    """1.125 a step for a marine; ``move_amount`` only says how far ahead the order points."""
    world = Battle("3m")
    state = reset(world, 1, torch.Generator())
    after = step(world, state, torch.full((1, 3), 2), torch.Generator()).state
    moved = after.position[0, :3] - state.position[0, :3]
    torch.testing.assert_close(moved, torch.tensor([[0.0, 1.125]] * 3), atol=1e-4, rtol=0)
    short = Battle("3m", move_amount=0.5)
    after = step(short, state, torch.full((1, 3), 2), torch.Generator()).state
    moved = after.position[0, :3] - state.position[0, :3]
    torch.testing.assert_close(moved, torch.tensor([[0.0, 0.5]] * 3), atol=1e-4, rtol=0)


def test_enemy_ids_are_shuffled_within_their_type_only_when_asked():
    plain, shuffled = Battle("2s3z"), Battle("2s3z", shuffle_enemy_ids=True)
    assert plain.spec.n_initial_draws == 0
    generator = torch.Generator().manual_seed(0)
    start = reset(plain, 1, generator).position[0]
    places = reset(shuffled, 200, generator).position
    assert torch.equal(places[:, :5], start[:5].expand(200, -1, -1))
    stalkers = {tuple(map(tuple, row)) for row in places[:, 5:7].tolist()}
    zealots = {tuple(map(tuple, row)) for row in places[:, 7:].tolist()}
    assert (len(stalkers), len(zealots)) == (2, 6)
    assert {place for order in stalkers for place in order} == set(map(tuple, start[5:7].tolist()))


def test_entities_say_where_how_strong_and_against_whom():
    world, state = one_hit_from("agents")
    result = step(world, state, torch.tensor([[6, 1, 6]]), torch.Generator())
    rows = dict(zip(world.spec.entity_features, world.entities(result.state)[0].T, strict=True))
    assert rows["target"][:3].tolist() == [3, -1, 3]
    assert rows["health"][4:].tolist() == [0, 0]
    assert rows["health"][0] <= 1
    torch.testing.assert_close(rows["x"], result.state.position[0, :, 0])
    names = [entity.name for entity in world.spec.entities]
    assert names == ["marine_0", "marine_1", "marine_2", "enemy_marine_0", "enemy_marine_1", "enemy_marine_2"]


def test_a_compiled_loop_is_used_where_asked(monkeypatch):
    calls = []

    def counting(tables):
        return lambda *arguments: (calls.append(1), one_loop(*arguments))[1]

    monkeypatch.setattr("nucleolus_lib.envs.battle.compiled_loop", counting)
    world, plain = Battle("3m", compiled=True), Battle("3m")
    state, draws = reset(world, 1, torch.Generator()), torch.rand(1, world.spec.n_step_draws)
    step = world.transition(state, noop(world, 1), draws)
    assert len(calls) == 8
    torch.testing.assert_close(step.state.position, plain.transition(state, noop(plain, 1), draws).state.position)
    assert len(calls) == 8


class TestBadInput:
    """Each with what is wrong and how to mend it."""

    @pytest.mark.parametrize(("name", "near"), [("2s3y", "2s3z"), ("5m_v_6m", "5m_vs_6m"), ("coridor", "corridor")])
    def test_unknown_map(self, name, near):
        with pytest.raises(ScenarioError, match=f"did you mean '{near}'"):
            Battle(name)

    def test_unknown_rules(self):
        with pytest.raises(ScenarioError, match="liberty"):
            Battle("3m", rules="librty")
        with pytest.raises(WorldParameterError, match="has rules='liberty'"):
            Battle(scenario("3m"), rules="lotv")

    def test_unknown_option(self):
        with pytest.raises(WorldParameterError, match="Did you mean 'reward_sparse'"):
            Battle("3m", reward_spars=True)
        with pytest.raises(WorldParameterError, match="The options are"):
            battle_options({"xyz": 1})

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"obs_last_action": 1}, "True or False"),
            ({"reward_win": "much"}, "finite number"),
            ({"reward_win": float("nan")}, "finite number"),
            ({"move_amount": 0}, "above 0"),
            ({"reward_scale_rate": -1}, "above 0"),
            ({"step_mul": 4}, "8 game loops"),
            ({"difficulty": "A"}, "part of the simulator"),
            ({"game_version": "4.10"}, "rules="),
            ({"heuristic_ai": True}, "scripted policy"),
        ],
    )
    def test_options_out_of_range(self, options, words):
        with pytest.raises(WorldParameterError, match=words):
            battle_options(options)

    def test_smacs_defaults_are_accepted_as_they_are(self):
        pymarl = {"difficulty": "7", "game_version": None, "step_mul": 8, "debug": False, "replay_dir": ""}
        assert battle_options(pymarl) == BattleOptions()
        assert battle_options({"obs_own_health": False}).obs_own_health
        assert not battle_options({"obs_own_health": False, "obs_all_health": False}).obs_own_health

    def test_wrong_shapes_and_types(self):
        world = Battle("3m")
        state, draws = reset(world, 2, torch.Generator()), torch.rand(2, world.spec.n_step_draws)
        actions = noop(world, 2)
        for wrong in (actions[:, :2], actions[:1], actions.float(), actions[None]):
            with pytest.raises(ActionsError, match=r"int64 tensor \(2, 3\)"):
                world.transition(state, wrong, draws)
        for wrong in (draws[:, :-1], draws.double(), draws[:1]):
            with pytest.raises(ActionsError, match="draws"):
                world.transition(state, actions, wrong)

    def test_more_battles_than_memory(self, monkeypatch):
        monkeypatch.setattr("nucleolus_lib.envs.battle_memory.available_bytes", lambda device: 10_000_000)
        world = Battle("2c_vs_64zg")
        with pytest.raises(WorldParameterError, match=r"100 battles .* take 13939200 bytes; cpu has 10000000 .* 71 at"):
            world.initial(torch.zeros(100, 0))
        world.initial(torch.zeros(71, 0))

    def test_memory_is_measured(self):
        assert available_bytes(torch.device("cpu")) > 1_000_000

    def test_types_beyond_the_columns(self):
        mixed = dataclasses.replace(scenario("2s3z"), unit_type_bits=1)
        with pytest.raises(WorldParameterError, match="set it to 2"):
            Battle(mixed)

    def test_heights_of_another_shape(self):
        with pytest.raises(WorldParameterError, match=r"\(32, 32\)"):
            Battle("3m", obs_terrain_height=True, terrain_height=np.zeros((4, 4)))
        world = Battle("3m", obs_terrain_height=True, terrain_height=np.full((32, 32), 0.5))
        assert world.observation(reset(world, 1, torch.Generator()))[0, 0, 4:13].tolist() == [0.5] * 9

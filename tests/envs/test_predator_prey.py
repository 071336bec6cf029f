"""Predator-prey: rules by hand, invariants in play, the protocol, the PettingZoo face, bad input."""

import dataclasses
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pettingzoo.test import parallel_api_test, parallel_seed_test

from nucleolus_lib.envs import check_env, random_actions, record_episode, reset, step
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.pettingzoo_adapter import WorldParallelEnv
from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_rules import pp_8v4, pp_8v4_paper
from nucleolus_lib.envs.scripted_predators import SCRIPTED
from tests.reference.predator_prey_by_hand import PredatorPreyByHand

SMALL = replace(pp_8v4(), n_predators=3, n_prey=2)
STAY = 0


def placed(rules, places):
    """One world with bodies (predators, prey, landmarks) at ``places``."""
    world = PredatorPrey(rules)
    state = world.initial(torch.zeros(1, world.spec.n_initial_draws))
    everything = torch.tensor(places, dtype=torch.float64)
    return world, replace(
        state, position=everything[None, : rules.n_bodies], landmarks=everything[None, rules.n_bodies :]
    )


def caught_before(state, *prey):
    """The state with some prey caught."""
    alive, moving = state.alive.clone(), state.moving.clone()
    for k in prey:
        alive[0, k] = moving[0, k - alive.shape[1]] = False
    return replace(state, alive=alive, moving=moving)


def with_velocity(state, body, velocity):
    """The state with one body in motion."""
    moved = state.velocity.clone()
    moved[0, body] = torch.tensor(velocity)
    return replace(state, velocity=moved)


def stay(world, state):
    """A step in which predators do nothing."""
    return world.transition(state, torch.zeros(1, world.rules.n_predators, dtype=torch.int64), NO_MOVE[world])


class _NoMove(dict):
    def __missing__(self, world):
        return torch.zeros(1, world.spec.n_step_draws)


NO_MOVE = _NoMove()


class TestByHand:
    """Situations small enough to follow with a pencil; prey act at random and draw 0, which is no move."""

    rules = replace(SMALL, prey="random", shaping_scale=0.0)

    def test_two_predators_catch_a_prey_and_one_does_not(self):
        world, state = placed(self.rules, [(0.1, 0), (0, 0.12), (0.9, 0.9), (0, 0), (0.8, 0.9)])
        result = stay(world, state)
        assert result.subtask_rewards.tolist() == [[10.0, 0.0]]
        assert result.participants[0].tolist() == [[True, True, False], [False, False, True]]
        assert result.state.alive.tolist() == [[False, True]]
        assert result.requirement.tolist() == [[2, 2]]
        assert world.induced_structure(result).tolist() == [[0, 0, 2]]
        assert not bool(result.terminated)

    @pytest.mark.parametrize(("distance", "is_caught"), [(0.1249, True), (0.1251, False)])
    def test_the_capture_distance(self, distance, is_caught):
        # At rest nothing moves in the first step with the order of mpe2, so the distance is what was placed.
        world, state = placed(self.rules, [(distance, 0), (-0.1, 0), (0.9, 0.9), (0, 0), (0, 0.9)])
        assert bool(stay(world, state).subtask_rewards[0, 0] == 10) is is_caught

    def test_a_caught_prey_is_gone_for_good(self):
        world, state = placed(self.rules, [(0.1, 0), (-0.1, 0), (0.9, 0.9), (0, 0), (0, -0.9)])
        first = stay(world, state)
        frozen = first.state.position[0, 3]
        later = first
        for _ in range(5):
            later = stay(world, later.state)
            assert torch.equal(later.state.position[0, 3], frozen)
            assert later.state.velocity[0, 3].tolist() == [0.0, 0.0]
            assert float(later.reward) == 0
            assert not bool(later.participants[0, 0].any())
        seen = world.observation(later.state)[0]
        # own 4, predators 4, then the first prey: nothing is seen of it.
        assert seen[:, 8:10].abs().max() == 0
        assert seen[:, 12:14].abs().max() == 0
        assert seen[:, -2:].tolist() == [[0.0, 1.0]] * 3

    def test_a_caught_prey_pushes_nobody(self):
        """A predator placed on the body of a caught prey stays at rest; beside a free one it is pushed."""
        world, state = placed(self.rules, [(0.05, 0), (-0.6, 0), (0.9, 0.9), (0, 0), (0, -0.9)])
        pushed = stay(world, state).state
        assert float(pushed.velocity[0, 0, 0]) > 0.5
        gone = caught_before(state, 0)
        # What is left are the forces between bodies far apart, below 1e-200.
        assert float(stay(world, gone).state.velocity.abs().max()) < 1e-12

    def test_lone_contact_is_fined_as_a_subtask_of_its_own(self):
        rules = replace(self.rules, lone_contact_penalty=-0.5)
        world, state = placed(rules, [(0.1, 0), (0.5, 0.5), (0.5, -0.5), (0, 0), (-0.9, 0.9)])
        result = stay(world, state)
        assert result.subtask_rewards.tolist() == [[0.0, 0.0, -0.5, 0.0]]
        assert result.requirement.tolist() == [[2, 2, 1, 1]]
        assert float(world.outcome(result.state)[0, 0]) == -0.5
        together = replace(state, position=state.position.clone())
        together.position[0, 1] = torch.tensor([-0.1, 0.0])
        assert stay(world, together).subtask_rewards.tolist() == [[10.0, 0.0, 0.0, 0.0]]

    @pytest.mark.parametrize(("over", "share"), [("mean", 1 / 3), ("sum", 1.0)])
    def test_shaping_is_the_distance_to_the_nearest_free_prey(self, over, share):
        rules = replace(self.rules, shaping_scale=0.1, shaping_over=over)
        world, state = placed(rules, [(0.5, 0), (0, -0.5), (-1, 0.9), (0, 0), (-0.6, 0.6)])
        result = stay(world, state)
        torch.testing.assert_close(result.subtask_rewards[0, 2:], -0.1 * share * torch.tensor([0.5, 0.5, 0.5]))
        assert result.participants[0, 2:].tolist() == torch.eye(3, dtype=torch.bool).tolist()
        assert float(world.outcome(result.state)[0, 0]) == 0, "the reported return has no shaping in it"
        gone = caught_before(state, 0)
        expected = torch.tensor([1.1**2 + 0.6**2, 0.6**2 + 1.1**2, 0.4**2 + 0.3**2]).sqrt()
        torch.testing.assert_close(stay(world, gone).subtask_rewards[0, 2:], -0.1 * share * expected)

    def test_progress_is_the_decrease_of_that_distance(self):
        rules = replace(self.rules, shaping_scale=0.1, shaping_over="sum", shaping="progress")
        world, state = placed(rules, [(0.5, 0), (0, -0.5), (-1, 0.9), (0, 0), (-0.6, 0.6)])
        result = stay(world, with_velocity(state, 0, (-1.0, 0.0)))
        torch.testing.assert_close(result.subtask_rewards[0, 2:], torch.tensor([0.01, 0.0, 0.0]))

    def test_the_last_capture_terminates_and_a_terminated_world_stays(self):
        world, state = placed(self.rules, [(0.1, 0), (-0.1, 0), (0, 0.1), (0, 0), (0, 0.05)])
        result = stay(world, with_velocity(state, 0, (0.3, 0.3)))
        assert float(result.reward) == 20
        assert bool(result.terminated)
        assert not bool(result.truncated)
        later = result
        for _ in range(3):
            later = stay(world, later.state)
            assert bool(later.terminated)
            assert float(later.reward) == 0
        for name, tensor in vars(result.state).items():
            assert torch.equal(getattr(later.state, name), tensor), name
        assert world.outcome(later.state).tolist() == [[20.0, 2.0, 1.0, 1.0, 1.0]]

    def test_the_first_capture_ends_the_other_reading(self):
        rules = replace(self.rules, ends_at_first_capture=True)
        world, state = placed(rules, [(0.1, 0), (-0.1, 0), (0.9, 0.9), (0, 0), (0, -0.9)])
        result = stay(world, state)
        assert bool(result.terminated)
        assert world.outcome(result.state).tolist() == [[10.0, 1.0, 1.0, 100.0, 1.0]]
        assert torch.equal(stay(world, result.state).state.position, result.state.position)

    def test_the_nearest_prey_is_seen_first(self):
        """Prey 1 is nearest to predator 0, prey 0 to predator 1; prey 2 is caught, though it is nearest to both."""
        rules = replace(SMALL, n_predators=2, n_prey=3, prey_order="nearest")
        places = [[0.0, 0.0], [0.5, 0.0], [0.8, 0.0], [-0.2, 0.0], [0.25, 0.0]]
        world, state = placed(rules, places)
        state = with_velocity(caught_before(state, 2), 2, (0.0, 0.7))
        seen = world.observation(state)[0]
        # 2 + 2 own numbers and 2 of the other predator come before 3 relative positions, 3 velocities, 3 flags.
        assert seen[0, 6:].tolist() == pytest.approx([-0.2, 0, 0.8, 0, 0, 0, 0, 0, 0, 0.7, 0, 0, 1, 1, 0])
        assert seen[1, 6:].tolist() == pytest.approx([0.3, 0, -0.7, 0, 0, 0, 0, 0.7, 0, 0, 0, 0, 1, 1, 0])

    def test_truncated_at_the_horizon(self):
        rules = replace(self.rules, horizon=2)
        world, state = placed(rules, [(0.5, 0), (-0.5, 0), (0.9, 0.9), (0, 0), (0, -0.9)])
        first = stay(world, state)
        second = stay(world, first.state)
        assert [bool(first.truncated), bool(second.truncated), bool(second.terminated)] == [False, True, False]
        assert world.outcome(second.state).tolist() == [[0.0, 0.0, 2.0, 2.0, 2.0]]

    def test_a_wall_stops_one_axis_and_not_the_other(self):
        world, state = placed(self.rules, [(0.95, 0), (0, -0.5), (-0.5, 0), (0, 0.9), (0.5, 0.9)])
        after = stay(world, with_velocity(state, 0, (0.8, 0.4))).state
        assert after.velocity[0, 0].tolist() == pytest.approx([0.0, 0.3])
        assert after.position[0, 0].tolist() == pytest.approx([1.0, 0.04])

    @pytest.mark.parametrize(("order", "place"), [("mpe2", 0.0), ("openai", 0.03)])
    def test_which_is_updated_first(self, order, place):
        world, state = placed(
            replace(self.rules, integration=order), [(0, 0), (0, 0.9), (0.9, 0), (-0.9, 0), (0, -0.9)]
        )
        after = world.transition(state, torch.tensor([[2, STAY, STAY]]), NO_MOVE[world]).state
        assert after.velocity[0, 0].tolist() == pytest.approx([0.3, 0.0])
        assert after.position[0, 0].tolist() == pytest.approx([place, 0.0])

    @pytest.mark.parametrize(
        ("prey", "predator", "velocity"),
        [
            ((0, 0), (0.3, 0.1), (-0.4, 0)),
            ((0, 0), (0.1, -0.3), (0, 0.4)),
            ((0.97, 0.0), (0.2, 0.02), (-0.4, 0)),
            ((0.0, -0.9), (0.0, -0.6), (0, -0.4)),
        ],
        ids=["along x", "along y", "off the wall", "towards a wall that is not near yet"],
    )
    def test_a_fleeing_prey_takes_the_axis_of_the_larger_component(self, prey, predator, velocity):
        rules = replace(self.rules, prey="flee", n_prey=1, n_predators=2, flee_wall_gain=200.0)
        world, state = placed(rules, [predator, predator, prey])
        after = stay(world, state).state.velocity[0, 2]
        torch.testing.assert_close(after, torch.tensor(velocity, dtype=torch.float64))

    def test_random_prey_take_each_action_for_a_fifth_of_the_draws(self):
        world, state = placed(self.rules, [(0.9, 0.9), (0.9, -0.9), (-0.9, 0.9), (0, 0), (0.4, 0)])
        for action, direction in enumerate([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]):
            for draw in (action / 5 + 1e-6, (action + 1) / 5 - 1e-6):
                draws = torch.tensor([[draw, 0.0]])
                after = world.transition(state, torch.zeros(1, 3, dtype=torch.int64), draws).state
                expected = torch.tensor(direction, dtype=torch.float64) * 0.4
                torch.testing.assert_close(after.velocity[0, 3], expected)
        world.transition(state, torch.zeros(1, 3, dtype=torch.int64), torch.full((1, 2), 1 - 2**-24))

    def test_coincident_bodies_push_neither(self):
        world, state = placed(self.rules, [(0, 0), (0, 0), (0.9, 0.9), (0.5, 0), (0, -0.9)])
        assert float(stay(world, state).state.velocity.abs().max()) < 1e-12


@st.composite
def rules_and_seed(draw):
    rules = replace(
        pp_8v4_paper() if draw(st.booleans()) else pp_8v4(),
        n_predators=draw(st.integers(2, 5)),
        n_prey=draw(st.integers(1, 3)),
        n_landmarks=draw(st.integers(0, 2)),
        prey=draw(st.sampled_from(["flee", "random", "mix"])),
        integration=draw(st.sampled_from(["mpe2", "openai"])),
        ends_at_first_capture=draw(st.booleans()),
        shaping_over=draw(st.sampled_from(["mean", "sum"])),
        shaping=draw(st.sampled_from(["distance", "progress"])),
        shaping_scale=draw(st.sampled_from([0.0, 0.1, 1.0])),
        lone_contact_penalty=draw(st.sampled_from([0.0, -1.0])),
        capture=draw(st.sampled_from([True, True, False])),
        capture_requirement=draw(st.integers(1, 2)),
        prey_order=draw(st.sampled_from(["index", "nearest"])),
        horizon=12,
    )
    return rules, draw(st.integers(0, 2**31))


def play_both(rules, seed, twin_rules=None):
    """Largest difference of anything between the library and the twin in one crowded episode."""
    generator = torch.Generator().manual_seed(seed)
    world = PredatorPrey(rules)
    # Placed in a quarter of the square, so that there are contacts and captures.
    draws = torch.rand((1, world.spec.n_initial_draws), generator=generator) / 4 + 0.5
    state = world.initial(draws)
    places = torch.cat([state.position, state.landmarks], 1)[0].tolist()
    twin = PredatorPreyByHand(twin_rules or rules, [tuple(place) for place in places])
    worst = 0.0

    def compare(ours, theirs):
        nonlocal worst
        theirs = torch.tensor(theirs, dtype=ours.dtype)
        worst = max(worst, float((ours - theirs).abs().max()))

    for _ in range(rules.horizon + 2):
        compare(world.observation(state)[0], [twin.observation(i) for i in range(rules.n_predators)])
        actions = random_actions(world, state, generator)
        chance = torch.rand((1, world.spec.n_step_draws), generator=generator)
        result = world.transition(state, actions, chance)
        turn = twin.step(actions[0].tolist(), chance[0].tolist())
        state = result.state
        compare(state.velocity[0], [b.velocity for b in twin.bodies if b.kind != "landmark"])
        compare(state.position[0], [b.position for b in twin.bodies if b.kind != "landmark"])
        compare(result.subtask_rewards[0], turn.subtask_rewards)
        compare(result.reward[0], turn.reward)
        compare(world.outcome(state)[0, 0], twin.score)
        took_part = [[i in group for i in range(rules.n_predators)] for group in turn.participants]
        same = result.participants[0].tolist() == took_part
        same &= (bool(result.terminated), bool(result.truncated)) == (turn.terminated, turn.truncated)
        same &= state.alive[0].tolist() == [b.here for b in twin.of_kind("prey")]
        same &= twin.first_capture is None or int(state.to_first_capture) == twin.first_capture
        same &= int(state.elapsed) == twin.elapsed
        if not same:
            return float("inf")
    return worst


@settings(max_examples=40, deadline=None)
@given(rules_and_seed())
def test_the_plain_twin_plays_the_same(drawn):
    assert play_both(*drawn) < 1e-4


@pytest.mark.parametrize(
    "change",
    [
        {"damping": 0.26},
        {"contact_force": 101.0},
        {"capture_distance": 0.3},
        {"capture_requirement": 1},
        {"prey_max_speed": 1.2},
        {"integration": "openai"},
        {"wall": None},
        {"flee_wall_gain": 0.0},
        {"shaping_scale": 0.11},
        {"shaping": "progress"},
        {"prey_order": "nearest"},
    ],
    ids=str,
)
def test_a_twin_with_another_rule_is_told_apart(change):
    rules = replace(SMALL, horizon=40, lone_contact_penalty=-1.0)
    assert max(play_both(rules, seed) for seed in range(3)) < 1e-4
    assert max(play_both(rules, seed, replace(rules, **change)) for seed in range(3)) > 1e-3


VARIANTS = {
    "pp-8v4": pp_8v4(),
    "pp-8v4-paper": pp_8v4_paper(),
    "mixed, fined, unshaped": replace(
        pp_8v4(), prey="mix", lone_contact_penalty=-1.0, shaping_scale=0.0, n_landmarks=1
    ),
    "progress, nearest first, observations as state": replace(
        pp_8v4(), shaping="progress", prey_order="nearest", state="observations"
    ),
    "simple_tag": replace(pp_8v4(), wall=None, capture=False, shaping_scale=0.0, n_landmarks=2, horizon=25),
    "one against one": replace(pp_8v4(), n_predators=1, n_prey=1, capture_requirement=1),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_keeps_the_protocol(name):
    world = PredatorPrey(replace(VARIANTS[name], horizon=8))
    report = check_env(world, batch=3)
    assert report.n_truncated > 0


@pytest.mark.parametrize("name", ["pp-8v4", "pp-8v4-paper"])
def test_keeps_the_protocol_to_the_end_of_the_task(name):
    world = PredatorPrey(replace(VARIANTS[name], horizon=60))
    report = check_env(world, batch=4, policy=lambda s, g: SCRIPTED["chase_nearest"](world, s, g))
    assert report.n_terminated > 0


@pytest.mark.parametrize("name", ["pp-8v4", "pp-8v4-paper", "simple_tag"])
def test_invariants_in_play(name):
    """Walls and speed limits hold, caught prey stay where they are, rewards are what was paid for."""
    rules = VARIANTS[name]
    world, generator = PredatorPrey(rules), torch.Generator().manual_seed(3)
    state = reset(world, 64, generator)
    n = rules.n_predators
    paid = torch.zeros(64)
    for t in range(rules.horizon):
        actions = SCRIPTED["chase_nearest"](world, state, generator)
        result = step(world, state, actions, generator)
        after = result.state
        speed = after.velocity.norm(dim=-1)
        assert float(speed[:, :n].max()) <= rules.predator_max_speed + 1e-9
        assert float(speed[:, n:].max()) <= rules.prey_max_speed + 1e-9
        if rules.wall is not None:
            assert float(after.position.abs().max()) <= rules.wall
        gone = ~state.alive
        assert torch.equal(after.position[:, n:][gone], state.position[:, n:][gone])
        assert not bool(after.velocity[:, n:][gone].any())
        assert not bool((after.alive & gone).any())
        assert not bool(result.participants[:, : rules.n_prey][gone].any())
        captures = (state.alive & ~after.alive).sum(1)
        if rules.capture:
            assert torch.equal(result.subtask_rewards[:, : rules.n_prey].sum(1), 10.0 * captures)
        paid += result.subtask_rewards[:, : rules.n_prey].sum(1)
        torch.testing.assert_close(result.reward, result.subtask_rewards.sum(1))
        over = ~state.alive.any(1) if not rules.ends_at_first_capture else ~state.alive.all(1)
        assert not bool(result.reward[over].any())
        assert bool((result.truncated == (~result.terminated & (t + 1 == rules.horizon))).all())
        state = after
    outcome = dict(zip(world.outcome_names, world.outcome(state).T, strict=True))
    torch.testing.assert_close(outcome["return"], paid)
    torch.testing.assert_close(outcome["captures"], (~state.alive).sum(1).float())
    if name == "pp-8v4":
        assert float(outcome["captures"].mean()) > 3.9
        assert bool((outcome["steps_to_all"] == outcome["length"]).all())


def test_the_reward_scale_is_bounded_by_the_captures_and_the_largest_distance():
    world, generator = PredatorPrey(pp_8v4()), torch.Generator().manual_seed(0)
    state = reset(world, 128, generator)
    for _ in range(20):
        result = step(world, state, random_actions(world, state, generator), generator)
        shaping = result.subtask_rewards[:, 4:].sum(1)
        assert float(shaping.max()) <= 0
        assert float(shaping.min()) >= -0.1 * 8**0.5
        state = result.state


def test_the_sum_over_predators_is_n_times_the_mean():
    mean, total = (PredatorPrey(replace(pp_8v4(), shaping_over=over)) for over in ("mean", "sum"))
    state = reset(mean, 8, torch.Generator().manual_seed(1))
    actions = torch.ones(8, 8, dtype=torch.int64)
    results = [world.transition(state, actions, torch.zeros(8, 0)) for world in (mean, total)]
    torch.testing.assert_close(results[1].reward, 8 * results[0].reward)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_sizes_are_those_of_the_fact_sheets(name):
    spec = PredatorPrey(VARIANTS[name]).spec
    expected = {
        "pp-8v4": (38, 53, 12),
        "pp-8v4-paper": (38, 53, 12),
        "mixed, fined, unshaped": (40, 55, 8),
        "progress, nearest first, observations as state": (38, 304, 12),
        "simple_tag": (38, 53, 4),
        "one against one": (9, 10, 2),
    }[name]
    assert (spec.observation_size, spec.state_size, spec.n_subtasks) == expected


def test_mixed_prey_flee_about_half_the_time():
    rules = replace(pp_8v4(), prey="mix", n_predators=2, n_prey=1)
    world, state = placed(rules, [(0.3, 0.1), (0.3, 0.1), (0, 0)])
    many = PredatorPrey(rules).initial(torch.zeros(4000, world.spec.n_initial_draws))
    many = replace(many, position=state.position.expand(4000, -1, -1))
    draws = torch.rand((4000, 1), generator=torch.Generator().manual_seed(0))
    after = world.transition(many, torch.zeros(4000, 2, dtype=torch.int64), draws).state.velocity[:, 2, 0]
    share = float((after < -0.1).float().mean())
    assert abs(share - (0.5 + 0.5 / 5)) < 0.03


def test_an_episode_can_be_drawn_from_its_entities():
    world = PredatorPrey(replace(pp_8v4_paper(), horizon=30))
    chase = SCRIPTED["chase_nearest"]
    episode = record_episode(world, lambda s, g: chase(world, s, g), torch.Generator().manual_seed(0))
    assert episode.feature("x").shape == (episode.n_steps + 1, 14)
    assert episode.of_kind("prey").tolist() == [8, 9, 10, 11]
    assert episode.terminated
    assert episode.feature("alive")[-1, 8:12].min() == 0
    assert episode.feature("alive")[:, :8].min() == 1
    assert episode.feature("radius")[0, [0, 8, 12]].tolist() == pytest.approx([0.075, 0.05, 0.2])
    x, velocity_x = episode.feature("x")[:, 0], episode.feature("velocity_x")[:, 0]
    assert velocity_x[-1] == 0, "everything is at rest once the episode is over"
    # With the order of the OpenAI code, a step is the new velocity times h.
    assert (x[1:-1] - x[:-2]).tolist() == pytest.approx((0.1 * velocity_x[1:-1]).tolist(), abs=1e-6)


@pytest.mark.parametrize("name", ["pp-8v4", "pp-8v4-paper", "mixed, fined, unshaped"])
def test_the_pettingzoo_face(name):
    rules = replace(VARIANTS[name], horizon=15)
    parallel_api_test(WorldParallelEnv(PredatorPrey(rules)), num_cycles=40)
    parallel_seed_test(lambda: WorldParallelEnv(PredatorPrey(rules)), num_cycles=20)


def test_float32_bodies_play_too():
    world = PredatorPrey(replace(pp_8v4(), horizon=10), precision=torch.float32)
    check_env(world)
    assert reset(world, 2, torch.Generator()).position.dtype == torch.float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_predators": 0}, "n_predators must be at least 1; got 0"),
        ({"n_prey": 0}, "n_prey must be at least 1"),
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"n_landmarks": -1}, "n_landmarks must be at least 0; got -1"),
        ({"wall": 0.5}, "wall must be None or at least that; got 0.5"),
        ({"prey": "hide"}, r"prey is one of \('flee', 'random', 'mix'\); got 'hide'"),
        ({"integration": "euler"}, "integration is one of .* got 'euler'"),
        ({"shaping": "none"}, "shaping is one of .* got 'none'"),
        ({"state": "pixels"}, "state is one of"),
        ({"shaping_over": "max"}, "shaping_over is one of"),
        ({"lone_contact_penalty": 1.0}, "0 or negative; got 1.0"),
        ({"shaping_scale": -0.1}, "0 or positive; got -0.1"),
        ({"capture_requirement": 9}, "capture_requirement=9 predators cannot be caught by n_predators=8"),
        ({"mix_flee_probability": 1.5}, "is a probability; got 1.5"),
    ],
)
def test_rules_out_of_range_are_refused_with_a_reason(change, message):
    with pytest.raises(WorldParameterError, match=message):
        replace(pp_8v4(), **change)


def test_rules_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        pp_8v4().horizon = 5


@pytest.mark.parametrize("name", VARIANTS)
def test_operations_run_along_contiguous_numbers(name):
    """B is the last axis in memory from the first state on; otherwise every step copies, and is a tenth slower."""
    world, generator = PredatorPrey(VARIANTS[name]), torch.Generator().manual_seed(0)
    state = reset(world, 8, generator)
    for _ in range(3):
        assert state.velocity.permute(1, 2, 0).is_contiguous()
        assert state.position.permute(1, 2, 0).is_contiguous()
        state = step(world, state, random_actions(world, state, generator), generator).state

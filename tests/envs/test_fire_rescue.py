"""Fire rescue against hand-made boards and its plain-Python twin; the scripted policy; bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from nucleolus_lib.envs import FireRescue, random_actions, reset, step
from nucleolus_lib.envs.errors import LayoutError, WorldParameterError
from nucleolus_lib.envs.fire_rescue import ACTIONS, RescueState
from nucleolus_lib.envs.rescue_layout import TOWN, parse_layout
from nucleolus_lib.envs.rescue_policy import GreedyAssignment
from tests.reference.fire_rescue_by_hand import FireRescueByHand


def play(rows, n_agents, *turns, **options):
    """Play words such as ``"left noop work"`` from the start; returns the world and the steps."""
    world = FireRescue(rows, n_agents, **options)
    state = world.initial(torch.zeros(1, world.spec.n_initial_draws))
    steps = []
    for turn in turns:
        actions = torch.tensor([[ACTIONS.index(word) for word in turn.split()]])
        steps.append(world.transition(state, actions, torch.ones(1, world.spec.n_step_draws)))
        state = steps[-1].state
    return world, steps


class TestByHand:
    """Boards small enough to follow with a finger."""

    def test_one_agent_is_enough_for_a_fire_of_one(self):
        _, steps = play(("S1",), 1, "right", "work")
        assert [float(s.reward) for s in steps] == [0.0, 1.0]
        assert [bool(s.terminated) for s in steps] == [False, True]

    def test_a_fire_of_two_needs_both_at_once(self):
        _, steps = play(("S2",), 2, "right right", "work noop", "noop work", "work work")
        assert [float(s.reward) for s in steps] == [0.0, 0.0, 0.0, 2.0]
        assert steps[1].participants[0, 0].tolist() == [True, False]

    def test_a_fire_of_three_needs_three(self):
        _, steps = play(("S3",), 4, "right right right right", "work work noop noop", "work work work noop")
        assert [float(s.reward) for s in steps] == [0.0, 0.0, 3.0]

    def test_effort_is_kept_while_agents_are_away_and_more_agents_are_not_faster(self):
        _, steps = play(("S1",), 2, "right right", "work work", "left noop", "noop work", "noop work", effort=3)
        assert [int(s.state.left) for s in steps] == [3, 2, 2, 1, 0]
        assert [float(s.reward) for s in steps] == [0.0, 0.0, 0.0, 0.0, 1.0]

    def test_the_rescue_opens_only_when_every_fire_is_out_and_needs_everybody(self):
        _, steps = play(("RS1",), 2, "left right", "work work", "noop left", "work noop", "noop left", "work work")
        assert [float(s.reward) for s in steps] == [0.0, 1.0, 0.0, 0.0, 0.0, 2.0]
        # At step 1 agent 0 stands on the rescue, but the fire still burned.
        assert steps[1].participants[0].tolist() == [[False, True], [False, False]]
        assert steps[3].participants[0].tolist() == [[False, False], [True, False]]
        assert bool(steps[-1].terminated)

    def test_walls_and_obstacles_stop_a_move(self):
        _, steps = play(("1S#",), 1, "right", "up", "down")
        assert [int(s.state.cell) for s in steps] == [1, 1, 1]

    def test_agents_share_a_cell(self):
        _, steps = play(("S1S",), 2, "right left")
        assert steps[0].state.cell.tolist() == [[1, 1]]

    def test_a_slip_fails_a_move_and_nothing_else(self):
        world = FireRescue(("S1",), 2, slip=0.5)
        state = RescueState(torch.tensor([[0, 1]]), torch.tensor([[1]]), torch.tensor([0]))
        result = world.transition(state, torch.tensor([[4, 5]]), torch.tensor([[0.2, 0.2]]))
        assert result.state.cell.tolist() == [[0, 1]]
        assert float(result.reward) == 1.0

    def test_truncated_at_the_horizon_only_if_unfinished(self):
        _, steps = play(("S1",), 1, "noop", "noop", horizon=2)
        assert [bool(s.truncated) for s in steps] == [False, True]
        _, steps = play(("S1",), 1, "right", "work", horizon=2)
        assert not bool(steps[-1].truncated)
        assert bool(steps[-1].terminated)

    def test_structure_while_two_fires_are_fought(self):
        world, steps = play(("1S2",), 4, "left right right noop", "work work work noop")
        assert world.induced_structure(steps[0]).tolist() == [[0, 0, 0, 0]]
        assert world.induced_structure(steps[1]).tolist() == [[0, 1, 1, 3]]


class TestObservation:
    """What an agent sees, from the definition in the module."""

    def test_every_number_of_a_small_board(self):
        world = FireRescue(("S.1", "#.."), 2, effort=2)
        state = RescueState(torch.tensor([[0, 4]]), torch.tensor([[1]]), torch.tensor([0]))
        first = [-1, -1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0.5, 0.5]
        second = [1, 1, 1, 0, 1, 0, 1, -1, -1, 1, -1, 0, 0.5, 0.5]
        torch.testing.assert_close(world.observation(state)[0], torch.tensor([first, second], dtype=torch.float32))

    def test_the_global_state_and_the_entities(self):
        world = FireRescue(("S.1", "#.."), 2, effort=2, horizon=10)
        state = RescueState(torch.tensor([[0, 4]]), torch.tensor([[1]]), torch.tensor([5]))
        torch.testing.assert_close(world.global_state(state), torch.tensor([[-1.0, -1.0, 1.0, 1.0, 0.5, 0.5]]))
        agents, fire, wall = [[0, 0, 0, 0], [2, 1, 0, 0]], [2, 0, 0.5, 1], [0, 1, 0, 0]
        torch.testing.assert_close(world.entities(state)[0], torch.tensor([*agents, fire, wall], dtype=torch.float32))

    def test_beyond_the_radius_everything_is_zero(self):
        near = FireRescue(("S..1",), 2, view_radius=2)
        state = RescueState(torch.tensor([[0, 1]]), torch.tensor([[1]]), torch.tensor([0]))
        seen = near.observation(state)[0]
        assert seen[0, 6] == 1.0, "agent 1 is one cell away"
        assert seen[0, 9:].tolist() == [0.0] * 5, "the fire is three cells away"
        assert seen[1, 9] == 1.0, "the fire is two cells away"

    def test_a_hidden_fire_does_not_change_the_observation(self):
        world = FireRescue(("S..1",), 1, view_radius=2)
        burning, out = (RescueState(torch.tensor([[0]]), torch.tensor([[left]]), torch.tensor([0])) for left in (1, 0))
        assert torch.equal(world.observation(burning), world.observation(out))
        full = FireRescue(("S..1",), 1)
        assert not torch.equal(full.observation(burning), full.observation(out))


@st.composite
def boards(draw):
    """A random map on which everything of interest can be reached, agents, effort and slip."""
    height, width = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    n_agents = draw(st.integers(1, 4))
    signs = ["."] * 6 + ["#", "S"] + [str(k) for k in range(1, min(n_agents, 3) + 1)] + ["R"]
    rows = tuple("".join(draw(st.sampled_from(signs)) for _ in range(width)) for _ in range(height))
    try:
        parse_layout(rows, n_agents)
    except LayoutError:
        reject()
    return rows, n_agents, draw(st.integers(1, 2)), draw(st.sampled_from([0.0, 0.3]))


def _twin_disagreement(rows, n_agents, effort, slip, seed, **twin_options):
    """Play 25 random steps of 4 worlds beside the twin; None, or what differs first."""
    world = FireRescue(rows, n_agents, effort=effort, slip=slip, horizon=20)
    twin = FireRescueByHand(rows, n_agents, effort, slip, horizon=20, **twin_options)
    generator = torch.Generator().manual_seed(seed)
    place = [tuple(p) for p in world.layout.positions.tolist()]
    state = reset(world, 4, generator)
    for _ in range(25):
        available = world.available_actions(state)
        actions = torch.randint(0, 6, (4, n_agents), generator=generator)
        # Half of the time something that can be done, or work would hardly ever happen.
        actions = torch.where(
            torch.rand(4, 1, generator=generator) < 0.5, actions, available.long().cumsum(-1).argmax(-1)
        )
        draws = torch.rand(4, world.spec.n_step_draws, generator=generator)
        result = world.transition(state, actions, draws)
        for b in range(4):
            places = [place[c] for c in state.cell[b].tolist()]
            left = state.left[b].tolist()
            for i in range(n_agents):
                if [twin.can(places, left, i, a) for a in ACTIONS] != available[b, i].tolist():
                    return "available actions"
            slipping = {i for i in range(n_agents) if slip and float(draws[b, i]) < slip}
            words = [ACTIONS[a] for a in actions[b].tolist()]
            moved, after, rewards, groups, over, late = twin.step(places, left, int(state.clock[b]), words, slipping)
            checks = {
                "places": ([place[c] for c in result.state.cell[b].tolist()], moved),
                "left": (result.state.left[b].tolist(), after),
                "rewards": (result.subtask_rewards[b].tolist(), rewards),
                "participants": ([set(np.flatnonzero(row)) for row in result.participants[b].numpy()], groups),
                "terminated": (bool(result.terminated[b]), over),
                "truncated": (bool(result.truncated[b]), late),
            }
            for name, (found, expected) in checks.items():
                if found != expected:
                    return name
        state = result.state
    return None


@given(boards(), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_plain_twin(board, seed):
    assert _twin_disagreement(*board, seed) is None


def test_a_twin_with_another_rule_is_rejected():
    assert _twin_disagreement(("1S2",), 3, 1, 0.0, 0) is None
    assert _twin_disagreement(("1S2",), 3, 1, 0.0, 0, needed_extra=1) is not None


class TestScriptedPolicy:
    """Greedy assignment finishes every map it is given."""

    @pytest.mark.parametrize("effort", [1, 3])
    def test_finishes_the_town(self, effort):
        world = FireRescue(TOWN, 5, effort=effort, slip=0.1, horizon=100)
        policy, generator = GreedyAssignment(world), torch.Generator().manual_seed(0)
        state = reset(world, 16, generator)
        total = torch.zeros(16)
        for _ in range(100):
            result = step(world, state, policy(state), generator)
            state, total = result.state, total + result.reward
        assert bool(result.terminated.all())
        assert total.tolist() == [12.0] * 16

    def test_is_far_better_than_chance(self):
        world = FireRescue(TOWN, 5)
        generator = torch.Generator().manual_seed(0)
        state, total = reset(world, 32, generator), torch.zeros(32)
        for _ in range(world.spec.horizon):
            result = step(world, state, random_actions(world, state, generator), generator)
            state, total = result.state, total + result.reward
        assert float(total.mean()) < 4.0

    def test_assigns_the_nearest_and_the_largest_first(self):
        world = FireRescue(("S.2..1S",), 3)
        state = RescueState(torch.tensor([[0, 3, 6]]), torch.tensor([[1, 1]]), torch.tensor([0]))
        assert GreedyAssignment(world).assignment(state).tolist() == [[0, 0, 1]]

    def test_ties_go_to_the_lowest_index(self):
        world = FireRescue(("1S1",), 3)
        start = world.initial(torch.zeros(1, 0))
        assert GreedyAssignment(world).assignment(start).tolist() == [[0, 1, -1]]


class TestBadInput:
    """Each message names what came and the remedy."""

    @pytest.mark.parametrize(
        ("rows", "match"),
        [
            ((), "empty"),
            (("S1", "."), "same length"),
            (("Sx1",), "x"),
            (("S..",), "nothing to do"),
            (("S3",), "needs 3 agents"),
            (("S#1",), "walled off"),
            (("S#S1",), "walled off"),
        ],
    )
    def test_maps(self, rows, match):
        with pytest.raises(LayoutError, match=match):
            FireRescue(rows, 2)

    @pytest.mark.parametrize(
        "options",
        [{"n_agents": 0}, {"n_agents": 9}, {"slip": 1.0}, {"slip": -0.1}, {"view_radius": -1}, {"effort": 0}],
    )
    def test_parameters(self, options):
        with pytest.raises(WorldParameterError, match=next(iter(options))):
            FireRescue(("S1",), **{"n_agents": 2, **options})

    def test_rewards_per_task(self):
        with pytest.raises(LayoutError, match="fire_0"):
            FireRescue(("S1",), 1, task_rewards=[1.0, 2.0])
        _, steps = play(("S1",), 1, "right", "work", task_rewards=[7.0])
        assert float(steps[-1].reward) == 7.0

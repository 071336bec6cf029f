"""The grid against hand-made boards, episodes of the original program, and its plain-Python twin."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pettingzoo.test import parallel_api_test, parallel_seed_test

from nucleolus_lib.envs import check_env, random_actions, reset, step
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.pettingzoo_adapter import WorldParallelEnv
from nucleolus_lib.envs.predator_prey_grid import ACTIONS, CATCH, GridState, PredatorPreyGrid
from nucleolus_lib.envs.predator_prey_grid_policy import SCRIPTED_GRID
from nucleolus_lib.envs.structure import structure_as_coalitions
from tests.reference.grid_by_hand import GridByHand

DCG = json.loads((Path(__file__).parent / "grid_episodes_of_dcg.json").read_text(encoding="utf-8"))


def state_of(world, agents, prey, hunts=None, lives=None):
    """A state with agents and prey on the given cells (numbers)."""
    horizon = torch.tensor([world.spec.horizon])
    return GridState(
        agent_cell=torch.tensor([agents]),
        prey_cell=torch.tensor([prey]),
        hunts=torch.tensor([hunts or [True] * len(agents)]),
        lives=torch.tensor([lives or [True] * len(prey)]),
        clock=torch.tensor([0]),
        team_return=torch.zeros(1),
        first_capture=horizon,
        last_capture=horizon,
    )


def board(*rows, penalty=0.0, **options):
    """A world and its state from a drawing: digits are agents, capital letters prey, dots free."""
    size, signs = len(rows), "".join(rows)
    agents = [signs.index(sign) for sign in sorted(set(signs) & set("0123456789"))]
    prey = [signs.index(sign) for sign in sorted(set(signs) & set("ABCDEFGH"))]
    world = PredatorPreyGrid(len(prey), penalty, n_agents=len(agents), size=size, **options)
    return world, state_of(world, agents, prey)


def drawing(world, state):
    """The board as it was drawn."""
    signs = ["."] * world.size**2
    for letters, cells, there in (
        ("0123456789", state.agent_cell, state.hunts),
        ("ABCDEFGH", state.prey_cell, state.lives),
    ):
        for letter, cell, present in zip(letters, cells[0].tolist(), there[0].tolist(), strict=False):
            if present:
                assert signs[cell] == ".", "two on one cell"
                signs[cell] = letter
    return ["".join(signs[k : k + world.size]) for k in range(0, len(signs), world.size)]


def draws_for(world, agent_turn=None, prey_turn=None, choice=None):
    """The draws that give these turns (in order of numbers by default) and choices (the first free cell by default)."""
    n, p = world.spec.n_agents, world.n_prey
    agents = np.argsort(list(range(n)) if agent_turn is None else agent_turn) / n
    prey = np.argsort(list(range(p)) if prey_turn is None else prey_turn) / p
    choice = np.zeros(p) if choice is None else choice
    return torch.tensor(np.concatenate([agents, prey, choice]), dtype=torch.float32)[None]


def play(world, state, words, **chance):
    """One step by the names of the actions."""
    actions = torch.tensor([[ACTIONS.index(word) for word in words.split()]])
    return world.transition(state, actions, draws_for(world, **chance))


class TestMoves:
    """Agents block each other, and who moves first decides."""

    def test_two_agents_want_one_cell_and_the_first_gets_it(self):
        world, state = board("0.1.", "....", "....", "...A")
        assert drawing(world, play(world, state, "right left", agent_turn=(0, 1)).state)[0] == ".01."
        assert drawing(world, play(world, state, "right left", agent_turn=(1, 0)).state)[0] == "01.."

    def test_a_cell_is_free_once_its_agent_has_moved_on(self):
        world, state = board("01..", "....", "....", "...A")
        assert drawing(world, play(world, state, "right right", agent_turn=(1, 0)).state)[0] == ".01."
        assert drawing(world, play(world, state, "right right", agent_turn=(0, 1)).state)[0] == "0.1."

    def test_agents_cannot_change_places(self):
        world, state = board("01..", "....", "....", "...A")
        assert drawing(world, play(world, state, "right left").state)[0] == "01.."

    def test_prey_block_agents_even_if_they_move_afterwards(self):
        world, state = board("0A..", "1...", "....", "....")
        assert drawing(world, play(world, state, "right stay").state)[:2] == ["0.A.", "1..."]

    @pytest.mark.parametrize(("word", "cell"), [("right", 3), ("down", 12), ("left", 0), ("up", 0)])
    def test_the_border_stops_a_move_and_the_mask_says_so(self, word, cell):
        world = PredatorPreyGrid(1, n_agents=2, size=4)
        state = state_of(world, [cell, 6], [9])
        assert not bool(world.available_actions(state)[0, 0, ACTIONS.index(word)])
        assert int(play(world, state, f"{word} stay").state.agent_cell[0, 0]) == cell

    def test_a_move_into_somebody_is_available_but_fails(self):
        world, state = board("01..", "A...", "....", "....")
        assert world.available_actions(state)[0].tolist() == [
            [True, True, False, False, True, True],
            [True, True, True, False, True, False],
        ]


class TestCatch:
    """|C_g| decides, at the moment of the prey's turn."""

    ROW = (".0A1.", "..2..", ".....", ".....", ".....")

    def test_one_agent_is_fined_and_the_prey_moves_on(self):
        world, state = board(*self.ROW, penalty=-2.0)
        result = play(world, state, "catch stay right")
        assert float(result.reward) == -2.0
        assert result.subtask_rewards.tolist() == [[0.0, -2.0]]
        assert result.participants[0].tolist() == [[True, False, False], [True, False, False]]
        assert drawing(world, result.state)[:2] == [".0.1.", "..A2."]
        assert result.state.hunts.all()

    def test_without_a_penalty_the_attempt_costs_nothing_and_has_no_subtask(self):
        world, state = board(*self.ROW)
        result = play(world, state, "catch stay right")
        assert float(result.reward) == 0.0
        assert result.subtask_rewards.shape == (1, 1)

    def test_two_agents_catch_and_leave_with_the_prey(self):
        world, state = board(*self.ROW, penalty=-2.0)
        result = play(world, state, "catch catch stay")
        assert result.subtask_rewards.tolist() == [[10.0, 0.0]]
        assert result.state.hunts.tolist() == [[False, False, True]]
        assert drawing(world, result.state)[:2] == [".....", "..2.."]
        assert world.induced_structure(result).tolist() == [[0, 0, 2]]

    def test_a_third_who_catches_leaves_too_and_earns_nothing_more(self):
        world, state = board(*self.ROW)
        result = play(world, state, "catch catch catch")
        assert float(result.reward) == 10.0
        assert not result.state.hunts.any()
        assert bool(result.terminated)

    def test_a_third_who_only_stands_there_stays(self):
        world, state = board(*self.ROW)
        assert play(world, state, "catch catch stay").state.hunts.tolist() == [[False, False, True]]

    def test_an_agent_that_has_walked_away_does_not_count(self):
        world, state = board(*self.ROW, penalty=-1.0)
        result = play(world, state, "catch right stay")
        assert float(result.reward) == -1.0

    def test_nobody_is_caught_across_a_corner(self):
        world, state = board("0....", ".A...", "..1..", ".....", ".....")
        assert not world.available_actions(state)[..., CATCH].any()
        assert not play(world, state, "catch catch").participants.any()


class TestSharedCatcher:
    """Agent 1 stands between prey A and B; agent 0 is beside A and agent 2 beside B."""

    ROW = ("0A1B2", ".....", ".....", ".....", ".....")

    @pytest.mark.parametrize(
        ("turn", "rewards", "hunts"),
        [
            ((0, 1), [10.0, 0.0, 0.0, -2.0], [False, False, True]),
            ((1, 0), [0.0, 10.0, -2.0, 0.0], [True, False, False]),
        ],
    )
    def test_it_leaves_with_the_first_and_does_not_count_for_the_second(self, turn, rewards, hunts):
        world, state = board(*self.ROW, penalty=-2.0)
        result = play(world, state, "catch catch catch", prey_turn=turn)
        assert result.subtask_rewards[0].tolist() == rewards
        assert result.state.hunts[0].tolist() == hunts

    @pytest.mark.parametrize(("turn", "rewards"), [((0, 1), [10.0, 0.0, 0.0, 0.0]), ((1, 0), [10.0, 0.0, 0.0, -2.0])])
    def test_it_is_fined_for_the_second_only_if_that_acts_while_it_is_there(self, turn, rewards):
        world, state = board(*self.ROW, penalty=-2.0)
        result = play(world, state, "catch catch stay", prey_turn=turn)
        assert result.subtask_rewards[0].tolist() == rewards

    def test_alone_it_is_fined_for_both(self):
        world, state = board(*self.ROW, penalty=-2.0)
        result = play(world, state, "stay catch stay")
        assert float(result.reward) == -4.0
        assert result.subtask_rewards[0].tolist() == [0.0, 0.0, -2.0, -2.0]

    def test_four_agents_catch_both(self):
        world, state = board("0A1B2", ".3...", ".....", ".....", ".....", penalty=-2.0)
        result = play(world, state, "catch catch catch catch", prey_turn=(1, 0))
        assert float(result.reward) == 20.0
        assert bool(result.terminated)
        # In the other order three agents leave with A, and agent 2 is alone at B.
        result = play(world, state, "catch catch catch catch", prey_turn=(0, 1))
        assert result.subtask_rewards[0].tolist() == [10.0, 0.0, 0.0, -2.0]
        assert result.state.hunts[0].tolist() == [False, False, True, False]


class TestLeavingTheBoard:
    """What has left is neither seen nor in the way, at once and for ever."""

    def test_a_later_prey_may_move_to_a_cell_that_has_become_free(self):
        # Prey B can go nowhere until A and its catchers have left.
        rows = ("BA0", "21.", "...")
        world, state = board(*rows)
        assert drawing(world, play(world, state, "catch catch stay", prey_turn=(0, 1)).state) == [".B.", "2..", "..."]
        assert drawing(world, play(world, state, "catch catch stay", prey_turn=(1, 0)).state) == ["B..", "2..", "..."]

    def test_who_has_left_does_nothing_sees_nothing_and_can_only_stay(self):
        world, state = board("0A1B", "2..3", "....", "....", penalty=-1.0)
        after = play(world, state, "catch catch stay stay").state
        assert world.available_actions(after)[0, 0].tolist() == [False] * 4 + [True, False]
        assert not world.observation(after)[0, :2].any()
        assert world.observation(after)[0, 2].sum() > 0
        result = play(world, after, "catch catch stay stay")
        assert float(result.reward) == 0.0
        assert not result.participants.any()
        assert result.state.agent_cell[0, :2].tolist() == after.agent_cell[0, :2].tolist()

    def test_others_walk_over_the_place_where_an_agent_left(self):
        world, state = board("0A1.", "2..B", "....", "3...")
        after = play(world, state, "catch catch stay stay", choice=[0, 0.99]).state
        assert drawing(world, play(world, after, "stay stay up stay").state)[0][0] == "2"

    def test_a_walled_in_prey_stays(self):
        world, state = board("A0..", "1...", "....", "....")
        for choice in (0.0, 0.99):
            assert drawing(world, play(world, state, "stay stay", choice=[choice]).state)[0] == "A0.."


class TestPreyMoves:
    """Prey choose evenly among the free cells, in the order right, down, left, up."""

    @pytest.mark.parametrize(
        ("choice", "drawn"),
        [
            (0.2, ["0.1", "..A", "..."]),
            (0.3, ["0.1", "...", ".A."]),
            (0.6, ["0.1", "A..", "..."]),
            (0.8, ["0A1", "...", "..."]),
        ],
    )
    def test_four_free_cells(self, choice, drawn):
        world, state = board("0.1", ".A.", "...")
        assert drawing(world, play(world, state, "stay stay", choice=[choice]).state) == drawn

    @pytest.mark.parametrize("free", [1, 2, 3, 4])
    def test_every_draw_below_one_names_a_cell(self, free):
        world = PredatorPreyGrid(1, n_agents=4, size=5)
        stand = [7, 11, 13, 17]
        state = state_of(world, stand[: 4 - free] + [0, 4, 20, 24][:free], [12])
        largest = float(np.nextafter(np.float32(1), np.float32(0)))
        seen = {
            int(play(world, state, "stay stay stay stay", choice=[c]).state.prey_cell)
            for c in [*np.linspace(0, 0.999, 41), largest]
        }
        assert seen == set(stand[4 - free :])

    def test_prey_block_prey(self):
        world, state = board("AB.", "0..", "..1")
        assert drawing(world, play(world, state, "stay stay", prey_turn=(0, 1)).state)[0] == "A.B"
        assert drawing(world, play(world, state, "stay stay", prey_turn=(1, 0)).state)[0] == ".AB"


class TestEnds:
    """Terminated by the last prey or the last hunter, truncated by the clock."""

    def test_last_prey(self):
        world, state = board("0A1", "2..", "...")
        result = play(world, state, "catch catch stay")
        assert bool(result.terminated)
        assert not bool(result.truncated)
        assert world.outcome(result.state).tolist() == [[10.0, 1.0, 1.0, 1.0, 1.0]]

    def test_last_hunter_ends_with_prey_left(self):
        world, state = board("0A1", "..B", "...")
        result = play(world, state, "catch catch")
        assert bool(result.terminated)
        assert dict(zip(world.outcome_names, world.outcome(result.state)[0].tolist(), strict=True)) == {
            "return": 10.0,
            "captures": 1.0,
            "steps_to_first_capture": 1.0,
            # One prey is all that two agents can catch.
            "steps_to_all": 1.0,
            "length": 1.0,
        }

    def test_the_clock(self):
        world, state = board("0..", "..A", "1..", horizon=2)
        first = play(world, state, "stay stay")
        second = play(world, first.state, "stay stay")
        assert [bool(s.truncated) for s in (first, second)] == [False, True]
        assert world.outcome(second.state).tolist() == [[0.0, 0.0, 2.0, 2.0, 2.0]]

    def test_a_capture_in_the_last_step_terminates(self):
        world, state = board("0A1", "...", "...", horizon=1)
        result = play(world, state, "catch catch")
        assert bool(result.terminated)
        assert not bool(result.truncated)

    @pytest.mark.parametrize("rows", [("0A1", "2..", "..."), ("0A1", "..B", "...")])
    def test_nothing_happens_after_the_end(self, rows):
        world, state = board(*rows, penalty=-1.0)
        over = play(world, state, "catch catch" + " stay" * (world.spec.n_agents - 2)).state
        again = play(world, over, " ".join(["down"] * world.spec.n_agents))
        assert bool(again.terminated)
        assert float(again.reward) == 0.0
        for name in ("agent_cell", "prey_cell", "clock", "team_return", "last_capture"):
            assert torch.equal(getattr(again.state, name), getattr(over, name)), name

    def test_eight_agents_earn_at_most_forty(self):
        for n_prey in (4, 8):
            world = PredatorPreyGrid(n_prey)
            generator = torch.Generator().manual_seed(3)
            state = reset(world, 32, generator)
            for _ in range(world.spec.horizon):
                state = step(world, state, SCRIPTED_GRID["pairs"](world, state, generator), generator).state
            outcome = dict(zip(world.outcome_names, world.outcome(state).T, strict=True))
            assert float(outcome["return"].max()) == 40.0
            assert float(outcome["captures"].max()) == 4.0
            done = outcome["captures"] == 4
            assert torch.equal(outcome["steps_to_all"][done], outcome["length"][done])
            assert (outcome["steps_to_all"][~done] == 200).all()


def dcg_disagreement(episode, penalty=None):
    """Play an episode of the original again; None, or what differs first."""
    n, p, size = episode["n_agents"], episode["n_prey"], episode["size"]
    world = PredatorPreyGrid(p, episode["penalty"] if penalty is None else penalty, n_agents=n, size=size)
    state = state_of(world, episode["agent_cell"], episode["prey_cell"])
    bits = 2 ** torch.arange(6)
    for t, turn in enumerate(episode["steps"]):
        before = {
            "available": (world.available_actions(state)[0] * bits).sum(-1).tolist(),
            "observation": [np.flatnonzero(row).tolist() for row in world.observation(state)[0].numpy()],
            "state": np.flatnonzero(world.global_state(state)[0].numpy()).tolist(),
        }
        draws = draws_for(world, turn["agent_turn"], turn["prey_turn"], turn["choice"])
        result = world.transition(state, torch.tensor([turn["actions"]]), draws)
        state = result.state
        after = {
            "hunts": state.hunts[0].long().tolist(),
            "lives": state.lives[0].long().tolist(),
            "reward": float(result.reward),
            "ended": bool(result.terminated | result.truncated),
        }
        for kind, there in (("agent_cell", state.hunts), ("prey_cell", state.lives)):
            expected = [cell if here else None for cell, here in zip(turn[kind], there[0].tolist(), strict=True)]
            found = [
                cell if here else None for cell, here in zip(getattr(state, kind)[0].tolist(), there[0], strict=True)
            ]
            if found != expected:
                return f"{kind} at step {t}"
        for name, found in (before | after).items():
            if found != turn[name]:
                return f"{name} at step {t}"
    return None


@pytest.mark.parametrize("number", range(len(DCG["episodes"])))
def test_plays_the_episodes_of_the_original_program(number):
    assert dcg_disagreement(DCG["episodes"][number]) is None


def test_the_episodes_of_the_original_show_what_they_should():
    rewards = [turn["reward"] for episode in DCG["episodes"] for turn in episode["steps"]]
    assert any(reward > 0 for reward in rewards)
    assert any(reward < 0 for reward in rewards)
    assert dcg_disagreement(DCG["episodes"][0], penalty=-1.0).startswith("reward")


@st.composite
def games(draw):
    """Size, agents, prey, penalty: crowded boards, on which much happens."""
    size = draw(st.integers(2, 5))
    n_agents = draw(st.integers(2, min(8, size * size - 1)))
    n_prey = draw(st.integers(1, min(8, size * size - n_agents)))
    return size, n_agents, n_prey, draw(st.sampled_from([0.0, -0.5, -2.0]))


def twin_disagreement(size, n_agents, n_prey, penalty, seed, **twin_options):
    """Play 2 worlds for 10 steps beside their twins; None, or what differs first."""
    world = PredatorPreyGrid(n_prey, penalty, n_agents=n_agents, size=size, horizon=10)
    generator = torch.Generator().manual_seed(seed)
    state = reset(world, 2, generator)
    place = [(c // size, c % size) for c in range(size * size)]
    twins = [
        GridByHand(size, [place[c] for c in a], [place[c] for c in g], penalty, **twin_options)
        for a, g in zip(state.agent_cell.tolist(), state.prey_cell.tolist(), strict=True)
    ]
    for _ in range(10):
        available, seen, whole = world.available_actions(state), world.observation(state), world.global_state(state)
        # Catch whenever possible half of the time, and now and then what cannot be done.
        actions = torch.where(
            torch.rand(2, n_agents, generator=generator) < 0.5, CATCH, random_actions(world, state, generator)
        )
        draws = torch.rand(2, world.spec.n_step_draws, generator=generator)
        result = world.transition(state, actions, draws)
        state = result.state
        for b, twin in enumerate(twins):
            if [[twin.can(i, a) for a in ACTIONS] for i in range(n_agents)] != available[b].tolist():
                return "available actions"
            if [twin.sees(i) for i in range(n_agents)] != [np.flatnonzero(row).tolist() for row in seen[b].numpy()]:
                return "observation"
            if twin.state() != np.flatnonzero(whole[b].numpy()).tolist():
                return "global state"
            turns = draws[b].numpy()
            agent_turn = np.argsort(turns[:n_agents], kind="stable").tolist()
            prey_turn = np.argsort(turns[n_agents : n_agents + n_prey], kind="stable").tolist()
            words = [ACTIONS[a] for a in actions[b].tolist()]
            captures, fines, groups, over = twin.step(words, agent_turn, prey_turn, turns[n_agents + n_prey :])
            rewards = [captures.get(g, 0.0) for g in range(n_prey)]
            if penalty:
                rewards += [fines.get(g, 0.0) for g in range(n_prey)]
            catchers = [groups.get(g, set()) for g in range(n_prey)]
            checks = {
                "agents": (
                    {i: place[int(state.agent_cell[b, i])] for i in range(n_agents) if state.hunts[b, i]},
                    twin.agents,
                ),
                "prey": ({g: place[int(state.prey_cell[b, g])] for g in range(n_prey) if state.lives[b, g]}, twin.prey),
                "rewards": (result.subtask_rewards[b].tolist(), rewards),
                "catchers": ([set(np.flatnonzero(row)) for row in result.participants[b, :n_prey].numpy()], catchers),
                "terminated": (bool(result.terminated[b]), over),
            }
            for name, (found, expected) in checks.items():
                if found != expected:
                    return name
    return None


@given(games(), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_agrees_with_the_plain_twin(game, seed):
    assert twin_disagreement(*game, seed) is None


@pytest.mark.parametrize("wrong", [{"needed": 3}, {"frees_cells": False}])
def test_a_twin_with_another_rule_is_rejected(wrong):
    seeds = range(8)
    assert all(twin_disagreement(3, 4, 4, -2.0, seed) is None for seed in seeds)
    assert any(twin_disagreement(3, 4, 4, -2.0, seed, **wrong) is not None for seed in seeds)


class TestWorld:
    """Conformance, sizes, starts, structures."""

    def test_sizes_of_the_original(self):
        spec = PredatorPreyGrid().spec
        assert (spec.n_agents, spec.n_actions, spec.observation_size, spec.state_size, spec.horizon) == (
            8,
            6,
            75,
            300,
            200,
        )
        assert spec.n_subtasks == 8
        assert PredatorPreyGrid(4, -2.0).spec.n_subtasks == 8

    @pytest.mark.parametrize(("n_prey", "penalty", "policy"), [(8, -2.0, None), (4, 0.0, "eager"), (8, -0.5, "pairs")])
    def test_keeps_the_protocol(self, n_prey, penalty, policy):
        world = PredatorPreyGrid(n_prey, penalty, horizon=40)
        hunters = None if policy is None else lambda s, g: SCRIPTED_GRID[policy](world, s, g)
        report = check_env(world, policy=hunters, seed=1)
        assert report.n_paid > 0
        if policy == "pairs":
            assert report.n_terminated > 0

    def test_starts_are_spread_evenly_and_never_on_one_cell(self):
        world = PredatorPreyGrid(8)
        state = reset(world, 4000, torch.Generator().manual_seed(0))
        cells = torch.cat([state.agent_cell, state.prey_cell], 1)
        assert (cells.sort(1).values.diff(dim=1) > 0).all()
        count = torch.bincount(cells[:, [0, 8]].flatten(), minlength=100)
        # 8000 places on 100 cells: 80 each, standard deviation 9.
        assert int(count.min()) > 80 - 45
        assert int(count.max()) < 80 + 45

    def test_the_induced_structure_of_two_hunts(self):
        world, state = board("0A1..", ".....", ".....", "2B3..", "....4", penalty=-1.0)
        result = play(world, state, "catch catch catch stay stay")
        structure = world.induced_structure(result)
        assert structure.tolist() == [[0, 0, 2, 3, 3]]
        assert structure_as_coalitions(structure[0]) == (0b00011, 0b00100, 0b11000)

    def test_entities(self):
        world, state = board("0A.", "..1", "...")
        assert world.entities(state)[0].tolist() == [[0, 0, 1], [2, 1, 1], [1, 0, 1]]
        assert [e.kind for e in world.spec.entities] == ["agent", "agent", "prey"]

    def test_pettingzoo(self):
        def make():
            return WorldParallelEnv(PredatorPreyGrid(4, -1.0, horizon=30))

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parallel_api_test(make(), num_cycles=60)
        parallel_seed_test(make, num_cycles=40)


class TestScripted:
    """The hunters do what their names say."""

    @pytest.mark.parametrize("name", sorted(SCRIPTED_GRID))
    def test_choose_available_actions_only(self, name):
        world, generator = PredatorPreyGrid(8, -2.0), torch.Generator().manual_seed(1)
        state = reset(world, 32, generator)
        for _ in range(60):
            actions = SCRIPTED_GRID[name](world, state, generator)
            assert world.available_actions(state).gather(-1, actions[..., None]).all()
            state = step(world, state, actions, generator).state

    def test_pairs_beat_careful_beat_eager_beat_random(self):
        means = []
        for name in ("pairs", "careful", "eager", "random"):
            world, generator = PredatorPreyGrid(8, -0.5, horizon=100), torch.Generator().manual_seed(2)
            state = reset(world, 32, generator)
            for _ in range(world.spec.horizon):
                state = step(world, state, SCRIPTED_GRID[name](world, state, generator), generator).state
            means.append(float(world.outcome(state)[:, 0].mean()))
        assert means == sorted(means, reverse=True)
        assert means[0] > 36
        assert means[-1] < 0

    def test_the_careful_wait_for_a_second(self):
        world, state = board("0A...", ".....", ".....", ".....", "....1")
        generator = torch.Generator().manual_seed(0)
        assert ACTIONS[int(SCRIPTED_GRID["careful"](world, state, generator)[0, 0])] == "stay"
        assert ACTIONS[int(SCRIPTED_GRID["eager"](world, state, generator)[0, 0])] == "catch"
        world, state = board("0A1..", "..2..", ".....", ".....", ".....")
        assert (SCRIPTED_GRID["careful"](world, state, generator)[0, :2] == CATCH).all()
        world, state = board("0A1..", ".2...", ".....", ".....", ".....")
        assert (SCRIPTED_GRID["pairs"](world, state, generator)[0] == CATCH).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"penalty": 1.0}, "penalty"),
        ({"penalty": float("nan")}, "penalty"),
        ({"n_agents": 1}, "n_agents=1"),
        ({"n_prey": 0}, "n_prey=0"),
        ({"size": 3, "n_prey": 2}, "3 x 3"),
        ({"size": 1, "n_prey": 1, "n_agents": 2}, "1 x 1"),
    ],
)
def test_bad_parameters_are_named(options, match):
    with pytest.raises(WorldParameterError, match=match):
        PredatorPreyGrid(**options)

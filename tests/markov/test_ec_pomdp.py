"""The boundary types: subtasks, induced structures, and the life cycle read off a trajectory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.coalitions import check_partition
from nucleolus_lib.markov.ec_pomdp import (
    Phase,
    StepResult,
    Subtask,
    follows_life_cycle,
    induced_structure,
    phases,
    rollout,
)
from nucleolus_lib.markov.errors import UnknownAgentError
from tests.markov.worlds import random_world, two_fires


@pytest.mark.parametrize(
    ("participants", "n_agents", "structure"),
    [
        ((), 3, (0b111,)),
        ((0, 0), 3, (0b111,)),
        ((0b001,), 3, (0b001, 0b110)),
        ((0b011, 0b100), 3, (0b011, 0b100)),
        ((0b011, 0b110), 3, (0b111,)),
        ((0b0011, 0b1100, 0b0110), 4, (0b1111,)),
        ((0b10, 0b01), 2, (0b01, 0b10)),
    ],
)
def test_induced_structure(participants, n_agents, structure):
    assert induced_structure(participants, n_agents) == structure


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, 2**n - 1), max_size=5))))
def test_induced_structure_is_a_partition_that_keeps_workers_together(case):
    n_agents, participants = case
    structure = induced_structure(participants, n_agents)
    check_partition(structure, n_agents)
    for group in filter(None, participants):
        assert sum(bool(block & group) for block in structure) == 1


def test_participants_beyond_the_agents_are_refused():
    with pytest.raises(UnknownAgentError, match=r"beyond 0\.\.1"):
        induced_structure((0b100,), 2)


@pytest.mark.parametrize(
    ("subtask", "message"),
    [
        (Subtask("fire", agents=(0, 3)), "names agent 3"),
        (Subtask("fire", roles=(-1,)), "names agent -1"),
        (Subtask("fire", agents=(0, 1), required=3), "needs 3 agents"),
        (Subtask("fire", required=0), "needs 0 agents"),
        (Subtask("fire", agents=(0,), roles=(1,)), r"roles \(1,\)"),
        (Subtask("fire", actions=((1,),)), "one tuple per agent"),
    ],
)
def test_a_subtask_that_does_not_fit_the_agents(subtask, message):
    with pytest.raises(UnknownAgentError, match=message):
        subtask.check_agents(3)


def test_requirements():
    pair = Subtask("lift", required=2, agents=(0, 1, 2), roles=(0,))
    assert pair.is_met(0b011)
    assert not pair.is_met(0b110)
    assert not pair.is_met(0b001)
    assert not Subtask("lift", required=2, agents=(0, 1)).is_met(0b101)
    assert Subtask("lift").is_met(0b100)


def test_reward_is_the_sum_of_subtask_rewards():
    assert StepResult(0, np.array([1.0, -0.5]), (1, 0), False).reward == 0.5


def test_rollout_shows_the_life_cycle():
    world = two_fires()
    plan = iter([(0, 0), (1, 2)])
    seen = rollout(world, lambda state: next(plan), np.random.default_rng(0), max_steps=10)
    assert seen.states == (0, 0, 1)
    assert seen.terminated
    assert seen.structures == ((0b11,), (0b01, 0b10))
    np.testing.assert_array_equal(seen.subtask_rewards, [[0, 0], [1, 1]])
    assert seen.discounted_return(0.5) == 1.0
    assert phases(seen.structures) == (Phase((0b11,), 0, 1), Phase((0b01, 0b10), 1, 2))
    assert not follows_life_cycle(seen.structures)
    assert follows_life_cycle([*seen.structures, (0b11,)])
    assert not follows_life_cycle([(0b11,), (0b11,)])


def test_the_clock_is_not_a_termination():
    seen = rollout(random_world(), lambda state: (1, 1, 1), np.random.default_rng(0), max_steps=3)
    assert len(seen.actions) == 3
    assert not seen.terminated


def test_subtasks_that_form_no_coalition_do_not_count():
    world = two_fires()
    everyone_wins = Subtask("win", forms_coalition=False, actions=((0, 1, 2), (0, 1, 2)))
    rewards = np.concatenate([world.subtask_rewards, np.zeros((2, 9, 1))], axis=-1)
    bigger = type(world)(
        world.transition, rewards, 0.9, (3, 3), (0, 0), (*world.subtasks, everyone_wins), terminal=world.terminal
    )
    seen = rollout(bigger, lambda state: (1, 2), np.random.default_rng(0), max_steps=1)
    assert seen.participants == ((0b01, 0b10, 0b11),)
    assert seen.structures == ((0b01, 0b10),)
    assert bigger.structure(0, 1 + 3 * 2) == (0b01, 0b10)

"""The finite world: what it accepts, what it refuses, and how it plays."""

import numpy as np
import pytest

from nucleolus_lib.markov.ec_pomdp import Subtask
from nucleolus_lib.markov.errors import (
    DiscountError,
    MissingNoopError,
    TableShapeError,
    TableTooLargeError,
    TerminalStateError,
    TransitionRowError,
    UnknownAgentError,
)
from nucleolus_lib.markov.tabular import ECMDP, check_fits, table_bytes
from nucleolus_lib.markov.transitions import DenseTransition, SparseTransition
from tests.markov.worlds import made_sparse, random_world, two_fires, uneven_world


def _parts(**changes):
    rng = np.random.default_rng(0)
    parts = {
        "transition": rng.dirichlet(np.ones(3), (3, 4)),
        "subtask_rewards": rng.random((3, 4, 2)),
        "gamma": 0.9,
        "n_actions": (2, 2),
        "noop": (0, 0),
    }
    return {**parts, **changes}


def _spoilt_rows(kind):
    table = _parts()["transition"]
    if kind == "sum":
        table[1, 2] *= 1.01
    elif kind == "negative":
        table[1, 2] = [1.5, -0.5, 0.0]
    else:
        table[1, 2, 0] = np.nan
    return table


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"transition": _spoilt_rows("sum")}, TransitionRowError, "1 of 12 rows do not, the first at state 1, joint"),
        ({"transition": _spoilt_rows("negative")}, TransitionRowError, "joint action 2"),
        ({"transition": _spoilt_rows("nan")}, TransitionRowError, "sum np.float64.nan"),
        ({"transition": np.ones((3, 4))}, TableShapeError, r"shape \(S, J, S\)"),
        ({"n_actions": (2, 3)}, TableShapeError, "6 joint actions"),
        ({"n_actions": ()}, TableShapeError, "at least one action"),
        ({"gamma": 1.0}, DiscountError, r"\[0, 1\)"),
        ({"gamma": -0.1}, DiscountError, "gamma=-0.1"),
        ({"gamma": np.nan}, DiscountError, "nan"),
        ({"noop": (0, None)}, MissingNoopError, "agent 1"),
        ({"noop": (0, 2)}, MissingNoopError, "no-op 2"),
        ({"noop": (0,)}, MissingNoopError, "2 of them"),
        ({"subtask_rewards": np.zeros((3, 4))}, TableShapeError, r"rewards\[:, :, None\]"),
        ({"subtask_rewards": np.full((3, 4, 1), np.inf)}, TableShapeError, "finite"),
        ({"subtasks": (Subtask("one"),)}, TableShapeError, "2 subtask rewards were given for 1"),
        ({"subtasks": (Subtask("one", agents=(2,)), Subtask("two"))}, UnknownAgentError, "names agent 2"),
        ({"initial_distribution": np.array([0.5, 0.4, 0.0])}, TableShapeError, "sum to 1"),
        ({"terminal": np.array([True, False, False])}, TerminalStateError, "state 0"),
        ({"terminal": np.array([True])}, TableShapeError, "one flag per state"),
        ({"participants": np.full((3, 4, 2), 4)}, TableShapeError, r"bitmasks 0\.\.3"),
        ({"agent_names": ("a", "a")}, TableShapeError, "2 different names"),
        ({"max_bytes": 1000}, TableTooLargeError, "bytes"),
    ],
)
def test_bad_input(changes, error, message):
    with pytest.raises(error, match=message):
        ECMDP(**_parts(**changes))


def test_a_terminal_state_must_not_pay():
    world = two_fires()
    rewards = world.subtask_rewards.copy()
    rewards[1, 0, 0] = 0.1
    with pytest.raises(TerminalStateError, match="pay 0"):
        ECMDP(world.transition, rewards, 0.9, (3, 3), (0, 0), terminal=np.array([False, True]))


def test_a_world_that_does_not_fit_names_the_bytes():
    needed = table_bytes(2000, (5,) * 4)
    assert needed > 8 * 2000 * 625 * 2000
    with pytest.raises(TableTooLargeError, match=f"{needed:,} bytes.*SparseTransition"):
        check_fits(2000, (5,) * 4)
    with pytest.raises(TableTooLargeError, match="sparse"):
        check_fits(10**9, (5,) * 4, n_successors=4)
    check_fits(2000, (5,) * 4, n_successors=4)


@pytest.mark.parametrize(
    ("successors", "probabilities", "message"),
    [
        (np.zeros((2, 4, 1)), np.ones((2, 4, 1)), "integers"),
        (np.zeros((2, 4, 2), int), np.ones((2, 4, 1)), "same shape"),
        (np.full((2, 4, 1), 2), np.ones((2, 4, 1)), r"states 0\.\.1"),
        (np.full((2, 4, 1), -1), np.ones((2, 4, 1)), "got -1 to -1"),
    ],
)
def test_bad_sparse_tables(successors, probabilities, message):
    with pytest.raises(TableShapeError, match=message):
        SparseTransition(successors, probabilities)


@pytest.mark.parametrize("seed", range(3))
def test_dense_and_sparse_agree(seed):
    dense = uneven_world(seed)
    sparse = made_sparse(dense)
    values = np.random.default_rng(seed).normal(size=dense.n_states)
    expected = dense.transition.table @ values
    for world in (dense, sparse):
        np.testing.assert_allclose(world.transition.expectation(values), expected, atol=1e-14)
        for joint in (np.array([4, 1]), np.arange(6), np.arange(6)[::-1]):
            part = world.transition.restricted(joint)
            np.testing.assert_allclose(part.expectation(values), expected[:, joint], atol=1e-14)
        assert world.transition.restricted(np.arange(6)) is world.transition
    np.testing.assert_allclose(sparse.transition.dense().table, dense.transition.table, atol=1e-15)
    np.testing.assert_allclose(sparse.transition.row(2, 3), dense.transition.row(2, 3), atol=1e-15)
    np.testing.assert_allclose(sparse.transition.staying(), dense.transition.staying(), atol=1e-15)
    policies = np.array([[0, 1, 2, 3], [5, 4, 3, 2]])
    both = np.stack([values, -2 * values])
    thin, full = (world.transition.under(policies).expectation(both) for world in (sparse, dense))
    np.testing.assert_allclose(thin, full, atol=1e-14)
    np.testing.assert_allclose(
        dense.transition.under(policies).expectation(both)[1, 3], -2 * dense.transition.table[3, 2] @ values
    )
    assert (sparse.transition.n_terms, dense.transition.n_terms) == (5, 4)


def test_a_successor_listed_twice_counts_twice():
    table = SparseTransition(np.array([[[0, 0]], [[1, 0]]]), np.array([[[0.25, 0.75]], [[0.5, 0.5]]]))
    np.testing.assert_array_equal(table.row(0, 0), [1.0, 0.0])
    np.testing.assert_array_equal(table.dense().table[:, 0], [[1.0, 0.0], [0.5, 0.5]])
    np.testing.assert_array_equal(table.staying(), [[1.0], [0.5]])


def test_defaults_and_names():
    world = random_world(n_agents=2, n_states=3, n_subtasks=2)
    assert world.agent_names == ("1", "2")
    assert world.state_names == ("s0", "s1", "s2")
    assert [task.name for task in world.subtasks] == ["1", "2"]
    assert world.initial_distribution.tolist() == [1, 0, 0]
    assert not world.terminal.any()
    np.testing.assert_allclose(world.reward, world.subtask_rewards.sum(axis=-1))
    # By default every action but the no-op is work on every subtask.
    assert world.participants[0, :, 0].tolist() == [0b00, 0b01, 0b10, 0b11]
    assert [entity.name for entity in world.entities(2)] == ["1", "2", "world"]
    assert world.entities(2)[-1].state == (2.0,)
    assert world.observation(1, 0).tolist() == [0, 1, 0]


def test_given_participants_are_kept():
    groups = np.zeros((3, 4, 2), dtype=np.int64)
    groups[1, 2] = [0b11, 0b00]
    world = ECMDP(**_parts(participants=groups))
    assert world.structure(1, 2) == (0b11,)
    assert world.structure(0, 3) == (0b11,)
    groups[1, 2] = [0b01, 0b10]
    assert ECMDP(**_parts(participants=groups)).structure(1, 2) == (0b01, 0b10)


def test_steps_follow_the_table():
    world = uneven_world()
    rng = np.random.default_rng(0)
    seen = [world.step(1, (1, 2), rng).state for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(seen, minlength=4) / 4000, world.transition.row(1, 5), atol=0.03)
    start = ECMDP(**_parts(initial_distribution=np.array([0.0, 0.5, 0.5])))
    assert {start.initial(rng) for _ in range(50)} == {1, 2}


def test_as_one_dense_table():
    table = DenseTransition(np.ones((1, 2, 1)))
    assert table.dense() is table

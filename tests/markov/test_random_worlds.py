"""Random worlds: seeded, of the structure their family promises, and batches that equal single worlds."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, is_convex, is_superadditive
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import (
    CreditParameterError,
    TableShapeError,
    TableTooLargeError,
    UnreachableToleranceError,
)
from nucleolus_lib.markov.random_ecmdp import FAMILIES, draw_worlds, random_ecmdp, superadditive_cover
from nucleolus_lib.markov.world_batch import WorldBatch, batch_coalition_values


def _rng(seed=0):
    return np.random.default_rng(seed)


def test_the_seed_decides():
    first, second, other = (random_ecmdp(_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.reward, second.reward)
    np.testing.assert_array_equal(first.transition.table, second.transition.table)
    assert not np.array_equal(first.reward, other.reward)


def test_sparse_worlds_and_their_size():
    world = random_ecmdp(_rng(), n_agents=2, n_states=50, n_actions=3, n_successors=4)
    assert world.transition.n_terms == 4
    with pytest.raises(TableTooLargeError, match="bytes"):
        random_ecmdp(_rng(), n_agents=6, n_states=10**6, n_actions=5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_agents", [1, 2, 4])
def test_batches_equal_single_worlds(family, n_agents):
    batch = draw_worlds(family, 3, n_agents, 3, 0.8, _rng(5))
    values = batch_coalition_values(batch)
    assert batch.n_worlds == 3
    for number in range(3):
        single = coalition_values(batch.world(number), 1e-10)
        np.testing.assert_allclose(values.state_values[number], single.state_values, atol=1e-9)
        np.testing.assert_allclose(values.action_games()[number], single.action_games(), atol=1e-9)
        np.testing.assert_allclose(values.state_games()[number], single.state_games(), atol=1e-9)
        chosen = values.action_values[number][np.arange(len(single.greedy_joint)), values.greedy_joint[number], -1]
        np.testing.assert_allclose(chosen, single.state_values[:, -1], atol=1e-9)


def _all(judge, games):
    return np.array([bool(judge(TUGame(game))) for game in games.reshape(-1, games.shape[-1])])


@pytest.mark.parametrize("n_agents", [2, 3, 4])
def test_families_keep_their_promise(n_agents):
    for seed in range(3):
        games = {
            family: batch_coalition_values(draw_worlds(family, 6, n_agents, 2, 0.9, _rng(seed))).action_games()
            for family in ("general", "superadditive", "convex")
        }
        assert _all(is_superadditive, games["superadditive"]).all()
        assert _all(is_convex, games["convex"]).all()
        assert not _all(is_superadditive, games["general"]).all()
    if n_agents > 2:
        many = batch_coalition_values(draw_worlds("superadditive", 60, n_agents, 2, 0.9, _rng(0))).state_games()
        assert not _all(is_convex, many).all()


def test_separate_worlds_decompose():
    for seed in range(4):
        batch = draw_worlds("separate", 5, 4, 3, 0.9, _rng(seed))
        assert len(batch.groups) >= 2
        assert sum(batch.groups) == 15
        games = batch_coalition_values(batch).state_games()
        for coalition in range(16):
            parts = sum(games[..., coalition & group] for group in batch.groups)
            np.testing.assert_allclose(games[..., coalition], parts, atol=1e-10)
    shared = draw_worlds("shared_reward", 5, 4, 3, 0.9, _rng(0))
    games = batch_coalition_values(shared).state_games()
    assert not np.allclose(games[..., 15], sum(games[..., group] for group in shared.groups))


def test_one_step_worlds_are_their_reward_tables():
    batch = draw_worlds("one_step", 4, 3, 7, 0.9, _rng())
    assert batch.gamma == 0.0
    games = batch_coalition_values(batch).action_games()
    np.testing.assert_allclose(games[:, 0, -1], batch.reward[:, 0] - batch.reward[:, 0, :1])


def test_superadditive_cover_is_the_least_one():
    values = _rng(1).random((20, 16)) ** 2
    cover = superadditive_cover(values)
    assert _all(is_superadditive, cover).all()
    assert (cover[:, 1:] >= values[:, 1:]).all()
    # Least: every coalition's cover is its own value or the sum of two parts.
    for coalition in range(1, 16):
        parts = [cover[:, s] + cover[:, coalition ^ s] for s in range(1, coalition) if s & coalition == s]
        best = np.max([values[:, coalition], *parts], axis=0)
        np.testing.assert_allclose(cover[:, coalition], best)


def test_bad_batches():
    with pytest.raises(CreditParameterError, match="family must be one of"):
        draw_worlds("odd", 1, 2, 2, 0.9, _rng())
    with pytest.raises(TableShapeError, match="one group per subtask"):
        WorldBatch(np.ones((1, 1, 4, 1)), np.zeros((1, 1, 4, 2)), 0.5, (3,))
    with pytest.raises(TableShapeError, match="batch of worlds"):
        WorldBatch(np.ones((1, 1, 3, 1)), np.zeros((1, 1, 3, 1)), 0.5, (3,))


def test_policies_that_keep_changing_are_not_returned(monkeypatch):
    monkeypatch.setattr("nucleolus_lib.markov.world_batch.MAX_ROUNDS", 1)
    with pytest.raises(UnreachableToleranceError, match="still change"):
        batch_coalition_values(draw_worlds("general", 5, 3, 3, 0.9, _rng()))

"""Episodes: masks, cutting, shape checks. Replay: what goes in comes out, oldest first out, and errors."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from nucleolus_lib.learners import EpisodeBatch, ReplayBuffer, Sizes
from nucleolus_lib.learners.episode_batch import check_batch
from nucleolus_lib.learners.errors import BatchError, ReplayError, SizesError
from tests.learners.random_episodes import SMALL, random_episodes


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_mask_stops_after_the_end_of_the_task():
    batch = random_episodes(episodes=1, full=True)
    terminated = torch.tensor([[False, False, True, False, False, False]])
    # Even if the steps after the end are marked as played, the first of them does not count.
    marked = dataclasses.replace(batch, terminated=terminated)
    assert marked.mask().tolist() == [[1, 1, 1, 0, 1, 1]]
    assert batch.filled.all(), "the mask must not change the batch"


def test_cutting_to_the_longest_keeps_every_step_that_counts():
    batch = random_episodes(seed=2)
    short = batch.truncated_to(batch.longest())
    assert short.n_steps == int(batch.filled.sum(1).max())
    assert short.observation.shape[1] == short.n_steps + 1
    assert int(short.filled.sum()) == int(batch.filled.sum())
    with pytest.raises(BatchError, match=r"1\.\.6 steps; got length=7"):
        batch.truncated_to(7)


@pytest.mark.parametrize(
    ("field", "change", "message"),
    [
        ("observation", lambda x: x[..., :-1], r"observation .* \(4, 7, 3, 5\); got torch.float32 \(4, 7, 3, 4\)"),
        ("state", lambda x: x[:, :-1], "state"),
        ("reward", lambda x: x.double(), "torch.float32.*got torch.float64"),
        ("available", lambda x: x.float(), "available"),
        ("requirement", lambda x: x.long(), "requirement"),
    ],
)
def test_a_wrong_shape_or_type_is_named(field, change, message):
    batch = random_episodes()
    with pytest.raises(BatchError, match=message):
        check_batch(dataclasses.replace(batch, **{field: change(getattr(batch, field))}), SMALL)


def test_right_shapes_pass():
    assert check_batch(random_episodes(), SMALL).n_episodes == 4


@pytest.mark.parametrize("change", [{"n_agents": 0}, {"horizon": 0}, {"forms_coalition": (True,)}])
def test_sizes_that_contradict_themselves(change):
    with pytest.raises(SizesError):
        dataclasses.replace(SMALL, **change)
    assert SMALL.forms_coalition == (True, True)


def numbered(first: int, count: int) -> EpisodeBatch:
    """Episodes whose rewards are their number."""
    batch = random_episodes(episodes=count, full=True)
    number = torch.arange(first, first + count, dtype=torch.float32)
    return dataclasses.replace(batch, reward=number[:, None].expand(-1, SMALL.horizon).contiguous())


def test_the_newest_episodes_are_kept():
    buffer = ReplayBuffer(5, SMALL)
    for first in (0, 2, 4, 6):
        buffer.add(numbered(first, 2))
    assert len(buffer) == 5
    drawn = buffer.sample(5, generator())
    assert sorted(drawn.reward[:, 0].tolist()) == [3, 4, 5, 6, 7]
    assert drawn.subtask_rewards is None


def test_what_goes_in_comes_out():
    batch = random_episodes(seed=4)
    buffer = ReplayBuffer(4, SMALL, store_subtasks=True)
    buffer.add(batch)
    drawn = buffer.sample(4, generator(1))
    order = torch.randperm(4, generator=generator(1))
    for name, tensor in batch.truncated_to(batch.longest()).tensors().items():
        assert torch.equal(drawn.tensors()[name], tensor[order]), name


def test_samples_are_without_repetition_uniform_and_seeded():
    buffer = ReplayBuffer(10, SMALL)
    buffer.add(numbered(0, 10))
    counts, draw = torch.zeros(10), generator(3)
    for _ in range(600):
        numbers = buffer.sample(3, draw).reward[:, 0].long()
        assert len(set(numbers.tolist())) == 3
        counts[numbers] += 1
    # 180 expected of each, standard deviation about 11.
    assert counts.min() > 130
    assert counts.max() < 230
    assert torch.equal(buffer.sample(4, generator(7)).reward, buffer.sample(4, generator(7)).reward)


def test_a_sample_is_as_long_as_its_longest_episode():
    batch = random_episodes(seed=1, episodes=4)
    short = dataclasses.replace(batch, filled=torch.arange(6).expand(4, 6) < 3)
    buffer = ReplayBuffer(4, SMALL)
    buffer.add(short)
    assert buffer.sample(2, generator()).n_steps == 3


def test_a_stored_buffer_goes_on():
    buffer, again = ReplayBuffer(5, SMALL), ReplayBuffer(5, SMALL)
    buffer.add(numbered(0, 3))
    again.load_state_dict(buffer.state_dict())
    for one in (buffer, again):
        one.add(numbered(3, 4))
    assert torch.equal(buffer.sample(5, generator()).reward, again.sample(5, generator()).reward)
    with pytest.raises(ReplayError, match=r"capacity 5 \(here 6\)"):
        ReplayBuffer(6, SMALL).load_state_dict(buffer.state_dict())


def test_what_the_buffer_refuses():
    buffer = ReplayBuffer(3, SMALL, store_subtasks=True)
    with pytest.raises(ReplayError, match="at least one"):
        ReplayBuffer(0, SMALL)
    with pytest.raises(ReplayError, match=r"between 1 and 0 episodes.*batch_size=2.*up to 3"):
        buffer.sample(2, generator())
    with pytest.raises(ReplayError, match="4 episodes at once do not fit into a buffer of 3"):
        buffer.add(random_episodes(episodes=4))
    with pytest.raises(ReplayError, match="without participants, requirement, subtask_rewards"):
        buffer.add(random_episodes(episodes=2, subtasks=False))
    with pytest.raises(ReplayError, match="horizon of 6 steps; got 5"):
        buffer.add(random_episodes(episodes=2).truncated_to(5))
    with pytest.raises(BatchError):
        buffer.add(random_episodes(Sizes(4, 4, 5, 7, 2, 6), episodes=2))
    assert len(buffer) == 0

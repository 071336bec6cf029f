"""The lambda-return against the weighted sum of n-step returns, and against PyMARL2's recursion where that is right."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.learners.td_lambda import lambda_returns
from tests.learners.random_episodes import SMALL, random_episodes
from tests.reference.lambda_returns_by_sums import lambda_return, pymarl2_returns

unit = st.floats(0.0, 1.0)


def by_sums(batch, values, discount, td_lambda):
    """The twin on every step that counts; 0 elsewhere."""
    out = np.zeros(batch.reward.shape)
    for b in range(batch.n_episodes):
        length = int(batch.filled[b].sum())
        rewards = batch.reward[b, :length].double().numpy()
        ended = bool(batch.terminated[b].any())
        for t in range(length):
            out[b, t] = lambda_return(rewards, ended, values[b, 1 : length + 1].numpy(), t, discount, td_lambda)
    return out


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), discount=unit, td_lambda=unit, full=st.booleans())
def test_equals_the_sum_of_n_step_returns(seed, discount, td_lambda, full):
    batch = random_episodes(seed=seed, full=full)
    values = torch.randn(4, SMALL.horizon + 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    got = lambda_returns(
        batch.reward.double(), batch.terminated, batch.mask().double(), values[:, 1:], discount, td_lambda
    )
    np.testing.assert_allclose(got.numpy(), by_sums(batch, values, discount, td_lambda), rtol=1e-9, atol=1e-12)


def test_a_time_limit_taken_for_an_end_is_noticed():
    batch = random_episodes(seed=3)
    cut = ~batch.terminated.any(1)
    assert bool(cut.any()), "the batch must hold an episode that was cut off"
    last = batch.filled & ~torch.cat([batch.filled[:, 1:], torch.zeros_like(batch.filled[:, :1])], 1)
    values = torch.ones(4, SMALL.horizon + 1, dtype=torch.float64)
    wrong = lambda_returns(batch.reward.double(), last, batch.mask().double(), values[:, 1:], 0.9, 0.5)
    twin = by_sums(batch, values, 0.9, 0.5)
    assert np.abs(wrong.numpy() - twin)[cut.numpy()].max() > 0.1
    np.testing.assert_allclose(wrong.numpy()[~cut.numpy()], twin[~cut.numpy()])


def test_equals_pymarl2_on_episodes_that_end_or_fill_the_horizon():
    compared = 0
    for seed in range(20):
        batch = random_episodes(seed=seed)
        values = torch.randn(4, SMALL.horizon + 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        ours = lambda_returns(batch.reward.double(), batch.terminated, batch.mask().double(), values[:, 1:], 0.97, 0.6)
        for b in range(4):
            length = int(batch.filled[b].sum())
            if not bool(batch.terminated[b].any()) and length < SMALL.horizon:
                continue
            theirs = pymarl2_returns(
                batch.reward[b].double().numpy(),
                batch.terminated[b].double().numpy(),
                batch.mask()[b].double().numpy(),
                values[b].numpy(),
                0.97,
                0.6,
            )
            np.testing.assert_allclose(ours[b, :length].numpy(), theirs[:length], rtol=1e-9)
            compared += 1
    assert compared > 30


def test_an_episode_cut_off_early_bootstraps_from_its_last_moment():
    # Two steps played of four, cut off: the target of the last one uses the value after it, not a padded one.
    reward = torch.tensor([[1.0, 2.0, 0.0, 0.0]])
    counts = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    value = torch.tensor([[10.0, 20.0, 999.0, 999.0]])
    got = lambda_returns(reward, torch.zeros(1, 4, dtype=torch.bool), counts, value, 0.5, 0.5)
    # G_1 = 2 + .5 * 20 = 12;  G_0 = 1 + .5 (.5 * 10 + .5 * 12) = 6.5
    assert got.tolist() == [[6.5, 12.0, 0.0, 0.0]]
    theirs = pymarl2_returns(
        reward[0].double().numpy(), np.zeros(4), counts[0].double().numpy(), np.array([0.0, 10, 20, 999, 999]), 0.5, 0.5
    )
    assert theirs[1] != pytest.approx(12.0)


def test_rewards_of_several_agents_at_once():
    batch = random_episodes(seed=5)
    draw = torch.Generator().manual_seed(0)
    reward, value = torch.randn(4, 6, 3, generator=draw), torch.randn(4, 6, 3, generator=draw)
    together = lambda_returns(reward, batch.terminated, batch.mask(), value, 0.9, 0.7)
    for i in range(3):
        alone = lambda_returns(reward[..., i], batch.terminated, batch.mask(), value[..., i], 0.9, 0.7)
        torch.testing.assert_close(together[..., i], alone)


def test_lambda_zero_is_the_one_step_target():
    batch = random_episodes(seed=6)
    value = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    got = lambda_returns(batch.reward, batch.terminated, batch.mask(), value, 0.9, 0.0)
    torch.testing.assert_close(got, batch.mask() * (batch.reward + 0.9 * ~batch.terminated * value))

"""Action choice: greedy keeps to what is available, exploring is uniform over it, the rate is the rate."""

from __future__ import annotations

import torch

from nucleolus_lib.learners.exploration import epsilon_greedy, greedy


def test_greedy_takes_the_best_available_action():
    q = torch.tensor([[1.0, 5.0, 3.0], [-2.0, -1.0, -3.0]])
    available = torch.tensor([[True, False, True], [True, False, True]])
    assert greedy(q, available).tolist() == [2, 0]


def test_exploring_is_uniform_over_the_available_actions():
    draw = torch.Generator().manual_seed(0)
    available = torch.tensor([True, False, True, True]).expand(30_000, 1, 4)
    action = epsilon_greedy(torch.zeros(30_000, 1, 4), available, 1.0, torch.rand(30_000, 1, 2, generator=draw))
    share = torch.bincount(action.flatten(), minlength=4) / 30_000
    assert share[1] == 0
    assert (share[[0, 2, 3]] - 1 / 3).abs().max() < 0.02


def test_the_rate_is_the_share_of_explored_steps_and_may_be_a_tensor():
    draw = torch.Generator().manual_seed(1)
    q = torch.tensor([0.0, 1.0]).expand(20_000, 1, 2)
    draws, available = torch.rand(20_000, 1, 2, generator=draw), torch.ones(20_000, 1, 2, dtype=torch.bool)
    action = epsilon_greedy(q, available, torch.tensor(0.3), draws)
    assert abs(float((action == 0).float().mean()) - 0.15) < 0.01
    assert torch.equal(epsilon_greedy(q, available, 0.0, draws), torch.ones(20_000, 1, dtype=torch.int64))


def test_draws_at_the_edges_stay_inside():
    available = torch.tensor([[[False, True, True]]])
    last = torch.tensor([[[0.0, 1.0 - 1e-8]]])  # rounds to 1 in single precision
    assert epsilon_greedy(torch.zeros(1, 1, 3), available, 1.0, last).tolist() == [[2]]
    first = torch.zeros(1, 1, 2)
    assert epsilon_greedy(torch.zeros(1, 1, 3), available, 1.0, first).tolist() == [[1]]
    nothing = torch.zeros(1, 1, 3, dtype=torch.bool)
    assert 0 <= int(epsilon_greedy(torch.zeros(1, 1, 3), nothing, 1.0, last)) < 3

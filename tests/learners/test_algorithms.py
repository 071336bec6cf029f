"""Each algorithm's own formula: sums, monotonic mixtures, weights, Shapley estimates, known credit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nucleolus_lib.learners import Learner, LearnerConfig, Sizes
from nucleolus_lib.learners.monotonic_mixer import MonotonicMixer
from nucleolus_lib.learners.oracle_credit import agent_rewards
from nucleolus_lib.learners.ow_qmix import CentralMixer
from nucleolus_lib.learners.q_values import q_values
from nucleolus_lib.learners.shapley_weights import MeanContribution, ShapleyWeights, mean_before, mean_contribution
from nucleolus_lib.learners.td_lambda import lambda_returns
from tests.learners.random_episodes import SMALL, random_episodes
from tests.reference.shaq_by_replication import shapley_weights_replicated


def slopes(mixer: nn.Module, seed: int = 0, scale: float = 3.0) -> torch.Tensor:
    """dQ_tot / dq_i at 400 random points, (400, N)."""
    draw = torch.Generator().manual_seed(seed)
    q = (scale * torch.randn(400, SMALL.n_agents, generator=draw)).requires_grad_()
    state = scale * torch.randn(400, SMALL.state_size, generator=draw)
    return torch.autograd.grad(mixer(q, state).sum(), q)[0]


@pytest.mark.parametrize("function", ["abs", "softplus", "square"])
def test_qmix_rises_in_every_value(function):
    torch.manual_seed(0)
    found = slopes(MonotonicMixer(SMALL, LearnerConfig(positive_function=function)))
    assert found.min() >= 0
    assert found.max() > 1e-3


def test_the_central_mixer_of_weighted_qmix_does_not():
    torch.manual_seed(0)
    found = slopes(CentralMixer(SMALL, LearnerConfig()))
    assert found.min() < -1e-4
    assert found.max() > 1e-4


def test_a_mixer_without_positive_weights_is_noticed(monkeypatch):
    monkeypatch.setattr("nucleolus_lib.learners.monotonic_mixer.positive", lambda value, function: value)
    torch.manual_seed(0)
    assert slopes(MonotonicMixer(SMALL, LearnerConfig())).min() < -1e-4


def test_the_mixer_equals_its_formula_state_by_state():
    torch.manual_seed(0)
    mixer = MonotonicMixer(SMALL, LearnerConfig(mixing_embed=6, hypernet_embed=4)).double()
    q, state = torch.randn(2, 5, 3, dtype=torch.float64), torch.randn(2, 5, 7, dtype=torch.float64)
    mixed = mixer(q, state)
    for b in range(2):
        for t in range(5):
            one, two, three, bias = torch.split(mixer.enter(state[b, t]), [4, 4, 6, 6])
            first = mixer.first_weight(one.relu()).abs().reshape(3, 6)
            second = mixer.second_weight(two.relu()).abs()
            hidden = nn.functional.elu(first.T @ q[b, t] + bias)
            torch.testing.assert_close(mixed[b, t], second @ hidden + mixer.second_bias(three.relu())[0])


def learner_and_values(algorithm: str, batch, **fields):
    learner = Learner(LearnerConfig(algorithm=algorithm, **fields), SMALL, seed=1)
    # A target network that differs from the online one.
    for target, seed in ((learner.target_agent, 2), (learner.target_algorithm, 3)):
        draw = torch.Generator().manual_seed(seed)
        for parameter in target.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw))
    return learner, q_values(learner.agent, learner.target_agent, batch, torch.Generator().manual_seed(4))


def masked(value, mask):
    return (value * mask).sum() / mask.sum()


def test_double_q_values():
    batch = random_episodes(seed=8)
    learner, qs = learner_and_values("vdn", batch)
    target = learner.target_agent.unroll(batch.observation, batch.action)
    for b, t, i in [(0, 0, 0), (1, 3, 2), (3, 6, 1)]:
        allowed = [a for a in range(4) if batch.available[b, t, i, a]]
        best = max(allowed, key=lambda a: float(qs.all[b, t, i, a]))
        assert int(qs.greedy[b, t, i]) == best
        torch.testing.assert_close(qs.target_greedy[b, t, i], target[b, t, i, best])
    torch.testing.assert_close(qs.taken[2, 1, 0], qs.all[2, 1, 0, batch.action[2, 1, 0]])
    assert not qs.target_greedy.requires_grad


def test_vdn_and_qmix_losses():
    batch = random_episodes(seed=9)
    mask = batch.mask()
    for algorithm in ("vdn", "qmix"):
        learner, qs = learner_and_values(algorithm, batch)
        if algorithm == "vdn":
            value, following = qs.taken.sum(-1), qs.target_greedy.sum(-1)[:, 1:]
        else:
            value = learner.algorithm.mixer(qs.taken, batch.state[:, :-1])
            following = learner.target_algorithm.mixer(qs.target_greedy, batch.state)[:, 1:]
        target = lambda_returns(batch.reward, batch.terminated, mask, following, 0.99, 0.6)
        loss, metrics = learner.algorithm.loss(batch, qs, learner.target_algorithm)
        torch.testing.assert_close(loss, 0.5 * masked((value - target.detach()).square(), mask))
        torch.testing.assert_close(metrics["q_taken"], masked(value, mask).detach())


@pytest.mark.parametrize("weighting", ["optimistic", "central"])
def test_weighted_qmix_loss(weighting):
    batch = random_episodes(seed=10)
    learner, qs = learner_and_values("ow_qmix", batch, weighting=weighting, td_lambda=0.3)
    online, copy, mask = learner.algorithm, learner.target_algorithm, batch.mask()
    central = online.central_agent.unroll(batch.observation, batch.action)[:, :-1]
    central = online.central_mixer(central.gather(-1, batch.action[..., None])[..., 0], batch.state[:, :-1])
    best = copy.central_agent.unroll(batch.observation, batch.action).gather(-1, qs.greedy[..., None])[..., 0]
    best = copy.central_mixer(best, batch.state)
    value = online.mixer(qs.taken, batch.state[:, :-1])
    target = lambda_returns(batch.reward, batch.terminated, mask, best[:, 1:], 0.99, 0.3).detach()
    if weighting == "optimistic":
        trusted = value < target
    else:
        trusted = (batch.action == qs.greedy[:, :-1]).all(-1) | (target > best[:, :-1])
    weight = torch.where(trusted, 1.0, 0.1)
    assert 0 < int(trusted.sum()) < trusted.numel()
    loss, metrics = online.loss(batch, qs, copy)
    expected = 0.5 * masked(weight * (value - target).square(), mask) + 0.5 * masked((central - target).square(), mask)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(metrics["weight"], masked(weight, mask))


def test_weighted_qmix_does_not_need_the_target_agents():
    batch = random_episodes(seed=11)
    one, two = (Learner(LearnerConfig(algorithm="ow_qmix"), SMALL, seed=1) for _ in range(2))
    for parameter in two.target_agent.parameters():
        parameter.zero_()
    assert torch.equal(one.update(batch)["loss"], two.update(batch)["loss"])


def test_mean_before_by_loops():
    draw = torch.Generator().manual_seed(0)
    q, keys = torch.randn(6, 4, generator=draw), torch.rand(6, 5, 4, generator=draw)
    found = mean_before(q, keys)
    for s in range(6):
        for k in range(5):
            order = keys[s, k].argsort().tolist()
            for i in range(4):
                earlier = order[: order.index(i)]
                expected = q[s, earlier].mean() if earlier else torch.tensor(0.0)
                torch.testing.assert_close(found[s, k, i], expected)


def test_orders_are_uniform():
    keys = torch.rand(30_000, 1, 3, generator=torch.Generator().manual_seed(0))
    # With values 1, 10, 100 the mean before agent 0 tells who came before it: nobody, 1, 2, both.
    before = mean_before(torch.tensor([1.0, 10.0, 100.0]).expand(30_000, 3), keys)[:, 0, 0]
    for value, share in ((0.0, 1 / 3), (10.0, 1 / 6), (100.0, 1 / 6), (55.0, 1 / 3)):
        assert abs(float((before == value).float().mean()) - share) < 0.01


def test_hoisted_shapley_weights_equal_the_replicated_form():
    torch.manual_seed(0)
    weights = ShapleyWeights(SMALL, LearnerConfig())
    results = []
    for form in (weights, shapley_weights_replicated):
        draw = torch.Generator().manual_seed(1)
        q = torch.randn(50, 3, generator=draw).requires_grad_()
        state, keys = torch.randn(50, 7, generator=draw), torch.rand(50, 10, 3, generator=draw)
        weights.zero_grad()
        alpha = form(q, state, keys) if form is weights else form(weights, q, state, keys)
        (alpha * torch.randn(50, 3, generator=draw)).sum().backward()
        results.append((alpha.detach(), q.grad, [p.grad.clone() for p in weights.parameters()]))
    hoisted, replicated = results
    assert hoisted[0].min() >= 1
    assert (hoisted[0] - replicated[0]).abs().max() < 1e-5
    assert (hoisted[1] - replicated[1]).abs().max() < 1e-5
    for mine, theirs in zip(hoisted[2], replicated[2], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_compiled_contributions_equal_the_array_form():
    draw = torch.Generator().manual_seed(2)
    shapes = ((5, 3), (5, 4, 3), (5, 12), (5, 6), (5, 6), (5,))
    parts = [torch.randn(shape, generator=draw, dtype=torch.float64).requires_grad_() for shape in shapes]
    parts[1] = torch.rand(shapes[1], generator=draw, dtype=torch.float64)
    torch.testing.assert_close(MeanContribution.apply(*parts), mean_contribution(*parts), rtol=0, atol=1e-12)
    moving = [part for part in parts if part.requires_grad]
    found, expected = (
        torch.autograd.grad(form(*parts).square().sum(), moving) for form in (MeanContribution.apply, mean_contribution)
    )
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-10)


def test_shaq_loss_with_a_constant_weight():
    batch = random_episodes(seed=12)
    learner, qs = learner_and_values("shaq", batch, shapley_weight=1.5)
    mask = batch.mask()
    delta = torch.where(batch.action == qs.greedy[:, :-1], 1.0, 1.5)
    target = lambda_returns(batch.reward, batch.terminated, mask, qs.target_greedy[:, 1:].sum(-1), 0.99, 0.6)
    loss, _ = learner.algorithm.loss(batch, qs, learner.target_algorithm)
    torch.testing.assert_close(loss, 0.5 * masked(((delta * qs.taken).sum(-1) - target).square(), mask))
    assert learner.algorithm.separate_groups() == ()


def test_shaq_passes_gradients_to_its_weights_and_to_the_agents():
    batch = random_episodes(seed=13)
    learner, qs = learner_and_values("shaq", batch)
    loss, metrics = learner.algorithm.loss(batch, qs, learner.target_algorithm)
    loss.backward()
    assert all(p.grad.abs().max() > 0 for p in learner.algorithm.parameters())
    assert metrics["shapley_weight"] > 1


def test_known_credit_by_hand():
    # Three subtasks: a capture (coalition), shaping of agent 1 (its own), winning (everybody that lives).
    rewards = torch.tensor([[10.0, -0.5, 7.0]])
    participants = torch.tensor([[[True, False, True], [False, True, False], [True, True, False]]])
    forms = torch.tensor([True, False, False])
    assert agent_rewards(rewards, participants, forms).tolist() == [[17.0, 16.5, 17.0]]
    # A capture by one agent alone still is the team's.
    alone = torch.tensor([[[True, False, False], [False, True, False], [False, False, False]]])
    assert agent_rewards(rewards, alone, forms).tolist() == [[17.0, 16.5, 17.0]]


def test_oracle_credit_loss():
    sizes = Sizes(3, 4, 5, 7, 2, 6, forms_coalition=(True, False))
    batch = random_episodes(sizes, seed=14)
    learner = Learner(LearnerConfig(algorithm="oracle_credit"), sizes)
    qs = q_values(learner.agent, learner.target_agent, batch, learner.generator)
    loss, _ = learner.algorithm.loss(batch, qs, learner.target_algorithm)
    mask, expected = batch.mask(), torch.tensor(0.0)
    reward = agent_rewards(batch.subtask_rewards, batch.participants, torch.tensor([True, False]))
    for i in range(3):
        target = lambda_returns(reward[..., i], batch.terminated, mask, qs.target_greedy[:, 1:, i], 0.99, 0.6)
        expected = expected + 0.5 * masked((qs.taken[..., i] - target).square(), mask)
    torch.testing.assert_close(loss, expected)

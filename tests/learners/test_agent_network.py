"""The agents' network: compiled unrolling against PyTorch's GRU on the concatenated input, values and gradients."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.learners import LearnerConfig, Sizes
from nucleolus_lib.learners.agent_kernels import agent_kernels
from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.agent_unroll import AgentWeights, UnrollAgents
from tests.learners.random_episodes import SMALL, random_episodes
from tests.reference.agent_by_concatenation import concatenated_input, unrolled


def network(sizes: Sizes = SMALL, dtype: torch.dtype = torch.float64, seed: int = 0, **fields: object) -> AgentNetwork:
    torch.manual_seed(seed)
    return AgentNetwork(sizes, LearnerConfig(**{"hidden_size": 16, **fields})).to(dtype)


def value_and_gradients(net, unroll, weight):
    net.zero_grad()
    q = unroll()
    (q * weight).sum().backward()
    return q.detach(), {name: parameter.grad.clone() for name, parameter in net.named_parameters()}


@settings(deadline=None, max_examples=8)
@given(
    seed=st.integers(0, 1000),
    episodes=st.integers(1, 9),
    agents=st.sampled_from([1, 3, 8]),
    # 90 agents make groups of two episodes, 300 of one: more than a group's worth of rows.
    many=st.sampled_from([0, 90, 300]),
    agent_id=st.booleans(),
    last_action=st.booleans(),
)
def test_equals_pytorch_in_double_precision(seed, episodes, agents, many, agent_id, last_action):
    sizes = dataclasses.replace(SMALL, n_agents=many or agents, horizon=3 if many else 6)
    batch = random_episodes(sizes, episodes, seed, full=True)
    net = network(sizes, seed=seed, use_agent_id=agent_id, use_last_action=last_action)
    observation = batch.observation.double()
    weight = torch.randn(episodes, sizes.horizon + 1, sizes.n_agents, 4, dtype=torch.float64)
    got = value_and_gradients(net, lambda: net.unroll(observation, batch.action), weight)
    twin = value_and_gradients(net, lambda: unrolled(net, observation, batch.action), weight)
    torch.testing.assert_close(got[0], twin[0], rtol=0, atol=1e-12)
    for name, gradient in twin[1].items():
        torch.testing.assert_close(got[1][name], gradient, rtol=1e-9, atol=1e-9, msg=name)
    with torch.no_grad():
        torch.testing.assert_close(net.unroll(observation, batch.action), twin[0], rtol=0, atol=1e-12)


def test_equals_pytorch_in_single_precision():
    sizes = Sizes(8, 5, 38, 53, 1, 50)
    batch = random_episodes(sizes, 5, full=True)
    net = network(sizes, torch.float32, hidden_size=64)
    weight = torch.randn(5, 51, 8, 5) / 100
    got = value_and_gradients(net, lambda: net.unroll(batch.observation, batch.action), weight)
    twin = value_and_gradients(net, lambda: unrolled(net, batch.observation, batch.action), weight)
    torch.testing.assert_close(got[0], twin[0], rtol=0, atol=1e-6)
    for name, gradient in twin[1].items():
        torch.testing.assert_close(got[1][name], gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()), msg=name)


def test_a_changed_weight_is_noticed():
    batch, net = random_episodes(), network()
    observation = batch.observation.double()
    before = net.unroll(observation, batch.action).detach()
    with torch.no_grad():
        net.memory.bias_hh_l0[-1] += 1e-6
    assert (unrolled(net, observation, batch.action) - before).abs().max() > 1e-9


def test_gradcheck():
    sizes = Sizes(2, 3, 2, 1, 1, 3)
    batch, net = random_episodes(sizes, 2), network(sizes, hidden_size=3)
    action = torch.cat([torch.full((2, 1, 2), -1), batch.action], 1)
    parts = [part.detach().clone().requires_grad_() for part in net.weights().parts()]
    assert torch.autograd.gradcheck(
        lambda *some: UnrollAgents.apply(batch.observation.double(), action, True, *some), parts
    )


@pytest.mark.parametrize("agent", ["recurrent", "feed_forward"])
@pytest.mark.parametrize("grad", [True, False])
def test_step_by_step_equals_unrolled(agent, grad):
    batch, net = random_episodes(), network(agent=agent)
    observation = batch.observation.double()
    whole = net.unroll(observation, batch.action)
    hidden, last = net.initial_hidden(4), torch.full((4, 3), -1)
    with torch.set_grad_enabled(grad):
        for t in range(SMALL.horizon + 1):
            q, hidden = net.step(observation[:, t], last, hidden)
            torch.testing.assert_close(q, whole[:, t], rtol=0, atol=1e-12)
            last = batch.action[:, min(t, SMALL.horizon - 1)]


def test_feed_forward_equals_its_layers_on_the_concatenated_input():
    batch, net = random_episodes(), network(agent="feed_forward")
    observation = batch.observation.double()
    layers = net.leave(net.memory(net.enter(concatenated_input(net, observation, batch.action)).relu()).relu())
    torch.testing.assert_close(net.unroll(observation, batch.action), layers, rtol=0, atol=1e-12)


def test_the_gradient_of_the_observation_is_there_when_asked_for():
    batch, net = random_episodes(), network()
    observation = batch.observation.double().requires_grad_()
    net.unroll(observation, batch.action).sum().backward()
    assert observation.grad is not None
    assert observation.grad.abs().min() > 0


def test_memory_reaches_the_last_moment_and_no_other_episode():
    batch, net = random_episodes(), network()
    observation = batch.observation.double()
    q = net.unroll(observation, batch.action)
    changed = observation.clone()
    changed[0, 0, 1] += 1
    moved = (net.unroll(changed, batch.action) - q).abs().amax(-1)
    assert moved[0, :, 1].min() > 0
    moved[0, :, 1] = 0
    assert moved.max() == 0


def test_what_is_not_a_number_stays_so():
    batch, net = random_episodes(), network(dtype=torch.float32)
    observation = batch.observation.clone()
    observation[1, 2, 0, 0] = torch.nan
    bad = torch.isnan(net.unroll(observation, batch.action)).all(-1)
    assert bad[1, 2:, 0].all()
    assert int(bad.sum()) == SMALL.horizon - 1
    q, _ = net.step(torch.full((1, 3, 5), torch.nan), torch.zeros(1, 3, dtype=torch.int64), torch.zeros(1, 3, 16))
    assert q.isnan().all()


def test_single_precision_gates_are_right_to_a_few_roundings():
    # One row per value; the reset gate alone, from -120 to 120.
    x = torch.linspace(-120, 120, 24_001)[:, None]
    g = torch.cat([x, x, x], 1).contiguous()
    zero, h = torch.zeros_like(g), torch.zeros_like(x)
    after, gates = torch.empty_like(x), torch.empty(len(x), 4)
    agent_kernels(1, True).cell(
        g.numpy(), zero.numpy(), torch.zeros(4).numpy(), h.numpy(), after.numpy(), gates.numpy()
    )
    assert (gates[:, :1] - x.double().sigmoid()).abs().max() < 1.5e-7
    assert (gates[:, 2:3] - x.double().tanh()).abs().max() < 3e-7


def test_starts_as_pytorch_starts_the_concatenated_layers():
    net = network(dtype=torch.float32, hidden_size=64)
    assert net.enter.weight.shape == (64, 5 + 4 + 3)
    assert 0.9 * 12**-0.5 < float(net.enter.weight.detach().abs().max()) <= 12**-0.5
    assert float(net.memory.weight_hh_l0.detach().abs().max()) <= 1 / 8
    assert sum(p.numel() for p in network(Sizes(8, 5, 38, 304, 1, 5), hidden_size=64).parameters()) == 28_613


def test_parts_are_views_of_the_parameters():
    net = network()
    weights = net.weights()
    assert isinstance(weights, AgentWeights)
    assert weights.action_rows.shape == (4, 16)
    assert weights.agent_rows.shape == (3, 16)
    torch.testing.assert_close(weights.agent_rows[1], net.enter.weight[:, 5 + 4 + 1] + net.enter.bias)

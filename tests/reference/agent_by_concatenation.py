"""The agents' network as it is written on paper: the concatenated input, then PyTorch's own layers."""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.learners.agent_network import AgentNetwork


def concatenated_input(network: AgentNetwork, observation: Tensor, action: Tensor) -> Tensor:
    """[observation | last action, one-hot | agent, one-hot], (B, T+1, N, .)."""
    batch, moments, n = observation.shape[:3]
    parts = [observation]
    if network.use_last_action:
        last = torch.zeros(batch, moments, n, network.n_actions, dtype=observation.dtype)
        last[:, 1:] = torch.nn.functional.one_hot(action, network.n_actions).to(observation.dtype)
        parts.append(last)
    if network.use_agent_id:
        parts.append(torch.eye(n, dtype=observation.dtype).expand(batch, moments, n, n))
    return torch.cat(parts, -1)


def unrolled(network: AgentNetwork, observation: Tensor, action: Tensor) -> Tensor:
    """q (B, T+1, N, A), agent by agent and episode by episode through PyTorch's GRU."""
    entered = network.enter(concatenated_input(network, observation, action)).relu()
    rows = []
    for b in range(observation.shape[0]):
        agents = [network.memory(entered[b, :, i])[0] for i in range(observation.shape[2])]
        rows.append(torch.stack(agents, 1))
    q: Tensor = network.leave(torch.stack(rows))
    return q

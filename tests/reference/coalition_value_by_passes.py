"""The coalition-value network evaluated one coalition at a time, from the concatenated input.

The input of a coalition is [state | slot of agent 0 | ... | slot of agent n-1], a slot being the one-hot action and the
membership bit, all zeros for an agent outside. The first layer is one matrix on that vector.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.learners.coalition_value import CoalitionValueNetwork


def slots_of(action: Tensor, member: Tensor, n_actions: int) -> Tensor:
    """(R, n * (A + 1)) from actions (R, n) and one coalition (n,) bool."""
    one_hot = torch.nn.functional.one_hot(action, n_actions).float()
    bit = torch.ones_like(one_hot[..., :1])
    return (torch.cat([one_hot, bit], -1) * member[:, None]).flatten(1)


def value_of(network: CoalitionValueNetwork, state: Tensor, action: Tensor, member: Tensor) -> Tensor:
    """V(s, a_C), (R,), for one coalition (n,) bool."""
    n, a, h = network.action_weight.shape
    by_slot = torch.cat([network.action_weight, network.member_weight[:, None, :]], 1)
    if not network.depends_on_state:
        matrix = torch.cat([network.state_layer.weight, by_slot.reshape(n * (a + 1), h).T], 1)
        inputs = torch.cat([state, slots_of(action, member, a)], 1)
        hidden = inputs @ matrix.T + network.state_layer.bias
        return network.last(hidden.relu())[:, 0]
    hidden = network.state_output(network.state_layer(state).relu())
    for i in range(n):
        if not member[i]:
            continue
        matrix = torch.cat([network.agent_layer.weight[i * h : (i + 1) * h], by_slot[i].T], 1)
        only_i = torch.ones(1, dtype=torch.bool)
        inputs = torch.cat([state, slots_of(action[:, i : i + 1], only_i, a)], 1)
        hidden = hidden + network.agent_output((inputs @ matrix.T).relu())
    return network.last(hidden.relu())[:, 0]


def values_by_passes(network: CoalitionValueNetwork, state: Tensor, action: Tensor, member: Tensor) -> Tensor:
    """(R, K), one pass per coalition of ``member`` (K, n) bool."""
    return torch.stack([value_of(network, state, action, row) for row in member], 1)

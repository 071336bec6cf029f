r"""The individual value network, one set of weights for all agents.

The input of agent i at moment t is x = [o_i,t | last action, one-hot | i, one-hot]; the last action is all zeros at the
start. Then

    h_t = GRU( relu(W_1 x + b_1), h_(t-1) ),    h_(-1) = 0,    q_i(tau_i, .) = W_2 h_t + b_2,

unrolled over the whole episode. With ``agent="feed_forward"`` the cell is a layer, h_t = relu(W_h relu(W_1 x + b_1) +
b_h), and nothing is remembered.

The weights start as PyTorch starts them for the concatenated input. A one-hot part of x picks a column of W_1, so
acting adds that column instead of building x.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.agent_unroll import AgentWeights, step_agents, unroll_agents
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sizes import Sizes


class AgentNetwork(nn.Module):
    """q values of every agent and action.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``agent``, ``hidden_size``, ``use_last_action`` and ``use_agent_id``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.n_agents, self.n_actions = sizes.n_agents, sizes.n_actions
        self.observation_size, self.hidden_size = sizes.observation_size, config.hidden_size
        self.use_last_action, self.use_agent_id = config.use_last_action, config.use_agent_id
        self.recurrent = config.agent == "recurrent"
        inputs = sizes.observation_size
        inputs += sizes.n_actions * config.use_last_action + sizes.n_agents * config.use_agent_id
        self.enter = nn.Linear(inputs, config.hidden_size)
        if self.recurrent:
            self.memory: nn.GRU | nn.Linear = nn.GRU(config.hidden_size, config.hidden_size)
        else:
            self.memory = nn.Linear(config.hidden_size, config.hidden_size)
        self.leave = nn.Linear(config.hidden_size, sizes.n_actions)

    def initial_hidden(self, batch: int) -> Tensor:
        """h at the start of B episodes, (B, N, H) zeros."""
        return self.enter.weight.new_zeros(batch, self.n_agents, self.hidden_size)

    def entered(self, observation: Tensor, last_action: Tensor) -> Tensor:
        """relu(W_1 x + b_1), (..., N, H), from observation (..., N, F) and last_action (..., N), -1 for none."""
        weight = self.enter.weight
        first = self.observation_size
        hidden = nn.functional.linear(observation, weight[:, :first], self.enter.bias)
        if self.use_last_action:
            columns = weight[:, first : first + self.n_actions].T
            # The row for "no action yet" is zero: index -1 is the last row.
            hidden = hidden + torch.cat([columns, columns.new_zeros(1, columns.shape[1])])[last_action]
        if self.use_agent_id:
            hidden = hidden + weight[:, -self.n_agents :].T
        return hidden.relu()

    def step(self, observation: Tensor, last_action: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """One moment: q (B, N, A) and the next hidden state (B, N, H).

        Parameters
        ----------
        observation, last_action, hidden
            (B, N, F), (B, N) int64 with -1 at the start, (B, N, H).
        """
        if self._compiled(observation) and not torch.is_grad_enabled():
            return step_agents(self.weights(), observation, last_action, hidden)
        entered = self.entered(observation, last_action)
        if not self.recurrent:
            return self.leave(self.memory(entered).relu()), hidden
        after = self.memory(entered.flatten(0, 1)[None], hidden.flatten(0, 1)[None])[0].reshape(hidden.shape)
        return self.leave(after), after

    def _compiled(self, observation: Tensor) -> bool:
        return self.recurrent and observation.device.type == "cpu" and not observation.requires_grad

    def weights(self) -> AgentWeights:
        """The recurrent network's parameters as :mod:`~nucleolus_lib.learners.agent_unroll` takes them."""
        weight, bias = self.enter.weight, self.enter.bias
        by_input, by_memory, input_bias, memory_bias = self.memory.parameters()
        split = self.observation_size + self.n_actions * self.use_last_action
        gates = 2 * self.hidden_size
        return AgentWeights(
            observation=weight[:, : self.observation_size],
            action_rows=weight[:, self.observation_size : split].T,
            agent_rows=weight[:, split:].T + bias if self.use_agent_id else bias[None],
            input=by_input,
            memory=by_memory,
            bias=torch.cat([input_bias[:gates] + memory_bias[:gates], input_bias[gates:], memory_bias[gates:]]),
            leave=self.leave.weight,
            leave_bias=self.leave.bias,
        )

    def unroll(self, observation: Tensor, action: Tensor) -> Tensor:
        """Whole episodes: q (B, T+1, N, A) from observation (B, T+1, N, F) and action (B, T, N)."""
        batch, moments, n = observation.shape[:3]
        last_action = torch.cat([action.new_full((batch, 1, n), -1), action], 1)
        if self._compiled(observation):
            return unroll_agents(self.weights(), observation, last_action)
        entered = self.entered(observation, last_action)
        if not self.recurrent:
            out: Tensor = self.leave(self.memory(entered).relu())
            return out
        along = entered.transpose(0, 1).reshape(moments, batch * n, self.hidden_size)
        q: Tensor = self.leave(self.memory(along)[0])
        return q.reshape(moments, batch, n, self.n_actions).transpose(0, 1)

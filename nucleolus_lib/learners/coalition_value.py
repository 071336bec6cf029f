"""The coalition-value network V(s, a_C; omega) of (20), for all coalitions at once.

The network's input is the state and one slot per agent with that agent's action; the slot of an agent outside C
is all zeros, and a membership bit tells "absent" from every action. The layer of a coalition is a sum over its
members (H units):

    z_C(s, a) = psi(s) + sum_{i in C} phi_i(s, a_i),        V(s, a_C) = u . relu(z_C) + c.

psi is computed once per state and phi_i once per agent, and the sums of all 2**n coalitions take one addition
each (:mod:`nucleolus_lib.learners.coalition_value_rows`). The result equals 2**n separate passes of the network.

*Embeddings* (``agent_embedding``):

"one_hot"   psi(s) = W s + b,                 phi_i(s, a_i) = u_i + U_i[a_i]: one linear layer on (state, slots), u_i
                                              being the weight of the membership bit;
"state"     psi(s) = W' relu(W s + b) + b',   phi_i(s, a_i) = P relu(W_i s + u_i + U_i[a_i]) + p: the same input, but
                                              what an agent adds depends on where the agents are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.coalition_value_rows import coalition_rows
from nucleolus_lib.learners.nucleolus_coalitions import all_members
from nucleolus_lib.learners.nucleolus_config import AgentEmbedding


class CoalitionValueNetwork(nn.Module):
    """V(s, a_C; omega).

    Parameters
    ----------
    n_agents, n_actions, state_size
        n, A and D.
    hidden_size
        H.
    agent_embedding
        See the module's text.
    """

    every: Tensor

    def __init__(
        self,
        n_agents: int,
        n_actions: int,
        state_size: int,
        hidden_size: int = 64,
        agent_embedding: AgentEmbedding = "state",
    ) -> None:
        super().__init__()
        self.n_agents, self.hidden_size = n_agents, hidden_size
        self.state_layer = nn.Linear(state_size, hidden_size)
        # The slots belong to a layer whose input is the state and n slots of A actions and one bit.
        bound = (state_size + n_agents * (n_actions + 1)) ** -0.5
        self.action_weight = nn.Parameter(torch.empty(n_agents, n_actions, hidden_size).uniform_(-bound, bound))
        self.member_weight = nn.Parameter(torch.empty(n_agents, hidden_size).uniform_(-bound, bound))
        self.depends_on_state = agent_embedding == "state"
        if self.depends_on_state:
            self.state_output = nn.Linear(hidden_size, hidden_size)
            self.agent_layer = nn.Linear(state_size, n_agents * hidden_size, bias=False)
            self.agent_output = nn.Linear(hidden_size, hidden_size)
        self.last = nn.Linear(hidden_size, 1)
        few = n_agents if n_agents <= MAX_ALL_AGENTS else 0
        self.register_buffer("every", all_members(few).float(), persistent=False)

    def forward(self, state: Tensor, action: Tensor, member: Tensor | None = None) -> Tensor:
        """V(s, a_C) of many coalitions.

        Parameters
        ----------
        state
            (..., D).
        action
            (..., N) int64, the joint action a; a coalition uses its members' part.
        member
            (K, N) bool. None: all 2**n coalitions in the order of their bitmasks, n <= ``MAX_ALL_AGENTS``.

        Returns
        -------
        (..., K)
        """
        lead = state.shape[:-1]
        psi, phi = self.embed(state.reshape(-1, state.shape[-1]), action.reshape(-1, self.n_agents))
        chosen = self.every if member is None else member.to(psi.dtype)
        values = coalition_rows(psi, phi, self.last.weight[0], chosen, member is None)
        return (values + self.last.bias).reshape(*lead, chosen.shape[0])

    def embed(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """psi (R, H) and phi (R, N, H) of R rows, from states (R, D) and actions (R, N)."""
        agents = torch.arange(self.n_agents, device=action.device)
        slots = self.action_weight[agents, action] + self.member_weight
        psi = self.state_layer(state)
        if not self.depends_on_state:
            return psi, slots
        own = self.agent_layer(state).reshape(-1, self.n_agents, self.hidden_size)
        return self.state_output(torch.relu(psi)), self.agent_output(torch.relu(own + slots))


MAX_ALL_AGENTS = 12
"""Up to so many agents the table of all coalitions is kept."""

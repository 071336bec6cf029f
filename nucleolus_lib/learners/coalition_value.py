"""The coalition-value network V(s, a_C; omega) of (20), for all coalitions at once.

The network's input is the state and one slot per agent with that agent's action; the slot of an agent outside C
is all zeros, and a membership bit tells "absent" from every action. Its first layer is linear in the slots, so the
layer of a coalition is a sum over its members (K coalitions, H units):

    z_C(s, a) = psi(s) + sum_{i in C} phi_i(s, a_i),        V(s, a_C) = head( relu(z_C) ).

psi is computed once per state and phi_i once per agent, and the sums of all 2**n coalitions take one addition
each, because z_{C + i} = z_C + phi_i. The result equals 2**n separate passes of the network. What is left to do per
coalition is one row of H units through the head.

*Embeddings* (``agent_embedding``):

"one_hot"   psi(s) = W s + b,                     phi_i(s, a_i) = u_i + U_i[a_i]: exactly one linear layer on
                                                  (state, slots), u_i being the weight of the membership bit;
"state"     psi(s) = W' relu(W s + b) + b',       phi_i(s, a_i) = P relu(W_i s + u_i + U_i[a_i]) + p: the same input,
                                                  but what an agent adds depends on where the agents are.

*Head*: H -> 1, or H -> H' -> 1 with a relu between.

*Memory.* B * T * 2**n rows of H numbers are 52 MB at B = 32, T = 25, n = 8, H = 64. On a CPU they are made,
used and forgotten in chunks that fit the cache, and made again in the backward pass, which is faster there than
keeping them; a GPU takes them in one piece. No shape depends on data.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from nucleolus_lib.learners.nucleolus_config import AgentEmbedding

CHUNK_ENTRIES = 1 << 20
"""Numbers of the first layer that a CPU holds at a time: 4 MiB."""


class CoalitionValueNetwork(nn.Module):
    """V(s, a_C; omega).

    Parameters
    ----------
    n_agents, n_actions, state_size
        n, A and D.
    hidden_size
        H.
    head_size
        H', or 0 for a head of one layer.
    agent_embedding
        See the module's text.
    """

    def __init__(
        self,
        n_agents: int,
        n_actions: int,
        state_size: int,
        hidden_size: int = 64,
        head_size: int = 0,
        agent_embedding: AgentEmbedding = "state",
    ) -> None:
        super().__init__()
        self.n_agents, self.n_actions, self.hidden_size = n_agents, n_actions, hidden_size
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
        self.head: nn.Module = (
            nn.Sequential(nn.Linear(hidden_size, head_size), nn.ReLU(), nn.Linear(head_size, 1))
            if head_size
            else nn.Linear(hidden_size, 1)
        )

    def forward(self, state: Tensor, action: Tensor, member: Tensor | None = None) -> Tensor:
        """V(s, a_C) of many coalitions.

        Parameters
        ----------
        state
            (..., D).
        action
            (..., N) int64, the joint action a; a coalition uses its members' part.
        member
            (K, N) bool. None: all 2**n coalitions in the order of their bitmasks.

        Returns
        -------
        (..., K)
        """
        lead = state.shape[:-1]
        psi, phi = self.embed(state.reshape(-1, state.shape[-1]), action.reshape(-1, self.n_agents))
        columns = 1 << self.n_agents if member is None else member.shape[0]
        rows = psi.shape[0] if psi.is_cuda else max(1, CHUNK_ENTRIES // (columns * self.hidden_size))
        remake = torch.is_grad_enabled() and rows < psi.shape[0]
        parts = []
        for start in range(0, psi.shape[0], rows):
            chunk = (psi[start : start + rows], phi[start : start + rows], member)
            parts.append(
                checkpoint(self._values, *chunk, use_reentrant=False, preserve_rng_state=False)
                if remake
                else self._values(*chunk)
            )
        return torch.cat(parts).reshape(*lead, columns)

    def embed(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """psi (R, H) and phi (R, N, H) of R rows, from states (R, D) and actions (R, N)."""
        agents = torch.arange(self.n_agents, device=action.device)
        slots = self.action_weight[agents, action] + self.member_weight
        psi = self.state_layer(state)
        if not self.depends_on_state:
            return psi, slots
        own = self.agent_layer(state).reshape(-1, self.n_agents, self.hidden_size)
        return self.state_output(torch.relu(psi)), self.agent_output(torch.relu(own + slots))

    def _values(self, psi: Tensor, phi: Tensor, member: Tensor | None) -> Tensor:
        """(R, K) from the embeddings of R rows."""
        if member is None:
            z = psi[:, None, :]
            for i in range(self.n_agents):
                z = torch.cat([z, z + phi[:, i : i + 1]], 1)
        else:
            rows = member.to(psi.dtype).expand(psi.shape[0], -1, -1)
            z = torch.baddbmm(psi[:, None, :].expand(-1, member.shape[0], -1), rows, phi)
        return cast(Tensor, self.head(torch.relu(z)))[..., 0]

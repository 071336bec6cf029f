r"""The recurrent agents' network over whole episodes on the CPU, with its gradient written out.

The network is that of :mod:`~nucleolus_lib.learners.agent_network`. PyTorch's own unrolled GRU spends more time on
small elementwise operations and on moving intermediate results through memory than on products. Here

* the elementwise work of a step is one compiled pass (:mod:`~nucleolus_lib.learners.agent_kernels`);
* episodes are taken in groups of about 256 rows (an episode and an agent make a row) and steps in blocks of about 256
  rows, so that what one product leaves is still in the cache when the next one reads it;
* weight gradients are collected block by block; nothing is saved where no gradient is asked for.

It equals PyTorch's GRU to rounding. The gradient with respect to the observations is not computed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from nucleolus_lib.learners.agent_kernels import AgentKernels

ROWS = 256
"""Rows of a group of episodes, and of a block of steps: enough for a fast product, few enough for the cache."""


@dataclass(frozen=True)
class AgentWeights:
    """The network's parameters; the first layer cut into its three parts.

    H = width; gates in PyTorch's order (r, z, n).
    """

    observation: Tensor  # (H, F)
    action_rows: Tensor  # (A, H), or (0, H) if actions are no input
    agent_rows: Tensor  # (N, H) with the first layer's bias added, or (1, H): the bias alone
    input: Tensor  # (3H, H)
    memory: Tensor  # (3H, H)
    bias: Tensor  # (4H): b_r + c_r, b_z + c_z, b_n, c_n
    leave: Tensor  # (A, H)
    leave_bias: Tensor  # (A,)

    def parts(self) -> tuple[Tensor, ...]:
        """All fields, in order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def width(self) -> int:
        """H."""
        return int(self.memory.shape[1])

    def kernels(self) -> AgentKernels:
        """The compiled parts for this width and precision."""
        # numba is loaded when it is first needed.
        from nucleolus_lib.learners.agent_kernels import agent_kernels

        return agent_kernels(self.width, self.memory.dtype == torch.float32)


@dataclass(frozen=True)
class Trace:
    """What the backward pass of a group of episodes needs, time first; R rows, L moments."""

    observation: Tensor  # (L, R, F)
    action: Tensor  # (L, R)
    entered: Tensor  # (L, R, H)
    gates: Tensor  # (L, R, 4H)
    hidden: Tensor  # (L + 1, R, H)


def forward_group(weights: AgentWeights, observation: Tensor, action: Tensor, q: Tensor, keep: bool) -> Trace | None:
    """Fill q (B, L, N, A) for observation (B, L, N, F) and last action (B, L, N); return the trace if ``keep``."""
    batch, moments, n, features = observation.shape
    rows, width = batch * n, weights.width
    kernels = weights.kernels()
    enter, cell = kernels.enter, kernels.cell
    along = observation.transpose(0, 1)
    actions = action.transpose(0, 1).reshape(moments, rows)
    span = max(1, ROWS // rows)
    new = weights.memory.new_empty
    kept = moments if keep else span
    seen = new(kept, rows, features)
    entered, gates = new(kept, rows, width), new(kept, rows, 4 * width)
    hidden = new(kept + 1, rows, width)
    hidden[0] = 0
    pre, g, k = new(span * rows, width), new(span * rows, 3 * width), new(rows, 3 * width)
    out = new(span * rows, q.shape[-1])
    from_observation, from_input = weights.observation.T, weights.input.T
    from_memory, to_q = weights.memory.T, weights.leave.T
    steps = hidden.unbind(0)
    hidden_, gates_, g_, k_ = hidden.numpy(), gates.numpy(), g.view(span, rows, -1).numpy(), k.numpy()
    entered_, actions_, pre_ = entered.view(-1, width).numpy(), actions.reshape(-1).numpy(), pre.numpy()
    action_rows, agent_rows, bias = weights.action_rows.numpy(), weights.agent_rows.numpy(), weights.bias.numpy()
    for first in range(0, moments, span):
        last = min(first + span, moments)
        here = (last - first) * rows
        start = first if keep else 0
        block = slice(start * rows, start * rows + here)
        seen[start : start + last - first].view(last - first, batch, n, features).copy_(along[first:last])
        torch.mm(seen.view(-1, features)[block], from_observation, out=pre[:here])
        enter(pre_[:here], action_rows, actions_[first * rows : last * rows], agent_rows, entered_[block])
        torch.mm(entered.view(-1, width)[block], from_input, out=g[:here])
        for t in range(last - first):
            torch.mm(steps[start + t], from_memory, out=k)
            s = start + t
            cell(g_[t], k_, bias, hidden_[s], hidden_[s + 1], gates_[s])
        after = hidden.view(-1, width)[block.start + rows : block.stop + rows]
        torch.addmm(weights.leave_bias, after, to_q, out=out[:here])
        q[:, first:last].copy_(out[:here].view(last - first, batch, n, -1).transpose(0, 1))
        if not keep:
            hidden[0] = steps[last - first]
    return Trace(seen, actions, entered, gates, hidden) if keep else None


def backward_group(weights: AgentWeights, trace: Trace, grad_q: Tensor, into: AgentWeights) -> None:
    """Add the gradients from grad_q (B, L, N, A) of a group of episodes to ``into``.

    ``into.input`` has its gates in the order (n, r, z), ``into.bias`` in the order n, r, z, m of the kernels, and
    ``into.agent_rows`` includes the first bias.
    """
    moments, rows, width = trace.entered.shape
    kernels = weights.kernels()
    arriving = grad_q.transpose(0, 1).reshape(moments * rows, -1)
    span = max(1, ROWS // rows)
    new = weights.memory.new_empty
    grad, d, carried = new(span * rows, 4 * width), new(span * rows, width), new(rows, width).zero_()
    order = torch.cat([weights.input[2 * width :], weights.input[: 2 * width]])
    grad_, d_ = grad.view(span, rows, -1).numpy(), d.view(span, rows, -1).numpy()
    gates_, hidden_, carried_ = trace.gates.numpy(), trace.hidden.numpy(), carried.numpy()
    entered_, actions_ = trace.entered.view(-1, width).numpy(), trace.action.reshape(-1).numpy()
    flat_hidden, flat_entered = trace.hidden.view(-1, width), trace.entered.view(-1, width)
    seen = trace.observation.view(moments * rows, -1)
    bias, action_rows, agent_rows = into.bias.numpy(), into.action_rows.numpy(), into.agent_rows.numpy()
    to_memory = [part[:, width:] for part in grad.view(span, rows, -1).unbind(0)]
    for first in range((moments - 1) // span * span, -1, -span):
        last = min(first + span, moments)
        here = (last - first) * rows
        block = slice(first * rows, last * rows)
        torch.mm(arriving[block], weights.leave, out=d[:here])
        for t in range(last - first - 1, -1, -1):
            s = first + t
            kernels.cell_backward(d_[t], gates_[s], hidden_[s], carried_, grad_[t], bias)
            carried.addmm_(to_memory[t], weights.memory)
        by_input, by_memory = grad[:here, : 3 * width], grad[:here, width:]
        into.input.addmm_(by_input.T, flat_entered[block])
        into.memory.addmm_(by_memory.T, flat_hidden[block])
        into.leave.addmm_(arriving[block].T, flat_hidden[block.start + rows : block.stop + rows])
        torch.mm(by_input, order, out=d[:here])
        kernels.enter_backward(d.numpy()[:here], entered_[block], actions_[block], action_rows, agent_rows)
        into.observation.addmm_(d[:here].T, seen[block])
    into.leave_bias.add_(arriving.sum(0))


def groups(batch: int, n_agents: int) -> list[slice]:
    """Episodes in groups of about ``ROWS`` rows."""
    size = max(1, ROWS // n_agents)
    return [slice(first, min(first + size, batch)) for first in range(0, batch, size)]


class UnrollAgents(torch.autograd.Function):
    """q (B, L, N, A) with a gradient for the parameters."""

    @staticmethod
    def forward(ctx: Any, observation: Tensor, action: Tensor, keep: bool, *parts: Tensor) -> Tensor:
        """From observation (B, L, N, F), last action (B, L, N) and the fields of :class:`AgentWeights`."""
        weights = AgentWeights(*(part.detach().contiguous() for part in parts))
        q = observation.new_empty(*observation.shape[:3], weights.leave.shape[0])
        ctx.weights = weights
        ctx.traces = [
            (group, forward_group(weights, observation[group], action[group], q[group], keep))
            for group in groups(observation.shape[0], observation.shape[2])
        ]
        return q

    @staticmethod
    def backward(ctx: Any, grad_q: Tensor) -> tuple[Any, ...]:
        """Gradients of the fields of :class:`AgentWeights`."""
        weights: AgentWeights = ctx.weights
        into = AgentWeights(*(torch.zeros_like(part) for part in weights.parts()))
        for group, trace in ctx.traces:
            backward_group(weights, trace, grad_q[group], into)
        width = weights.width
        gates_in_order = torch.cat([into.input[width:], into.input[:width]])
        n, r, z, m = torch.split(into.bias, width)
        return (
            None,
            None,
            None,
            into.observation,
            into.action_rows,
            into.agent_rows,
            gates_in_order,
            into.memory,
            torch.cat([r, z, n, m]),
            into.leave,
            into.leave_bias,
        )


def unroll_agents(weights: AgentWeights, observation: Tensor, action: Tensor) -> Tensor:
    """q (B, L, N, A) from observation (B, L, N, F) and last action (B, L, N) int64, -1 for none."""
    keep = torch.is_grad_enabled() and any(part.requires_grad for part in weights.parts())
    q: Tensor = UnrollAgents.apply(observation, action, keep, *weights.parts())  # type: ignore[no-untyped-call]
    return q


@torch.no_grad()
def step_agents(weights: AgentWeights, observation: Tensor, action: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """One moment without gradients: q (B, N, A) and the next hidden state (B, N, H).

    Parameters
    ----------
    weights, observation, action, hidden
        The network, (B, N, F), last actions (B, N) int64 with -1 for none, (B, N, H).
    """
    weights = AgentWeights(*(part.detach().contiguous() for part in weights.parts()))
    kernels = weights.kernels()
    before = hidden.detach().reshape(-1, weights.width).contiguous()
    pre = torch.mm(observation.detach().reshape(before.shape[0], -1), weights.observation.T)
    entered, after = torch.empty_like(pre), torch.empty_like(before)
    gates = before.new_empty(before.shape[0], 4 * weights.width)
    kernels.enter(
        pre.numpy(),
        weights.action_rows.numpy(),
        action.reshape(-1).contiguous().numpy(),
        weights.agent_rows.numpy(),
        entered.numpy(),
    )
    from_input, from_memory = torch.mm(entered, weights.input.T), torch.mm(before, weights.memory.T)
    kernels.cell(
        from_input.numpy(), from_memory.numpy(), weights.bias.numpy(), before.numpy(), after.numpy(), gates.numpy()
    )
    q = torch.addmm(weights.leave_bias, after, weights.leave.T)
    return q.reshape(*hidden.shape[:2], -1), after.reshape(hidden.shape)

"""SHAQ's weight of an action that is not the greedy one: an estimate of the agent's marginal contribution.

    alpha_i(s) = 1 + mean_k | f_s( qbar_(C_i^k), q_i ) |,

where the k-th of K sampled orders of the agents has C_i^k before agent i, qbar_C is the mean of q_j over C (0 if C is
empty), and f_s is a network 2 -> E -> elu -> 1 whose weights hypernetworks make from the state:

    f_s(y) = W_2(s)^T elu( W_1(s)^T y + b_1(s) ) + b_2(s),    W_1 = |H_1(s)| (2 x E),  W_2 = |H_2(s)| (E).

An order is drawn as N uniform numbers, agent j coming before i if its number is smaller.

The hypernetworks depend on the state alone. SHAQ's code gives them a copy of the state for every order and agent, K N
times; here they run once per state, with the same result. On the CPU f_s itself is compiled
(:mod:`~nucleolus_lib.learners.shapley_kernels`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.sizes import Sizes

if TYPE_CHECKING:
    from nucleolus_lib.learners.shapley_kernels import ShapleyKernels


def mean_before(q: Tensor, keys: Tensor) -> Tensor:
    """qbar of the agents before each agent, (..., K, N), from q (..., N) and the numbers of K orders (..., K, N)."""
    before = (keys[..., None, :] < keys[..., :, None]).to(q.dtype)
    total = (before @ q[..., None, :, None])[..., 0]
    return total / before.sum(-1).clamp(min=1)


def mean_contribution(
    q: Tensor, keys: Tensor, first: Tensor, first_bias: Tensor, second: Tensor, second_bias: Tensor
) -> Tensor:
    """mean_k |f_s(qbar, q_i)|, (S, N), for S states.

    Parameters
    ----------
    q, keys
        (S, N) and (S, K, N).
    first, first_bias, second, second_bias
        W_1 (S, 2E), b_1 (S, E), W_2 (S, E), b_2 (S,).
    """
    states, orders, n = keys.shape
    pairs = torch.stack([mean_before(q, keys), q[:, None, :].expand(keys.shape)], -1).flatten(1, 2)
    hidden = nn.functional.elu(pairs @ first.reshape(states, 2, -1) + first_bias[:, None, :])
    contribution = (hidden @ second[:, :, None])[..., 0] + second_bias[:, None]
    return contribution.abs().reshape(states, orders, n).mean(1)


class MeanContribution(torch.autograd.Function):
    """:func:`mean_contribution` on the CPU, compiled; the orders have no gradient."""

    @staticmethod
    def forward(ctx: Any, *parts: Tensor) -> Tensor:
        """The arguments of :func:`mean_contribution`."""
        parts = tuple(part.contiguous() for part in parts)
        q, keys = parts[:2]
        contribution, out = torch.empty_like(keys), torch.empty_like(q)
        _kernels(parts).forward(*(tensor.numpy() for tensor in (*parts, contribution, out)))
        ctx.save_for_backward(*parts, contribution)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of everything but the orders."""
        *parts, contribution = ctx.saved_tensors
        into = [torch.zeros_like(part) for number, part in enumerate(parts) if number != 1]
        _kernels(parts).backward(*(tensor.numpy() for tensor in (*parts, contribution, grad.contiguous(), *into)))
        return into[0], None, *into[1:]


def _kernels(parts: Sequence[Tensor]) -> ShapleyKernels:
    # numba is loaded when it is first needed.
    from nucleolus_lib.learners.shapley_kernels import shapley_kernels

    return shapley_kernels(int(parts[3].shape[1]), parts[0].dtype == torch.float32)


class ShapleyWeights(nn.Module):
    """alpha_i(s) of every agent.

    Parameters
    ----------
    sizes, config
        Of ``config`` it reads ``mixing_embed`` (E) and ``hypernet_embed``.
    """

    def __init__(self, sizes: Sizes, config: LearnerConfig) -> None:
        super().__init__()
        self.embed = config.mixing_embed
        self.widths = (config.hypernet_embed, config.hypernet_embed, config.mixing_embed, config.mixing_embed)
        self.enter = nn.Linear(sizes.state_size, sum(self.widths))
        self.first_weight = nn.Linear(config.hypernet_embed, 2 * config.mixing_embed)
        self.second_weight = nn.Linear(config.hypernet_embed, config.mixing_embed)
        self.second_bias = nn.Linear(config.mixing_embed, 1)

    def forward(self, q: Tensor, state: Tensor, keys: Tensor) -> Tensor:
        """alpha (..., N), at least 1, of q (..., N), state (..., D) and orders (..., K, N)."""
        n = q.shape[-1]
        entered = self.enter(state.reshape(-1, state.shape[-1]))
        to_first, to_second, to_bias, first_bias = entered.split(self.widths, -1)
        first = self.first_weight(to_first.relu()).abs()
        second = self.second_weight(to_second.relu()).abs()
        second_bias = self.second_bias(to_bias.relu())[:, 0]
        parts = (q.reshape(-1, n), keys.reshape(-1, *keys.shape[-2:]), first, first_bias, second, second_bias)
        if q.device.type == "cpu":
            mean: Tensor = MeanContribution.apply(*parts)  # type: ignore[no-untyped-call]
        else:
            mean = mean_contribution(*parts)
        return 1 + mean.reshape(q.shape)

"""The part of the coalition-value network that is done per coalition, forward and backward.

For R rows (s, a), K coalitions, H units, u the weights of the last layer:

    z_C = psi + sum_{i in C} phi_i,      V_C = u . relu(z_C).

With m_C = [z_C > 0] (H zeros and ones) and g_C the gradient of V_C, everything the backward pass needs is

    d/du     = sum over rows and C of g_C relu(z_C),
    d/dpsi   = u * sum_C g_C m_C,            d/dphi_i = u * sum_{C with i} g_C m_C.

The last two are one small matrix product per row, [1; member]^T (g * m), because u comes out of the sum.

*All 2**n coalitions.* The bitmask is split in two halves of players; the sums within a half are built by
z_{C + i} = z_C + phi_i, and the halves are added pairwise: one addition per coalition and unit.

*Memory.* z would be 52 MB at R = 800, n = 8, H = 64, and writing it to memory and back costs more than computing it.
So it is made in chunks that a CPU's cache holds, forgotten, and made again in the backward pass. A GPU takes larger
chunks. No shape depends on data. On a CPU all 2**n coalitions are done by compiled loops
(:mod:`nucleolus_lib.learners.coalition_value_kernels`), which hold z in registers.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

CHUNK_ENTRIES = {"cpu": 1 << 19, "cuda": 1 << 28}
"""Numbers of z held at a time: 2 MiB, or 1 GiB of a GPU."""


def coalition_rows(psi: Tensor, phi: Tensor, last: Tensor, member: Tensor, is_all: bool) -> Tensor:
    """V_C of the module's text, (R, K).

    Parameters
    ----------
    psi, phi, last
        (R, H), (R, N, H) and (H,).
    member
        (K, N) float zeros and ones.
    is_all
        Whether ``member`` holds all 2**n coalitions in the order of their bitmasks.
    """
    values: Tensor = _CoalitionRows.apply(psi, phi, last, member, is_all)  # type: ignore[no-untyped-call]
    return values


def fill_hidden(psi: Tensor, phi: Tensor, member: Tensor, is_all: bool, out: Tensor) -> Tensor:
    """relu(z_C), (R, K, H), written into the first R rows of ``out``."""
    out = out[: psi.shape[0]]
    if not is_all:
        start = psi[:, None, :].expand(-1, member.shape[0], -1)
        return torch.baddbmm(start, member.expand(psi.shape[0], -1, -1), phi, out=out).relu_()
    half = phi.shape[1] // 2
    low = _sums(psi[:, None, :], phi[:, :half])
    high = _sums(torch.zeros_like(psi)[:, None, :], phi[:, half:])
    pairs = out.unflatten(1, (high.shape[1], low.shape[1]))  # type: ignore[no-untyped-call]
    torch.add(high[:, :, None, :], low[:, None, :, :], out=pairs)
    return out.relu_()


def _sums(start: Tensor, phi: Tensor) -> Tensor:
    """start + the sum of phi over every subset, (R, 2**m, H), from (R, 1, H) and (R, m, H)."""
    for i in range(phi.shape[1]):
        start = torch.cat([start, start + phi[:, i : i + 1]], 1)
    return start


def _scratch(psi: Tensor, member: Tensor) -> Tensor:
    """Room for z of one chunk; asking the system for it chunk by chunk would cost more than filling it."""
    entries = member.shape[0] * psi.shape[1]
    rows = max(1, CHUNK_ENTRIES.get(psi.device.type, 1 << 19) // entries)
    return psi.new_empty(min(rows, psi.shape[0]), member.shape[0], psi.shape[1])


class _CoalitionRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, psi: Tensor, phi: Tensor, last: Tensor, member: Tensor, is_all: bool) -> Tensor:
        ctx.is_all = is_all
        ctx.save_for_backward(psi, phi, last, member)
        if _is_compiled(psi, is_all):
            return _compiled_forward(psi, phi, last, member.shape[0])
        scratch = _scratch(psi, member)
        ctx.rows = len(scratch)
        parts = zip(torch.split(psi, ctx.rows), torch.split(phi, ctx.rows), strict=True)
        return torch.cat([fill_hidden(a, b, member, is_all, scratch) @ last for a, b in parts])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        psi, phi, last, member = ctx.saved_tensors
        if _is_compiled(psi, ctx.is_all):
            return (*_compiled_backward(psi, phi, last, gradients[0]), None, None)
        inside = torch.cat([torch.ones_like(member[:, :1]), member], 1).T
        for_last = torch.zeros_like(last)
        sums = []
        scratch = _scratch(psi, member)
        for a, b, g in zip(*(torch.split(rows, ctx.rows) for rows in (psi, phi, gradients[0])), strict=True):
            hidden = fill_hidden(a, b, member, ctx.is_all, scratch)
            for_last += (g.reshape(1, -1) @ hidden.flatten(0, 1))[0]
            # The sign of relu(z) is m.
            sums.append(torch.bmm(inside * g[:, None, :], hidden.sign_()))
        both = torch.cat(sums) * last
        return both[:, 0], both[:, 1:], for_last, None, None


def _is_compiled(psi: Tensor, is_all: bool) -> bool:
    return is_all and psi.device.type == "cpu"


def _arrays(*tensors: Tensor) -> list[NDArray[Any]]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _compiled_forward(psi: Tensor, phi: Tensor, last: Tensor, n_coalitions: int) -> Tensor:
    # Imported here, so that a GPU machine without numba can learn.
    from nucleolus_lib.learners.coalition_value_kernels import coalition_rows_forward

    values = psi.new_empty(psi.shape[0], n_coalitions)
    coalition_rows_forward(*_arrays(psi, phi, last), values.numpy())
    return values


def _compiled_backward(psi: Tensor, phi: Tensor, last: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    from nucleolus_lib.learners.coalition_value_kernels import coalition_rows_backward

    found = (psi.new_empty(psi.shape), phi.new_empty(phi.shape), torch.zeros_like(last))
    coalition_rows_backward(*_arrays(psi, phi, last, gradient), *(tensor.numpy() for tensor in found))
    return found

"""The coalition structure a step induces.

Let P_k be the agents that took part in subtask k in this step and q_k how many it needed.

*Induced structure.* Agents working on the same subtask are in one coalition. The structure is the
finest partition of N with this property: the connected components of the graph that joins two agents
when some P_k holds both. Agents in no P_k stay together in one residual coalition. So before any
subtask is taken up, and after the last is done, all agents form the grand coalition: the life cycle
of the paper's Section 3.1. Subtasks with ``forms_coalition=False`` do not count.

*A partition as a tensor.* ``structure[b, i]`` is the lowest agent index in agent i's coalition. Two
partitions are equal exactly if these rows are.
"""

from __future__ import annotations

import torch
from torch import Tensor


def structure_from_participants(participants: Tensor, forms_coalition: Tensor | None = None) -> Tensor:
    """The induced coalition structure, (B, N) int64, from participants (B, M, N) bool.

    ``forms_coalition`` (M,) bool, on the same device, says which subtasks count; all of them by default.
    """
    n = participants.shape[-1]
    working = participants if forms_coalition is None else participants & forms_coalition[:, None]
    together = torch.einsum("bmi,bmj->bij", working.float(), working.float())
    idle = ~working.any(1)
    joined = (together > 0) | (idle[:, :, None] & idle[:, None, :])
    joined = joined | torch.eye(n, dtype=torch.bool, device=participants.device)
    # Squaring doubles the length of the paths that count; n - 1 is the longest one needed.
    for _ in range((n - 1).bit_length()):
        joined = (joined.float() @ joined.float()) > 0
    index = torch.arange(n, device=participants.device)
    return torch.where(joined, index, n).amin(-1)


def structure_as_coalitions(structure: Tensor) -> tuple[int, ...]:
    """One row of a structure, (N,), as the tuple of bitmasks that :mod:`nucleolus_lib.games` uses.

    Coalitions come in the order of their lowest agent.
    """
    blocks: dict[int, int] = {}
    for agent, lowest in enumerate(structure.tolist()):
        blocks[lowest] = blocks.get(lowest, 0) | 1 << agent
    return tuple(blocks.values())

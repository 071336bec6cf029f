"""What a coalition achieved on its own in a step (interpretation register, row I9).

A step pays r_k for subtask k, P_k are the agents that took part in it and q_k is how many it needed. Then

    R_C = sum_k r_k [ |P_k intersected with C| >= q_k ]

is the reward of the subtasks for which C's own participants were enough. R_N is the team reward wherever nothing is
paid below the requirement, and R of the empty coalition is 0 because q_k >= 1.
"""

from __future__ import annotations

from torch import Tensor


def coalition_rewards(subtask_rewards: Tensor, participants: Tensor, requirement: Tensor, member: Tensor) -> Tensor:
    """R_C of every coalition, (..., K) (register, row I9).

    Parameters
    ----------
    subtask_rewards, participants, requirement
        (..., M), (..., M, N) bool, (..., M): the fields of a step of a batched world. The leading axes are free:
        (B,) for one step of B worlds, (B, T) for whole episodes.
    member
        (K, N) bool, one row per coalition.
    """
    own = participants.to(subtask_rewards.dtype) @ member.to(subtask_rewards.dtype).T
    enough = own >= requirement[..., None]
    return (subtask_rewards[..., None] * enough).sum(-2)

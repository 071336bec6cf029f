"""What every coalition achieved by itself in a recorded episode (interpretation register, row I9).

With P_k the participants of subtask k at a step and q_k how many it needed,

    R_C = sum_k r_k [ |P_k intersected with C| >= q_k ],

the reward of the subtasks for which C's own members were enough. The literal reading gives every
coalition R = sum_k r_k instead.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.markov.own_reward import coalition_rewards


def own_rewards(episode: Episode) -> NDArray[np.float64]:
    """R_C of every step and coalition, (T, 2**N); the position of a coalition is its bitmask."""
    member = torch.as_tensor(np.asarray(member_matrix(episode.spec.n_agents), dtype=bool))
    rewards = coalition_rewards(
        torch.as_tensor(episode.subtask_rewards),
        torch.as_tensor(episode.participants),
        torch.as_tensor(episode.requirement),
        member,
    )
    return rewards.double().numpy()

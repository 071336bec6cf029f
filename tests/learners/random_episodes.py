"""Random episodes for tests of the learners."""

from __future__ import annotations

import torch

from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.sizes import Sizes

SMALL = Sizes(n_agents=3, n_actions=4, observation_size=5, state_size=7, n_subtasks=2, horizon=6)


def random_episodes(
    sizes: Sizes = SMALL, episodes: int = 4, seed: int = 0, subtasks: bool = True, full: bool = False
) -> EpisodeBatch:
    """Episodes of random lengths, about half of which end by the task, the others by a cut.

    With ``full`` every episode fills the horizon.
    """
    draw = torch.Generator().manual_seed(seed)
    b, t, n, m = episodes, sizes.horizon, sizes.n_agents, sizes.n_subtasks
    length = torch.randint(1, t + 1, (b,), generator=draw)
    if full:
        length = torch.full_like(length, t)
    filled = torch.arange(t) < length[:, None]
    ends = torch.rand(b, generator=draw) < 0.5
    terminated = (torch.arange(t) == length[:, None] - 1) & ends[:, None]
    available = torch.rand((b, t + 1, n, sizes.n_actions), generator=draw) < 0.7
    available[..., 0] = True
    scores = torch.rand(available.shape, generator=draw)[:, :-1]
    rewards = torch.randn((b, t, m), generator=draw) * filled[..., None]
    return EpisodeBatch(
        observation=torch.randn((b, t + 1, n, sizes.observation_size), generator=draw),
        state=torch.randn((b, t + 1, sizes.state_size), generator=draw),
        available=available,
        action=torch.where(available[:, :-1], scores, -1.0).argmax(-1),
        reward=rewards.sum(-1),
        terminated=terminated,
        filled=filled,
        subtask_rewards=rewards if subtasks else None,
        participants=torch.rand((b, t, m, n), generator=draw) < 0.5 if subtasks else None,
        requirement=torch.ones((b, t, m), dtype=torch.uint8) if subtasks else None,
    )

"""A rollout as one would write it first: a loop with lists, every step played, padding made at the end.

It draws its chance in the same order as :mod:`nucleolus_lib.experiments.rollout`: the initial draws, then blocks of
steps; a block is not drawn when all worlds have ended before it.
"""

import torch

from nucleolus_lib.learners.episode_batch import EpisodeBatch


def rollout_by_lists(world, learner, n_worlds, rate, generator, block):
    spec = world.spec
    n = spec.n_agents
    state = world.initial(torch.rand((n_worlds, spec.n_initial_draws), generator=generator))
    hidden = learner.initial_hidden(n_worlds)
    last_action = torch.full((n_worlds, n), -1)
    over = [False] * n_worlds
    steps, moments = [], []
    for t in range(spec.horizon):
        if t % block == 0:
            if all(over):
                break
            chance = torch.rand((block, n_worlds, 2 * n + spec.n_step_draws), generator=generator)
        moments.append((world.observation(state), world.global_state(state), world.available_actions(state)))
        explore = torch.stack([chance[t % block, :, 0 : 2 * n : 2], chance[t % block, :, 1 : 2 * n : 2]], -1)
        action, hidden = learner.act(moments[-1][0], last_action, moments[-1][2], hidden, rate, explore)
        step = world.transition(state, action, chance[t % block, :, 2 * n :])
        played = torch.tensor([not ended for ended in over])
        ends = torch.tensor([bool(step.terminated[b]) and not over[b] for b in range(n_worlds)])
        steps.append((action, step, played, ends))
        over = [over[b] or bool(step.terminated[b]) or bool(step.truncated[b]) for b in range(n_worlds)]
        state, last_action = step.state, action
    moments.append((world.observation(state), world.global_state(state), world.available_actions(state)))

    def padded(tensors, length):
        rows = torch.stack(tensors, 1)
        return torch.cat([rows, rows.new_zeros((n_worlds, length - len(tensors), *rows.shape[2:]))], 1)

    horizon = spec.horizon
    batch = EpisodeBatch(
        observation=padded([moment[0] for moment in moments], horizon + 1),
        state=padded([moment[1] for moment in moments], horizon + 1),
        available=padded([moment[2] for moment in moments], horizon + 1),
        action=padded([action for action, _, _, _ in steps], horizon),
        reward=padded([step.reward for _, step, _, _ in steps], horizon),
        terminated=padded([ends for _, _, _, ends in steps], horizon),
        filled=padded([played for _, _, played, _ in steps], horizon),
        subtask_rewards=padded([step.subtask_rewards for _, step, _, _ in steps], horizon),
        participants=padded([step.participants for _, step, _, _ in steps], horizon),
        requirement=padded([step.requirement.to(torch.uint8) for _, step, _, _ in steps], horizon),
    )
    return batch, state

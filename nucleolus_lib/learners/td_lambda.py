r"""The TD(lambda) target of a sequence of steps.

For step t with reward r_t, end flag e_t (1 if the task ended in this step), and y_(t+1) the target network's value of
the next moment, the lambda-return obeys

    G_t = r_t + gamma (1 - e_t) [ (1 - lambda c_(t+1)) y_(t+1) + lambda c_(t+1) G_(t+1) ],

where c_(t+1) = 1 if step t + 1 counts (it was played) and 0 if t is the last step of its episode. So a step that ends
the task has target r_t, and the last step of an episode that was cut off by the clock, or of a piece of an episode, has
target r_t + gamma y_(t+1): the time limit is not a terminal state.

PyMARL2 (``build_td_lambda_targets``) writes the same recursion as G_T = y_T (1 - sum_t e_t) and
G_t = lambda gamma G_(t+1) + m_t [r_t + (1 - lambda) gamma y_(t+1) (1 - e_t)]. The two agree on every step that counts
if each episode either ends by the task or fills the whole sequence. They differ for an episode that was cut off before
the end of the padded sequence: there PyMARL2 carries the value of a padded moment, discounted over padded steps, into
the target, and this function bootstraps from the moment after the last step played.
"""

from __future__ import annotations

import torch
from torch import Tensor


def lambda_returns(
    reward: Tensor, terminated: Tensor, counts: Tensor, next_value: Tensor, discount: float, td_lambda: float
) -> Tensor:
    """G_t of every step (rows that do not count are 0), in the shape of ``reward``.

    Parameters
    ----------
    reward
        (B, T, ...) r_t; trailing axes are free, for example one per agent.
    terminated
        (B, T) bool, e_t.
    counts
        (B, T) float, m_t: 1 for the steps that count, 0 for padding.
    next_value
        (B, T, ...) y_(t+1), the target value after step t.
    discount, td_lambda
        gamma and lambda, both in [0, 1]; lambda 0 gives the one-step target.
    """
    extra = (1,) * (reward.ndim - 2)
    goes_on = discount * counts * ~terminated
    carried = torch.zeros_like(goes_on)
    carried[:, :-1] = td_lambda * goes_on[:, :-1] * counts[:, 1:]
    own = (
        counts.reshape(*counts.shape, *extra) * reward + (goes_on - carried).reshape(*counts.shape, *extra) * next_value
    )
    target = torch.empty_like(own)
    later = own[:, -1]
    target[:, -1] = later
    carried = carried.reshape(*counts.shape, *extra)
    for t in range(reward.shape[1] - 2, -1, -1):
        later = torch.addcmul(own[:, t], carried[:, t], later, out=target[:, t])
    return target

"""The value of given policies, for every coalition or for the blocks of a coalition structure.

A deterministic joint policy pi picks a joint action in every state; its value solves

    V_pi(s) = R(s, pi(s)) + gamma * sum_s' P(s' | s, pi(s)) * V_pi(s').

Three questions are asked of it:

    a policy of all agents         V_pi
    a coalition's part of it       agents in C follow pi, everybody outside plays its no-op
    a coalition structure          every block C follows the policy that is optimal for C alone, all
                                   blocks at once: the team return a structure really earns
                                   (paper, equation 9, read as "the agents behave according to CS")

The third differs from sum_C v(C), which adds up what every block would earn if nobody else acted. It
never exceeds V_N(s), because the grand coalition could play the same joint policy.

Iteration V <- R_pi + gamma P_pi V stops by the same bound as
:mod:`nucleolus_lib.markov.coalition_values`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import check_partition
from nucleolus_lib.markov.coalition_values import CoalitionValues, rounding_error
from nucleolus_lib.markov.errors import TableShapeError, UnreachableToleranceError
from nucleolus_lib.markov.joint_actions import actions_of_joint, coalition_of_joint, joint_of_coalition, strides
from nucleolus_lib.markov.tabular import ECMDP


@dataclass(frozen=True, eq=False)
class PolicyValues:
    """Values of L policies."""

    state_values: NDArray[np.float64]
    """(S, L)."""
    error_bound: float
    """No entry is further than this from the exact value."""
    n_sweeps: int


def policy_values(
    ecmdp: ECMDP, policies: NDArray[np.int64], tolerance: float = 1e-8, max_sweeps: int = 1_000_000
) -> PolicyValues:
    """V_pi of L deterministic joint policies at once.

    Parameters
    ----------
    policies
        (S, L) or (S,): the joint action in every state.
    tolerance
        Largest error allowed.
    max_sweeps
        Sweeps after which the tolerance counts as unreachable.

    Raises
    ------
    TableShapeError, UnreachableToleranceError
    """
    table = np.asarray(policies)
    table = table[:, None] if table.ndim == 1 else table
    if (
        table.ndim != 2
        or table.shape[0] != ecmdp.n_states
        or table.dtype.kind not in "iu"
        or not ((table >= 0) & (table < ecmdp.n_joint)).all()
    ):
        raise TableShapeError(
            f"policies are joint actions 0..{ecmdp.n_joint - 1} of shape ({ecmdp.n_states}, L); "
            f"got {table.dtype} of shape {np.shape(policies)}"
        )
    gamma = ecmdp.gamma
    chain = ecmdp.transition.under(table.T)
    reward = ecmdp.reward[np.arange(ecmdp.n_states), table.T]
    floor = rounding_error(ecmdp, float(np.abs(reward).max()) / (1.0 - gamma))
    values = np.zeros_like(reward)
    bound = np.inf
    for sweep in range(1, max_sweeps + 1):
        swept = reward + gamma * chain.expectation(values)
        bound = gamma / (1.0 - gamma) * float(np.abs(swept - values).max()) + floor
        if bound <= tolerance:
            return PolicyValues(swept.T.copy(), bound, sweep)
        if floor >= tolerance:
            break
        values = swept
    raise UnreachableToleranceError(
        f"tolerance={tolerance!r} was not reached: rounding alone may cost {floor:.3g}, and the error is still up to "
        f"{bound:.3g} after {sweep} of max_sweeps={max_sweeps} sweeps. Allow more of either, or lower gamma={gamma}"
    )


def coalition_policies(ecmdp: ECMDP, policy: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every coalition's part of a joint policy, everybody outside at its no-op.

    Parameters
    ----------
    policy
        (S,) joint actions.

    Returns
    -------
    (S, 2**n) int64
        Joint actions (pi_C(s), noop), for :func:`policy_values`.
    """
    parts = []
    for coalition in range(1 << ecmdp.n_agents):
        joint = joint_of_coalition(coalition, ecmdp.n_actions, ecmdp.noop)
        parts.append(joint[coalition_of_joint(coalition, ecmdp.n_actions)[policy]])
    return np.stack(parts, axis=1)


def structure_policy(values: CoalitionValues, structure: Sequence[int]) -> NDArray[np.int64]:
    """The joint policy in which every block of a structure does what is optimal for it alone, shape (S,).

    Raises
    ------
    NotAPartitionError
        If ``structure`` is not a partition of the agents.
    """
    world = values.ecmdp
    blocks = check_partition(structure, world.n_agents)
    actions = actions_of_joint(world.n_actions)
    joint = np.zeros(world.n_states, dtype=np.int64)
    for block in blocks:
        members = np.array([bool(block >> i & 1) for i in range(world.n_agents)])
        joint += (actions[values.policies[:, block]] * members) @ strides(world.n_actions)
    return joint

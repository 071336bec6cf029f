"""Value iteration for one coalition after the other, one state after the other: the loop one writes first.

The actions of a coalition in one state are handled as a small array, everything else is a loop. Used as
the speed twin of ``nucleolus_lib.markov.coalition_values`` in ``make bench-markov``.
"""

from __future__ import annotations

from itertools import product

import numpy as np


def legal_joint_actions(ecmdp, coalition):
    """j(a_C, noop) for every action of the coalition, agent 0 fastest."""
    choices = [range(count) if coalition >> i & 1 else (ecmdp.noop[i],) for i, count in enumerate(ecmdp.n_actions)]
    joint = []
    for actions in product(*reversed(choices)):
        index = 0
        for action, count in zip(actions, reversed(ecmdp.n_actions), strict=True):
            index = index * count + action
        joint.append(index)
    return np.array(joint)


def sweep_state_by_state(ecmdp, joint, value):
    """One sweep of value iteration for the coalition whose legal joint actions are ``joint``."""
    following = np.empty_like(value)
    successors, probabilities = ecmdp.transition.successors, ecmdp.transition.probabilities
    for s in range(ecmdp.n_states):
        expected = (probabilities[s, joint] * value[successors[s, joint]]).sum(axis=1)
        following[s] = (ecmdp.reward[s, joint] + ecmdp.gamma * expected).max()
    return following


def coalition_values_state_by_state(ecmdp, tolerance):
    """V_C(s) of every coalition, (S, 2**n), each iterated until the contraction bound allows to stop."""
    stop = tolerance * (1.0 - ecmdp.gamma) / ecmdp.gamma
    columns = []
    for coalition in range(1 << ecmdp.n_agents):
        joint = legal_joint_actions(ecmdp, coalition)
        value = np.zeros(ecmdp.n_states)
        change = np.inf
        while change > stop:
            following = sweep_state_by_state(ecmdp, joint, value)
            change = np.abs(following - value).max()
            value = following
        columns.append(value)
    return np.stack(columns, axis=1)

"""The obvious way to value every coalition: one coalition, one state, one action at a time.

Written from the Bellman equation alone; shares no code with ``nucleolus_lib.markov.coalition_values``. The
world comes in as plain functions of tuples, so that the numbering of joint actions is tested as well.
"""

from __future__ import annotations

from itertools import product


class PlainWorld:
    """A world whose joint actions are tuples: ``rows[s, a]`` is a list of (next state, probability)."""

    def __init__(self, n_states, n_actions, noop, gamma, rows, reward):
        self.n_states, self.n_actions, self.noop, self.gamma = n_states, n_actions, noop, gamma
        self.rows, self.reward = rows, reward

    @classmethod
    def of(cls, ecmdp):
        """Read an ECMDP's tables, agent 0 fastest."""
        rows, reward = {}, {}
        actions = [tuple(reversed(a)) for a in product(*(range(count) for count in reversed(ecmdp.n_actions)))]
        for s in range(ecmdp.n_states):
            for j, a in enumerate(actions):
                row = ecmdp.transition.row(s, j)
                rows[s, a] = [(t, float(p)) for t, p in enumerate(row) if p > 0]
                reward[s, a] = float(sum(ecmdp.subtask_rewards[s, j]))
        return cls(ecmdp.n_states, ecmdp.n_actions, ecmdp.noop, ecmdp.gamma, rows, reward)

    def actions_of(self, coalition):
        """Every joint action in which only members of the coalition (a set) may act."""
        choices = [range(count) if i in coalition else [self.noop[i]] for i, count in enumerate(self.n_actions)]
        return list(product(*choices))


def coalition_value_by_loops(world, coalition, n_sweeps):
    """V_C(s) and V_C(s, a_C) after ``n_sweeps`` sweeps of value iteration from zero, as dictionaries."""
    value = dict.fromkeys(range(world.n_states), 0.0)
    q = {}
    for _ in range(n_sweeps):
        following = {}
        for s in range(world.n_states):
            for a in world.actions_of(coalition):
                expected = sum(p * value[t] for t, p in world.rows[s, a])
                q[s, a] = world.reward[s, a] + world.gamma * expected
            following[s] = max(q[s, a] for a in world.actions_of(coalition))
        value = following
    return value, q

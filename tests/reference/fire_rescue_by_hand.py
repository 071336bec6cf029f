"""The fire-rescue rules in plain Python, one world and one agent at a time.

Written from the rules in the docstring of ``nucleolus_lib.envs.fire_rescue`` and sharing no code with
it: places are (row, column) pairs, the map is read cell by cell, and chance is a set of agents.
"""

from __future__ import annotations

from itertools import product

DIRECTIONS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
ACTIONS = ("noop", "up", "down", "left", "right", "work")


class FireRescueByHand:
    """One world on a map given as rows of text."""

    def __init__(self, rows, n_agents, effort=1, slip=0.0, horizon=50, needed_extra=0):
        self.grid = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row)}
        self.n_agents, self.effort, self.slip, self.horizon = n_agents, effort, slip, horizon
        fires = [(place, int(sign)) for place, sign in self.grid.items() if sign.isdigit()]
        rescues = [(place, n_agents) for place, sign in self.grid.items() if sign == "R"]
        self.tasks = [(place, need + needed_extra, False) for place, need in fires]
        self.tasks += [(place, need, True) for place, need in rescues]
        self.rewards = [float(need - (0 if is_rescue else needed_extra)) for _, need, is_rescue in self.tasks]

    def is_open(self, left, task):
        if left[task] == 0:
            return False
        if not self.tasks[task][2]:
            return True
        return all(left[k] == 0 for k, (_, _, is_rescue) in enumerate(self.tasks) if not is_rescue)

    def can(self, places, left, agent, action):
        if action == "noop":
            return True
        if action == "work":
            return any(places[agent] == self.tasks[k][0] and self.is_open(left, k) for k in range(len(self.tasks)))
        return self.grid.get(self._beside(places[agent], action), "#") != "#"

    def step(self, places, left, clock, actions, slipping):
        """One step; ``slipping`` is the set of agents whose move fails."""
        actions = [a if self.can(places, left, i, a) else "noop" for i, a in enumerate(actions)]
        after, rewards, participants = list(left), [], []
        for k, (place, need, _) in enumerate(self.tasks):
            group = set()
            if self.is_open(left, k):
                group = {i for i in range(self.n_agents) if actions[i] == "work" and places[i] == place}
            participants.append(group)
            if group and len(group) >= need:
                after[k] -= 1
            rewards.append(self.rewards[k] if after[k] == 0 and left[k] > 0 else 0.0)
        moved = [
            self._beside(place, action) if action in DIRECTIONS and i not in slipping else place
            for i, (place, action) in enumerate(zip(places, actions, strict=True))
        ]
        over = not any(after)
        return moved, after, rewards, participants, over, not over and clock + 1 >= self.horizon

    def distribution(self, places, left, actions):
        """Every (next places, next left) with its probability, and the rewards."""
        result, rewards = {}, None
        for fails in product((False, True), repeat=self.n_agents):
            probability = 1.0
            for fail in fails:
                probability *= self.slip if fail else 1.0 - self.slip
            if probability == 0.0:
                continue
            slipping = {i for i, fail in enumerate(fails) if fail}
            moved, after, rewards, _, over, _ = self.step(places, left, 0, actions, slipping)
            key = "over" if over else (tuple(moved), tuple(after))
            result[key] = result.get(key, 0.0) + probability
        return result, rewards

    @staticmethod
    def _beside(place, action):
        return place[0] + DIRECTIONS[action][0], place[1] + DIRECTIONS[action][1]

"""One board of the predator-prey grid in plain Python.

Written from the rules in the docstring of ``nucleolus_lib.envs.predator_prey_grid`` and sharing no code with it: places
are (row, column) pairs, a board is two dictionaries, and turns are lists of names.
"""

from __future__ import annotations

DIRECTIONS = {"right": (0, 1), "down": (1, 0), "left": (0, -1), "up": (-1, 0)}


class GridByHand:
    """Agents and prey by number: those in ``agents`` and ``prey`` are on the board, others have left."""

    def __init__(self, size, agents, prey, penalty=0.0, needed=2, frees_cells=True):
        self.size, self.penalty, self.needed, self.frees_cells = size, penalty, needed, frees_cells
        self.agents, self.prey = dict(enumerate(agents)), dict(enumerate(prey))
        self.blocked = set()

    def on_board(self, place):
        return 0 <= place[0] < self.size and 0 <= place[1] < self.size

    def beside(self, place):
        """The cells beside one, in the order of the moves."""
        around = [(place[0] + dr, place[1] + dc) for dr, dc in DIRECTIONS.values()]
        return [cell for cell in around if self.on_board(cell)]

    def is_free(self, place):
        return place not in self.agents.values() and place not in self.prey.values() and place not in self.blocked

    def can(self, agent, action):
        if action == "stay":
            return True
        if agent not in self.agents:
            return False
        if action == "catch":
            return any(cell in self.prey.values() for cell in self.beside(self.agents[agent]))
        row, column = self.agents[agent]
        return self.on_board((row + DIRECTIONS[action][0], column + DIRECTIONS[action][1]))

    def step(self, actions, agent_turn, prey_turn, choice):
        """One step; ``choice[g]`` in [0, 1) picks a free cell for prey g.

        Returns per prey what its capture paid, what it was fined, and who tried to catch it; and whether all is over.
        """
        if not self.agents or not self.prey:
            return {}, {}, {}, True
        actions = {i: action if self.can(i, action) else "stay" for i, action in enumerate(actions)}
        for agent in agent_turn:
            if agent in self.agents and actions[agent] in DIRECTIONS:
                (row, column), (dr, dc) = self.agents[agent], DIRECTIONS[actions[agent]]
                if self.is_free((row + dr, column + dc)):
                    self.agents[agent] = (row + dr, column + dc)
        captures, fines, groups = {}, {}, {}
        for g in prey_turn:
            if g not in self.prey:
                continue
            around = self.beside(self.prey[g])
            group = {i for i, place in self.agents.items() if actions[i] == "catch" and place in around}
            groups[g] = group
            if len(group) >= self.needed:
                captures[g] = 10.0
                del self.prey[g]
                for i in group:
                    left = self.agents.pop(i)
                    if not self.frees_cells:
                        self.blocked.add(left)
                continue
            if group:
                fines[g] = self.penalty
            free = [cell for cell in around if self.is_free(cell)]
            if free:
                self.prey[g] = free[int(choice[g] * len(free))]
        self.blocked.clear()
        return captures, fines, groups, not self.agents or not self.prey

    def sees(self, agent):
        """The indices of the 75 numbers that are 1."""
        if agent not in self.agents:
            return []
        row, column = self.agents[agent]
        ones = []
        for k in range(25):
            place = (row + k // 5 - 2, column + k % 5 - 2)
            if place in self.agents.values():
                ones.append(3 * k)
            if place in self.prey.values():
                ones.append(3 * k + 1)
        return ones

    def state(self):
        """The indices of the global state that are 1."""
        agents = [3 * (r * self.size + c) for r, c in self.agents.values()]
        return sorted(agents + [3 * (r * self.size + c) + 1 for r, c in self.prey.values()])

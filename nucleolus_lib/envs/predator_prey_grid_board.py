"""Moves on the board of :mod:`nucleolus_lib.envs.predator_prey_grid`, for B boards at once.

A board of size x size cells is numbered row by row, 0 ... C - 1 with C = size * size. One more cell, number C, is *off
the board*: it is beside no cell, not even itself, and every way from it leads back to it. What is not on the board is
put there, so that it takes part in every operation and changes nothing.

    way[c, a]       where action a leads from cell c; over the border and for stay and catch it is c itself
    inside[c, a]    whether move a stays on the board, a in right, down, left, up
    adjacent[c, e]  whether c and e share a side
    window[c]       the (2 r + 1)^2 cells around c, row by row, r = 2; cells over the border, and all around C, are C

Turns are taken one after the other, since what moved before blocks who moves later. So the loops run over agents and
over prey, whose numbers are fixed, and each pass does the same for all B boards.
"""

from __future__ import annotations

import torch
from torch import Tensor

RADIUS = 2
"""How far an agent sees."""

MOVES = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Rows and columns that right, down, left and up add."""


class GridBoard:
    """The tables of one size of board, and the moves.

    Parameters
    ----------
    size
        Rows and columns.
    device
        Where the tables live.
    """

    def __init__(self, size: int, device: torch.device) -> None:
        self.size, self.off = size, size * size
        cell = torch.arange(self.off)
        place = torch.stack([cell // size, cell % size], 1)
        to = place[:, None] + torch.tensor(MOVES)
        inside = ((to >= 0) & (to < size)).all(-1)
        way = torch.where(inside, to[..., 0] * size + to[..., 1], cell[:, None])
        # Two columns more: stay and catch lead nowhere.
        way = torch.cat([way, cell[:, None].expand(-1, 2)], 1)
        offset = torch.cartesian_prod(*[torch.arange(-RADIUS, RADIUS + 1)] * 2)
        seen = place[:, None] + offset
        window = torch.where(((seen >= 0) & (seen < size)).all(-1), seen[..., 0] * size + seen[..., 1], self.off)
        adjacent = torch.zeros((self.off + 1, self.off + 1), dtype=torch.bool)
        adjacent[: self.off, : self.off] = (place[:, None] - place).abs().sum(-1) == 1
        self.inside = inside.to(device)
        self.way = torch.cat([way, torch.full((1, way.shape[1]), self.off)]).to(device)
        self.window = torch.cat([window, torch.full((1, window.shape[1]), self.off)]).to(device)
        self.adjacent = adjacent.to(device)

    def place(self, cell: Tensor, on_board: Tensor) -> Tensor:
        """The cells (B, L), off the board where ``on_board`` (B, L) is False."""
        return torch.where(on_board, cell, self.off)

    def occupied(self, *cells: Tensor) -> Tensor:
        """Which cells are held by anything, (B, C + 1) bool, from places (B, L) each. A fresh tensor."""
        everything = torch.cat(cells, 1)
        empty = torch.zeros((everything.shape[0], self.off + 1), dtype=torch.bool, device=everything.device)
        return empty.scatter_(1, everything, True)

    def move_agents(self, occupied: Tensor, cell: Tensor, actions: Tensor, turn: Tensor) -> Tensor:
        """Rule 2: the agents' cells (B, N) after their moves.

        Parameters
        ----------
        occupied
            (B, C + 1) bool; **updated in place**.
        cell, actions
            (B, N) int64.
        turn
            (B, N) int64, the agents in the order in which they move.
        """
        wanted = self.way[cell, actions].gather(1, turn)
        here = cell.gather(1, turn)
        moved = []
        for k in range(cell.shape[1]):
            one, to = here[:, k : k + 1], wanted[:, k : k + 1]
            # Its own cell is occupied, so an agent that does not move is blocked, too.
            to = torch.where(occupied.gather(1, to), one, to)
            occupied.scatter_(1, one, False)
            occupied.scatter_(1, to, True)
            moved.append(to)
        return torch.empty_like(cell).scatter_(1, turn, torch.cat(moved, 1))

    def act_prey(
        self, occupied: Tensor, agent_cell: Tensor, prey_cell: Tensor, near: Tensor, turn: Tensor, choice: Tensor,
        needed: int,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Rule 3: the prey's cells (B, P) afterwards, off the board if caught, and C_g, (B, P, N) bool.

        Parameters
        ----------
        occupied
            (B, C + 1) bool; **updated in place**.
        agent_cell, prey_cell
            (B, N) and (B, P) int64. Prey move in their own turn only, so these places hold for every turn.
        near
            (B, P, N) bool, who chose catch beside prey g, whether or not it still hunts when the prey's turn comes.
        turn
            (B, P) int64, the prey in the order in which they act.
        choice
            (B, P) uniform on [0, 1): of m free cells in the order of the moves, prey g takes number floor(choice_g m).
        needed
            How many agents a capture takes.
        """
        here, ways = prey_cell.gather(1, turn), self.way[prey_cell.gather(1, turn)][..., :4]
        steps = ways - here[..., None]
        near = near.gather(1, turn[..., None].expand_as(near))
        choice = choice.gather(1, turn)
        left = torch.zeros_like(near[:, 0])
        moved, catchers = [], []
        for k in range(prey_cell.shape[1]):
            one, at_it = here[:, k : k + 1], near[:, k] & ~left
            caught = at_it.sum(1, keepdim=True) >= needed
            leaves = at_it & caught
            left = left | leaves
            occupied.scatter_(1, torch.where(leaves, agent_cell, self.off), False)
            free = ~occupied.gather(1, ways[:, k])
            rank = free.cumsum(1)
            taken = free & (rank == 1 + (choice[:, k : k + 1] * rank[:, 3:]).long())
            to = torch.where(caught, self.off, one + (taken * steps[:, k]).sum(1, keepdim=True))
            occupied.scatter_(1, one, False)
            occupied.scatter_(1, to, True)
            moved.append(to)
            catchers.append(at_it)
        new_cell = torch.empty_like(prey_cell).scatter_(1, turn, torch.cat(moved, 1))
        in_turn = torch.stack(catchers, 1)
        return new_cell, torch.empty_like(in_turn).scatter_(1, turn[..., None].expand_as(in_turn), in_turn)

    def channels(self, agent_cell: Tensor, prey_cell: Tensor) -> tuple[Tensor, Tensor]:
        """Who is where, two boards (B, C + 1) float32 with 0 off the board, from places (B, N) and (B, P)."""
        boards = []
        for cell in (agent_cell, prey_cell):
            board = torch.zeros((cell.shape[0], self.off + 1), device=cell.device).scatter_(1, cell, 1.0)
            board[:, self.off] = 0.0
            boards.append(board)
        return boards[0], boards[1]

    def windows(self, agents: Tensor, prey: Tensor, cell: Tensor) -> Tensor:
        """The cells around each agent in three channels, (B, N, 25 * 3) float32; zeros for one off the board."""
        cells = self.window[cell].flatten(1)
        return _three_channels(agents.gather(1, cells), prey.gather(1, cells)).reshape(*cell.shape, -1)


def _three_channels(agents: Tensor, prey: Tensor) -> Tensor:
    """(B, L) twice to (B, L, 3): agents, prey, and zeros where the original has hares."""
    seen = torch.zeros((*agents.shape, 3), device=agents.device)
    seen[..., 0] = agents
    seen[..., 1] = prey
    return seen


def whole_board(agents: Tensor, prey: Tensor) -> Tensor:
    """The boards of :meth:`GridBoard.channels` in three channels without the place off the board, (B, 3 C)."""
    return _three_channels(agents[:, :-1], prey[:, :-1]).flatten(1)

r"""Predator and prey on a grid: the world on which Boehmer et al. (2020) show relative overgeneralisation.

State s = (c, f, d, h): c_i is the cell of agent i and f_i whether it still hunts, d_g is the cell of prey g and h_g
whether it still lives. The clock t and three counts of the episode so far are kept beside it. The board has
size x size cells and a border. No cell ever holds two of the living.

Rules of one step, for action u_i in {right, down, left, up, stay, catch}:

1. *Available actions.* An agent that no longer hunts has only stay. One that does has stay, every move that does not
   lead over the border (whatever stands there), and catch if a living prey is on one of the four cells beside it.
   Any other action is carried out as stay.
2. *Agents move* one after the other in a random order. A move onto a cell that holds an agent or a prey fails.
3. *Prey act* one after the other in another random order. Let C_g be the agents that hunt at that moment, stand
   beside prey g and chose catch in this step.

   * \|C_g\| >= 2: prey g is caught. It leaves the board, and so does every agent in C_g. The team earns 10.
   * \|C_g\| = 1: the attempt fails, and the team is fined the penalty p <= 0, once for every prey so missed.
   * Unless it was caught, prey g moves to one of the free cells beside it, each equally likely. If there is none
     it stays.

   What leaves the board leaves it at once: a later prey may move to its cell, and an agent that has left counts for
   no later prey. So one agent beside two prey can help to catch only one of them, but can be fined for both.
4. *End.* Terminated when no prey lives or no agent hunts; truncated at the horizon.

With N agents at most N / 2 prey can be caught, so 8 agents earn at most 40, against 8 prey as against 4.

*Subtasks.* For every prey its capture (requirement 2, participants C_g), and if p < 0 its fine (requirement 1, whose
participant is the lone agent that is fined). R is their sum.

*Observation* of agent i: the 5 x 5 cells around it, row by row; for each cell whether it holds an agent that hunts
(agent i itself in the middle), whether it holds a living prey, and a third number that is always 0 (the hares of the
original, of which there are none). Cells beyond the border look empty. An agent that no longer hunts sees only zeros.
The global state is the whole board in the same three channels. Neither contains the clock.

References
----------
W. Boehmer, V. Kurin and S. Whiteson, "Deep coordination graphs", ICML 2020. The rules are those of the authors'
program, repository ``wendelinboehmer/dcg`` at commit 4de100c with its settings ``rel_overgen.yaml`` (p = -2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.predator_prey_grid_board import GridBoard, whole_board
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.structure import structure_from_participants

ACTIONS = ("right", "down", "left", "up", "stay", "catch")
STAY, CATCH = 4, 5
CAPTURE_REWARD = 10.0
NEEDED = 2
"""Agents that a capture needs."""


@dataclass(frozen=True)
class GridState:
    """The board and the counts of B episodes.

    Parameters
    ----------
    agent_cell, prey_cell
        (B, N) and (B, P) int64, row * size + column; the last place of what has left the board.
    hunts, lives
        (B, N) and (B, P) bool.
    clock
        (B,) int64, steps played; it stops when the episode ends.
    team_return
        (B,) float32, the sum of the rewards.
    first_capture, last_capture
        (B,) int64, the number of steps after which the first, and the latest, prey was caught; the horizon if none was.
    """

    agent_cell: Tensor
    prey_cell: Tensor
    hunts: Tensor
    lives: Tensor
    clock: Tensor
    team_return: Tensor
    first_capture: Tensor
    last_capture: Tensor


class PredatorPreyGrid:
    """The batched grid world ``pp-grid``.

    Parameters
    ----------
    n_prey
        P: 8 in Boehmer et al.; 4 is the number that the nucleolus paper names.
    penalty
        p, the fine for a failed attempt, at most 0. Boehmer et al. use values from 0 to -2.
    n_agents
        N, at least 2.
    size
        Rows and columns of the board, at least 2.
    horizon
        Time limit in steps.
    device
        Where the tensors live.

    Attributes
    ----------
    outcome_names
        The columns of :meth:`outcome`.

    Raises
    ------
    WorldParameterError
    """

    outcome_names = ("return", "captures", "steps_to_first_capture", "steps_to_all", "length")

    def __init__(
        self,
        n_prey: int = 8,
        penalty: float = 0.0,
        *,
        n_agents: int = 8,
        size: int = 10,
        horizon: int = 200,
        device: str | torch.device = "cpu",
    ) -> None:
        if not (math.isfinite(penalty) and penalty <= 0):
            raise WorldParameterError(f"penalty is added to the reward of a failed attempt, 0 or less; got {penalty}")
        if n_agents < NEEDED or n_prey < 1:
            raise WorldParameterError(
                f"pp-grid needs at least {NEEDED} agents, or none is ever caught, and at least 1 prey; "
                f"got n_agents={n_agents}, n_prey={n_prey}"
            )
        if size < 2 or n_agents + n_prey > size * size:
            raise WorldParameterError(
                f"a board of {size} x {size} cells must have a cell for each of {n_agents} agents and {n_prey} prey, "
                "and size >= 2; take a larger size or fewer of them"
            )
        self.n_prey, self.penalty, self.size = n_prey, float(penalty), size
        self._device = torch.device(device)
        self._board = GridBoard(size, self._device)
        self._most = min(n_prey, n_agents // NEEDED)
        names = [f"prey_{g}" for g in range(n_prey)]
        captures = [SubtaskSpec(f"capture_{g}", (n_agents + g,), NEEDED, CAPTURE_REWARD) for g in range(n_prey)]
        fines = [
            SubtaskSpec(f"fine_{g}", (n_agents + g,), 1, self.penalty, forms_coalition=False) for g in range(n_prey)
        ]
        self._spec = Spec(
            name="pp-grid",
            n_agents=n_agents,
            action_names=ACTIONS,
            noop=STAY,
            observation_size=3 * self._board.window.shape[1],
            state_size=3 * size * size,
            observation_low=0.0,
            observation_high=1.0,
            entities=tuple(EntitySpec(f"predator_{i}", "agent") for i in range(n_agents))
            + tuple(EntitySpec(name, "prey") for name in names),
            entity_features=("x", "y", "alive"),
            subtasks=tuple(captures + (fines if self.penalty else [])),
            horizon=horizon,
            n_initial_draws=size * size,
            n_step_draws=n_agents + 2 * n_prey,
        )

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> GridState:
        """Agents, then prey, on different cells chosen uniformly: the cells in the order of their draws."""
        batch, n = draws.shape[0], self._spec.n_agents
        cell = draws.argsort(dim=1, stable=True)
        yes = torch.ones((batch, n + self.n_prey), dtype=torch.bool, device=self._device)
        never = torch.full((batch,), self._spec.horizon, device=self._device)
        return GridState(
            agent_cell=cell[:, :n].clone(),
            prey_cell=cell[:, n : n + self.n_prey].clone(),
            hunts=yes[:, :n].clone(),
            lives=yes[:, n:].clone(),
            clock=torch.zeros_like(never),
            team_return=torch.zeros(batch, device=self._device),
            first_capture=never,
            last_capture=never.clone(),
        )

    def available_actions(self, state: GridState) -> Tensor:
        """Rule 1, (B, N, 6) bool."""
        moves = self._board.inside[state.agent_cell] & state.hunts[..., None]
        beside = self._board.adjacent[state.agent_cell[:, :, None], state.prey_cell[:, None, :]]
        catch = (beside & state.lives[:, None, :]).any(-1) & state.hunts
        return torch.cat([moves, torch.ones_like(catch)[..., None], catch[..., None]], -1)

    def transition(self, state: GridState, actions: Tensor, draws: Tensor) -> Step[GridState]:
        """Rules 2 to 4. The draws are the agents' turns (N), the prey's turns (P) and the prey's choices (P).

        What has left the board, and everything once the episode is over, stands on the cell "off the board", where
        nothing is beside anything. An unavailable action needs no case of its own: a move over the border leads to
        the own cell, and who is beside no prey is in no C_g.
        """
        n, p = self._spec.n_agents, self.n_prey
        playing = self._playing(state)[:, None]
        board, hunts, lives = self._board, state.hunts & playing, state.lives & playing
        agent_cell, prey_cell = board.place(state.agent_cell, hunts), board.place(state.prey_cell, lives)
        occupied = board.occupied(agent_cell, prey_cell)
        turn = draws[:, :n].argsort(dim=1, stable=True)
        agent_cell = board.move_agents(occupied, agent_cell, actions, turn)
        near = board.adjacent[prey_cell[:, :, None], agent_cell[:, None, :]] & (actions == CATCH)[:, None, :]
        turn = draws[:, n : n + p].argsort(dim=1, stable=True)
        new_prey_cell, catchers = board.act_prey(occupied, agent_cell, prey_cell, near, turn, draws[:, n + p :], NEEDED)
        count = catchers.sum(-1)
        caught, missed = count >= NEEDED, count == 1
        clock = state.clock + playing[:, 0].long()
        rewards, participants = torch.where(caught, CAPTURE_REWARD, 0.0), catchers
        if self.penalty:
            rewards = torch.cat([rewards, torch.where(missed, self.penalty, 0.0)], 1)
            participants = torch.cat([catchers, catchers & missed[..., None]], 1)
        any_caught = caught.any(1)
        none_yet = state.lives.all(1)
        after = GridState(
            agent_cell=torch.where(hunts, agent_cell, state.agent_cell),
            prey_cell=torch.where(lives & ~caught, new_prey_cell, state.prey_cell),
            hunts=state.hunts & ~(catchers & caught[..., None]).any(1),
            lives=state.lives & ~caught,
            clock=clock,
            team_return=state.team_return + rewards.sum(1),
            first_capture=torch.where(any_caught & none_yet, clock, state.first_capture),
            last_capture=torch.where(any_caught, clock, state.last_capture),
        )
        terminated = self._over(after)
        return Step(
            state=after,
            reward=rewards.sum(1),
            subtask_rewards=rewards,
            participants=participants,
            requirement=self._requirement(rewards),
            terminated=terminated,
            truncated=~terminated & (clock >= self._spec.horizon),
        )

    def observation(self, state: GridState) -> Tensor:
        """See the module's docstring, (B, N, 75)."""
        agent_cell, prey_cell = self._places(state)
        return self._board.windows(*self._board.channels(agent_cell, prey_cell), agent_cell)

    def global_state(self, state: GridState) -> Tensor:
        """The whole board in three channels, (B, 300)."""
        return whole_board(*self._board.channels(*self._places(state)))

    def entities(self, state: GridState) -> Tensor:
        """x (column), y (row), and alive: whether an agent still hunts or a prey still lives."""
        cell = torch.cat([state.agent_cell, state.prey_cell], 1)
        alive = torch.cat([state.hunts, state.lives], 1)
        return torch.stack([cell % self.size, cell // self.size, alive], -1).float()

    def induced_structure(self, step: Step[GridState]) -> Tensor:
        """Agents that catch at the same prey are together, all others in one residual coalition."""
        return structure_from_participants(step.participants[:, : self.n_prey])

    def outcome(self, state: GridState) -> Tensor:
        """What an episode came to, (B, 5) float32, read from its final state; see ``outcome_names``.

        *All* means as many prey as the team can catch, min(P, N // 2). Steps are the horizon if that was not reached.
        """
        captures = (~state.lives).sum(1)
        all_after = torch.where(captures >= self._most, state.last_capture, self._spec.horizon)
        columns = [state.team_return, captures, state.first_capture, all_after, state.clock]
        return torch.stack([column.float() for column in columns], 1)

    def neighbours(self, cell: Tensor) -> Tensor:
        """The cells to the right, below, to the left and above, (..., 4); the cell itself beyond the border."""
        return self._board.way[cell][..., :4]

    def occupied(self, state: GridState) -> Tensor:
        """Which cells hold an agent or a prey, (B, C + 1) bool; the last place means nothing."""
        return self._board.occupied(*self._places(state))

    def _over(self, state: GridState) -> Tensor:
        return ~state.lives.any(1) | ~state.hunts.any(1)

    def _playing(self, state: GridState) -> Tensor:
        return ~self._over(state) & (state.clock < self._spec.horizon)

    def _places(self, state: GridState) -> tuple[Tensor, Tensor]:
        """The cells of agents and prey, off the board for what has left it."""
        return self._board.place(state.agent_cell, state.hunts), self._board.place(state.prey_cell, state.lives)

    def _requirement(self, rewards: Tensor) -> Tensor:
        needed = torch.ones_like(rewards, dtype=torch.int64)
        needed[:, : self.n_prey] = NEEDED
        return needed

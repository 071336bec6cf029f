"""A finite, fully observed EC-POMDP: the world in tables.

    P(s' | s, a)     transition, dense (S, J, S) or sparse (S, J, K)
    r_k(s, a)        expected reward of subtask k, (S, J, M);     R = sum_k r_k
    gamma            discount in [0, 1)
    noop             the action of each agent that does nothing

Joint actions are integers, agent 0 fastest (:mod:`nucleolus_lib.markov.joint_actions`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.ec_pomdp import Entity, StepResult, Subtask, induced_structure
from nucleolus_lib.markov.errors import (
    DiscountError,
    MissingNoopError,
    TableShapeError,
    TableTooLargeError,
    TerminalStateError,
)
from nucleolus_lib.markov.joint_actions import actions_of_joint, joint_index, n_coalition_columns, n_joint_actions
from nucleolus_lib.markov.transitions import SparseTransition, Transition, as_transition

__all__ = ["ECMDP", "MAX_BYTES", "SparseTransition", "check_fits", "table_bytes"]

MAX_BYTES = 4 * 2**30
"""Default limit on the tables of one world."""


def table_bytes(n_states: int, n_actions: Sequence[int], n_subtasks: int = 1, n_successors: int | None = None) -> int:
    """Bytes of a world's tables and of the values of all its coalitions, before anything is allocated.

    Parameters
    ----------
    n_states, n_actions, n_subtasks
        S, the number of actions of each agent, M.
    n_successors
        K for a sparse transition; None for a dense one.
    """
    rows = n_states * n_joint_actions(n_actions)
    transition = 8 * rows * n_states if n_successors is None else 12 * rows * n_successors
    rewards = 8 * rows * n_subtasks
    values = 8 * n_states * n_coalition_columns(n_actions)
    games = 8 * rows * (1 << len(n_actions))
    return transition + rewards + values + games


def check_fits(
    n_states: int,
    n_actions: Sequence[int],
    n_subtasks: int = 1,
    n_successors: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Raise :class:`TableTooLargeError`, naming the bytes, if the tables would pass ``max_bytes``.

    Call it before enumerating a state space.
    """
    needed = table_bytes(n_states, n_actions, n_subtasks, n_successors)
    if needed > max_bytes:
        kind = "dense" if n_successors is None else f"sparse (K = {n_successors})"
        hint = "Pass a SparseTransition, or use" if n_successors is None else "Use"
        raise TableTooLargeError(
            f"{n_states:,} states, {n_joint_actions(n_actions):,} joint actions and 2**{len(n_actions)} coalitions "
            f"with a {kind} transition need {needed:,} bytes ({needed / 2**30:,.1f} GiB); the limit is {max_bytes:,}. "
            f"{hint} fewer states, actions or agents, or raise max_bytes"
        )


@dataclass(frozen=True, eq=False)
class ECMDP:
    """A finite, fully observed EC-POMDP.

    Parameters
    ----------
    transition
        (S, J, S) float array, or a :class:`SparseTransition`. Each row sums to one.
    subtask_rewards
        (S, J, M) expected reward of each subtask.
    gamma
        Discount in [0, 1).
    n_actions
        Number of actions of each agent, length n.
    noop
        Each agent's no-op, length n. A missing one (None, or out of range) is an error.
    subtasks
        M of them. Default: subtasks named "1", ..., "M" that any agent can do alone.
    initial_distribution
        (S,) distribution of the first state. Default: state 0.
    terminal
        (S,) bool: states that end the episode. They must keep the world where it is and pay nothing.
    participants
        (S, J, M) integers: bitmask of the agents that take part in each subtask. Default: agent i takes
        part in subtask k when its action is among ``subtasks[k].actions[i]``.
    agent_names, state_names
        Default ``"1", ..., "n"`` and ``"s0", ...``.
    max_bytes
        Limit on the tables, 4 GiB by default.

    Raises
    ------
    TransitionRowError, DiscountError, MissingNoopError, UnknownAgentError, TerminalStateError,
    TableShapeError, TableTooLargeError
    """

    transition: Transition
    subtask_rewards: NDArray[np.float64]
    gamma: float
    n_actions: tuple[int, ...]
    noop: tuple[int, ...]
    subtasks: tuple[Subtask, ...] = ()
    initial_distribution: NDArray[np.float64] | None = None
    terminal: NDArray[np.bool_] | None = None
    participants: NDArray[np.int32] | None = None
    agent_names: tuple[str, ...] = ()
    state_names: tuple[str, ...] = ()
    max_bytes: int = field(default=MAX_BYTES, repr=False)

    def __post_init__(self) -> None:
        n_actions = tuple(int(count) for count in self.n_actions)
        if not n_actions or min(n_actions) < 1:
            raise TableShapeError(f"every agent needs at least one action (its no-op); got n_actions={self.n_actions}")
        noop = _check_noop(self.noop, n_actions)
        if not (math.isfinite(self.gamma) and 0.0 <= self.gamma < 1.0):
            raise DiscountError(
                f"the discount must be in [0, 1), so that values are finite; got gamma={self.gamma!r}. "
                "For a task that always ends, 0.99 or 0.999 is close to undiscounted"
            )
        transition = as_transition(self.transition)
        rewards = np.asarray(self.subtask_rewards, dtype=np.float64)
        n_joint = n_joint_actions(n_actions)
        if transition.shape[1] != n_joint:
            raise TableShapeError(
                f"agents with {n_actions} actions have {n_joint} joint actions; "
                f"the transition table has {transition.shape[1]}"
            )
        if rewards.ndim != 3 or rewards.shape[:2] != transition.shape or not np.isfinite(rewards).all():
            raise TableShapeError(
                f"subtask_rewards must be finite with shape (S, J, M) = ({transition.shape[0]}, {n_joint}, M); "
                f"got shape {rewards.shape}. For one team reward pass rewards[:, :, None]"
            )
        n_successors = transition.n_terms if isinstance(transition, SparseTransition) else None
        check_fits(transition.shape[0], n_actions, rewards.shape[2], n_successors, self.max_bytes)
        subtasks = tuple(self.subtasks) or tuple(Subtask(str(k + 1)) for k in range(rewards.shape[2]))
        if len(subtasks) != rewards.shape[2]:
            raise TableShapeError(f"{rewards.shape[2]} subtask rewards were given for {len(subtasks)} subtasks")
        for subtask in subtasks:
            subtask.check_agents(len(n_actions))
        for name, value in {
            "transition": transition, "subtask_rewards": rewards, "gamma": float(self.gamma), "n_actions": n_actions,
            "noop": noop, "subtasks": subtasks,
        }.items():  # fmt: skip
            object.__setattr__(self, name, value)
        object.__setattr__(self, "initial_distribution", self._checked_initial())
        object.__setattr__(self, "terminal", self._checked_terminal())
        object.__setattr__(self, "participants", self._checked_participants())
        object.__setattr__(self, "agent_names", _names(self.agent_names, self.n_agents, "agent_names", "{}", 1))
        object.__setattr__(self, "state_names", _names(self.state_names, self.n_states, "state_names", "s{}", 0))

    @property
    def n_agents(self) -> int:
        """n."""
        return len(self.n_actions)

    @property
    def n_states(self) -> int:
        """S."""
        return self.transition.shape[0]

    @property
    def n_joint(self) -> int:
        """J, the number of joint actions."""
        return self.transition.shape[1]

    @cached_property
    def reward(self) -> NDArray[np.float64]:
        """The team reward R(s, a) = sum_k r_k(s, a), shape (S, J)."""
        return np.asarray(self.subtask_rewards.sum(axis=-1))

    def initial(self, rng: np.random.Generator) -> int:
        """A first state."""
        return int(rng.choice(self.n_states, p=self.initial_distribution))

    def step(self, state: int, actions: Sequence[int], rng: np.random.Generator) -> StepResult[int]:
        """Draw the next state; the rewards are the expected ones of the table."""
        joint = joint_index(actions, self.n_actions)
        following = int(rng.choice(self.n_states, p=self.transition.row(state, joint)))
        return StepResult(
            state=following,
            subtask_rewards=self.subtask_rewards[state, joint],
            participants=tuple(int(group) for group in self.participants[state, joint]),  # type: ignore[index]
            terminated=bool(self.terminal[following]),  # type: ignore[index]
        )

    def observation(self, state: int, agent: int) -> NDArray[np.float64]:
        """The whole state, one-hot: this world is fully observed by every agent."""
        return np.asarray(np.eye(self.n_states)[state])

    def entities(self, state: int) -> tuple[Entity, ...]:
        """The agents, and the world as one entity whose state is the state's number."""
        agents = tuple(Entity(name, is_agent=True) for name in self.agent_names)
        return (*agents, Entity("world", (float(state),)))

    def structure(self, state: int, joint: int) -> tuple[int, ...]:
        """The coalition structure that a joint action induces in a state."""
        binding = [k for k, subtask in enumerate(self.subtasks) if subtask.forms_coalition]
        groups = self.participants[state, joint]  # type: ignore[index]
        return induced_structure([int(work) for work in groups[binding]], self.n_agents)

    def _checked_initial(self) -> NDArray[np.float64]:
        if self.initial_distribution is None:
            return np.asarray(np.eye(1, self.n_states)[0])
        initial = np.asarray(self.initial_distribution, dtype=np.float64)
        if initial.shape != (self.n_states,) or not abs(initial.sum() - 1.0) <= 1e-9 or (initial < 0).any():
            raise TableShapeError(
                f"initial_distribution must be {self.n_states} probabilities that sum to 1; "
                f"got shape {initial.shape} with sum {initial.sum()!r}"
            )
        return initial

    def _checked_terminal(self) -> NDArray[np.bool_]:
        if self.terminal is None:
            return np.zeros(self.n_states, dtype=np.bool_)
        terminal = np.asarray(self.terminal, dtype=np.bool_)
        if terminal.shape != (self.n_states,):
            raise TableShapeError(
                f"terminal must be one flag per state, ({self.n_states},); got shape {terminal.shape}"
            )
        if terminal.any():
            leaves = (self.transition.staying() < 1.0 - 1e-9).any(axis=-1)
            pays = self.subtask_rewards.any(axis=(1, 2))
            for state in np.flatnonzero(terminal & (leaves | pays)):
                raise TerminalStateError(
                    f"state {state} is terminal, so every action must keep the world there and pay 0; "
                    "set its rows to a self-loop of probability 1 and its rewards to 0"
                )
        return terminal

    def _checked_participants(self) -> NDArray[np.int32]:
        shape = self.subtask_rewards.shape
        if self.participants is None:
            return np.broadcast_to(_working_agents(self.subtasks, self.n_actions, self.noop), shape)
        participants = np.asarray(self.participants)
        everyone = (1 << self.n_agents) - 1
        if participants.shape != shape or participants.dtype.kind not in "iu" or (participants & ~everyone).any():
            raise TableShapeError(
                f"participants must be bitmasks 0..{everyone} of shape {shape}; "
                f"got {participants.dtype} of shape {participants.shape}"
            )
        return participants.astype(np.int32)


def _check_noop(noop: Sequence[int], n_actions: tuple[int, ...]) -> tuple[int, ...]:
    if len(noop) != len(n_actions):
        raise MissingNoopError(f"one no-op per agent is needed, {len(n_actions)} of them; got {tuple(noop)}")
    for agent, (action, count) in enumerate(zip(noop, n_actions, strict=True)):
        if action is None or not 0 <= action < count:
            raise MissingNoopError(
                f"agent {agent} has the actions 0..{count - 1} and no-op {action!r}; one of its actions "
                "must be a no-op, or what a coalition earns alone is undefined. Add an action that does nothing"
            )
    return tuple(int(action) for action in noop)


def _names(names: Sequence[str], count: int, what: str, pattern: str, first: int) -> tuple[str, ...]:
    chosen = tuple(str(name) for name in names) or tuple(pattern.format(k + first) for k in range(count))
    if len(chosen) != count or len(set(chosen)) != count:
        raise TableShapeError(f"{what} must be {count} different names; got {len(chosen)}")
    return chosen


def _working_agents(
    subtasks: Sequence[Subtask], n_actions: tuple[int, ...], noop: tuple[int, ...]
) -> NDArray[np.int32]:
    """(J, M) bitmask of the agents whose action is work on each subtask."""
    actions = actions_of_joint(n_actions)
    working = np.zeros((len(actions), len(subtasks)), dtype=np.int32)
    for k, subtask in enumerate(subtasks):
        for i in subtask.agents or range(len(n_actions)):
            default = tuple(a for a in range(n_actions[i]) if a != noop[i])
            at_work = np.isin(actions[:, i], subtask.actions[i] if subtask.actions else default)
            working[:, k] |= at_work.astype(np.int32) << i
    return working

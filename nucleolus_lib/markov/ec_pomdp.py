"""The entity-based coalition POMDP of the paper's Section 3.1, and the types that cross its boundary.

An EC-POMDP is a tuple (S, N, A, P, O, gamma, E, T, R, CS):

    S, N, A, P, O    states, agents, joint actions, transition, each agent's observation
    E                entities (agents and landmarks), each with a state of its own
    T                the composite task: subtasks k = 1..M, the smallest units of reward
    subtask k        its entities, the agents and actions that work on it, how many it needs, reward r_k
    R = sum_k r_k    the team reward
    CS               the coalition structure, a partition of N

Every agent has a no-op, so that what a coalition earns alone can be asked: everybody outside does
nothing.

The coalition structure at a step is *induced* by the work done: agents that take part in the same
subtask form a coalition, an agent that takes part in two subtasks joins both groups into one, and the
agents that work on nothing stay together in a residual coalition. While nobody works, the residual
coalition is N. The paper's life cycle (grand coalition, small coalitions, grand coalition again) is
therefore something that can be read off a trajectory, not something declared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import coalition_of, grand_coalition, players_of
from nucleolus_lib.markov.errors import UnknownAgentError

State = TypeVar("State")

CoalitionStructure = tuple[int, ...]
"""A partition of the agents as bitmasks, ordered by lowest member."""


@dataclass(frozen=True)
class Entity:
    """Something in the world that has a state: an agent, a fire, an obstacle."""

    name: str
    state: tuple[float, ...] = ()
    """Its own state, in numbers; what they mean is the world's to say."""
    is_agent: bool = False


@dataclass(frozen=True)
class Subtask:
    """The smallest unit of reward: which entities it is about, who can do it, and what it needs.

    Parameters
    ----------
    name
        A name, unique in its world.
    entities
        Names of the entities it is about.
    agents
        The agents that may work on it. Empty means every agent.
    required
        How many agents must take part at once, at least 1.
    roles
        Agents that must be among them. Empty means anyone will do.
    actions
        ``actions[i]`` lists the actions by which agent i works on it, one tuple per agent of the
        world. Empty means that every action except the no-op is work.
    reward
        The reward paid when it is completed; a world may pay less for progress.
    forms_coalition
        Whether agents that take part in it form a coalition. False for a reward that everybody gets
        and for shaping.
    """

    name: str
    entities: tuple[str, ...] = ()
    agents: tuple[int, ...] = ()
    required: int = 1
    roles: tuple[int, ...] = ()
    actions: tuple[tuple[int, ...], ...] = ()
    reward: float = 0.0
    forms_coalition: bool = True

    def check_agents(self, n_agents: int) -> None:
        """Raise :class:`UnknownAgentError` if it names an agent outside 0..n-1 or needs more than there are."""
        unknown = [i for i in (*self.agents, *self.roles) if not 0 <= i < n_agents]
        if unknown:
            raise UnknownAgentError(
                f"subtask {self.name!r} names agent {unknown[0]}; the world has agents 0..{n_agents - 1}. "
                "Correct its `agents` or `roles`"
            )
        candidates = self.agents or tuple(range(n_agents))
        if not 1 <= self.required <= len(candidates) or not set(self.roles) <= set(candidates):
            raise UnknownAgentError(
                f"subtask {self.name!r} needs {self.required} agents and the roles {self.roles}, "
                f"but only the agents {candidates} may work on it. Widen `agents` or ask for fewer"
            )
        if self.actions and len(self.actions) != n_agents:
            raise UnknownAgentError(
                f"subtask {self.name!r} lists working actions for {len(self.actions)} agents; "
                f"the world has {n_agents}. Give one tuple per agent (an empty one for agents that cannot work on it)"
            )

    def is_met(self, participants: int) -> bool:
        """Whether a set of participants (bitmask) is enough to complete it."""
        roles = coalition_of(self.roles)
        allowed = coalition_of(self.agents) if self.agents else participants
        return (participants & allowed).bit_count() >= self.required and participants & roles == roles


@dataclass(frozen=True, eq=False)
class StepResult(Generic[State]):
    """What one step of a world shows."""

    state: State
    """The next state."""
    subtask_rewards: NDArray[np.float64]
    """(M,) r_k, one per subtask."""
    participants: tuple[int, ...]
    """One bitmask per subtask: the agents that took part in it at this step."""
    terminated: bool
    """Ended by the task; the value after it is zero. A time limit is not a termination."""

    @property
    def reward(self) -> float:
        """The team reward R = sum_k r_k."""
        return float(self.subtask_rewards.sum())


class ECPOMDP(Protocol[State]):
    """The tuple itself. Anything with these members is an EC-POMDP."""

    @property
    def agent_names(self) -> tuple[str, ...]:
        """N."""

    @property
    def n_actions(self) -> tuple[int, ...]:
        """A, as the number of actions of each agent."""

    @property
    def noop(self) -> tuple[int, ...]:
        """Each agent's action that does nothing."""

    @property
    def gamma(self) -> float:
        """The discount."""

    @property
    def subtasks(self) -> tuple[Subtask, ...]:
        """T, the composite task."""

    def initial(self, rng: np.random.Generator) -> State:
        """A first state."""

    def step(self, state: State, actions: Sequence[int], rng: np.random.Generator) -> StepResult[State]:
        """P and R: the next state and every subtask's reward."""

    def observation(self, state: State, agent: int) -> NDArray[np.float64]:
        """O: what one agent sees."""

    def entities(self, state: State) -> tuple[Entity, ...]:
        """E: every entity with its state."""


def induced_structure(participants: Sequence[int], n_agents: int) -> CoalitionStructure:
    """The coalition structure that the work of one step induces (see the module's text).

    Parameters
    ----------
    participants
        One bitmask per subtask that forms coalitions; 0 where nobody works on it.
    n_agents
        n.

    Returns
    -------
    CoalitionStructure
        A partition of the agents, ordered by lowest member.
    """
    everyone = grand_coalition(n_agents)
    blocks: list[int] = []
    for group in participants:
        group = int(group)
        if group & ~everyone:
            raise UnknownAgentError(
                f"participants {players_of(group)} include an agent beyond 0..{n_agents - 1}; check the bitmask"
            )
        if not group:
            continue
        apart = []
        for block in blocks:
            if block & group:
                group |= block
            else:
                apart.append(block)
        blocks = [*apart, group]
    idle = everyone & ~sum(blocks)
    return tuple(sorted([*blocks, idle] if idle else blocks, key=lambda block: block & -block))


@dataclass(frozen=True, eq=False)
class Trajectory(Generic[State]):
    """What happened in one episode, T steps long."""

    states: tuple[State, ...]
    """T + 1 states."""
    actions: tuple[tuple[int, ...], ...]
    """T joint actions."""
    subtask_rewards: NDArray[np.float64]
    """(T, M)."""
    participants: tuple[tuple[int, ...], ...]
    """T tuples of M bitmasks."""
    terminated: bool
    """Ended by the task rather than by the clock."""
    structures: tuple[CoalitionStructure, ...] = field(default=())
    """The structure induced at each step, length T."""

    def discounted_return(self, gamma: float) -> float:
        """sum_t gamma**t R_t of this episode."""
        return float(gamma ** np.arange(len(self.subtask_rewards)) @ self.subtask_rewards.sum(axis=-1))


@dataclass(frozen=True)
class Phase:
    """A run of consecutive steps with one coalition structure."""

    structure: CoalitionStructure
    start: int
    """First step."""
    stop: int
    """One past the last step."""


def rollout(
    world: ECPOMDP[State],
    policy: Callable[[State], Sequence[int]],
    rng: np.random.Generator,
    max_steps: int,
) -> Trajectory[State]:
    """Play one episode; the clock stops it after ``max_steps`` steps."""
    n_agents = len(world.agent_names)
    binding = [k for k, subtask in enumerate(world.subtasks) if subtask.forms_coalition]
    state = world.initial(rng)
    states = [state]
    actions: list[tuple[int, ...]] = []
    rewards: list[NDArray[np.float64]] = []
    participants: list[tuple[int, ...]] = []
    terminated = False
    while not terminated and len(actions) < max_steps:
        action = tuple(int(a) for a in policy(state))
        step = world.step(state, action, rng)
        state, terminated = step.state, step.terminated
        states.append(state)
        actions.append(action)
        rewards.append(step.subtask_rewards)
        participants.append(step.participants)
    return Trajectory(
        states=tuple(states),
        actions=tuple(actions),
        subtask_rewards=np.array(rewards, dtype=np.float64).reshape(len(actions), len(world.subtasks)),
        participants=tuple(participants),
        terminated=terminated,
        structures=tuple(induced_structure([step[k] for k in binding], n_agents) for step in participants),
    )


def phases(structures: Sequence[CoalitionStructure]) -> tuple[Phase, ...]:
    """The episode's structures as phases: equal neighbours joined."""
    found: list[Phase] = []
    for t, structure in enumerate(structures):
        if found and found[-1].structure == structure:
            found[-1] = Phase(structure, found[-1].start, t + 1)
        else:
            found.append(Phase(structure, t, t + 1))
    return tuple(found)


def follows_life_cycle(structures: Sequence[CoalitionStructure]) -> bool:
    """Whether an episode starts in the grand coalition, splits, and ends in the grand coalition again."""
    sizes = [len(phase.structure) for phase in phases(structures)]
    return len(sizes) >= 3 and sizes[0] == 1 and sizes[-1] == 1 and max(sizes) > 1

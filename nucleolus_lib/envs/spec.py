"""What a batched world says about itself: its sizes, and the names of its parts."""

from __future__ import annotations

from dataclasses import dataclass

from nucleolus_lib.envs.errors import SpecError


@dataclass(frozen=True)
class EntitySpec:
    """One thing in the world: an agent, a fire, an enemy, an obstacle."""

    name: str
    kind: str


@dataclass(frozen=True)
class SubtaskSpec:
    """The smallest unit of reward.

    Parameters
    ----------
    name
        Unique among the subtasks.
    entities
        Indices into ``Spec.entities``: what the subtask is about.
    required
        The least number of participants for which it ever pays; a step may ask for more.
    reward
        What it pays when it is completed, 0 if that varies.
    forms_coalition
        Whether agents that take part in it form a coalition. False for rewards that everybody gets
        (winning a battle) and for shaping.
    """

    name: str
    entities: tuple[int, ...] = ()
    required: int = 1
    reward: float = 0.0
    forms_coalition: bool = True


@dataclass(frozen=True)
class Spec:
    """The sizes and names of a world.

    Parameters
    ----------
    name
        What the world is called in files and figures.
    n_agents
        N.
    action_names
        One name per action, A of them.
    noop
        Index of the action that stands for not taking part; the agents outside a coalition play it
        when the coalition's own value is asked for. It may be masked for agents that act.
    observation_size, state_size
        F and D.
    observation_low, observation_high
        Every entry of an observation lies between them.
    entities
        E entities; the first N are the agents, in order.
    entity_features
        Names of the G columns of ``entities(state)``. If ``x`` and ``y`` are among them, they place
        the entity in a picture.
    subtasks
        M subtasks.
    horizon
        Steps after which an unfinished episode is truncated.
    n_initial_draws, n_step_draws
        Uniform numbers one world uses at its start and in one step.

    Raises
    ------
    SpecError
    """

    name: str
    n_agents: int
    action_names: tuple[str, ...]
    noop: int
    observation_size: int
    state_size: int
    observation_low: float
    observation_high: float
    entities: tuple[EntitySpec, ...]
    entity_features: tuple[str, ...]
    subtasks: tuple[SubtaskSpec, ...]
    horizon: int
    n_initial_draws: int = 0
    n_step_draws: int = 0

    def __post_init__(self) -> None:
        for field, least in _LEAST.items():
            if getattr(self, field) < least:
                raise SpecError(f"{self.name}: {field} must be at least {least}; got {getattr(self, field)}")
        if not 0 <= self.noop < self.n_actions:
            raise SpecError(f"{self.name}: noop is an action index, 0..{self.n_actions - 1}; got {self.noop}")
        if not self.observation_low < self.observation_high:
            raise SpecError(
                f"{self.name}: observation_low must be below observation_high; "
                f"got {self.observation_low} and {self.observation_high}"
            )
        if not self.subtasks:
            raise SpecError(f"{self.name}: a world pays through its subtasks, so it needs at least one; got none")
        for group, names in (
            ("action", self.action_names),
            ("entity", tuple(entity.name for entity in self.entities)),
            ("entity feature", self.entity_features),
            ("subtask", tuple(subtask.name for subtask in self.subtasks)),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise SpecError(f"{self.name}: {group} names must be unique; {twice} appear more than once")
        kinds = [entity.kind for entity in self.entities]
        if kinds[: self.n_agents] != ["agent"] * self.n_agents or "agent" in kinds[self.n_agents :]:
            raise SpecError(
                f"{self.name}: the first n_agents = {self.n_agents} entities are the agents (kind 'agent') "
                f"and no others are; got kinds {kinds}"
            )
        for subtask in self.subtasks:
            unknown = [index for index in subtask.entities if not 0 <= index < len(self.entities)]
            if unknown:
                raise SpecError(
                    f"{self.name}: subtask {subtask.name!r} names entities {unknown}; "
                    f"the world has entities 0..{len(self.entities) - 1}"
                )
            if not 1 <= subtask.required <= self.n_agents:
                raise SpecError(
                    f"{self.name}: subtask {subtask.name!r} needs between 1 and {self.n_agents} agents; "
                    f"got required={subtask.required}"
                )

    @property
    def n_actions(self) -> int:
        """A."""
        return len(self.action_names)

    @property
    def n_subtasks(self) -> int:
        """M."""
        return len(self.subtasks)

    @property
    def n_entities(self) -> int:
        """E."""
        return len(self.entities)


_LEAST = {
    "n_agents": 1,
    "n_actions": 1,
    "observation_size": 1,
    "state_size": 1,
    "horizon": 1,
    "n_initial_draws": 0,
    "n_step_draws": 0,
}

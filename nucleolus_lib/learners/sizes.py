"""The sizes of a world as far as a learner needs them: N agents, A actions, F, D, M and the time limit."""

from __future__ import annotations

from dataclasses import dataclass

from nucleolus_lib.learners.errors import SizesError


@dataclass(frozen=True)
class Sizes:
    """Numbers that fix the shapes of networks and episodes.

    Parameters
    ----------
    n_agents, n_actions
        N and A.
    observation_size, state_size
        F and D.
    n_subtasks
        M, the number of subtask rewards of a step.
    horizon
        T, the number of steps after which an episode is truncated.
    forms_coalition
        One bool per subtask: whether those who take part in it form a coalition. Empty stands for all of them.

    Raises
    ------
    SizesError
    """

    n_agents: int
    n_actions: int
    observation_size: int
    state_size: int
    n_subtasks: int
    horizon: int
    forms_coalition: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        for field in ("n_agents", "n_actions", "observation_size", "state_size", "n_subtasks", "horizon"):
            if getattr(self, field) < 1:
                raise SizesError(f"{field} must be at least 1; got {getattr(self, field)}")
        if not self.forms_coalition:
            object.__setattr__(self, "forms_coalition", (True,) * self.n_subtasks)
        if len(self.forms_coalition) != self.n_subtasks:
            raise SizesError(
                f"forms_coalition needs one entry per subtask, {self.n_subtasks}; got {len(self.forms_coalition)}"
            )

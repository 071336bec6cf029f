"""The PettingZoo face of every batched world.

One world (B = 1) as a ``ParallelEnv``. All agents get the team reward, since the worlds are
cooperative. ``infos[agent]`` holds

=================  =====================================================================
``action_mask``    (A,) int8, 1 for an available action; others are carried out as no-op
``coalition``      lowest agent index in the agent's coalition at this step (-1 at reset)
``subtasks``       (M,) float32, the subtask rewards r_k of this step (zeros at reset)
=================  =====================================================================

``reset(seed=s)`` makes everything that follows a function of s; without a seed the chance goes on
from where it was, from a fresh seed the first time. This module needs PettingZoo and Gymnasium.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar, Generic

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from nucleolus_lib.envs.batched_state import StateT
from nucleolus_lib.envs.entity_picture import entity_picture
from nucleolus_lib.envs.errors import ActionsError, WorldParameterError
from nucleolus_lib.envs.protocol import BatchedWorld, check_actions, reset, step


class WorldParallelEnv(ParallelEnv, Generic[StateT]):  # type: ignore[misc]
    """A batched world as a PettingZoo parallel environment.

    Parameters
    ----------
    world
        Any batched world, on any device.
    render_mode
        None, or ``"rgb_array"``.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "name": "batched_world", "render_fps": 4}

    def __init__(self, world: BatchedWorld[StateT], render_mode: str | None = None) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise WorldParameterError(f"render_mode is None or 'rgb_array'; got {render_mode!r}")
        spec = world.spec
        self.world = world
        self.render_mode = render_mode
        self.metadata = {**type(self).metadata, "name": spec.name}  # type: ignore[misc]
        self.possible_agents = [entity.name for entity in spec.entities[: spec.n_agents]]
        self.agents: list[str] = []
        self.observation_spaces = {
            agent: spaces.Box(spec.observation_low, spec.observation_high, (spec.observation_size,), np.float32)
            for agent in self.possible_agents
        }
        self.action_spaces = {agent: spaces.Discrete(spec.n_actions) for agent in self.possible_agents}
        self.state_space = spaces.Box(-np.inf, np.inf, (spec.state_size,), np.float32)
        self._generator: torch.Generator | None = None
        self._state: StateT | None = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Where an agent's observations lie."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """An agent's actions, 0..A-1."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, dict[str, Any]]]:
        """Start an episode. ``options`` is accepted for PettingZoo's sake and not used."""
        if self._generator is None or seed is not None:
            self._generator = torch.Generator(self.world.device)
            self._generator.manual_seed(secrets.randbits(63) if seed is None else seed)
        self._state = reset(self.world, 1, self._generator)
        self.agents = list(self.possible_agents)
        m = self.world.spec.n_subtasks
        return self._observations(), self._infos(np.full(len(self.agents), -1), np.zeros(m, np.float32))

    def step(
        self, actions: dict[str, int]
    ) -> tuple[
        dict[str, NDArray[np.float32]], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
    ]:
        """One step of every agent.

        Raises
        ------
        ActionsError
            If an agent has no action or an unknown one, or no episode is running.
        """
        if self._state is None or not self.agents:
            raise ActionsError("no episode is running; call reset() before step()")
        missing = [agent for agent in self.agents if agent not in actions]
        if missing:
            raise ActionsError(f"every agent acts in every step; {missing} have no action (pass the no-op to wait)")
        chosen = torch.tensor([[int(actions[agent]) for agent in self.agents]], device=self.world.device)
        assert self._generator is not None
        result = step(self.world, self._state, check_actions(self.world.spec, chosen), self._generator)
        self._state = result.state
        structure = self.world.induced_structure(result)[0].cpu().numpy()
        observations = self._observations()
        infos = self._infos(structure, result.subtask_rewards[0].cpu().numpy())
        agents = self.agents
        terminated, truncated = bool(result.terminated[0]), bool(result.truncated[0])
        if terminated or truncated:
            self.agents = []
        return (
            observations,
            dict.fromkeys(agents, float(result.reward[0])),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def state(self) -> NDArray[np.float32]:
        """The global state, (D,)."""
        return self.world.global_state(self._running())[0].cpu().numpy()

    def render(self) -> NDArray[np.uint8] | None:
        """An RGB image of the entities, or None without a render mode."""
        if self.render_mode is None:
            return None
        return entity_picture(self.world.spec, self.world.entities(self._running())[0].cpu().numpy())

    def close(self) -> None:
        """Nothing to close."""

    def _running(self) -> StateT:
        if self._state is None:
            raise ActionsError("there is no state yet; call reset() first")
        return self._state

    def _observations(self) -> dict[str, NDArray[np.float32]]:
        seen = self.world.observation(self._running())[0].cpu().numpy()
        return {agent: seen[i] for i, agent in enumerate(self.agents)}

    def _infos(self, structure: NDArray[np.int64], rewards: NDArray[np.float32]) -> dict[str, dict[str, Any]]:
        masks = self.world.available_actions(self._running())[0].cpu().numpy().astype(np.int8)
        return {
            agent: {"action_mask": masks[i], "coalition": int(structure[i]), "subtasks": rewards}
            for i, agent in enumerate(self.agents)
        }

"""The real StarCraft II behind the batched protocol.

:class:`SmacBattles` plays oxwhirl/smac's ``StarCraft2Env``, one per process, and has the methods of
:class:`nucleolus_lib.envs.protocol.BatchedWorld`, so that rollout and evaluation take it like any other
world. A game is not a function of tensors, so some of the protocol cannot be kept:

* chance comes from the game: ``draws`` are ignored, ``n_initial_draws`` and ``n_step_draws`` are 0, and
  the same seed need not give the same episode;
* a game cannot go back: ``initial`` starts all battles anew, and ``transition`` takes the latest state only;
* nothing can be captured in a CUDA graph;
* the game does not say who damaged whom. There is one subtask, the battle, in which all agents take part,
  and it forms no coalition: row I9 of the register and ``oracle_credit`` mean nothing here;
* an episode whose process failed is truncated before the horizon. ``state.cut`` marks it; it is in no
  statistics. All other episodes go on, and a new process is ready at the next ``initial``.

What is kept: shapes and types, masks, bounds, ends told apart, an ended battle stays as it is and pays 0,
an action that is not available acts as the no-op (a living agent then stops).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.errors import ActionsError, WorldParameterError
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.smac_install import check_smac, smac_battle
from nucleolus_lib.envs.smac_pool import Answer, WorkerPool
from nucleolus_lib.envs.smac_state import SmacState, smac_entities, smac_orders, smac_spec
from nucleolus_lib.envs.smac_worker import Look, MakeBattle, Played
from nucleolus_lib.envs.spec import Spec
from nucleolus_lib.envs.structure import structure_from_participants


class SmacBattles:
    """Battles of the real SMAC as a batched world. Close it after use, or use it in a ``with`` statement.

    Parameters
    ----------
    map_name
        One of SMAC's maps.
    n_workers
        How many battles can be played at once; each is a process with a game of its own.
    seed
        Battle b gets seed + b.
    device
        Where the tensors are put.
    make_battle
        Makes an object with SMAC's methods; default: the real one.
    start_seconds, step_seconds, max_failures, start_method
        See :class:`nucleolus_lib.envs.smac_pool.WorkerPool`.
    **smac_options
        Passed to SMAC.

    Raises
    ------
    SmacMissingError
        If the package, the game or the map is missing.
    SmacWorkerError
        If a battle cannot be started.
    """

    outcome_names: tuple[str, ...] = ("won", "return", "dead_allies", "dead_enemies", "length")

    def __init__(
        self,
        map_name: str,
        n_workers: int = 8,
        *,
        seed: int = 0,
        device: torch.device | str = "cpu",
        make_battle: MakeBattle | None = None,
        start_seconds: float = 300.0,
        step_seconds: float = 60.0,
        max_failures: int = 3,
        start_method: str = "spawn",
        **smac_options: Any,
    ) -> None:
        if smac_options.get("obs_instead_of_state"):
            raise WorldParameterError("the adapter reads the units from the state; leave obs_instead_of_state at False")
        if make_battle is None:
            check_smac(map_name)
            make_battle = smac_battle
        self._device = torch.device(device)
        self._pool = WorkerPool(
            make_battle,
            map_name,
            smac_options,
            n_workers,
            seed,
            start_seconds=start_seconds,
            step_seconds=step_seconds,
            max_failures=max_failures,
            start_method=start_method,
        )
        self._spec = smac_spec(map_name, self._pool.ready)
        self._latest: list[Look] = []
        self._moment = 0
        self._lost_in_game = self._won = self._played = self._timeouts = 0

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors are put."""
        return self._device

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that play, in the order of the battles."""
        return self._pool.process_ids

    @property
    def stats(self) -> dict[str, float]:
        """SMAC's statistics over all battles that were played to their end, and ``restarts``."""
        return {
            "battles_won": self._won,
            "battles_game": self._played,
            "battles_draw": self._timeouts,
            "win_rate": self._won / max(self._played, 1),
            "timeouts": self._timeouts,
            "restarts": self._pool.restarts + self._lost_in_game,
        }

    def initial(self, draws: Tensor) -> SmacState:
        """Start one episode in each of the first B processes; only the number of ``draws`` counts."""
        batch = draws.shape[0]
        if batch > self._pool.n_workers:
            raise WorldParameterError(
                f"the adapter has n_workers={self._pool.n_workers} battles; {batch} were asked for at once"
            )
        self._latest = self._start(batch)
        self._moment += 1
        no, zero = torch.zeros(batch, dtype=torch.bool), torch.zeros(batch)
        return self._state(zero.long(), no, no, no, zero, zero, zero)

    def transition(self, state: SmacState, actions: Tensor, draws: Tensor) -> Step[SmacState]:
        """One step of every battle that is not over; ``draws`` are not looked at.

        Raises
        ------
        ActionsError
            If the state is not the latest one, or the actions have the wrong shape or type.
        SmacWorkerError
            If a battle failed too often in a row.
        """
        batch, n = len(self._latest), self._spec.n_agents
        if state.moment.shape[0] != batch or int(state.moment[0]) != self._moment:
            raise ActionsError(
                "a game cannot go back: transition() takes the state that the last initial() or transition() returned "
                f"(number {self._moment}); got number {int(state.moment[0])} of {state.moment.shape[0]} battles"
            )
        if actions.shape != (batch, n) or actions.dtype != torch.int64:
            raise ActionsError(
                f"{self._spec.name} takes one action index per agent, an int64 tensor {(batch, n)}; "
                f"got {actions.dtype} {tuple(actions.shape)}"
            )
        going = ~(state.ended | state.cut).cpu().numpy()
        orders = [smac_orders(look.available, row) for look, row in zip(self._latest, actions.tolist(), strict=True)]
        answers = self._pool.ask([("step", row) if go else None for go, row in zip(going, orders, strict=True)])
        self._moment += 1
        rows = [self._judge(b, answer) for b, answer in enumerate(answers)]
        reward, over, timeout, won, cut, dead_allies, dead_enemies = (
            torch.tensor(column, device=self._device) for column in zip(*rows, strict=True)
        )
        kept = torch.as_tensor(going, device=self._device) & ~cut
        after = self._state(
            state.elapsed + torch.as_tensor(going, device=self._device),
            state.ended | over,
            state.won | won,
            state.cut | cut,
            state.episode_return + reward,
            torch.where(kept, dead_allies, state.dead_allies),
            torch.where(kept, dead_enemies, state.dead_enemies),
        )
        terminated = after.ended & ~timeout
        return Step(
            state=after,
            reward=reward,
            subtask_rewards=reward[:, None],
            participants=torch.ones((batch, 1, n), dtype=torch.bool, device=self._device),
            requirement=torch.ones((batch, 1), dtype=torch.int64, device=self._device),
            terminated=terminated,
            truncated=timeout | after.cut,
        )

    def observation(self, state: SmacState) -> Tensor:
        """(B, N, F) float32."""
        return state.observation

    def global_state(self, state: SmacState) -> Tensor:
        """(B, D) float32."""
        return state.global_state

    def available_actions(self, state: SmacState) -> Tensor:
        """(B, N, A) bool."""
        return state.available

    def entities(self, state: SmacState) -> Tensor:
        """Health as a share, and the place relative to the middle of the map, of every unit, from the state vector."""
        return smac_entities(self._pool.ready.env_info, self._spec, state.global_state)

    def induced_structure(self, step: Step[SmacState]) -> Tensor:
        """The grand coalition: the game does not say who worked with whom."""
        forms = torch.zeros(1, dtype=torch.bool, device=self._device)
        return structure_from_participants(step.participants, forms)

    def outcome(self, state: SmacState) -> Tensor:
        """``outcome_names`` of finished battles, (B, 5) float32."""
        columns = (
            state.won.float(),
            state.episode_return,
            state.dead_allies,
            state.dead_enemies,
            state.elapsed.float(),
        )
        return torch.stack(columns, 1)

    def close(self) -> None:
        """End all processes."""
        self._pool.close()

    def __enter__(self) -> SmacBattles:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self, batch: int) -> list[Look]:
        """The first looks at new episodes; a battle that fails at its start is started again."""
        looks: list[Look | None] = [None] * batch
        while any(look is None for look in looks):
            for b, answer in enumerate(self._pool.ask([("reset",) if look is None else None for look in looks])):
                if isinstance(answer, Look):
                    looks[b] = answer
        return [look for look in looks if look is not None]

    def _judge(self, b: int, answer: Answer | None) -> tuple[float, bool, bool, bool, bool, float, float]:
        """Reward, over, timed out, won, cut, dead agents and dead enemies of battle b; counts what ended."""
        if answer is None:
            return 0.0, False, False, False, False, 0.0, 0.0
        if not isinstance(answer, Played):
            return 0.0, False, False, False, True, 0.0, 0.0
        info = answer.info
        self._latest[b] = answer.look
        if "battle_won" not in info:
            # SMAC's own answer when it had to start the game anew: no reward, over, nothing else said.
            self._lost_in_game += 1
            return 0.0, False, False, False, True, 0.0, 0.0
        won, dead_allies, dead_enemies = bool(info["battle_won"]), info["dead_allies"], info["dead_enemies"]
        if answer.over:
            self._played += 1
            self._won += won
            e = self._spec.n_entities - self._spec.n_agents
            self._timeouts += dead_allies < self._spec.n_agents and dead_enemies < e
        timeout = bool(info.get("episode_limit", False))
        return answer.reward, answer.over, timeout, won, False, float(dead_allies), float(dead_enemies)

    def _state(
        self,
        elapsed: Tensor,
        ended: Tensor,
        won: Tensor,
        cut: Tensor,
        episode_return: Tensor,
        dead_allies: Tensor,
        dead_enemies: Tensor,
    ) -> SmacState:
        """The latest looks with what is counted beside them."""

        def stack(arrays: list[NDArray[Any]]) -> Tensor:
            return torch.as_tensor(np.stack(arrays), device=self._device)

        return SmacState(
            observation=stack([look.observation for look in self._latest]),
            global_state=stack([look.state for look in self._latest]),
            available=stack([look.available for look in self._latest]),
            elapsed=elapsed.to(self._device),
            ended=ended.to(self._device),
            won=won.to(self._device),
            cut=cut.to(self._device),
            episode_return=episode_return.to(self._device),
            dead_allies=dead_allies.to(self._device),
            dead_enemies=dead_enemies.to(self._device),
            moment=torch.full(elapsed.shape, self._moment, dtype=torch.int64, device=self._device),
        )

"""The eight loops of a step as one call of the compiled loop, :mod:`~nucleolus_lib.envs.battle_kernels`."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_kernel_data import constants
from nucleolus_lib.envs.battle_kernels import play
from nucleolus_lib.envs.battle_state import BattleState, DamageRecord, Orders
from nucleolus_lib.envs.battle_tables import BattleTables


class KernelLoops:
    """The loops of a step of a scenario, compiled; the first step of all takes some seconds, then it is cached."""

    def __init__(self, tables: BattleTables) -> None:
        self._constants = constants(tables)
        self._shape = tables.n_allies, tables.n_enemies

    def play(self, state: BattleState, orders: Orders, draws: Tensor) -> tuple[BattleState, DamageRecord]:
        """As :func:`~nucleolus_lib.envs.battle_loop.play_loops`."""
        changed = {
            name: getattr(state, name).clone(memory_format=torch.contiguous_format)
            for name in (
                "position",
                "velocity",
                "health",
                "shield",
                "cooldown",
                "shield_wait",
                "shot_left",
                "shot_target",
                "enemy_target",
            )
        }
        dealt = torch.zeros((state.health.shape[0], *self._shape))
        given = (orders.target, orders.goal, draws)
        play(
            self._constants,
            *(tensor.numpy() for tensor in changed.values()),
            dealt.numpy(),
            *(tensor.contiguous().numpy() for tensor in given),
        )
        n = self._shape[0]
        died = (state.health[:, n:] > 0) & (changed["health"][:, n:] <= 0)
        return replace(state, **changed), DamageRecord(dealt=dealt, kills=died[:, None] & (dealt > 0))

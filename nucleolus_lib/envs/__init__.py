"""Batched entity-based coalition POMDPs in torch: B worlds at once.

The protocol is :class:`~nucleolus_lib.envs.protocol.BatchedWorld`; check a world of your own with
:func:`~nucleolus_lib.envs.check_env.check_env`. The PettingZoo face is in
:mod:`nucleolus_lib.envs.pettingzoo_adapter`, which alone needs PettingZoo; the real StarCraft II in
:mod:`nucleolus_lib.envs.smac_adapter`.
"""

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.check_env import check_env
from nucleolus_lib.envs.episode import Episode, record_episode
from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.envs.matrix_game_world import MatrixGameWorld
from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_grid import PredatorPreyGrid
from nucleolus_lib.envs.protocol import BatchedWorld, Step, random_actions, reset, step
from nucleolus_lib.envs.single_battle import SingleBattleEnv
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.split_the_task import SplitTheTask

__all__ = [
    "BatchedWorld",
    "Battle",
    "EntitySpec",
    "Episode",
    "FireRescue",
    "MatrixGameWorld",
    "PredatorPrey",
    "PredatorPreyGrid",
    "SingleBattleEnv",
    "Spec",
    "SplitTheTask",
    "Step",
    "SubtaskSpec",
    "check_env",
    "random_actions",
    "record_episode",
    "reset",
    "step",
]

"""The least that a training run computes and moves, as a GPU does it: FLOPs and bytes.

B = worlds per rollout, T = steps of a full episode, K = episodes per evaluation, L = episodes per gradient step,
G = gradient steps, V = evaluations, P = trained parameters, E = bytes of one episode as it is stored.

*Rollouts.* A rollout plays at most B T steps, so S environment steps took at least R = ceil(S / (B T)) of them. A GPU
plays all T steps of each.

*FLOPs*, products of matrices alone, a multiplication and an addition counted as two (what worlds, activations, losses
and the optimiser compute is left out):

    G * gradient step + R T * (step of B worlds) + V T * (step of K worlds).

The three are counted once, by :class:`torch.utils.flop_counter.FlopCounterMode`, at the run's sizes. On the CPU parts
of the learner are compiled loops that it cannot see, and on a GPU PyTorch's recurrent network is one operation of
another library; :func:`plain_path` takes the plain operations instead, whose products are those of the GPU's path.
Exact shares are solved in FP64, whose peak is not above that of FP32.

*Bytes*, of 4-byte numbers:

    G * (2 * 4 P + 2 * 8 P + L E) + (R B + V K) E:

in a gradient step the weights and the optimiser's two moments are read and written once and the batch is read once; a
rollout writes its episodes once. Weights read while acting, intermediate results and the target network are left out.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.update_cost import full_random_batch
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.games.lockstep import solve_lockstep
from nucleolus_lib.learners import coalition_value_rows, nucleolus_credit, shapley_weights
from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.episode_batch import SUBTASK_FIELDS, batch_layout
from nucleolus_lib.learners.q_learning import Learner

NUMBER = 4
"""Bytes of a float32."""


@dataclass(frozen=True)
class Unit:
    """What one run's parts cost.

    Parameters
    ----------
    gradient_step, playing_step, judging_step
        FLOPs of a gradient step, of a step of the B worlds that are played, and of the K worlds of an evaluation.
    parameters, episode_bytes
        P and E.
    """

    gradient_step: int
    playing_step: int
    judging_step: int
    parameters: int
    episode_bytes: int


@dataclass(frozen=True)
class Done:
    """What a run has done: environment steps S, gradient steps G, evaluations V."""

    env_steps: int
    gradient_steps: int
    evaluations: int


@dataclass(frozen=True)
class Work:
    """FLOPs and bytes, at least."""

    flops: int
    bytes: int


def unit_of(config: RunConfig) -> Unit:
    """The costs of a run's parts, counted on the CPU with random episodes."""
    sizes = sizes_of(make_world(config.env, "cpu", **config.env_options).spec)
    learner = Learner(config.learner, sizes, "cpu", config.seed)
    batch = full_random_batch(sizes, config.batch_size)
    layout = batch_layout(sizes, sizes.horizon)
    if not config.learner.needs_subtasks:
        batch = dataclasses.replace(batch, **dict.fromkeys(SUBTASK_FIELDS))
        layout = {name: field for name, field in layout.items() if name not in SUBTASK_FIELDS}
    with plain_path():
        return Unit(
            gradient_step=count_flops(lambda: learner.gradient_step(batch)),
            playing_step=count_flops(lambda: act_once(learner, config.n_worlds)),
            judging_step=count_flops(lambda: act_once(learner, config.evaluation_episodes)),
            parameters=sum(tensor.numel() for group in learner.groups for tensor in group.parameters),
            episode_bytes=sum(math.prod(shape) * dtype.itemsize for shape, dtype in layout.values()),
        )


def act_once(learner: Learner, n_worlds: int) -> None:
    """The learner's part of one step of so many worlds, on its device."""
    sizes, device = learner.sizes, learner.device
    agents = (n_worlds, sizes.n_agents)
    learner.act(
        torch.zeros((*agents, sizes.observation_size), device=device),
        torch.full(agents, -1, dtype=torch.int64, device=device),
        torch.ones((*agents, sizes.n_actions), dtype=torch.bool, device=device),
        learner.initial_hidden(n_worlds),
        0.5,
        torch.rand((*agents, 2), device=device),
    )


def count_flops(work: Callable[[], object]) -> int:
    """FLOPs of the products of matrices and vectors in ``work()``."""
    counter = FlopCounterMode(display=False, custom_mapping=_VECTOR_PRODUCTS)
    with counter:
        work()
    return int(counter.get_total_flops())


@contextmanager
def plain_path() -> Iterator[None]:
    """On the CPU, the operations that a GPU runs instead of compiled loops."""
    with (
        patch.object(AgentNetwork, "_compiled", lambda self, observation: False),
        patch.object(coalition_value_rows, "_is_compiled", lambda psi, is_all: False),
        patch.object(shapley_weights, "MeanContribution", SimpleNamespace(apply=shapley_weights.mean_contribution)),
        patch.object(nucleolus_credit, "_prenucleolus", _in_lockstep),
    ):
        yield


def _in_lockstep(games: Tensor) -> tuple[Tensor, Tensor]:
    """Prenucleoli as a GPU solves them, in a number of rounds that is fixed."""
    rounds = nucleolus_credit.LOCKSTEP_ROUNDS[games.shape[1].bit_length() - 1]
    record = solve_lockstep(games, individually_rational=False, fixed_rounds=rounds)
    return record.payoff, record.status == 0


def least_work(config: RunConfig, unit: Unit, done: Done) -> Work:
    """The formulas of the module's text."""
    horizon = make_world(config.env, "cpu", **config.env_options).spec.horizon
    rollouts = math.ceil(done.env_steps / (config.n_worlds * horizon))
    flops = (
        done.gradient_steps * unit.gradient_step
        + rollouts * horizon * unit.playing_step
        + done.evaluations * horizon * unit.judging_step
    )
    update = 2 * NUMBER * unit.parameters + 2 * 2 * NUMBER * unit.parameters + config.batch_size * unit.episode_bytes
    episodes = rollouts * config.n_worlds + done.evaluations * config.evaluation_episodes
    return Work(flops, done.gradient_steps * update + episodes * unit.episode_bytes)


def _of_a_matrix(place: int) -> Any:
    def flops(*shapes: Any, **others: Any) -> int:
        return 2 * math.prod(shapes[place])

    return flops


_VECTOR_PRODUCTS: dict[Any, Any] = {
    torch.ops.aten.mv: _of_a_matrix(0),
    torch.ops.aten.addmv: _of_a_matrix(1),
    torch.ops.aten.dot: _of_a_matrix(0),
}
"""Products that PyTorch's counter does not know: two FLOPs per entry of the matrix."""

"""A run in progress: the world, the learner, the replay, the generators and the counters.

*Chance.* A run has three streams, all fixed by its seed: the learner's (weights, and algorithms that sample), one for
playing, and one for drawing batches. Evaluation number k has a generator of its own, made from (seed, k), so that how
often a run is evaluated does not change what it learns.

*Counting.* Environment steps that were played are counted on the device. The host reads the counter only when something
could be due: after a reading of c steps, c + B T k is the most there can be k rollouts later. On the CPU,
where reading costs nothing, this is the same moment.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nucleolus_lib.experiments.captured_update import CapturedUpdate
from nucleolus_lib.experiments.config import RunConfig
from nucleolus_lib.experiments.device import resolve_device
from nucleolus_lib.experiments.errors import CheckpointError
from nucleolus_lib.experiments.evaluate import evaluate, outcome_names, summary
from nucleolus_lib.experiments.rollout import make_rollout
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.learners.replay import ReplayBuffer

PLAYING, SAMPLING, EVALUATING = 1, 2, 3


def derived_seed(*numbers: int) -> int:
    """A seed for a stream of chance, from a few numbers; different numbers give unrelated streams."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def exploration_rate(config: RunConfig, env_steps: Tensor | float) -> Tensor | float:
    """Linear from start to finish over the annealing steps, then constant."""
    share = env_steps / config.exploration_anneal_steps
    share = share.clamp(max=1.0) if isinstance(share, Tensor) else min(share, 1.0)
    return config.exploration_start + (config.exploration_finish - config.exploration_start) * share


class TrainingState:
    """Everything that :func:`nucleolus_lib.experiments.train.train` moves forward.

    Raises
    ------
    UnknownWorldError, DeviceAbsentError
    """

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.device = resolve_device(config.device)
        self.world = make_world(config.env, self.device, **config.env_options)
        sizes = sizes_of(self.world.spec)
        self.learner = Learner(config.learner, sizes, self.device, config.seed)
        subtasks = config.learner.needs_subtasks
        self.replay = ReplayBuffer(config.buffer_size, sizes, subtasks, self.device)
        graphs = config.cuda_graphs
        self.player = make_rollout(self.world, self.learner, config.n_worlds, subtasks, graphs)
        self.judge = make_rollout(self.world, self.learner, config.evaluation_episodes, cuda_graphs=graphs)
        captured = graphs and self.device.type == "cuda"
        self.updater = CapturedUpdate(self.learner) if captured else self.learner
        self.play_generator = torch.Generator(self.device).manual_seed(derived_seed(config.seed, PLAYING))
        self.sample_generator = torch.Generator(self.device).manual_seed(derived_seed(config.seed, SAMPLING))
        self.steps = torch.zeros((), dtype=torch.int64, device=self.device)
        self.env_steps = 0
        self.n_rollouts = 0
        self.last_batch: EpisodeBatch | None = None
        self._unread = 0
        self._sums: dict[str, Tensor] = {}
        self._counts = {"updates": 0, "episodes": 0}

    @property
    def gradient_steps(self) -> int:
        """Gradient steps so far."""
        return self.learner.n_updates

    def play(self) -> None:
        """One rollout into the replay."""
        batch, _ = self.player.play(exploration_rate(self.config, self.steps), self.play_generator)
        self._add("return", batch.reward.sum())
        self.replay.add(self._scaled(batch))
        self.steps += batch.filled.sum()
        self._counts["episodes"] += batch.n_episodes
        self.n_rollouts += 1
        self._unread += 1

    def _scaled(self, batch: EpisodeBatch) -> EpisodeBatch:
        scale = self.config.reward_scale
        if scale == 1.0:
            return batch
        parts = batch.subtask_rewards
        return dataclasses.replace(
            batch, reward=batch.reward * scale, subtask_rewards=None if parts is None else parts * scale
        )

    def learn(self) -> bool:
        """The gradient steps after a rollout; False if one was not finite (known at once only on the CPU)."""
        if len(self.replay) < self.config.batch_size:
            return True
        for _ in range(self.config.updates_per_rollout):
            self.last_batch = self.replay.sample(self.config.batch_size, self.sample_generator)
            metrics = self.updater.update(self.last_batch)
            for name, value in metrics.items():
                self._add(name, value)
            self._counts["updates"] += 1
            if self.device.type == "cpu" and not bool(metrics["is_finite"]):
                return False
        return True

    def _add(self, name: str, value: Tensor) -> None:
        if name in self._sums:
            self._sums[name] += value
        else:
            self._sums[name] = value.detach().clone().double()

    def read_steps(self, least: int) -> int:
        """Environment steps so far, exact if they may have reached ``least``."""
        most = self.env_steps + self._unread * self.config.n_worlds * self.world.spec.horizon
        if most >= least or self.device.type == "cpu":
            self.env_steps = int(self.steps)
            self._unread = 0
        return self.env_steps

    def evaluate(self) -> dict[str, float]:
        """Outcomes of greedy episodes, and the means of the metrics since the last evaluation."""
        number = self.env_steps // self.config.evaluation_interval
        generator = torch.Generator(self.device).manual_seed(derived_seed(self.config.seed, EVALUATING, number))
        found = evaluate(self.world, self.learner, self.config.evaluation_episodes, generator, self.judge)
        return {**summary(outcome_names(self.world), found), **self._metrics()}

    def _metrics(self) -> dict[str, float]:
        names = list(self._sums)
        sums = torch.stack([self._sums[name] for name in names]).tolist() if names else []
        means = {}
        for name, total in zip(names, sums, strict=True):
            count = self._counts["episodes" if name == "return" else "updates"]
            means[f"train/{name}"] = total / count
        self._sums.clear()
        self._counts.update(updates=0, episodes=0)
        return means

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {
            "device": self.device.type,
            "learner": self.learner.state_dict(),
            "replay": self.replay.state_dict(),
            "play_generator": self.play_generator.get_state(),
            "sample_generator": self.sample_generator.get_state(),
            "env_steps": int(self.steps),
            "n_rollouts": self.n_rollouts,
            "sums": {name: value.clone() for name, value in self._sums.items()},
            "counts": dict(self._counts),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a stored state.

        Raises
        ------
        CheckpointError
            It was stored on another kind of device, whose chance cannot be continued here.
        """
        if state["device"] != self.device.type:
            raise CheckpointError(
                f"the checkpoint was written on {state['device']} and this run is on {self.device.type}; "
                f"continue it with --device {state['device']}, or start anew with --fresh"
            )
        # Settings were compared when the checkpoint was read, where those that an algorithm does not read do not count.
        self.learner.load_state_dict({**state["learner"], "config": dataclasses.asdict(self.config.learner)})
        self.replay.load_state_dict(state["replay"])
        self.play_generator.set_state(state["play_generator"].cpu())
        self.sample_generator.set_state(state["sample_generator"].cpu())
        self.env_steps = state["env_steps"]
        self.steps.fill_(self.env_steps)
        self.n_rollouts = state["n_rollouts"]
        self._unread = 0
        self._sums = {name: value.to(self.device) for name, value in state["sums"].items()}
        self._counts = dict(state["counts"])

"""Deep Q-learning for a team: everything that the algorithms share.

One update, from B whole episodes:

1. unroll the online and the target network over the episodes (:mod:`~nucleolus_lib.learners.q_values`);
2. the algorithm's own loss, which is all it adds;
3. one gradient step; each group of parameters is clipped to its own norm and has its own learning rate;
4. every ``target_period`` updates the target network becomes a copy of the online network.

Nothing here reads the device: metrics are 0-d tensors, a loss that is not finite is reported as the metric
``is_finite`` = 0, and the caller reads them when it logs.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from nucleolus_lib.learners.agent_network import AgentNetwork
from nucleolus_lib.learners.algorithms import ALGORITHMS
from nucleolus_lib.learners.episode_batch import SUBTASK_FIELDS, EpisodeBatch, check_batch
from nucleolus_lib.learners.errors import BatchError, LearnerStateError
from nucleolus_lib.learners.exploration import epsilon_greedy
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_values import Algorithm, ParameterGroup, QValues, q_values
from nucleolus_lib.learners.sizes import Sizes

__all__ = ["Learner", "QValues"]


class Learner:
    """Acts, and learns from episodes.

    Parameters
    ----------
    config
        Settings.
    sizes
        Of the world.
    device
        Where networks and episodes live.
    seed
        Fixes the initial weights (the same on every device) and the chance used by algorithms that sample.
    """

    def __init__(self, config: LearnerConfig, sizes: Sizes, device: torch.device | str = "cpu", seed: int = 0) -> None:
        self.config, self.sizes, self.device = config, sizes, torch.device(device)
        make = ALGORITHMS[config.algorithm]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.agent = AgentNetwork(sizes, config)
            self.algorithm: Algorithm = make(sizes, config)
            self.target_agent = AgentNetwork(sizes, config)
            self.target_algorithm: Algorithm = make(sizes, config)
        for module in (self.agent, self.algorithm, self.target_agent, self.target_algorithm):
            assert isinstance(module, nn.Module)
            module.to(self.device)
        for parameter in (*self.target_agent.parameters(), *self.target_algorithm.parameters()):
            parameter.requires_grad_(False)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.groups = self._parameter_groups()
        self.optimiser = self._make_optimiser()
        self.n_updates = 0
        self.copy_to_target()

    def _parameter_groups(self) -> tuple[ParameterGroup, ...]:
        separate = self.algorithm.separate_groups()
        apart = {id(parameter) for group in separate for parameter in group.parameters}
        shared = [p for p in (*self.agent.parameters(), *self.algorithm.parameters()) if id(p) not in apart]
        config = self.config
        return (ParameterGroup("shared", tuple(shared), config.learning_rate, config.gradient_clip), *separate)

    def _make_optimiser(self) -> torch.optim.Optimizer:
        groups = [{"params": list(group.parameters), "lr": group.learning_rate} for group in self.groups]
        if self.config.optimiser == "rmsprop":
            return torch.optim.RMSprop(groups, alpha=0.99, eps=1e-5, capturable=self.device.type == "cuda")
        return torch.optim.Adam(groups, fused=True, capturable=self.device.type == "cuda")

    def initial_hidden(self, batch: int) -> Tensor:
        """The agents' memory at the start of B episodes, (B, N, H)."""
        return self.agent.initial_hidden(batch)

    @torch.no_grad()
    def act(
        self,
        observation: Tensor,
        last_action: Tensor,
        available: Tensor,
        hidden: Tensor,
        exploration_rate: Tensor | float,
        draws: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The joint action (B, N) int64 and the next memory (B, N, H).

        Parameters
        ----------
        observation, last_action, available, hidden
            (B, N, F), (B, N) int64 with -1 at the start of an episode, (B, N, A) bool, (B, N, H).
        exploration_rate
            A number or a 0-d tensor; 0 acts greedily.
        draws
            (B, N, 2) uniform in [0, 1).
        """
        q, after = self.agent.step(observation, last_action, hidden)
        return epsilon_greedy(q, available, exploration_rate, draws), after

    def update(self, batch: EpisodeBatch) -> dict[str, Tensor]:
        """One gradient step from ``batch`` and, when it is due, a copy to the target network.

        Returns
        -------
        dict
            0-d tensors on the device: ``loss``, ``grad_norm`` (before clipping, of the shared group), ``is_finite`` (1
            if loss and gradient are finite, else 0), and the algorithm's own.

        Raises
        ------
        BatchError
            If the batch does not have the shapes of ``sizes`` or lacks the subtask fields that the algorithm needs.
        """
        self._check(batch)
        metrics = self.gradient_step(batch)
        self.n_updates += 1
        if self.n_updates % self.config.target_period == 0:
            self.copy_to_target()
        return metrics

    def _check(self, batch: EpisodeBatch) -> None:
        check_batch(batch, self.sizes)
        if self.config.needs_subtasks:
            lacking = [name for name in SUBTASK_FIELDS if getattr(batch, name) is None]
            if lacking:
                raise BatchError(
                    f"{self.config.algorithm} with these settings needs {', '.join(lacking)} in its episodes, which "
                    "came without; make the replay buffer with store_subtasks=True"
                )

    def gradient_step(self, batch: EpisodeBatch) -> dict[str, Tensor]:
        """Steps 1 to 3 alone, without counting: for a captured graph, whose caller counts and copies."""
        target_agent = self.target_agent if self.config.uses_target_agent else None
        qs = q_values(self.agent, target_agent, batch, self.generator)
        loss, metrics = self.algorithm.loss(batch, qs, self.target_algorithm)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norms = [nn.utils.clip_grad_norm_(group.parameters, group.gradient_clip) for group in self.groups]
        self.optimiser.step()
        loss = loss.detach()
        finite = torch.isfinite(loss)
        for group, norm in zip(self.groups, norms, strict=True):
            finite = finite & torch.isfinite(norm)
            metrics["grad_norm" if group.name == "shared" else f"grad_norm_{group.name}"] = norm
        return {"loss": loss, "is_finite": finite.float(), **metrics}

    @torch.no_grad()
    def copy_to_target(self) -> None:
        """Make the target network equal to the online network."""
        for online, target in ((self.agent, self.target_agent), (self.algorithm, self.target_algorithm)):
            mine: list[Tensor] = list(target.parameters())
            theirs: list[Tensor] = list(online.parameters())
            if mine:
                torch._foreach_copy_(mine, theirs)
            for kept, new in zip(target.buffers(), online.buffers(), strict=True):
                kept.copy_(new)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next update depends on."""
        return {
            "config": dataclasses.asdict(self.config),
            "sizes": dataclasses.asdict(self.sizes),
            "agent": self.agent.state_dict(),
            "algorithm": self.algorithm.state_dict(),
            "target_agent": self.target_agent.state_dict(),
            "target_algorithm": self.target_algorithm.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "n_updates": self.n_updates,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a stored state.

        Raises
        ------
        LearnerStateError
            If it was stored by a learner with other sizes or settings.
        """
        for name, mine in (("sizes", dataclasses.asdict(self.sizes)), ("config", dataclasses.asdict(self.config))):
            stored = state[name]
            different = sorted(key for key in mine.keys() | stored.keys() if mine.get(key) != stored.get(key))
            if different:
                raise LearnerStateError(
                    f"the stored learner has other {name}: "
                    + ", ".join(f"{key} = {stored.get(key)!r} (here {mine.get(key)!r})" for key in different)
                    + ". Make the learner with the stored ones, or start anew."
                )
        for name in ("agent", "algorithm", "target_agent", "target_algorithm", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"].cpu())
        self.n_updates = state["n_updates"]

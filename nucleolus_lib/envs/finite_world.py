"""Exact tables of a batched world, made by its own rules.

A world is a deterministic function of its draws. If its states can be numbered 0, ..., S - 1 and its
draws matter only through finitely many outcomes b, each with a probability p_b and represented by one
vector of draws d_b, then

    P(s' | s, a) = sum_b p_b [ transition(s, a, d_b) leads to s' ],
    r_k(s, a)    = sum_b p_b r_k(s, a, d_b).

So :func:`to_ecmdp` calls ``transition`` for every (s, a, b) and writes down what comes back: the table
and the world cannot disagree about a rule. The clock is no part of the table, hence neither is
truncation. All terminated states are one absorbing state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.protocol import BatchedWorld

if TYPE_CHECKING:
    from nucleolus_lib.markov.tabular import ECMDP

StateT = TypeVar("StateT")

BLOCK = 1 << 15
"""(state, joint action) pairs per call of ``transition``: large enough to be fast, small in memory."""


class Enumeration(Protocol[StateT]):
    """A numbering of a world's states and of the outcomes of its chance."""

    @property
    def n_states(self) -> int:
        """S; state S - 1 is the absorbing one."""
        ...

    def state_of(self, index: Tensor) -> StateT:
        """The states with the given numbers (L,), clock at 0."""
        ...

    def index_of(self, state: StateT) -> Tensor:
        """The numbers (L,) int64 of L states; S - 1 for every terminated state."""
        ...

    def branches(self) -> tuple[Tensor, Tensor]:
        """The outcomes of a step's chance: draws (K, n_step_draws) and probabilities (K,) float64."""
        ...

    def initial_distribution(self) -> NDArray[np.float64]:
        """(S,) probabilities of the first state."""
        ...

    def state_names(self) -> tuple[str, ...]:
        """One name per state, or () for numbers."""
        ...


def to_ecmdp(
    world: BatchedWorld[StateT], enumeration: Enumeration[StateT], gamma: float, max_bytes: int | None = None
) -> ECMDP:
    """The world as a finite EC-MDP with a sparse transition.

    Cost: S * A**N * K calls of the rules, in blocks.

    Parameters
    ----------
    world, enumeration
        The rules, and the numbering of their states.
    gamma
        Discount in [0, 1).
    max_bytes
        Limit on the tables; default :data:`nucleolus_lib.markov.tabular.MAX_BYTES`.

    Raises
    ------
    nucleolus_lib.markov.errors.TableTooLargeError
        Before anything is allocated, with the number of states and the bytes.
    nucleolus_lib.markov.errors.DiscountError
    WorldParameterError
        If the participants of a step depend on chance, which a table cannot hold.
    """
    from nucleolus_lib.envs.single_world import subtasks_of
    from nucleolus_lib.markov.joint_actions import actions_of_joint
    from nucleolus_lib.markov.tabular import ECMDP, MAX_BYTES, SparseTransition, check_fits

    spec = world.spec
    draws, probability = enumeration.branches()
    n_states, n_branches, m = enumeration.n_states, len(draws), spec.n_subtasks
    n_actions = (spec.n_actions,) * spec.n_agents
    limit = MAX_BYTES if max_bytes is None else max_bytes
    check_fits(n_states, n_actions, m, n_branches, limit)

    joint = torch.as_tensor(actions_of_joint(n_actions), device=world.device)
    n_joint = len(joint)
    successors = np.empty((n_states * n_joint, n_branches), dtype=np.int32)
    rewards = np.zeros((n_states * n_joint, m))
    participants = np.empty((n_states * n_joint, m), dtype=np.int32)
    terminal = np.zeros(n_states, dtype=np.bool_)
    for start in range(0, n_states * n_joint, BLOCK):
        pair = torch.arange(start, min(start + BLOCK, n_states * n_joint), device=world.device)
        block = slice(start, start + len(pair))
        state, actions = enumeration.state_of(pair // n_joint), joint[pair % n_joint]
        for b in range(n_branches):
            step = world.transition(state, actions, draws[b].expand(len(pair), -1))
            following = enumeration.index_of(step.state)
            successors[block, b] = following.cpu().numpy()
            rewards[block] += float(probability[b]) * step.subtask_rewards.double().cpu().numpy()
            working = _bitmasks(step.participants)
            if b and (participants[block] != working).any():
                raise WorldParameterError(
                    f"{spec.name}: who takes part in a subtask depends on chance, so it is no function of state and "
                    "action and has no exact table; let participants depend on the state and the actions alone"
                )
            participants[block] = working
            terminal[following[step.terminated].cpu().numpy()] = True
    return ECMDP(
        transition=SparseTransition(
            successors.reshape(n_states, n_joint, n_branches),
            np.broadcast_to(probability.cpu().numpy(), (n_states, n_joint, n_branches)),
        ),
        subtask_rewards=rewards.reshape(n_states, n_joint, m),
        gamma=gamma,
        n_actions=n_actions,
        noop=(spec.noop,) * spec.n_agents,
        subtasks=subtasks_of(spec),
        initial_distribution=enumeration.initial_distribution(),
        terminal=terminal,
        participants=participants.reshape(n_states, n_joint, m),
        agent_names=tuple(entity.name for entity in spec.entities[: spec.n_agents]),
        state_names=enumeration.state_names(),
        max_bytes=limit,
    )


def digits(number: Tensor, base: int, length: int) -> Tensor:
    """The ``length`` digits of each number (L,) in the given base, lowest first, (L, length)."""
    powers = base ** torch.arange(length, device=number.device)
    return number[:, None] // powers % base


def from_digits(digit: Tensor, base: int) -> Tensor:
    """The inverse of :func:`digits`, (L,)."""
    powers = base ** torch.arange(digit.shape[1], device=digit.device)
    return (digit * powers).sum(1)


def _bitmasks(participants: Tensor) -> NDArray[np.int32]:
    """(L, M, N) bool to (L, M) bitmasks."""
    bits = (1 << torch.arange(participants.shape[-1], device=participants.device)).to(torch.int64)
    return (participants * bits).sum(-1).cpu().numpy().astype(np.int32)

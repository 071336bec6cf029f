"""Tabular nucleolus Q-learning from samples.

What has to be learned is what every coalition earns alone, so a coalition is what acts: each actor
draws a coalition C, its members play epsilon-greedily on the learned table V_C, everybody outside plays
the no-op. One transition (s, a, R, s') then teaches every coalition D that contains all agents which
acted, because for D it is a legal experience too:

    V_D(s, a_D) <- V_D(s, a_D) + alpha * [ R + gamma * max over a'_D of V_D(s', a'_D) - V_D(s, a_D) ]

(the tabular form of the paper's equations 20 and 21 at lambda = 0; C = N is ordinary Q-learning of the
team). At the end the games V_C(s, a_C) - V_empty(s) are solved at once for the nucleolus Q-values.

alpha = 1 / (visits of (s, a_D))**power with 1/2 < power <= 1 is a Robbins-Monro step, every pair is
visited for ever (exploration never falls below ``exploration_rate``), so each V_D converges to the
exact table with probability one (Watkins and Dayan 1992) and the credits with it, since the
prenucleolus is continuous in the game.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.coalition_values import CoalitionValues
from nucleolus_lib.markov.credit import Rule
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.joint_actions import coalition_of_joint, joint_of_coalition
from nucleolus_lib.markov.nucleolus_q import NucleolusQ, nucleolus_q
from nucleolus_lib.markov.tabular import ECMDP, check_fits


@dataclass(frozen=True)
class QLearningConfig:
    """How long and how to learn.

    Raises
    ------
    CreditParameterError
    """

    n_steps: int = 20_000
    """Steps of every actor."""
    n_actors: int = 32
    """Copies of the world that run side by side."""
    exploration_rate: float = 0.3
    """Chance that an acting agent picks a uniform action, in (0, 1]."""
    power: float = 0.7
    """Step size 1 / visits**power, this visit counted."""
    episode_length: int = 20
    """Steps until the clock restarts an actor; the value is bootstrapped there."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.5 < self.power <= 1.0:
            raise CreditParameterError(f"power must be in (1/2, 1] for a Robbins-Monro step; got {self.power}")
        if not 0.0 < self.exploration_rate <= 1.0:
            raise CreditParameterError(
                f"exploration_rate must be in (0, 1], or some actions are never seen; got {self.exploration_rate}"
            )
        if min(self.n_steps, self.n_actors, self.episode_length) < 1:
            raise CreditParameterError(
                "n_steps, n_actors and episode_length start at 1; "
                f"got {self.n_steps}, {self.n_actors}, {self.episode_length}"
            )


@dataclass(frozen=True, eq=False)
class QLearningResult:
    """What was learned."""

    values: CoalitionValues
    """The learned tables. ``error_bound`` is infinity: nothing vouches for a learned table."""
    nucleolus: NucleolusQ
    """The nucleolus Q-values of the learned games."""
    visits: tuple[NDArray[np.int64], ...]
    """For each coalition (S, |A_C|): how often each entry was updated."""


def learn_nucleolus_q(ecmdp: ECMDP, config: QLearningConfig, rule: Rule = "prenucleolus") -> QLearningResult:
    """Learn every coalition's values from samples and share them out.

    The default rule is the prenucleolus, because it is continuous: under "either" an error of any size
    can decide whether a game has an imputation.

    Restarts draw a uniformly random non-terminal state, so that every state is seen whatever the
    policy does.
    """
    check_fits(ecmdp.n_states, ecmdp.n_actions, len(ecmdp.subtasks), max_bytes=ecmdp.max_bytes)
    rng = np.random.default_rng(config.seed)
    n_coalitions = 1 << ecmdp.n_agents
    legal = [joint_of_coalition(c, ecmdp.n_actions, ecmdp.noop) for c in range(n_coalitions)]
    columns = [_column_of_legal(ecmdp, coalition, legal[coalition]) for coalition in range(n_coalitions)]
    tables = [np.zeros((ecmdp.n_states, len(joint))) for joint in legal]
    visits = [np.zeros(table.shape, dtype=np.int64) for table in tables]
    cumulative = np.cumsum(ecmdp.transition.dense().table, axis=-1)
    starts = np.flatnonzero(~ecmdp.terminal) if not ecmdp.terminal.all() else np.arange(ecmdp.n_states)  # type: ignore[union-attr, operator]
    state = rng.choice(starts, config.n_actors)
    age = rng.integers(0, config.episode_length, config.n_actors)
    for _ in range(config.n_steps):
        acting = rng.integers(0, n_coalitions, config.n_actors)
        joint = _explore(ecmdp, legal, tables, state, acting, config.exploration_rate, rng)
        draw = rng.random((config.n_actors, 1))
        # The last entry of a cumulative row may fall short of one by rounding, hence the clip.
        following = np.minimum((cumulative[state, joint] <= draw).sum(axis=-1), ecmdp.n_states - 1)
        reward = ecmdp.reward[state, joint]
        for coalition, table in enumerate(tables):
            column = columns[coalition][joint]
            seen = column >= 0
            if seen.any():
                best = table[following[seen]].max(axis=1)
                target = reward[seen] + ecmdp.gamma * best
                _update(table, visits[coalition], state[seen], column[seen], target, config.power)
        age += 1
        over = (age >= config.episode_length) | ecmdp.terminal[following]  # type: ignore[index]
        state = np.where(over, rng.choice(starts, config.n_actors), following)
        age[over] = 0
    values = _as_values(ecmdp, tables, legal)
    return QLearningResult(values, nucleolus_q(values, rule), tuple(visits))


def _column_of_legal(ecmdp: ECMDP, coalition: int, legal: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every joint action the coalition's column, or -1 where somebody outside acts, shape (J,)."""
    column = np.full(ecmdp.n_joint, -1, dtype=np.int64)
    column[legal] = coalition_of_joint(coalition, ecmdp.n_actions)[legal]
    return column


def _explore(
    ecmdp: ECMDP,
    legal: list[NDArray[np.int64]],
    tables: list[NDArray[np.float64]],
    state: NDArray[np.int64],
    acting: NDArray[np.int64],
    exploration_rate: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """A joint action per actor: greedy for its coalition, but each member explores on its own."""
    joint = np.empty(len(state), dtype=np.int64)
    for coalition in np.unique(acting):
        mine = acting == coalition
        joint[mine] = legal[coalition][tables[coalition][state[mine]].argmax(axis=1)]
    stride = 1
    for i, count in enumerate(ecmdp.n_actions):
        explores = (acting >> i & 1).astype(bool) & (rng.random(len(state)) < exploration_rate)
        joint += np.where(explores, (rng.integers(0, count, len(state)) - joint // stride % count) * stride, 0)
        stride *= count
    return joint


def _update(
    table: NDArray[np.float64],
    visits: NDArray[np.int64],
    state: NDArray[np.int64],
    column: NDArray[np.int64],
    target: NDArray[np.float64],
    power: float,
) -> None:
    """One step towards the mean target of every (state, column) seen, in place."""
    entry, inverse, count = np.unique(state * table.shape[1] + column, return_inverse=True, return_counts=True)
    mean = np.bincount(inverse, weights=target) / count
    flat, seen = table.reshape(-1), visits.reshape(-1)
    seen[entry] += 1
    flat[entry] += (mean - flat[entry]) / seen[entry] ** power


def _as_values(ecmdp: ECMDP, tables: list[NDArray[np.float64]], legal: list[NDArray[np.int64]]) -> CoalitionValues:
    best = [table.argmax(axis=1) for table in tables]
    return CoalitionValues(
        ecmdp=ecmdp,
        state_values=np.stack([table.max(axis=1) for table in tables], axis=1),
        action_values=tuple(tables),
        policies=np.stack([joint[column] for joint, column in zip(legal, best, strict=True)], axis=1),
        error_bound=np.inf,
        n_sweeps=0,
    )

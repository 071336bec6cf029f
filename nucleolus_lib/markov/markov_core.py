"""The Markov core: payoffs no coalition can improve on, in every state.

    max over a_C of x(C | s, a_C)  >=  max over a_C of v(s, a_C)    for all C and s     (paper, equation 5)

with x(C | s, .) the payoff of coalition C's members and v(s, a_C) = V_C(s, a_C) - V_empty(s) what C would
earn alone. Two readings of the two maxima are offered; they differ.

``"per_action"``
    No maximum: at every joint action a, x(C | s, a) >= v(s, a_C). The game at each (s, a) has x(s, a) in
    its core. A joint action that is bad for the team but good for one agent makes this core empty.
``"max"``
    Both maxima: every coalition compares what it gets under the optimal joint action a*(s) with the best
    it could do alone. When the payoff x_i(s, a_i) depends on the agent's own action only, as the paper
    writes it, the left side is the sum over C of X_i(s) = max x_i(s, .), one payoff per state; so this is
    the core of the state game C -> V_C(s) - V_empty(s). Payoffs given for every joint action are read at
    a*(s). (Letting the left maximum run over all joint actions would ask nothing: a payoff could favour
    each coalition at a joint action of its own.)

Efficiency is part of both: x(N | s, a) = v(s, a), or x(N | s) = max over a of v(s, a).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.coalition_values import CoalitionValues
from nucleolus_lib.markov.credit import Rule, batch_excesses, max_excess, share_out
from nucleolus_lib.markov.errors import CreditParameterError, TableShapeError

Reading = Literal["per_action", "max"]
READINGS: tuple[Reading, ...] = ("per_action", "max")

TOLERANCE = 1e-7
"""Excesses up to this times the largest |v| count as zero, beside the stated error of the values."""


@dataclass(frozen=True)
class CoreEvidence:
    """Whether a payoff is in the Markov core, and the coalition that complains most."""

    is_member: bool
    worst_excess: float
    """v - x of the most dissatisfied coalition; not positive (up to the tolerance) for a member."""
    worst_coalition: int
    """That coalition (bitmask)."""
    worst_state: int
    worst_joint: int
    """The joint action at which it complains; for the reading "max", the optimal one in that state."""
    efficiency_error: float
    """Largest |x(N) - v(N)|."""
    tolerance: float
    """What both were compared with."""


@dataclass(frozen=True, eq=False)
class LeastMarkovCore:
    """The smallest excess that can be granted to every coalition, state by state."""

    value: float
    """The largest of ``values``: the least-core value of the whole world. Positive if the core is empty."""
    values: NDArray[np.float64]
    """(S, J) for "per_action", (S,) for "max": least-core value of each game."""
    payoff: NDArray[np.float64]
    """(S, J, n) or (S, n), a payoff that attains them: the nucleolus or prenucleolus."""
    is_state_empty: NDArray[np.bool_]
    """(S,) whether no payoff satisfies (5) in this state."""
    tolerance: float

    @property
    def is_empty(self) -> bool:
        """Whether the Markov core is empty: it is if some state's is."""
        return bool(self.is_state_empty.any())


def is_in_markov_core(values: CoalitionValues, payoff: NDArray[np.float64], reading: Reading) -> CoreEvidence:
    """Test equation (5), with the most dissatisfied coalition and state as evidence.

    Parameters
    ----------
    values
        The coalitions' values.
    payoff
        (S, J, n) payoffs of the games V_C(s, a_C) - V_empty(s); for "max" also (S, n).
    reading
        "per_action" or "max".

    Raises
    ------
    TableShapeError, CreditParameterError
    """
    games = markov_games(values, reading)
    payoff = np.asarray(payoff, dtype=np.float64)
    wanted = (*games.shape[:-1], values.ecmdp.n_agents)
    if reading == "max" and payoff.ndim == 3:
        payoff = payoff[np.arange(len(payoff)), values.greedy_joint]
    if payoff.shape != wanted or not np.isfinite(payoff).all():
        raise TableShapeError(f"the reading {reading!r} takes finite payoffs of shape {wanted}; got {payoff.shape}")
    tolerance = _tolerance(values, games)
    excess = batch_excesses(games, payoff)
    proper = excess[..., 1:-1]
    where = np.unravel_index(int(proper.argmax()), proper.shape)
    state = int(where[0])
    worst = float(proper[where])
    inefficiency = float(np.abs(excess[..., -1]).max())
    return CoreEvidence(
        is_member=worst <= tolerance and inefficiency <= tolerance,
        worst_excess=worst,
        worst_coalition=int(where[-1]) + 1,
        worst_state=state,
        worst_joint=int(where[1]) if reading == "per_action" else int(values.greedy_joint[state]),
        efficiency_error=inefficiency,
        tolerance=tolerance,
    )


def least_markov_core(values: CoalitionValues, reading: Reading, rule: Rule = "either") -> LeastMarkovCore:
    """The least core of every game that (5) compares, and which states leave the Markov core empty.

    The core of a game is empty exactly where its least-core value is positive.
    """
    games = markov_games(values, reading)
    payoff = share_out(games, rule).payoff
    least = max_excess(games, payoff)
    tolerance = _tolerance(values, games)
    empty = np.asarray(least > tolerance)
    return LeastMarkovCore(
        value=float(least.max()),
        values=least,
        payoff=payoff,
        is_state_empty=np.asarray(empty.any(axis=1)) if reading == "per_action" else empty,
        tolerance=tolerance,
    )


def markov_games(values: CoalitionValues, reading: Reading) -> NDArray[np.float64]:
    """The games whose cores make up the Markov core: (S, J, 2**n) per action, (S, 2**n) for the maxima."""
    if reading not in READINGS:
        raise CreditParameterError(f"reading must be one of {READINGS}; got {reading!r}")
    return values.action_games() if reading == "per_action" else values.state_games()


def _tolerance(values: CoalitionValues, games: NDArray[np.float64]) -> float:
    # A game's entry is a difference of two values, each with the stated error.
    return TOLERANCE * float(np.abs(games).max()) + 2 * values.error_bound

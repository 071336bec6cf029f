"""What every coalition earns on its own, in every state and for every action.

Coalition C acts, everybody outside plays its no-op. Its optimal value is the fixed point of

    V_C(s, a_C) = R(s, (a_C, noop)) + gamma * sum_s' P(s' | s, (a_C, noop)) * V_C(s'),
    V_C(s)      = max over a_C of V_C(s, a_C),

one Bellman equation for each of the 2**n coalitions; V_empty(s) is what happens when nobody acts.
(theory of the Markov core, paper equations 5 and 6: V_C(s, a_C) is the coalition's "asset".)

Method. One *sweep* applies the right-hand side T to every coalition: V <- T V. Between two sweeps,
``evaluation_sweeps`` cheap steps follow the greedy policy alone (modified policy iteration); with 0
of them this is plain value iteration. V starts at min R / (1 - gamma), from where both rise
monotonically to the answer. T is a gamma-contraction in the largest norm, so after a sweep

    max |V - V*|  <=  gamma / (1 - gamma) * max |T V_before - V_before|  +  rounding / (1 - gamma),

which is the *stated error*; the solve stops when it is at most the tolerance. The rounding of one
sweep is bounded by (K + 3) * 2**-52 * max |V| for sums of K products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.coalitions import grand_coalition
from nucleolus_lib.markov.errors import UnreachableToleranceError
from nucleolus_lib.markov.joint_actions import coalition_of_joint, joint_of_coalition
from nucleolus_lib.markov.tabular import ECMDP


@dataclass(frozen=True, eq=False)
class CoalitionValues:
    """The optimal values of all 2**n coalitions of a world."""

    ecmdp: ECMDP
    state_values: NDArray[np.float64]
    """(S, 2**n) V_C(s)."""
    action_values: tuple[NDArray[np.float64], ...]
    """For each coalition (bitmask) an array (S, |A_C|): V_C(s, a_C)."""
    policies: NDArray[np.int64]
    """(S, 2**n) the joint action (a_C, noop) with the largest V_C(s, a_C), lowest number on ties."""
    error_bound: float
    """No entry of ``state_values`` or ``action_values`` is further than this from the exact one."""
    n_sweeps: int
    """Sweeps over all coalitions, states and actions."""

    def at_joint_actions(self, joint: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """V_C(s, a_C) where a_C is the coalition's part of a joint action a.

        Parameters
        ----------
        joint
            The joint actions wanted, (L,); all J by default.

        Returns
        -------
        (S, L, 2**n) float64
        """
        world = self.ecmdp
        chosen = np.arange(world.n_joint) if joint is None else np.asarray(joint)
        table = np.empty((world.n_states, len(chosen), 1 << world.n_agents))
        for coalition, values in enumerate(self.action_values):
            table[:, :, coalition] = values[:, coalition_of_joint(coalition, world.n_actions)[chosen]]
        return table

    def action_games(self, joint: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """The game at every (s, a): v(C) = V_C(s, a_C) - V_empty(s), shape (S, L, 2**n), v(empty) = 0."""
        games = self.at_joint_actions(joint)
        games -= self.state_values[:, None, :1]
        # V_empty(s, .) has one column and equals V_empty(s) up to the stated error; the game's zero is exact.
        games[:, :, 0] = 0.0
        return games

    def state_games(self) -> NDArray[np.float64]:
        """The game at every state: v(C) = V_C(s) - V_empty(s), shape (S, 2**n), v(empty) = 0."""
        return self.state_values - self.state_values[:, :1]

    @property
    def greedy_joint(self) -> NDArray[np.int64]:
        """(S,) the optimal joint action of the grand coalition."""
        return np.asarray(self.policies[:, grand_coalition(self.ecmdp.n_agents)])


def coalition_values(
    ecmdp: ECMDP,
    tolerance: float = 1e-8,
    evaluation_sweeps: int = 64,
    max_sweeps: int = 100_000,
) -> CoalitionValues:
    """Solve the Bellman equation of every coalition.

    Parameters
    ----------
    ecmdp
        The world.
    tolerance
        Largest error allowed, in units of reward.
    evaluation_sweeps
        Steps along the greedy policy between two sweeps; 0 is plain value iteration.
    max_sweeps
        Sweeps after which the tolerance counts as unreachable.

    Returns
    -------
    CoalitionValues
        With the error it can vouch for.

    Raises
    ------
    UnreachableToleranceError
        If float64 cannot certify the tolerance, or ``max_sweeps`` did not reach it.

    Notes
    -----
    One sweep costs S * prod(A_i + 1) * K products.
    """
    gamma, n_coalitions = ecmdp.gamma, 1 << ecmdp.n_agents
    actions = [joint_of_coalition(c, ecmdp.n_actions, ecmdp.noop) for c in range(n_coalitions)]
    transitions = [ecmdp.transition.restricted(joint) for joint in actions]
    rewards = [ecmdp.reward[:, joint] for joint in actions]
    largest = float(np.abs(ecmdp.reward).max()) / (1.0 - gamma)
    floor = rounding_error(ecmdp, largest)
    if not tolerance > floor:
        raise UnreachableToleranceError(
            f"tolerance={tolerance!r} is below what float64 can certify here: values reach {largest:.3g} and rounding "
            f"alone may cost {floor:.3g}. Ask for more than that, scale the rewards down or lower gamma={gamma}"
        )
    values = np.stack([np.full(ecmdp.n_states, reward.min() / (1.0 - gamma)) for reward in rewards])
    states = np.arange(ecmdp.n_states)
    for sweep in range(1, max_sweeps + 1):
        action_values = tuple(
            reward + gamma * transition.expectation(value)
            for reward, transition, value in zip(rewards, transitions, values, strict=True)
        )
        best = np.stack([table.argmax(axis=1) for table in action_values])
        swept = np.stack([table[states, column] for table, column in zip(action_values, best, strict=True)])
        residual = float(np.abs(swept - values).max())
        policies = np.stack([joint[column] for joint, column in zip(actions, best, strict=True)])
        bound = gamma / (1.0 - gamma) * residual + floor
        if bound <= tolerance:
            return CoalitionValues(ecmdp, swept.T.copy(), action_values, policies.T.copy(), bound, sweep)
        values = _follow(ecmdp, policies, swept, evaluation_sweeps)
    raise UnreachableToleranceError(
        f"tolerance={tolerance!r} was not reached in max_sweeps={max_sweeps} sweeps; the error is still up to "
        f"{bound:.3g}. Allow more sweeps, raise evaluation_sweeps (now {evaluation_sweeps}), or lower gamma={gamma}"
    )


def rounding_error(ecmdp: ECMDP, largest_value: float) -> float:
    """What float64 rounding can add to a value whose magnitude never passes ``largest_value``."""
    per_sweep = (ecmdp.transition.n_terms + 3) * float(np.finfo(np.float64).eps) * largest_value
    return per_sweep / (1.0 - ecmdp.gamma)


def _follow(
    ecmdp: ECMDP, policies: NDArray[np.int64], values: NDArray[np.float64], n_steps: int
) -> NDArray[np.float64]:
    """``n_steps`` steps of every coalition along its policy: V <- R_pi + gamma * P_pi V, all (2**n, S)."""
    if n_steps == 0:
        return values
    chain = ecmdp.transition.under(policies)
    reward = ecmdp.reward[np.arange(ecmdp.n_states), policies]
    for _ in range(n_steps):
        values = reward + ecmdp.gamma * chain.expectation(values)
    return values

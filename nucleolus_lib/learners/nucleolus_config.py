"""The options of nucleolus Q-learning: the interpretation register, one field per row.

The paper leaves choices open. Each is a row I1..I9 of the register (chapter 09 prints it) and a field here; the
default is the reading we hold to be the paper's, or the repair that the text needs in order to work. The
fields under I8 and I9 with the remark "beyond the paper" are not claimed to be its method.

Words used below: V(s, a_C) is the coalition-value network, Q_i the individual network of agent i, x_i its
payoff, e(C) = v(C) - x(C) the excess, lambda the multiplier, T the steps of an episode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from nucleolus_lib.learners.nucleolus_errors import NucleolusConfigError

ExcessGradient = Literal["stop", "flow"]
CoalitionGame = Literal["zero_normalised", "literal"]
WhichCoalitions = Literal["auto", "all", "sampled"]
Sampling = Literal["uniform_size", "ordered"]
Mixing = Literal["linear", "monotonic"]
ConstraintTarget = Literal["relaxed", "least_core", "zero"]
Credit = Literal["lagrangian", "pull", "shares", "reward_shares", "additive"]
CreditRule = Literal["nucleolus", "shapley"]
CreditGame = Literal["targets", "values"]
CoalitionReward = Literal["team", "own"]
AgentEmbedding = Literal["state", "one_hot"]

MAX_ALL_COALITIONS_AGENTS = 8
"""Up to so many agents "auto" takes all 2**n - 2 coalitions."""


@dataclass(frozen=True)
class NucleolusConfig:
    """What :mod:`nucleolus_lib.learners.nucleolus` does where the paper leaves a choice.

    Raises
    ------
    NucleolusConfigError
        If a field is outside its range or two fields contradict each other.
    """

    excess_gradient: ExcessGradient = "stop"
    """I1. "stop": lambda * max_C e is a number subtracted from the reward, as in RCPO. "flow": the gradient of (21)
    also goes through max_C e into the payoffs."""

    coalition_game: CoalitionGame = "zero_normalised"
    """I2. "zero_normalised": v(C) = V(s, a_C) - V(s, empty), x_i = w_i Q_i + (b - V(s, empty)) / n.
    "literal": v(C) = V(s, a_C), x_i = w_i Q_i + b / n."""

    coalitions: WhichCoalitions = "auto"
    """I3. "all" 2**n - 2 proper coalitions, "sampled" in every update, or "auto": all up to 8 agents, else sampled."""
    n_sampled_coalitions: int = 64
    """I3. How many coalitions a sample holds."""
    sampling: Sampling = "uniform_size"
    """I3. "uniform_size": a size uniform on 1..n-1, then a uniform coalition of it. "ordered": prefixes of random
    orders of the agents, as SHAQ draws them."""

    mixing: Mixing = "linear"
    """I4. "linear": Q_tot = sum_i w_i(s) Q_i + b(s) with w_i >= 0, payoffs w_i Q_i + b / n add up exactly.
    "monotonic": QMIX's mixer, payoffs Q_i, which add up to Q_tot only if the mixer happens to be a sum."""

    constraint_target: ConstraintTarget = "relaxed"
    """I5. The constraint is max_C e <= target. "zero": 0, as in the text. "least_core": eps*, a running mean of the
    least-core value of ``credit_samples`` games per update. "relaxed": max(0, eps*), which asks for stability where it
    can be had and for the least core where it cannot. (Where the core has an interior eps* is below 0, no payoff
    outside the least core meets it, and lambda was seen to grow until the learner diverged.)"""
    least_core_rate: float = 0.01
    """I5. Weight of a new batch in the running mean of the least-core value."""
    largest_multiplier: float = 0.01
    """I5. lambda_max: no dual step goes beyond it. 1 - gamma is where the operator of (18) stops being a contraction
    with shares w(C) up to 1 (chapter 06); with a lambda_max of 1 learning diverged on predator-prey (chapter 09)."""

    value_discount: float | None = None
    """I6. gamma_V of (20); None takes the learner's discount. (The paper's value is in its appendix, not in the
    text that was available.)"""
    multiplier_step: float = 1e-3
    """I6. xi of (22), smaller than the learning rate's effect on Q: the slow time scale. 0 keeps lambda fixed."""
    initial_multiplier: float = 0.0
    """I6. lambda_0."""
    multiplier_period: int = 1
    """I6. Updates between two dual steps."""

    credit: Credit = "lagrangian"
    """I8. How credit is assigned.
    "lagrangian": the paper, losses (20) and (21).
    "pull" (beyond the paper): the same, and the payoffs are drawn to the exact nucleolus.
    "shares" (beyond the paper): Q_i is regressed on agent i's exact share of the coalition game.
    "reward_shares" (beyond the paper, needs ``coalition_reward="own"``): Q_i is trained on agent i's exact share of
    the game of one step's own rewards.
    "additive" (control, needs "own"): VDN given the same own rewards; no nucleolus and no coalition values."""
    credit_rule: CreditRule = "nucleolus"
    """I8. The exact share: the (pre)nucleolus, or the Shapley value for comparison."""
    credit_game: CreditGame = "targets"
    """I8, for "shares". The game shared out: the targets of (20), or the network's own values. Targets of the team
    reward hold the same R for every coalition, which the zero-normalised game loses: they need
    ``coalition_reward="own"``."""
    credit_coefficient: float = 0.1
    """I8, for "pull". Weight of the squared distance between payoffs and nucleolus in the loss."""
    credit_samples: int = 256
    """I8. Steps per update whose game is solved exactly, for credit and metrics; 0 takes every step where the
    credit needs it and none for metrics alone."""

    coalition_reward: CoalitionReward = "team"
    """I9. "team": V regresses on the team reward R, the text's (20). "own" (beyond the paper, more information than
    the baselines have): on R_C, what C's own participants achieved, so that V(s, empty) = 0 by construction."""

    value_hidden_size: int = 64
    """Width H of the coalition-value network's additive layer. 64 is quick but coarse: on a game of three agents in
    which two suffice and a third adds nothing, 64 units kept errors of 8.6 on values up to 28, and 256 units 0.02."""
    agent_embedding: AgentEmbedding = "one_hot"
    """How an agent's action enters: "one_hot", the text's, is one linear layer on (state, slots); "state" lets the
    embedding of (agent, action) depend on the state, once per agent and not per coalition, at twice the cost."""
    value_steps: int = 0
    """Steps per update on which (20) is taken, drawn anew each time; 0 takes all."""
    value_td_lambda: float = 0.0
    """TD(lambda) of (20); 0 is the one-step target of the text."""
    value_learning_rate: float = 1e-3
    """Learning rate of the coalition-value network, which has a gradient clip of its own."""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise NucleolusConfigError(f"nucleolus.{name} must be one of {choices}; got {getattr(self, name)!r}")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise NucleolusConfigError(f"nucleolus.{name} must lie between {low} and {high}; got {value!r}")
        if self.initial_multiplier > self.largest_multiplier:
            raise NucleolusConfigError(
                "nucleolus.initial_multiplier must not pass largest_multiplier; "
                f"got {self.initial_multiplier} > {self.largest_multiplier}"
            )
        if self.constraint_target != "zero" and self.credit in ("lagrangian", "pull") and self.credit_samples == 0:
            raise NucleolusConfigError(
                f'nucleolus.constraint_target="{self.constraint_target}" needs games that are solved exactly; '
                'set credit_samples above 0, or constraint_target="zero"'
            )
        if self.credit == "shares" and self.credit_game == "targets" and self.coalition_reward == "team":
            raise NucleolusConfigError(
                'nucleolus.credit_game="targets" with coalition_reward="team": every coalition has the same reward '
                "in its target, so nothing of it is left to share out (in the last step the game is zero). "
                'Set credit_game="values", or coalition_reward="own"'
            )
        if self.credit in ("reward_shares", "additive") and self.coalition_reward != "own":
            raise NucleolusConfigError(
                f'nucleolus.credit="{self.credit}" is made of the coalitions\' own rewards; '
                'set coalition_reward="own" (it uses more information than the baselines get)'
            )

    @property
    def needs_subtasks(self) -> bool:
        """Whether the replay must store subtask rewards, participants and requirements."""
        return self.coalition_reward == "own"

    @property
    def has_value_network(self) -> bool:
        """Whether V(s, a_C) is learned at all."""
        return self.credit in ("lagrangian", "pull", "shares")


_CHOICES: dict[str, tuple[Any, ...]] = {
    "excess_gradient": get_args(ExcessGradient),
    "coalition_game": get_args(CoalitionGame),
    "coalitions": get_args(WhichCoalitions),
    "sampling": get_args(Sampling),
    "mixing": get_args(Mixing),
    "constraint_target": get_args(ConstraintTarget),
    "credit": get_args(Credit),
    "credit_rule": get_args(CreditRule),
    "credit_game": get_args(CreditGame),
    "coalition_reward": get_args(CoalitionReward),
    "agent_embedding": get_args(AgentEmbedding),
}
_INF = float("inf")
_RANGES: dict[str, tuple[float, float]] = {
    "n_sampled_coalitions": (1, 1 << 20),
    "least_core_rate": (0.0, 1.0),
    "largest_multiplier": (0.0, _INF),
    "value_discount": (0.0, 1.0),
    "multiplier_step": (0.0, _INF),
    "initial_multiplier": (0.0, _INF),
    "multiplier_period": (1, 1 << 40),
    "credit_coefficient": (0.0, _INF),
    "credit_samples": (0, 1 << 40),
    "value_hidden_size": (1, 1 << 20),
    "value_td_lambda": (0.0, 1.0),
    "value_learning_rate": (0.0, _INF),
}

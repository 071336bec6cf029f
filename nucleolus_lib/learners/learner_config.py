"""The settings of a learner: one frozen object, every default with PyMARL2's value beside it.

PyMARL2 stands for ``hijkzzz/pymarl2`` at commit 8ccac7c, its files vdn.yaml, qmix.yaml and ow_qmix.yaml; WQMIX for
``oxwhirl/wqmix`` at 350e989; SHAQ for ``hsvgbkhgbv/shapley-q-learning`` at 6648f4a. Their schedules count
episodes; ours count gradient steps, and how many of them there are per environment step is a setting of the training
run.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from nucleolus_lib.learners.errors import ConfigError, UnknownAlgorithmError
from nucleolus_lib.learners.nucleolus_config import NucleolusConfig

AlgorithmName = Literal["vdn", "qmix", "ow_qmix", "shaq", "nucleolus", "oracle_credit"]
AgentKind = Literal["recurrent", "feed_forward"]
Optimiser = Literal["adam", "rmsprop"]
PositiveFunction = Literal["abs", "softplus", "square"]
Weighting = Literal["optimistic", "central"]


@dataclass(frozen=True)
class LearnerConfig:
    """What every learner shares, then what one algorithm alone reads.

    Raises
    ------
    UnknownAlgorithmError, ConfigError
        With the nearest known name, or the range a field must keep.
    """

    algorithm: AlgorithmName = "vdn"
    """Which loss is minimised; the names are the keys of :data:`nucleolus_lib.learners.ALGORITHMS`."""

    agent: AgentKind = "recurrent"
    """"recurrent": layer, GRU cell, layer. "feed_forward": the same sizes, a layer for the cell. PyMARL2: recurrent."""
    hidden_size: int = 64
    """H, units of both hidden layers of the agent. PyMARL2: 64."""
    use_agent_id: bool = True
    """Whether the agent's index is part of its input. PyMARL2: True (False in its grid predator-prey)."""
    use_last_action: bool = True
    """Whether the agent's own last action is part of its input. PyMARL2: True."""

    discount: float = 0.99
    """gamma. PyMARL2: 0.99."""
    td_lambda: float = 0.6
    """lambda of the TD(lambda) target; 0 is the one-step target. PyMARL2: 0.6; WQMIX and SHAQ: 0."""
    squared_error_factor: float = 0.5
    """Factor in front of the squared TD error. PyMARL2: 0.5 (1 for OW-QMIX's monotonic part); WQMIX and SHAQ: 1."""
    target_period: int = 25
    """Gradient steps between two copies of the online network to the target network. PyMARL2: every 200 episodes, which
    is 25 gradient steps with its 8 environments."""

    optimiser: Optimiser = "adam"
    """PyMARL2: Adam; WQMIX and SHAQ: RMSprop (smoothing 0.99, eps 1e-5)."""
    learning_rate: float = 1e-3
    """PyMARL2: 1e-3; WQMIX and SHAQ: 5e-4."""
    gradient_clip: float = 10.0
    """Largest L2 norm of the gradient of all shared parameters together. PyMARL2: 10."""

    mixing_embed: int = 32
    """Width of the mixing networks' hidden layer (QMIX, OW-QMIX, SHAQ). PyMARL2, SHAQ: 32."""
    hypernet_embed: int = 64
    """Width of the hypernetworks' hidden layer. PyMARL2, SHAQ: 64."""
    positive_function: PositiveFunction = "abs"
    """What makes the mixing weights positive: |x|, softplus(x) or x^2 / 2. PyMARL2: abs."""

    weighting: Weighting = "optimistic"
    """OW-QMIX: "optimistic" weighs steps down whose Q_tot is above the target (OW), "central" those whose joint action
    the central value does not prefer (CW). PyMARL2's ow_qmix: optimistic."""
    optimistic_weight: float = 0.1
    """OW-QMIX: the weight of the other steps, in (0, 1]. PyMARL2: 0.1; WQMIX: 0.1 for predator-prey, 0.5 for SMAC."""
    central_embed: int = 256
    """OW-QMIX: width of the central mixer's layers. PyMARL2: 256."""
    central_loss_factor: float = 0.5
    """OW-QMIX: factor of the central value's squared error. PyMARL2: 0.5; WQMIX: 1."""

    shapley_samples: int = 10
    """SHAQ: random orders per step in the estimate of the Shapley weights. SHAQ: 10."""
    shapley_learning_rate: float = 1e-3
    """SHAQ: learning rate of the network of the Shapley weights. SHAQ: 1e-3 in its settings file, 1e-4 to 2e-3 by task
    in its README (1e-4 for predator-prey)."""
    shapley_weight: float | None = None
    """SHAQ: a constant instead of the learned Shapley weights, at least 1. SHAQ: None (``manual_alpha_estimates``)."""

    nucleolus: NucleolusConfig = field(default_factory=NucleolusConfig)
    """Nucleolus: the interpretation register, row by row."""

    def __post_init__(self) -> None:
        if self.algorithm not in get_args(AlgorithmName):
            raise UnknownAlgorithmError(unknown_name("algorithm", self.algorithm, get_args(AlgorithmName)))
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(unknown_name(name, getattr(self, name), choices))
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"{name} must lie between {low} and {high}; got {value!r}")

    @property
    def uses_target_agent(self) -> bool:
        """Whether the target copy of the agents' network is needed. OW-QMIX bootstraps on its central value alone."""
        return self.algorithm != "ow_qmix"

    @property
    def needs_subtasks(self) -> bool:
        """Whether episodes must carry subtask rewards, participants and requirements."""
        if self.algorithm == "nucleolus":
            return self.nucleolus.needs_subtasks
        return self.algorithm == "oracle_credit"


def unknown_name(what: str, name: object, known: tuple[str, ...]) -> str:
    """The message for a name that is not known, with the nearest one."""
    near = difflib.get_close_matches(str(name).lower().replace("-", "_"), known, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{what} must be one of {', '.join(known)}; got {name!r}.{hint}"


_CHOICES: dict[str, tuple[Any, ...]] = {
    "agent": get_args(AgentKind),
    "optimiser": get_args(Optimiser),
    "positive_function": get_args(PositiveFunction),
    "weighting": get_args(Weighting),
}
_INF = float("inf")
_RANGES: dict[str, tuple[float, float]] = {
    "hidden_size": (1, 1 << 16),
    "discount": (0.0, 1.0),
    "td_lambda": (0.0, 1.0),
    "squared_error_factor": (0.0, _INF),
    "target_period": (1, 1 << 40),
    "learning_rate": (0.0, _INF),
    "gradient_clip": (0.0, _INF),
    "mixing_embed": (1, 1 << 16),
    "hypernet_embed": (1, 1 << 16),
    "optimistic_weight": (0.0, 1.0),
    "central_embed": (1, 1 << 16),
    "central_loss_factor": (0.0, _INF),
    "shapley_samples": (1, 1 << 16),
    "shapley_learning_rate": (0.0, _INF),
    "shapley_weight": (1.0, _INF),
}

"""The settings of a run: one frozen object, every default with its source beside it.

PyMARL2 stands for ``hijkzzz/pymarl2`` at commit 8ccac7c. The paper's own training settings are in an appendix that
was not available; where its text names a value it is given.

*Two clocks.* An environment step is one step of one world that was really played. A gradient step is one update of the
learner. PyMARL2's schedules count episodes; ours count environment steps, except ``learner.target_period``, which
counts gradient steps. One rollout plays ``n_worlds`` whole episodes and is followed by ``updates_per_rollout``
gradient steps, so the two clocks are tied by

    updates per environment step = updates_per_rollout / (n_worlds * mean episode length).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nucleolus_lib.experiments.errors import RunConfigError, nearest
from nucleolus_lib.experiments.worlds import check_world_name, world_text
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_config import NucleolusConfig

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the result of a training run.

    Raises
    ------
    RunConfigError
        A field is outside its range, or two fields contradict each other.
    UnknownWorldError
        There is no world ``env``.
    """

    env: str = "pp-8v4"
    """The world, a name of :data:`nucleolus_lib.experiments.worlds.WORLDS`."""
    env_options: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the world's own defaults, for example ``{"prey": "random"}``."""
    learner: LearnerConfig = field(default_factory=LearnerConfig)
    """The algorithm and its settings."""
    label: str = ""
    """What the run is called in files and figures; empty: the algorithm's name. For ablations."""
    seed: int = 0
    """Fixes the initial weights and all chance. Paper: 5 seeds."""
    total_steps: int = 1_000_000
    """Environment steps; the run ends with the rollout that reaches them. Paper: 1M for predator-prey (its Figure 2).
    PyMARL2: 10M for SMAC, 2.05M for its grid."""

    n_worlds: int = 8
    """Episodes played side by side in one rollout. PyMARL2: 8."""
    updates_per_rollout: int = 1
    """Gradient steps after each rollout. PyMARL2: 1."""
    batch_size: int = 128
    """Episodes in one gradient step; learning starts when the replay holds so many. PyMARL2: 128."""
    buffer_size: int = 5000
    """Episodes in the replay. PyMARL2: 5000 (1000 in its settings for predator-prey)."""
    reward_scale: float = 1.0
    """The learner sees the rewards times this; results are reported without it. PyMARL2: 1."""

    exploration_start: float = 1.0
    """Exploration rate at the first step. PyMARL2: 1."""
    exploration_finish: float = 0.05
    """Exploration rate from ``exploration_anneal_steps`` on. PyMARL2: 0.05."""
    exploration_anneal_steps: int = 100_000
    """Environment steps over which the rate falls linearly. PyMARL2: 100k (500k for 6h_vs_8z)."""

    evaluation_interval: int = 10_000
    """Environment steps between two evaluations. Paper and PyMARL2: 10k."""
    evaluation_episodes: int = 32
    """Greedy episodes in one evaluation. Paper and PyMARL2: 32."""

    checkpoint_interval: int = 50_000
    """Environment steps between two checkpoints; it does not change the result."""
    device: str = "auto"
    """"cpu", "cuda", "cuda:1", or "auto": the GPU if there is one."""
    cuda_graphs: bool = True
    """On a GPU: replay the steps of a rollout and of an update as captured graphs. False: launch every kernel."""
    threads: int = 1
    """Threads of torch on the CPU. A run repeats bit for bit only with the same number. PyMARL2 leaves it to torch."""

    def __post_init__(self) -> None:
        check_world_name(self.env)
        # As they come back from a file: lists for tuples.
        object.__setattr__(self, "env_options", json.loads(json.dumps(dict(self.env_options))))
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise RunConfigError(f"{name} must lie between {low} and {high}; got {value!r}")
        if self.batch_size > self.buffer_size:
            raise RunConfigError(
                f"a batch of {self.batch_size} episodes can never be drawn from a replay of {self.buffer_size}; "
                "raise buffer_size or lower batch_size"
            )
        if self.n_worlds > self.buffer_size:
            raise RunConfigError(
                f"one rollout of {self.n_worlds} episodes does not fit into a replay of {self.buffer_size}; "
                "raise buffer_size or lower n_worlds"
            )
        if set(self.label) & set('/\\:,"'):
            raise RunConfigError(
                f"label is part of a file name, so it has no slash, colon or comma; got {self.label!r}"
            )

    @property
    def algorithm(self) -> str:
        """The learner's algorithm."""
        return self.learner.algorithm

    @property
    def name(self) -> str:
        """The run's name in files and figures."""
        return self.label or self.algorithm

    @property
    def world(self) -> str:
        """World and options as one text."""
        return world_text(self.env, self.env_options)

    def updates_per_step(self, episode_length: float) -> float:
        """Gradient steps per environment step at a mean episode length."""
        return self.updates_per_rollout / (self.n_worlds * episode_length)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain dictionaries, numbers and texts."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """The settings as JSON."""
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> RunConfig:
        """The settings from :meth:`to_dict`.

        Raises
        ------
        RunConfigError
            A field is not known: it comes from another version of the project.
        """
        given = dict(settings)
        learner = dict(given.pop("learner", {}))
        nucleolus = _make(NucleolusConfig, learner.pop("nucleolus", {}), "learner.nucleolus")
        return _make(cls, {**given, "learner": _make(LearnerConfig, {**learner, "nucleolus": nucleolus}, "learner")})

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """The settings from :meth:`to_json`."""
        return cls.from_dict(json.loads(text))


def with_settings(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """``config`` with some fields changed; a name leads through the parts, ``learner.nucleolus.credit``.

    Raises
    ------
    RunConfigError
        There is no such field (with the nearest name).
    """
    record = config.to_dict()
    for path, value in settings.items():
        *parts, last = path.split(".")
        place, within = record, ""
        for part in parts:
            if not isinstance(place.get(part), dict):
                raise RunConfigError(f"{path}: a run's settings have no part {part!r}{within}")
            place, within = place[part], f" in {part}"
        if last not in place and parts != ["env_options"]:
            raise RunConfigError(f"there is no setting {path!r}; known{within}: {nearest(last, place)}")
        place[last] = value
    return RunConfig.from_dict(record)


def preset(env: str, algorithm: str, **settings: Any) -> RunConfig:
    """The settings this project uses for ``algorithm`` on the world ``env``, with ``settings`` changed.

    ``env`` may carry options, ``pp-grid,penalty=-2``. Worlds and algorithms without settings of their own get the
    defaults of :class:`RunConfig` and :class:`LearnerConfig`.

    Raises
    ------
    UnknownWorldError, UnknownAlgorithmError
        With the nearest name.
    """
    from nucleolus_lib.experiments.presets import LEARNERS, LEARNERS_BY_WORLD, RUNS
    from nucleolus_lib.experiments.worlds import parse_world

    name, options = parse_world(env)
    # Checked first, so that an unknown name is reported as such.
    LearnerConfig(algorithm=algorithm)  # type: ignore[arg-type]
    learner = {**LEARNERS.get(algorithm, {}), **LEARNERS_BY_WORLD.get(name, {})}
    record = {"env": name, "env_options": options, "learner": {"algorithm": algorithm, **learner}}
    return with_settings(RunConfig.from_dict({**RUNS.get(name, {}), **record}), settings)


def _make(kind: type[Kind], given: Mapping[str, Any], where: str = "the run") -> Kind:
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(given) - known)
    if unknown:
        raise RunConfigError(
            f"the settings of {where} have no field {unknown[0]!r}; known: {nearest(unknown[0], known)}. "
            "If they come from a file, it was written by another version of the project"
        )
    return kind(**given)


_INF = float("inf")
_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1),
    "total_steps": (1, _INF),
    "n_worlds": (1, 1 << 20),
    "updates_per_rollout": (0, 1 << 20),
    "batch_size": (1, 1 << 20),
    "buffer_size": (1, 1 << 24),
    "reward_scale": (1e-12, 1e12),
    "exploration_start": (0.0, 1.0),
    "exploration_finish": (0.0, 1.0),
    "exploration_anneal_steps": (1, _INF),
    "evaluation_interval": (1, _INF),
    "evaluation_episodes": (1, 1 << 20),
    "checkpoint_interval": (1, _INF),
    "threads": (1, 1024),
}

"""The constants of predator-prey, each with its source, and the two presets of the book.

Sources, by the short names used below:

* *simple_tag*: the world of Lowe et al. (2017), as in mpe2 1.1.1 (Farama-Foundation/MPE2 at dbd68d2).
* *SQDDPG*: its three-predator version in Wang et al. (2020), hsvgbkhgbv/SQDDPG at 33eef74.
* *two predators*: the rule of Boehmer et al. (2020) that a prey falls to at least two predators, and its +10.
* *ours*: the paper does not say, so it is a choice of this book.

The paper gives neither the prey's policy, nor walls, landmarks, shaping, the episode's length, or what
ends it. Two presets stand for two readings, and the third is the first one with the shaping we train on:

``pp_8v4``
    Prey flee within walls and leave the world when caught; the episode goes on until all are caught.
    Which predators go together decides how many prey are caught, so credit matters.
``pp_8v4_paper``
    The closest reading of the paper's text: SQDDPG's simple_tag with 8 predators and 4 prey and the
    two-predator rule. Prey act at random, there are no walls, the first capture ends the episode, and
    the result is how many turns it took.
``pp_8v4_progress``
    ``pp_8v4`` in which predators are paid for coming nearer instead of charged for being far. Motion, captures
    and everything that is reported are the same; only what the learner is paid on the way differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nucleolus_lib.envs.errors import WorldParameterError


@dataclass(frozen=True)
class PredatorPreyRules:
    """Everything that can differ between two predator-prey worlds.

    Raises
    ------
    WorldParameterError
        If a value is outside the range stated beside it.
    """

    name: str
    """What the world is called in files and figures."""
    n_predators: int
    """N, the agents, at least 1. Paper: 8."""
    n_prey: int
    """At least 1. Paper: 4."""
    n_landmarks: int
    """Round obstacles. simple_tag, SQDDPG: 2."""
    wall: float | None
    """Bodies stay within [-wall, wall] on both axes; None: no walls, as in simple_tag. At least ``spawn_range``."""
    prey: Literal["flee", "random", "mix"]
    """How prey act, see :mod:`nucleolus_lib.envs.prey_policy`. SQDDPG: random."""
    integration: Literal["mpe2", "openai"]
    """Updated first: the position, with the old velocity (mpe2), or the velocity (the OpenAI code; so SQDDPG)."""
    ends_at_first_capture: bool
    """SQDDPG: True. Otherwise an episode ends when all prey are caught."""
    shaping_over: Literal["mean", "sum"]
    """Whether predators' distances are averaged or added up in the shaping. SQDDPG: sum."""
    horizon: int
    """Time limit in steps. SQDDPG: 200."""
    capture: bool = True
    """False: no prey is ever caught; each touching pair pays ``capture_reward`` in each step, as in simple_tag."""
    capture_requirement: int = 2
    """Predators it takes to catch a prey. Two predators."""
    capture_distance: float = 0.125
    """A predator nearer than this takes part. simple_tag: contact, the sum of the two radii."""
    capture_reward: float = 10.0
    """Paid per prey caught. Paper, simple_tag and two predators: 10."""
    lone_contact_penalty: float = 0.0
    """Paid, at most 0, for each prey in reach of some but too few predators. Boehmer et al.: 0 to -2."""
    shaping: Literal["distance", "progress"] = "distance"
    """Charged for being far, or paid for coming nearer, see :mod:`predator_prey`. SQDDPG: distance."""
    shaping_scale: float = 0.1
    """What one unit of that distance is worth; 0: no shaping. SQDDPG: 0.1."""
    prey_order: Literal["index", "nearest"] = "index"
    """In which order a predator observes prey: always the same, as in simple_tag, or the nearest to it first. Ours."""
    state: Literal["bodies", "observations"] = "bodies"
    """The global state: velocities and positions, or all observations side by side as in PyMARL2."""

    time_step: float = 0.1
    """Time in one step. simple_tag."""
    damping: float = 0.25
    """Share of the velocity lost in a step. simple_tag."""
    contact_force: float = 100.0
    """Strength of the force between touching bodies. simple_tag."""
    contact_margin: float = 1e-3
    """Softness k of that force. simple_tag."""
    predator_radius: float = 0.075
    """simple_tag."""
    predator_acceleration: float = 3.0
    """simple_tag."""
    predator_max_speed: float = 1.0
    """simple_tag."""
    prey_radius: float = 0.05
    """simple_tag."""
    prey_acceleration: float = 4.0
    """simple_tag."""
    prey_max_speed: float = 1.3
    """simple_tag."""
    landmark_radius: float = 0.2
    """simple_tag."""
    spawn_range: float = 1.0
    """Predators and prey start uniformly in [-spawn_range, spawn_range]^2, at rest. simple_tag."""
    landmark_spawn_range: float = 0.9
    """The same for landmarks. simple_tag."""
    flee_softening: float = 1e-3
    """Keeps the flight from a predator at distance 0 finite. Ours."""
    flee_wall_gain: float = 20.0
    """How hard a fleeing prey avoids a wall. Ours."""
    flee_wall_margin: float = 0.1
    """How near a wall it begins to. Ours."""
    mix_flee_probability: float = 0.5
    """Chance that a prey of the policy ``mix`` flees in a step; otherwise it acts at random. Ours."""

    def __post_init__(self) -> None:
        for field in ("n_predators", "n_prey", "horizon", "capture_requirement"):
            if getattr(self, field) < 1:
                raise WorldParameterError(f"{self.name}: {field} must be at least 1; got {getattr(self, field)}")
        if self.n_landmarks < 0:
            raise WorldParameterError(f"{self.name}: n_landmarks must be at least 0; got {self.n_landmarks}")
        for field, known in _CHOICES.items():
            if getattr(self, field) not in known:
                raise WorldParameterError(f"{self.name}: {field} is one of {known}; got {getattr(self, field)!r}")
        if self.capture_requirement > self.n_predators:
            raise WorldParameterError(
                f"{self.name}: a prey that needs capture_requirement={self.capture_requirement} predators cannot be "
                f"caught by n_predators={self.n_predators}; lower the one or raise the other"
            )
        if self.wall is not None and self.wall < self.spawn_range:
            raise WorldParameterError(
                f"{self.name}: bodies start within {self.spawn_range}, so wall must be None or at least that; "
                f"got {self.wall}"
            )
        if self.lone_contact_penalty > 0:
            raise WorldParameterError(
                f"{self.name}: lone_contact_penalty is added to the reward, so it is 0 or negative; "
                f"got {self.lone_contact_penalty}"
            )
        if self.shaping_scale < 0:
            raise WorldParameterError(
                f"{self.name}: shaping_scale multiplies a distance that is subtracted, so it is 0 or positive; "
                f"got {self.shaping_scale}"
            )
        if not 0.0 <= self.mix_flee_probability <= 1.0:
            raise WorldParameterError(
                f"{self.name}: mix_flee_probability is a probability; got {self.mix_flee_probability}"
            )

    @property
    def n_bodies(self) -> int:
        """P, predators and prey."""
        return self.n_predators + self.n_prey

    @property
    def shows_alive(self) -> bool:
        """Whether observation and state say which prey are free: only where some can be gone during an episode."""
        return self.capture and not self.ends_at_first_capture

    @property
    def farthest(self) -> float:
        """No coordinate of a position is ever larger in size."""
        if self.wall is not None:
            return self.wall
        fastest = max(self.predator_max_speed, self.prey_max_speed)
        return self.spawn_range + fastest * self.time_step * self.horizon * (1 + 1e-5)


_CHOICES = {
    "prey": ("flee", "random", "mix"),
    "integration": ("mpe2", "openai"),
    "shaping": ("distance", "progress"),
    "shaping_over": ("mean", "sum"),
    "prey_order": ("index", "nearest"),
    "state": ("bodies", "observations"),
}


def pp_8v4() -> PredatorPreyRules:
    """Prey flee within walls; all four must be caught. Change it with :func:`dataclasses.replace`."""
    return PredatorPreyRules(
        name="pp-8v4",
        n_predators=8,
        n_prey=4,
        n_landmarks=0,
        wall=1.0,
        prey="flee",
        integration="mpe2",
        ends_at_first_capture=False,
        shaping_over="mean",
        horizon=100,
    )


def pp_8v4_progress() -> PredatorPreyRules:
    """``pp_8v4`` with the shaping of the common setting: one unit of length nearer to the prey is worth 1. Ours."""
    return replace(pp_8v4(), name="pp-8v4-progress", shaping="progress", shaping_over="sum", shaping_scale=1.0)


def pp_8v4_paper() -> PredatorPreyRules:
    """SQDDPG's simple_tag widened to 8 predators and 4 prey; the first capture ends the episode.

    In SQDDPG every predator is paid the sum over predators, and the collaborative flag adds these equal
    rewards up once more; that common factor N is left out here.
    """
    return PredatorPreyRules(
        name="pp-8v4-paper",
        n_predators=8,
        n_prey=4,
        n_landmarks=2,
        wall=None,
        prey="random",
        integration="openai",
        ends_at_first_capture=True,
        shaping_over="sum",
        horizon=200,
    )

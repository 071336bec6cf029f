"""The state of predator-prey, and what the world says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules
from nucleolus_lib.envs.prey_policy import n_prey_draws
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec

ACTIONS = ("none", "left", "right", "down", "up")
"""none, -x, +x, -y, +y."""
FEATURES = ("x", "y", "velocity_x", "velocity_y", "alive", "radius")


@dataclass(frozen=True)
class PredatorPreyState:
    """B worlds between two steps.

    Parameters
    ----------
    velocity, position
        (B, N + G, 2) in the world's precision, predators first.
    alive
        (B, G) bool, which prey are free.
    moving
        (B, N + G) bool, which bodies move: all but caught prey, and none once the episode has terminated.
    landmarks
        (B, L, 2), like the positions.
    elapsed
        (B,) int64, steps played; stops when the episode terminates.
    to_first_capture
        (B,) int64, steps that began with all prey free and the episode not over.
    other_rewards
        (B,) float32, what was paid so far for anything but captures and shaping: fines, or touching.
    """

    velocity: Tensor
    position: Tensor
    alive: Tensor
    moving: Tensor
    landmarks: Tensor
    elapsed: Tensor
    to_first_capture: Tensor
    other_rewards: Tensor


def describe(rules: PredatorPreyRules) -> Spec:
    """Sizes and names of a world; for the order of features and subtasks see :mod:`predator_prey`."""
    n, g, n_landmarks = rules.n_predators, rules.n_prey, rules.n_landmarks
    free_flags = g if rules.shows_alive else 0
    observation_size = 4 + 2 * n_landmarks + 2 * (n - 1) + 4 * g + free_flags
    own_state_size = 4 * (n + g) + 2 * n_landmarks + free_flags + 1
    farthest = max(rules.farthest, rules.landmark_spawn_range)
    bound = max(2 * farthest, rules.predator_max_speed, rules.prey_max_speed, 1.0) * (1 + 1e-5)
    need, pay = (rules.capture_requirement, rules.capture_reward) if rules.capture else (1, 0.0)
    subtasks = [SubtaskSpec(f"prey_{k}", (n + k,), need, pay) for k in range(g)]
    if rules.lone_contact_penalty:
        fine = rules.lone_contact_penalty
        subtasks += [SubtaskSpec(f"lone_contact_{k}", (n + k,), 1, fine, forms_coalition=False) for k in range(g)]
    if rules.shaping_scale:
        subtasks += [SubtaskSpec(f"shaping_{i}", (i,), 1, 0.0, forms_coalition=False) for i in range(n)]
    return Spec(
        name=rules.name,
        n_agents=n,
        action_names=ACTIONS,
        noop=0,
        observation_size=observation_size,
        state_size=own_state_size if rules.state == "bodies" else n * observation_size,
        observation_low=-bound,
        observation_high=bound,
        entities=tuple(
            [EntitySpec(f"predator_{i}", "agent") for i in range(n)]
            + [EntitySpec(f"prey_{k}", "prey") for k in range(g)]
            + [EntitySpec(f"landmark_{k}", "landmark") for k in range(n_landmarks)]
        ),
        entity_features=FEATURES,
        subtasks=tuple(subtasks),
        horizon=rules.horizon,
        n_initial_draws=2 * (rules.n_bodies + n_landmarks),
        n_step_draws=n_prey_draws(rules),
    )

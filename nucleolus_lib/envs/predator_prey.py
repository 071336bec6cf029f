"""Predator-prey on the plane: N predators learn to catch G prey, each of which takes two at once.

State s = (v, p, free, landmarks): velocity and position of every body, predators first, and which prey
are still free. (Beside it a clock for the time limit, and what :meth:`PredatorPrey.outcome` reports.)
Constants: :mod:`predator_prey_rules`; physics: :mod:`predator_prey_motion`; prey: :mod:`prey_policy`.

Rules of one step, for action u_i in {none, -x, +x, -y, +y} of predator i:

1. *Motion.* All bodies accelerate, push each other and move. A caught prey is gone: it does not move,
   pushes nobody and is at rest.
2. *Capture.* The participants of prey g are the predators nearer than the capture distance after the
   motion, if g was free. If they are at least q = 2, g is caught: the team is paid 10. If they are some
   but fewer than q, the team is paid the penalty for lone contact (0 by default).
3. *Shaping.* Predator i is charged c times its distance to the nearest prey that is still free
   (divided by N if the shaping is a mean); nothing when none is. With ``shaping="progress"`` it is paid c
   times the decrease of that distance in this step instead. Both distances are then to prey that are free
   after the step, so that a capture, which moves the nearest prey away, is not charged; between two captures
   the sum telescopes, and walking in a circle earns nothing.
4. *End.* Terminated when all prey are caught, or at the first capture where the rules say so;
   truncated at the horizon.

Subtasks, in this order: one per prey (q participants needed, forms a coalition); if there is a
penalty, one per prey for it (one participant needed); if there is shaping, one per predator (it alone
takes part). They add up to the team reward.

With ``capture=False`` no prey is ever caught, and each touching pair is paid 10 in every step: then
this is simple_tag with the predators' reward, where the subtask of a prey needs one participant.

*Observation* of predator i, F numbers: own velocity (2), own position (2), landmarks relative to it
(2L), the other predators relative to it (2(N - 1)), prey relative to it (2G), velocities of the prey
(2G), and, where prey can be gone, which are free (G). A caught prey is all zeros.

*Global state*: velocity and position of every body (4(N + G)), landmarks (2L), which prey are free
(G, where they can be gone), t / T. Or all observations side by side.

Inside, B is the last axis in memory, so that each operation runs along contiguous numbers; what is
handed out has B first, as the protocol wants.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nucleolus_lib.envs.predator_prey_motion import body_pairs, contact_forces, integrate, squared_length
from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules, pp_8v4
from nucleolus_lib.envs.prey_policy import n_prey_draws, prey_directions
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.structure import structure_from_participants

ACTIONS = ("none", "left", "right", "down", "up")
"""none, -x, +x, -y, +y."""
DIRECTIONS = ((0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
OUTCOMES = ("return", "captures", "steps_to_first_capture", "steps_to_all", "length")
FEATURES = ("x", "y", "velocity_x", "velocity_y", "alive", "radius")


@dataclass(frozen=True)
class PredatorPreyState:
    """B worlds between two steps.

    Parameters
    ----------
    bodies
        (B, N + G, 4) in the world's precision: v_x, v_y, p_x, p_y, predators first.
    alive
        (B, G) bool, which prey are free.
    landmarks
        (B, L, 2), the same.
    elapsed
        (B,) int64, steps played; stops when the episode terminates.
    first_capture
        (B,) int64, the step of the first capture, counted from 1; 0 while there was none.
    score
        (B,) float32, the rewards so far without the shaping.
    """

    bodies: Tensor
    alive: Tensor
    landmarks: Tensor
    elapsed: Tensor
    first_capture: Tensor
    score: Tensor

    @property
    def velocity(self) -> Tensor:
        """(B, N + G, 2)."""
        return self.bodies[..., :2]

    @property
    def position(self) -> Tensor:
        """(B, N + G, 2)."""
        return self.bodies[..., 2:]


class PredatorPrey:
    """The batched predator-prey world.

    Parameters
    ----------
    rules
        Sizes and constants; default the preset ``pp_8v4``.
    device
        Where the tensors live.
    precision
        Type of velocities and positions. Contact is stiff, and a crowd of bodies amplifies a rounding
        error of float32 to a visible one within 25 steps; float64 follows mpe2 far beyond that. What
        is handed out (observation, state, rewards) is float32 either way.
    """

    outcome_names: tuple[str, ...] = OUTCOMES

    def __init__(
        self,
        rules: PredatorPreyRules | None = None,
        *,
        device: str | torch.device = "cpu",
        precision: torch.dtype = torch.float64,
    ) -> None:
        self.rules = rules = pp_8v4() if rules is None else rules
        self._device = torch.device(device)
        n, g, n_landmarks = rules.n_predators, rules.n_prey, rules.n_landmarks
        radius = [rules.predator_radius] * n + [rules.prey_radius] * g + [rules.landmark_radius] * n_landmarks
        self._precision = precision
        self._radius = torch.tensor(radius, device=device, dtype=precision)
        self._pairs = body_pairs(rules, self._radius)
        speed = [rules.predator_max_speed] * n + [rules.prey_max_speed] * g
        self._max_speed = torch.tensor(speed, device=device, dtype=precision)[:, None]
        self._directions = torch.tensor(DIRECTIONS, device=device, dtype=precision)
        self._predator_push = self._directions * rules.predator_acceleration
        others = [[j for j in range(n + g) if j != i] for i in range(n)]
        self._others = torch.tensor(others, dtype=torch.int64, device=device).reshape(n * (n + g - 1))
        self._spec = _spec(rules)
        forms = [subtask.forms_coalition for subtask in self._spec.subtasks]
        self._forms_coalition = torch.tensor(forms, device=device)
        self._requirement = torch.tensor([subtask.required for subtask in self._spec.subtasks], device=device)
        self._itself = torch.eye(n, dtype=torch.bool, device=device)[..., None]

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> PredatorPreyState:
        """Bodies at random places, at rest; every prey free."""
        rules, batch = self.rules, draws.shape[0]
        places = (2 * draws.T.to(self._precision) - 1).reshape(-1, 2, batch)
        position = places[: rules.n_bodies] * rules.spawn_range
        bodies = torch.cat([torch.zeros_like(position), position], 1).permute(2, 0, 1)
        zeros = torch.zeros(batch, dtype=torch.int64, device=self._device)
        return PredatorPreyState(
            bodies=bodies,
            alive=torch.ones((rules.n_prey, batch), dtype=torch.bool, device=self._device).T,
            landmarks=(places[rules.n_bodies :] * rules.landmark_spawn_range).permute(2, 0, 1),
            elapsed=zeros,
            first_capture=zeros.clone(),
            score=torch.zeros(batch, device=self._device),
        )

    def available_actions(self, state: PredatorPreyState) -> Tensor:
        """Every action, always, (B, N, 5)."""
        shape = (state.bodies.shape[0], self.rules.n_predators, len(ACTIONS))
        return torch.ones(shape, dtype=torch.bool, device=self._device)

    def transition(self, state: PredatorPreyState, actions: Tensor, draws: Tensor) -> Step[PredatorPreyState]:
        """Rules 1 to 4."""
        rules, n = self.rules, self.rules.n_predators
        free = state.alive.T
        running = self._running(free)
        bodies = self._move(state, actions, draws, free, running)
        gap = self._gap(bodies)
        near = (gap < rules.capture_distance) & (free & running)
        count = near.sum(0)
        if rules.capture:
            caught = count >= rules.capture_requirement
            free = free & ~caught
            bodies[n:, :2].mul_(free[:, None])
            paid = caught * rules.capture_reward
        else:
            caught = torch.zeros_like(free)
            paid = count * rules.capture_reward
        rewards, participants = [paid], [near.transpose(0, 1)]
        if rules.lone_contact_penalty:
            lone = (count > 0) & (count < rules.capture_requirement)
            rewards.append(lone * rules.lone_contact_penalty)
            participants.append(near.transpose(0, 1))
        score = state.score + torch.cat(rewards).sum(0)
        if rules.shaping_scale:
            before = self._gap(state.bodies.permute(1, 2, 0)) if rules.shaping == "progress" else None
            rewards.append(self._shaping(gap, before, free, running))
            participants.append(self._itself.expand(-1, -1, gap.shape[-1]))
        subtask_rewards = torch.cat(rewards)
        elapsed = state.elapsed + running
        terminated = ~self._running(free)
        is_first = caught.any(0) & (state.first_capture == 0)
        return Step(
            state=PredatorPreyState(
                bodies=bodies.permute(2, 0, 1),
                alive=free.T,
                landmarks=state.landmarks,
                elapsed=elapsed,
                first_capture=torch.where(is_first, elapsed, state.first_capture),
                score=score,
            ),
            reward=subtask_rewards.sum(0),
            subtask_rewards=subtask_rewards.T,
            participants=torch.cat(participants).permute(2, 0, 1),
            requirement=self._requirement.expand(gap.shape[-1], -1),
            terminated=terminated,
            truncated=(elapsed >= self._spec.horizon) & ~terminated,
        )

    def _running(self, free: Tensor) -> Tensor:
        """Which worlds have not terminated, (B,) bool, from which prey are free, (G, B)."""
        return free.all(0) if self.rules.ends_at_first_capture else free.any(0)

    def _move(self, state: PredatorPreyState, actions: Tensor, draws: Tensor, free: Tensor, running: Tensor) -> Tensor:
        """Rule 1: velocities and positions after the motion, (N + G, 4, B)."""
        rules, n = self.rules, self.rules.n_predators
        pairs = self._pairs
        bodies = state.bodies.permute(1, 2, 0)
        solids = bodies[:, 2:]
        if rules.n_landmarks:
            solids = torch.cat([solids, state.landmarks.permute(1, 2, 0)])
        x, y = (
            solids[:, axis].index_select(0, pairs.first).sub_(solids[:, axis].index_select(0, pairs.second))
            for axis in (0, 1)
        )
        squared = squared_length(x, y)
        chase = (rules.n_prey, n, -1)
        toward = prey_directions(
            *(numbers[: rules.n_prey * n].view(chase) for numbers in (x, y, squared)),
            bodies[n:, 2:],
            draws,
            self._directions,
            rules,
        )
        push = torch.cat([self._predator_push[actions].permute(1, 2, 0), toward * rules.prey_acceleration])
        moving = torch.cat([running.expand(n, -1), free & running])
        solid = None
        if rules.capture:
            solid = moving.index_select(0, pairs.first) & moving.index_select(0, pairs.second_mover)
        force = contact_forces(x, y, squared, pairs, solid, rules).add_(push)
        return torch.where(moving[:, None], integrate(bodies, force, self._max_speed, rules), bodies)

    def _gap(self, bodies: Tensor) -> Tensor:
        """Distance of every predator from every prey, (N, G, B) float32."""
        n = self.rules.n_predators
        x, y = (bodies[:n, None, axis] - bodies[n:, axis] for axis in (2, 3))
        return squared_length(x, y).sqrt_().float()

    def _shaping(self, gap: Tensor, before: Tensor | None, free: Tensor, running: Tensor) -> Tensor:
        """Rule 3, (N, B), from the distances (N, G, B) after the step and, for progress, before it."""
        rules, n = self.rules, self.rules.n_predators
        scale = rules.shaping_scale / (n if rules.shaping_over == "mean" else 1)
        charged = torch.where(free, gap, torch.inf).amin(1)
        if before is not None:
            charged = charged - torch.where(free, before, torch.inf).amin(1)
        return torch.where(running & free.any(0), charged * -scale, 0.0)

    def observation(self, state: PredatorPreyState) -> Tensor:
        """See the module's docstring, (B, N, F)."""
        rules, n, batch = self.rules, self.rules.n_predators, state.bodies.shape[0]
        bodies = state.bodies.permute(1, 2, 0).float()
        position = bodies[:, 2:]
        own = position[:n, None]
        other = position.index_select(0, self._others).view(n, rules.n_bodies - 1, 2, batch).sub_(own)
        parts = [bodies[:n]]
        if rules.n_landmarks:
            parts.append((state.landmarks.permute(1, 2, 0).float() - own).flatten(1, 2))
        if rules.shows_alive:
            other[:, n - 1 :].mul_(state.alive.T[:, None])
        parts += [other.flatten(1, 2), bodies[n:, :2].reshape(1, -1, batch).expand(n, -1, -1)]
        if rules.shows_alive:
            parts.append(state.alive.T.float().expand(n, -1, -1))
        return torch.cat(parts, 1).permute(2, 0, 1).contiguous()

    def global_state(self, state: PredatorPreyState) -> Tensor:
        """See the module's docstring, (B, D)."""
        if self.rules.state == "observations":
            return self.observation(state).flatten(1)
        parts = [state.bodies.float().flatten(1), state.landmarks.float().flatten(1)]
        if self.rules.shows_alive:
            parts.append(state.alive.float())
        return torch.cat([*parts, state.elapsed[:, None] / self._spec.horizon], 1)

    def entities(self, state: PredatorPreyState) -> Tensor:
        """Place, velocity, whether it is still there, and radius of every body and landmark."""
        batch, n = state.bodies.shape[0], self.rules.n_predators
        places = torch.cat([state.position, state.landmarks], 1).float()
        velocity = torch.cat([state.velocity, torch.zeros_like(state.landmarks)], 1).float()
        alive = torch.ones_like(places[..., :1])
        alive[:, n : self.rules.n_bodies, 0] = state.alive.float()
        return torch.cat([places, velocity, alive, self._radius.float().expand(batch, -1)[..., None]], -1)

    def induced_structure(self, step: Step[PredatorPreyState]) -> Tensor:
        """Predators in reach of the same prey are together, all others in one residual coalition."""
        return structure_from_participants(step.participants, self._forms_coalition)

    def outcome(self, state: PredatorPreyState) -> Tensor:
        """``outcome_names`` of finished episodes, (B, 5) float32; steps are the horizon if not reached."""
        horizon = self._spec.horizon
        first = torch.where(state.first_capture == 0, horizon, state.first_capture)
        last = torch.where(state.alive.any(1), horizon, state.elapsed)
        captures = (~state.alive).sum(1)
        return torch.stack([state.score, captures, first, last, state.elapsed], 1).float()


def _spec(rules: PredatorPreyRules) -> Spec:
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

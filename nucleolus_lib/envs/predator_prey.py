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
   truncated at the horizon. Once terminated, everything is at rest.

Subtasks, in this order: one per prey (q participants needed, forms a coalition); if there is a
penalty, one per prey for it (one participant needed); if there is shaping, one per predator (it alone
takes part). They add up to the team reward.

With ``capture=False`` no prey is ever caught, and each touching pair is paid 10 in every step: then
this is simple_tag with the predators' reward, where the subtask of a prey needs one participant.

*Observation* of predator i, F numbers: own velocity (2), own position (2), landmarks relative to it
(2L), the other predators relative to it (2(N - 1)), prey relative to it (2G), velocities of the prey
(2G), and, where prey can be gone, which are free (G). A caught prey is all zeros. Prey are in the order of their
index, or with ``prey_order="nearest"`` the nearest first.

*Global state*: velocities and positions of all bodies (4(N + G)), landmarks (2L), which prey are free
(G, where they can be gone), t / T. Or all observations side by side.

Inside, B is the last axis in memory, so that each operation runs along contiguous numbers; what is
handed out has B first, as the protocol wants.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.predator_prey_motion import (
    FAR,
    SMALLEST,
    body_pairs,
    contact,
    integrate,
    separations,
    squared_lengths,
)
from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules, pp_8v4
from nucleolus_lib.envs.predator_prey_sight import Sight
from nucleolus_lib.envs.predator_prey_state import ACTIONS, PredatorPreyState, describe
from nucleolus_lib.envs.prey_policy import prey_directions
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import Spec
from nucleolus_lib.envs.structure import structure_from_participants

__all__ = ["ACTIONS", "OUTCOMES", "PredatorPrey", "PredatorPreyState"]

DIRECTIONS = ((0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
"""Where each action accelerates."""
OUTCOMES = ("return", "captures", "steps_to_first_capture", "steps_to_all", "length")


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
        self._chases = self._pairs.separate[: g * n, : n + g].contiguous()
        speed = [rules.predator_max_speed] * n + [rules.prey_max_speed] * g
        self._max_speed = torch.tensor(speed, device=device, dtype=precision)[:, None]
        self._directions = torch.tensor(DIRECTIONS, device=device, dtype=precision)
        acceleration = [rules.predator_acceleration] * n + [rules.prey_acceleration] * g
        gained = [rules.time_step * most for most in acceleration]
        self._acceleration = torch.tensor(gained, device=device, dtype=precision)[:, None, None]
        self._far = torch.arange(1, n + g + 1, device=device, dtype=precision)[:, None, None] * FAR
        self._smallest = torch.tensor(SMALLEST, device=device, dtype=precision)
        self._infinite = torch.tensor(torch.inf, device=device)
        self._nothing = torch.tensor(0.0, device=device)
        self._spec = describe(rules)
        forms = [subtask.forms_coalition for subtask in self._spec.subtasks]
        self._forms_coalition = torch.tensor(forms, device=device)
        self._requirement = torch.tensor([subtask.required for subtask in self._spec.subtasks], device=device)
        self._sight = Sight(rules, self._device)
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
        # Later states keep the layout of these positions, so B must be the last axis in memory already here.
        places = (2 * draws.T.to(self._precision) - 1).contiguous().view(-1, 2, batch)
        position = places[: rules.n_bodies] * rules.spawn_range
        zeros = torch.zeros(batch, dtype=torch.int64, device=self._device)
        moving = torch.ones((rules.n_bodies, batch), dtype=torch.bool, device=self._device)
        return PredatorPreyState(
            velocity=torch.zeros_like(position).permute(2, 0, 1),
            position=position.permute(2, 0, 1),
            alive=moving[rules.n_predators :].clone().T,
            moving=moving.T,
            landmarks=(places[rules.n_bodies :] * rules.landmark_spawn_range).permute(2, 0, 1),
            elapsed=zeros,
            to_first_capture=zeros.clone(),
            other_rewards=torch.zeros(batch, device=self._device),
        )

    def available_actions(self, state: PredatorPreyState) -> Tensor:
        """Every action, always, (B, N, 5)."""
        shape = (state.position.shape[0], self.rules.n_predators, len(ACTIONS))
        return torch.ones(shape, dtype=torch.bool, device=self._device)

    def transition(self, state: PredatorPreyState, actions: Tensor, draws: Tensor) -> Step[PredatorPreyState]:
        """Rules 1 to 4."""
        rules, n = self.rules, self.rules.n_predators
        moving, free = state.moving.T, state.alive.T
        running = moving[0]
        velocity, position, squared_before = self._move(state, moving, actions, draws)
        squared = squared_lengths(separations(self._chases, position), self._smallest)
        gap = self._gap(squared)
        near = (gap < rules.capture_distance) & moving[n:].unsqueeze(1)
        count = near.sum(1)
        if rules.capture:
            caught = count >= rules.capture_requirement
            paid = caught * rules.capture_reward
            # A comparison of bools: free and not caught.
            free = free > caught
            goes_on = free.all(0) if rules.ends_at_first_capture else free.any(0)
            prey_moves = free & goes_on if rules.ends_at_first_capture else free
            moving = torch.cat([goes_on.expand(n, -1), prey_moves])
            velocity.mul_(moving.unsqueeze(1))
        else:
            paid = count * rules.capture_reward
            goes_on = running
        terminated = ~goes_on
        rewards, participants, other_rewards = [paid], [near], state.other_rewards
        if not rules.capture:
            other_rewards = other_rewards + paid.sum(0)
        if rules.lone_contact_penalty:
            lone = (count > 0) & (count < rules.capture_requirement)
            fine = lone * rules.lone_contact_penalty
            other_rewards = other_rewards + fine.sum(0)
            rewards.append(fine)
            participants.append(near)
        if rules.shaping_scale:
            gap_before = self._gap(squared_before) if rules.shaping == "progress" else None
            # The step of the first capture is still charged where it ends the episode and other prey are free.
            is_over = ~(running & free.any(0)) if rules.ends_at_first_capture else terminated
            rewards.append(self._shaping(gap, gap_before, free, is_over))
            participants.append(self._itself.expand(-1, -1, gap.shape[-1]))
        subtask_rewards = torch.cat(rewards)
        elapsed = state.elapsed + running
        none_caught = running if rules.ends_at_first_capture else state.alive.all(1)
        return Step(
            state=PredatorPreyState(
                velocity=velocity.permute(2, 0, 1),
                position=position.permute(2, 0, 1),
                alive=free.T,
                moving=moving.T,
                landmarks=state.landmarks,
                elapsed=elapsed,
                to_first_capture=state.to_first_capture + none_caught,
                other_rewards=other_rewards,
            ),
            reward=subtask_rewards.sum(0),
            subtask_rewards=subtask_rewards.T,
            participants=torch.cat(participants).permute(2, 0, 1),
            requirement=self._requirement.expand(gap.shape[-1], -1),
            terminated=terminated,
            truncated=goes_on & (elapsed >= self._spec.horizon),
        )

    def _move(
        self, state: PredatorPreyState, moving: Tensor, actions: Tensor, draws: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Rule 1: velocities and positions after the motion, (N + G, 2, B) each, and the squared gaps before it."""
        rules, n, pairs = self.rules, self.rules.n_predators, self._pairs
        chases = rules.n_prey * n
        velocity, position = state.velocity.permute(1, 2, 0), state.position.permute(1, 2, 0)
        solid = position
        if rules.shows_alive:
            solid = torch.where(moving.unsqueeze(1), position, self._far)
        if rules.n_landmarks:
            solid = torch.cat([solid, state.landmarks.permute(1, 2, 0)])
        separation = separations(pairs.separate, solid)
        squared = squared_lengths(separation, self._smallest)
        gaps = squared[:chases]
        toward = prey_directions(separation[:chases], gaps, position[n:], draws, self._directions, rules)
        directions = torch.cat([self._directions[actions].permute(1, 2, 0), toward])
        gain = contact(separation, squared, pairs, rules.contact_margin).addcmul_(directions, self._acceleration)
        return *integrate(velocity, position, gain, moving, self._max_speed, self._smallest, rules), gaps

    def _gap(self, squared: Tensor) -> Tensor:
        """Distance of every prey from every predator, (G, N, B) float32, from the squares, (G * N, B)."""
        return squared.sqrt().float().view(self.rules.n_prey, self.rules.n_predators, -1)

    def _shaping(self, gap: Tensor, gap_before: Tensor | None, free: Tensor, is_over: Tensor) -> Tensor:
        """Rule 3, (N, B), from the distances (G, N, B) after the step and, for progress, before it."""
        rules = self.rules
        scale = rules.shaping_scale / (rules.n_predators if rules.shaping_over == "mean" else 1)
        is_free = free.unsqueeze(1)
        charged = torch.where(is_free, gap, self._infinite).amin(0)
        if gap_before is not None:
            charged.sub_(torch.where(is_free, gap_before, self._infinite).amin(0))
        return charged.mul_(-scale).masked_fill_(is_over, 0.0)

    def observation(self, state: PredatorPreyState) -> Tensor:
        """See the module's docstring, (B, N, F)."""
        return self._sight.observation(state)

    def global_state(self, state: PredatorPreyState) -> Tensor:
        """See the module's docstring, (B, D)."""
        if self.rules.state == "observations":
            return self.observation(state).flatten(1)
        parts = [field.float().flatten(1) for field in (state.velocity, state.position, state.landmarks)]
        if self.rules.shows_alive:
            parts.append(state.alive.float())
        return torch.cat([*parts, state.elapsed[:, None] / self._spec.horizon], 1)

    def entities(self, state: PredatorPreyState) -> Tensor:
        """Place, velocity, whether it is still there, and radius of every body and landmark."""
        batch, n = state.position.shape[0], self.rules.n_predators
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
        captures = (~state.alive).sum(1)
        first = torch.where(captures == 0, horizon, state.to_first_capture)
        last = torch.where(state.alive.any(1), horizon, state.elapsed)
        paid = state.other_rewards + captures * self.rules.capture_reward
        return torch.stack([paid, captures, first, last, state.elapsed], 1).float()

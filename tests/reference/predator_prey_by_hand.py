"""Predator-prey one world at a time, in plain Python: loops over bodies and pairs, floats and lists.

Written from the rules in the docstrings of the library's modules, and slow. Random numbers come in as in
the library, one per prey and step, so that both can play the same episode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules

DIRECTIONS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass
class Body:
    """A predator, a prey or a landmark."""

    kind: str
    position: list[float]
    velocity: list[float]
    radius: float
    acceleration: float = 0.0
    max_speed: float = 0.0
    here: bool = True


@dataclass
class Turn:
    """What one step paid, and to whom."""

    reward: float
    subtask_rewards: list[float]
    participants: list[list[int]]
    terminated: bool
    truncated: bool


class PredatorPreyByHand:
    """One world; positions of predators, prey and landmarks are given."""

    def __init__(self, rules: PredatorPreyRules, places: list[tuple[float, float]]) -> None:
        self.rules = rules
        self.bodies: list[Body] = []
        for k, place in enumerate(places):
            if k < rules.n_predators:
                extra = (rules.predator_radius, rules.predator_acceleration, rules.predator_max_speed)
                self.bodies.append(Body("predator", list(place), [0.0, 0.0], *extra))
            elif k < rules.n_predators + rules.n_prey:
                extra = (rules.prey_radius, rules.prey_acceleration, rules.prey_max_speed)
                self.bodies.append(Body("prey", list(place), [0.0, 0.0], *extra))
            else:
                self.bodies.append(Body("landmark", list(place), [0.0, 0.0], rules.landmark_radius))
        self.elapsed = 0
        self.ended = False
        self.first_capture: int | None = None
        self.score = 0.0

    def of_kind(self, kind: str) -> list[Body]:
        return [body for body in self.bodies if body.kind == kind]

    def step(self, actions: list[int], draws: list[float]) -> Turn:
        rules = self.rules
        predators, prey = self.of_kind("predator"), self.of_kind("prey")
        if self.ended:
            return self._nothing()
        before = [[math.dist(one.position, other.position) for other in prey] for one in predators]
        pushes = [tuple(c * rules.predator_acceleration for c in DIRECTIONS[action]) for action in actions]
        for k, one in enumerate(prey):
            direction = self._prey_direction(one, draws[k] if draws else 0.0) if one.here else (0, 0)
            pushes.append(tuple(c * rules.prey_acceleration for c in direction))
        forces = [list(push) for push in pushes]
        for i, one in enumerate(predators + prey):
            for other in self.bodies:
                if other is one or not (one.here and other.here):
                    continue
                for axis, part in enumerate(self._contact(one, other)):
                    forces[i][axis] += part
        for one, force in zip(predators + prey, forces, strict=True):
            if one.here:
                self._integrate(one, force)
        self.elapsed += 1
        return self._pay(predators, prey, before)

    def _nothing(self) -> Turn:
        n_subtasks = len(self._subtask_kinds())
        alone = [[i] if kind == "shaping" else [] for kind, i in self._subtask_kinds()]
        return Turn(0.0, [0.0] * n_subtasks, alone, True, False)

    def _subtask_kinds(self) -> list[tuple[str, int]]:
        rules = self.rules
        kinds = [("prey", k) for k in range(rules.n_prey)]
        if rules.lone_contact_penalty != 0:
            kinds += [("lone", k) for k in range(rules.n_prey)]
        if rules.shaping_scale != 0:
            kinds += [("shaping", i) for i in range(rules.n_predators)]
        return kinds

    def _prey_direction(self, one: Body, draw: float) -> tuple[float, float]:
        rules = self.rules
        flee_chance = {"flee": 1.0, "random": 0.0, "mix": rules.mix_flee_probability}[rules.prey]
        if draw >= flee_chance:
            return DIRECTIONS[min(int((draw - flee_chance) * 5 / (1 - flee_chance)), 4)]
        g = [0.0, 0.0]
        for predator in self.of_kind("predator"):
            away = [one.position[axis] - predator.position[axis] for axis in (0, 1)]
            squared = away[0] ** 2 + away[1] ** 2
            for axis in (0, 1):
                g[axis] += away[axis] / (squared + rules.flee_softening) ** 2
        if rules.wall is not None:
            for axis in (0, 1):
                beyond = max(0.0, abs(one.position[axis]) - (rules.wall - rules.flee_wall_margin))
                g[axis] -= rules.flee_wall_gain * beyond * math.copysign(1.0, one.position[axis])
        largest = max(abs(g[0]), abs(g[1]))
        x, y = (((c > 0) - (c < 0)) * (abs(c) == largest) for c in g)
        return x, y

    def _contact(self, one: Body, other: Body) -> list[float]:
        apart = [one.position[axis] - other.position[axis] for axis in (0, 1)]
        distance = math.hypot(*apart)
        if distance == 0:
            return [0.0, 0.0]
        k = self.rules.contact_margin
        z = (one.radius + other.radius - distance) / k
        depth = k * (max(z, 0.0) + math.log1p(math.exp(-abs(z))))
        return [self.rules.contact_force * component / distance * depth for component in apart]

    def _integrate(self, one: Body, force: list[float]) -> None:
        rules = self.rules
        old = list(one.velocity)
        new = [(1 - rules.damping) * old[axis] + rules.time_step * force[axis] for axis in (0, 1)]
        speed = math.hypot(*new)
        if speed > one.max_speed:
            new = [component / speed * one.max_speed for component in new]
        used = old if rules.integration == "mpe2" else new
        for axis in (0, 1):
            place = one.position[axis] + rules.time_step * used[axis]
            if rules.wall is not None and abs(place) > rules.wall:
                place = math.copysign(rules.wall, place)
                new[axis] = 0.0
            one.position[axis] = place
        one.velocity = new

    def _pay(self, predators: list[Body], prey: list[Body], before: list[list[float]]) -> Turn:
        rules = self.rules
        rewards: list[float] = []
        participants: list[list[int]] = []
        fines: list[float] = []
        for one in prey:
            near = [
                i
                for i, predator in enumerate(predators)
                if one.here and math.dist(predator.position, one.position) < rules.capture_distance
            ]
            participants.append(near)
            enough = len(near) >= rules.capture_requirement
            fines.append(rules.lone_contact_penalty if near and not enough else 0.0)
            if not rules.capture:
                rewards.append(rules.capture_reward * len(near))
            elif enough:
                rewards.append(rules.capture_reward)
                one.here, one.velocity = False, [0.0, 0.0]
                if self.first_capture is None:
                    self.first_capture = self.elapsed
            else:
                rewards.append(0.0)
        if rules.lone_contact_penalty != 0:
            rewards, participants = rewards + fines, participants + [list(group) for group in participants]
        self.score += sum(rewards)
        free = [k for k, one in enumerate(prey) if one.here]
        if rules.shaping_scale != 0:
            share = 1 / len(predators) if rules.shaping_over == "mean" else 1.0
            for i, predator in enumerate(predators):
                nearest = min((math.dist(predator.position, prey[k].position) for k in free), default=0.0)
                if rules.shaping == "progress":
                    nearest -= min((before[i][k] for k in free), default=0.0)
                rewards.append(-rules.shaping_scale * share * nearest)
                participants.append([i])
        self.ended = len(free) < len(prey) if rules.ends_at_first_capture else not free
        if self.ended:
            for body in predators + prey:
                body.velocity = [0.0, 0.0]
        return Turn(sum(rewards), rewards, participants, self.ended, not self.ended and self.elapsed >= rules.horizon)

    def observation(self, i: int) -> list[float]:
        rules, me = self.rules, self.bodies[i]

        def seen_from_me(body: Body) -> list[float]:
            # Where a capture ends the episode nothing is hidden: the caught prey is seen where it was.
            hidden = rules.shows_alive and not body.here
            return [0.0 if hidden else body.position[axis] - me.position[axis] for axis in (0, 1)]

        prey = self.of_kind("prey")
        if rules.prey_order == "nearest":
            prey = sorted(prey, key=lambda body: (not body.here, math.dist(body.position, me.position)))
        numbers = [*me.velocity, *me.position]
        for body in [*self.of_kind("landmark"), *self.of_kind("predator"), *prey]:
            numbers += seen_from_me(body) if body is not me else []
        for body in prey:
            numbers += body.velocity
        return numbers + ([float(body.here) for body in prey] if rules.shows_alive else [])

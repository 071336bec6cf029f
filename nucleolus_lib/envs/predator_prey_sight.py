"""What predators see: every feature is a difference of two numbers of the state.

The numbers of a state are the velocities (x, y of each body), the positions, the flags of the free prey,
a 0, and the landmarks. The order of the features is in :mod:`nucleolus_lib.envs.predator_prey`. A feature is number
``plus`` minus number ``minus``, so that one observation is two selections of rows and a difference, with
B worlds as the last axis. With ``prey_order="nearest"`` each predator then sees its nearest prey first, and caught ones
last.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.predator_prey_rules import PredatorPreyRules
from nucleolus_lib.envs.predator_prey_state import PredatorPreyState


class Sight:
    """The observations of all predators under given rules."""

    def __init__(self, rules: PredatorPreyRules, device: torch.device) -> None:
        self._rules = rules
        plus, minus = sight_lines(rules)
        self._plus = torch.tensor(plus, device=device)
        self._minus = torch.tensor(minus, device=device)
        self._zero = torch.zeros((1, 1), device=device)
        first_prey = 4 + 2 * rules.n_landmarks + 2 * (rules.n_predators - 1)
        self._prey_features = slice(first_prey, first_prey + 2 * rules.n_prey)

    def observation(self, state: PredatorPreyState) -> Tensor:
        """(B, N, F) float32."""
        rules, batch = self._rules, state.position.shape[0]
        alive = state.alive.T
        moves = [field.permute(1, 2, 0).flatten(0, 1) for field in (state.velocity, state.position)]
        parts = [*moves, alive, self._zero.expand(1, batch)]
        if rules.n_landmarks:
            parts.append(state.landmarks.permute(1, 2, 0).flatten(0, 1))
        numbers = torch.cat(parts).float()
        view = numbers.index_select(0, self._plus).sub_(numbers.index_select(0, self._minus))
        view = view.view(rules.n_predators, -1, batch)
        if rules.shows_alive:
            prey = view[:, self._prey_features].view(rules.n_predators, rules.n_prey, 2, batch)
            prey.mul_(alive.unsqueeze(1))
        if rules.prey_order == "nearest":
            self._put_nearest_first(view, alive)
        return view.permute(2, 0, 1).contiguous()

    def _put_nearest_first(self, view: Tensor, alive: Tensor) -> None:
        """Reorder the features of the prey in ``view`` (N, F, B); prey equally near stay in their order."""
        n, g = self._rules.n_predators, self._rules.n_prey
        first, last = int(self._prey_features.start), int(self._prey_features.stop)
        place = view[:, first:last].view(n, g, 2, -1)
        order = place.square().sum(2).masked_fill(~alive, torch.inf).argsort(dim=1, stable=True)
        pairs = order.unsqueeze(2).expand(-1, -1, 2, -1)
        for features in (place, view[:, last : last + 2 * g].view(n, g, 2, -1)):
            features.copy_(features.gather(1, pairs))
        if self._rules.shows_alive:
            free = view[:, last + 2 * g :]
            free.copy_(free.gather(1, order))


def sight_lines(rules: PredatorPreyRules) -> tuple[list[int], list[int]]:
    """``plus`` and ``minus`` of every feature, predator after predator."""
    n, g, p = rules.n_predators, rules.n_prey, rules.n_bodies
    zero = 4 * p + g
    plus, minus = [], []
    for i in range(n):
        velocity, place = [2 * i, 2 * i + 1], [2 * (p + i), 2 * (p + i) + 1]
        relative = [zero + 1 + k for k in range(2 * rules.n_landmarks)]
        relative += [2 * (p + j) + axis for j in range(p) if j != i for axis in (0, 1)]
        plain = list(range(2 * n, 2 * p)) + (list(range(4 * p, zero)) if rules.shows_alive else [])
        plus += velocity + place + relative + plain
        minus += [zero] * 4 + place * (len(relative) // 2) + [zero] * len(plain)
    return plus, minus

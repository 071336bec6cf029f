"""What trying to catch is worth on the grid, against a partner who may not.

Two agents stand beside one prey. Agent 0 catches. Agent 1 catches with probability q and does something else otherwise.
Then the team earns 10 with probability q and the penalty p <= 0 otherwise:

    E[R] = 10 q + p (1 - q),    which is positive exactly if    q > q* = -p / (10 - p).

A partner who still explores has a small q. Below q* an agent that learns from what it is paid learns to leave the prey
alone, although two who catch earn the most: *relative overgeneralisation*. A partner that is uniform over the six
actions has q = 1/6, and that is q* exactly for p = -2.

And three hunters in a row with a prey between each two of them, as a game: v(C) is what the team earns in one step if
the hunters in C catch and the others stay, averaged over the order in which the two prey act.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.predator_prey_grid import CAPTURE_REWARD, CATCH, STAY, GridState, PredatorPreyGrid

SIZE = 5
AGENTS, PREY = (11, 13), 12
"""Left and right of the prey in the middle of the board, where all six actions are available."""


def catch_value(penalty: float, partner_catches: float) -> float:
    """E[R] of catching beside a partner who catches with probability ``partner_catches``."""
    return (CAPTURE_REWARD - penalty) * partner_catches + penalty


def break_even(penalty: float) -> float:
    """q*, the probability at which catching is worth as much as not to catch."""
    return (0.0 - penalty) / (CAPTURE_REWARD - penalty)


def beside_one_prey(penalty: float, n_worlds: int) -> tuple[PredatorPreyGrid, GridState]:
    """The board described above, ``n_worlds`` times."""
    world = PredatorPreyGrid(1, penalty, n_agents=2, size=SIZE)
    return world, _placed(world, AGENTS, (PREY,), n_worlds)


def measured_catch_value(penalty: float, partner_catches: float | None, n_worlds: int, seed: int = 0) -> float:
    """The mean team reward of that step, played.

    Parameters
    ----------
    penalty
        p.
    partner_catches
        q, or None for a partner that is uniform over its available actions. With a number, the partner otherwise takes
        one of the other actions uniformly.
    n_worlds
        How often it is played, at least 1.
    seed
        Of all chance.

    Raises
    ------
    WorldParameterError
        If q is no probability or ``n_worlds`` is below 1.
    """
    if partner_catches is not None and not 0 <= partner_catches <= 1:
        raise WorldParameterError(f"partner_catches is a probability or None; got {partner_catches}")
    if n_worlds < 1:
        raise WorldParameterError(f"n_worlds must be at least 1; got {n_worlds}")
    world, state = beside_one_prey(penalty, n_worlds)
    generator = torch.Generator().manual_seed(seed)
    n_actions = world.spec.n_actions
    if partner_catches is None:
        partner = torch.randint(0, n_actions, (n_worlds,), generator=generator)
    else:
        other = torch.randint(0, n_actions - 1, (n_worlds,), generator=generator)
        partner = torch.where(torch.rand(n_worlds, generator=generator) < partner_catches, CATCH, other)
    actions = torch.stack([torch.full_like(partner, CATCH), partner], 1)
    draws = torch.rand((n_worlds, world.spec.n_step_draws), generator=generator)
    return float(world.transition(state, actions, draws).reward.double().mean())


def between_two_prey(penalty: float) -> NDArray[np.float64]:
    """The game of three hunters and two prey in a row, (8,) values by bitmask; hunter 1 is between the prey."""
    hunters, prey = (10, 12, 14), (11, 13)
    world = PredatorPreyGrid(2, penalty, n_agents=3, size=SIZE)
    member = (torch.arange(8)[:, None] >> torch.arange(3)) & 1
    actions = torch.where(member > 0, CATCH, STAY)
    earned = []
    for first, second in ((0.0, 0.5), (0.5, 0.0)):
        draws = torch.zeros(8, world.spec.n_step_draws)
        # After the turns of three agents come those of the two prey.
        draws[:, 3], draws[:, 4] = first, second
        earned.append(world.transition(_placed(world, hunters, prey, 8), actions, draws).reward)
    mean: NDArray[np.float64] = torch.stack(earned).double().mean(0).numpy()
    return mean


def _placed(world: PredatorPreyGrid, agents: tuple[int, ...], prey: tuple[int, ...], n_worlds: int) -> GridState:
    """A start with everything on chosen cells."""
    start = world.initial(torch.zeros(n_worlds, world.spec.n_initial_draws))
    cells = {"agent_cell": agents, "prey_cell": prey}
    placed = {name: torch.tensor(cell).expand(n_worlds, -1).clone() for name, cell in cells.items()}
    return GridState(**{**vars(start), **placed})

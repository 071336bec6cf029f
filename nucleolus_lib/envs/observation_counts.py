"""How many states an agent can tell apart by one look.

An observation is a function of the state, so it sorts the states into classes that look the same. With a
class per state the world is fully observed; the fewer classes, the more an agent has to remember.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.envs.rescue_states import RescueStates


class ObservationCount(NamedTuple):
    """States of a world, and classes of states that look different to one agent."""

    n_states: int
    """All states, the one in which the task is over included."""
    n_observations: int


def observation_count(world: FireRescue, agent: int = 0) -> ObservationCount:
    """Count the different observations of one agent over all states of a fire-rescue world.

    The whole state space is looked at: use it on small maps.
    """
    states = RescueStates(world)
    observations = world.observation(states.state_of(torch.arange(states.n_states)))[:, agent]
    return ObservationCount(states.n_states, len(np.unique(observations.cpu().numpy(), axis=0)))

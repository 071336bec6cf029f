"""How a team value moves when one individual value moves: monotonicity, seen.

For random states s and values q, the slope of the team value in agent i's value is dQ/dq_i. In QMIX's mixing network
it cannot be negative, whatever its weights; in the central network of OW-QMIX nothing forbids it. Both are looked at
as they are made, with random weights: the claim is about the network, not about what it has learned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.monotonic_mixer import MonotonicMixer
from nucleolus_lib.learners.ow_qmix import CentralMixer
from nucleolus_lib.learners.sizes import Sizes

MIXERS: dict[str, type[MonotonicMixer] | type[CentralMixer]] = {"qmix": MonotonicMixer, "central": CentralMixer}
"""QMIX's mixing network, and the unrestricted one of OW-QMIX's central value."""


@dataclass(frozen=True)
class MixingProbe:
    """``grid`` (G,) values of q_1; ``curves`` (S, G) team values in S states; ``slopes`` (P, N) at random points."""

    grid: NDArray[np.float64]
    curves: NDArray[np.float64]
    slopes: NDArray[np.float64]


def probe_mixer(
    mixer: str,
    sizes: Sizes,
    seed: int = 0,
    *,
    n_states: int = 5,
    n_points: int = 2000,
    reach: float = 10.0,
    positive_function: str = "abs",
) -> MixingProbe:
    """Team values of one network with random weights.

    Parameters
    ----------
    mixer
        A key of :data:`MIXERS`.
    sizes
        N and D.
    seed
        Of the weights, states and values.
    n_states, n_points
        S states along which q_1 goes from -reach to reach, the other values staying where they were drawn; P points at
        which all slopes are taken.
    """
    # A setting for which the constructor is asked, so that an unknown one is refused there.
    config = LearnerConfig(algorithm="qmix", positive_function=positive_function)  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: nn.Module = MIXERS[mixer](sizes, config).double()
        draws = torch.randn(max(n_states, n_points), sizes.state_size + sizes.n_agents, dtype=torch.float64)
    state, q = draws[:, : sizes.state_size], reach / 3 * draws[:, sizes.state_size :]
    grid = torch.linspace(-reach, reach, 201, dtype=torch.float64)
    with torch.no_grad():
        along = q[:n_states, None].repeat(1, len(grid), 1)
        along[..., 0] = grid
        curves = network(along, state[:n_states, None].expand(-1, len(grid), -1))
    moving = q[:n_points].clone().requires_grad_()
    (slopes,) = torch.autograd.grad(network(moving, state[:n_points]).sum(), moving)
    return MixingProbe(grid.numpy(), curves.numpy(), slopes.numpy())

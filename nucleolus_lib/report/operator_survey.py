"""Distances to a fixed point of the nucleolus Q-operator, sweep by sweep.

With the least-core value as target the nucleolus Q-value is a fixed point of H_lambda for every lambda
(:mod:`nucleolus_lib.markov.nucleolus_operator`), so that the distance to it is defined also where
H_lambda does not contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.report.errors import SurveyError

if TYPE_CHECKING:
    from nucleolus_lib.markov.nucleolus_operator import OperatorProblem


def sweep_distances(
    problem: OperatorProblem, multiplier: float, target: NDArray[np.float64], n_sweeps: int, largest: float = 1e6
) -> NDArray[np.float64]:
    """Largest |sum_i Q_i - target| after 0, 1, ..., at most ``n_sweeps`` sweeps from Q = 0, relative to the target.

    Parameters
    ----------
    target
        (S, J) totals.
    largest
        The list ends after the first distance above this.

    Raises
    ------
    SurveyError
        If the target is zero, so that nothing can be relative to it.
    """
    # Imported here: the operator's module loads the batched solver and with it torch, which report does without.
    from nucleolus_lib.markov.nucleolus_operator import nucleolus_operator

    scale = float(np.abs(target).max())
    if not scale > 0.0:
        raise SurveyError("distances are relative to the largest |target|, which is zero here; give a world that earns")
    q = np.zeros_like(problem.weights)
    distances = []
    for _ in range(n_sweeps + 1):
        distances.append(float(np.abs(q.sum(axis=-1) - target).max()) / scale)
        if not distances[-1] <= largest:
            break
        q = nucleolus_operator(problem, q, multiplier)
    return np.array(distances)

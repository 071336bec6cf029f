"""Numbers filled in on a device are the numbers given, to the last bit."""

import torch

from nucleolus_lib.games.literal_tensor import literal_tensor
from nucleolus_lib.games.lockstep_tableau import PERTURBATION, Rows


def test_they_are_the_numbers_given():
    numbers = torch.rand(50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(literal_tensor(numbers.tolist(), "cpu"), numbers)


def test_the_irregular_numbers_of_the_lockstep_solver_are_those_of_its_draw():
    drawn = torch.rand(3, 5, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    rows = Rows.of(4, torch.device("cpu"))
    assert torch.equal(rows.costs, PERTURBATION * (1 + drawn[0]))
    assert torch.equal(rows.probes, 0.5 + drawn[1:])

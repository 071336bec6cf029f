"""Reading a coalition structure off coalition values."""

from __future__ import annotations

import torch

from nucleolus_lib.learners.nucleolus_structure import optimal_structures


def test_two_pairs_beat_the_grand_coalition_and_an_idle_value_changes_nothing() -> None:
    worth = {0b0011: 10.0, 0b1100: 10.0, 0b1111: 12.0}
    values = torch.tensor([[worth.get(c, 0.0) for c in range(16)]])
    assert optimal_structures(values) == [(0b0011, 0b1100)]
    assert optimal_structures(values + 7.0) == [(0b0011, 0b1100)]


def test_when_everybody_is_needed_nobody_leaves() -> None:
    values = torch.zeros(1, 8)
    values[0, 7] = 1.0
    assert optimal_structures(values) == [(7,)]


def test_a_tolerance_keeps_noise_from_splitting_an_additive_game() -> None:
    member = (torch.arange(8)[:, None] >> torch.arange(3) & 1).float()
    values = (member @ torch.tensor([3.0, 4.0, 5.0]))[None]
    values[0, 1] += 0.01
    assert optimal_structures(values) == [(1, 6)]
    assert optimal_structures(values, tolerance=0.01) == [(7,)]

"""The proof of optimality must accept nucleoli and reject everything else."""

import numpy as np
import torch

from nucleolus_lib.games.batched import nucleolus_batch_record
from nucleolus_lib.games.record_certificate import record_defect
from tests.reference.game_batches import random_monotone

PROVED = 1e-11
VALUES = torch.from_numpy(random_monotone(np.random.default_rng(18), 50, 5))


def _record():
    return nucleolus_batch_record(VALUES, device_path="lockstep")


def _least_defect(record):
    return float(record_defect(VALUES, record).min())


def test_accepts():
    assert float(record_defect(VALUES, _record()).max()) <= PROVED


def test_rejects_a_moved_payoff():
    record = _record()
    move = torch.tensor([1e-4, -1e-4, 0, 0, 0], dtype=torch.float64)
    assert _least_defect(record._replace(payoff=record.payoff + move)) > 1e-6


def test_rejects_a_lifted_level():
    record = _record()
    assert _least_defect(record._replace(levels=record.levels + 1e-4)) > 1e-6


def test_rejects_other_weights():
    record = _record()
    duals = record.duals.clone()
    duals[:, 0, 1] += 1e-3
    assert _least_defect(record._replace(duals=duals)) > 1e-4


def test_rejects_a_negative_weight():
    record = _record()
    assert _least_defect(record._replace(duals=-record.duals)) > 1e-4


def test_rejects_another_coalition():
    record = _record()
    rows = record.rows.clone()
    rows[:, 1] = (rows[:, 1] % 30) + 1
    assert _least_defect(record._replace(rows=rows)) > 1e-6


def test_rejects_a_missing_level():
    record = _record()
    assert _least_defect(record._replace(n_levels=record.n_levels - 1)) > 1e-6


def test_rejects_the_nucleolus_as_prenucleolus():
    values = torch.zeros(1, 8, dtype=torch.float64)
    values[0, [3, 5, 6, 7]] = torch.tensor([5.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    record = nucleolus_batch_record(values)
    assert float(record_defect(values, record, True)) <= PROVED
    assert float(record_defect(values, record, False)) > 1e-6


def test_rejects_the_neighbours_of_a_nucleolus():
    values = torch.tensor([[0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 10.0]], dtype=torch.float64)
    record = nucleolus_batch_record(values)
    x = record.payoff
    for direction in torch.eye(4, dtype=torch.float64) - 0.25:
        assert float(record_defect(values, record._replace(payoff=x + 0.01 * direction))) > 1e-5

"""The fixing record as torch tensors, on whatever device solved the games."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.games.fixing_record import FixingRecord


class TensorRecord(NamedTuple):
    """:class:`FixingRecord` field by field as tensors: same shapes, float64, int64 and bool."""

    payoff: Tensor
    rows: Tensor
    row_level: Tensor
    row_is_bound: Tensor
    row_is_redundant: Tensor
    n_rows: Tensor
    levels: Tensor
    n_levels: Tensor
    duals: Tensor
    status: Tensor

    @classmethod
    def of(cls, record: FixingRecord, device: torch.device | None = None) -> TensorRecord:
        """The arrays of ``record`` as tensors; on the CPU they share memory."""
        return cls(*(torch.from_numpy(field).to(device) for field in record))

    def to_numpy(self) -> FixingRecord:
        """The tensors as arrays; from the CPU they share memory."""
        return FixingRecord(*(field.cpu().numpy() for field in self))

    @classmethod
    def concatenate(cls, records: list[TensorRecord]) -> TensorRecord:
        """The records of consecutive chunks of games as one."""
        if len(records) == 1:
            return records[0]
        return cls(*(torch.cat(fields) for fields in zip(*records, strict=True)))

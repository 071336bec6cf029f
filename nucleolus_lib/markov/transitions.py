"""Transition tables P(s' | s, a), dense or sparse, behind the two questions that solvers ask.

expectation(v):   sum_s' P(s' | s, a) v(s')    for every state and joint action
under(policies):  the Markov chains of policies, one joint action per state

``restricted(joint)`` keeps some joint actions only, such as those a coalition has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.errors import TableShapeError, TransitionRowError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ROW_TOLERANCE = 1e-9
"""How far a row of probabilities may be from summing to one."""


@dataclass(frozen=True, eq=False)
class SparseTransition:
    """For each state and joint action at most K successors.

    Parameters
    ----------
    successors
        (S, J, K) integers, the states that may follow. A row with fewer successors is padded with any
        state at probability zero; a successor listed twice counts twice.
    probabilities
        (S, J, K) float64, each row summing to one.
    """

    successors: NDArray[np.int32]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        successors = np.asarray(self.successors)
        probabilities = np.asarray(self.probabilities, dtype=np.float64)
        if successors.shape != probabilities.shape or successors.ndim != 3 or successors.dtype.kind not in "iu":
            raise TableShapeError(
                "a sparse transition is integers (S, J, K) and probabilities of the same shape; "
                f"got {successors.dtype} {successors.shape} and {probabilities.dtype} {probabilities.shape}"
            )
        n_states = successors.shape[0]
        if successors.size and (int(successors.min()) < 0 or int(successors.max()) >= n_states):
            raise TableShapeError(
                f"successors must be states 0..{n_states - 1}; got {successors.min()} to {successors.max()}. "
                "Pad short rows with any state at probability 0"
            )
        object.__setattr__(self, "successors", successors.astype(np.int32, copy=False))
        object.__setattr__(self, "probabilities", probabilities)

    @property
    def shape(self) -> tuple[int, int]:
        """(S, J)."""
        return self.successors.shape[0], self.successors.shape[1]

    @property
    def n_terms(self) -> int:
        """How many products one expectation adds up."""
        return int(self.successors.shape[2])

    def restricted(self, joint: NDArray[np.int64]) -> SparseTransition:
        """The table of the joint actions ``joint`` (L,) alone; itself when they are all of them in order."""
        if np.array_equal(joint, np.arange(self.shape[1])):
            return self
        return SparseTransition(self.successors[:, joint], self.probabilities[:, joint])

    def expectation(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """sum_s' P(s' | s, a) v(s'), shape (S, J)."""
        return np.asarray(self._rows @ values, dtype=np.float64).reshape(self.shape)

    @cached_property
    def _rows(self) -> csr_array:
        """The (S J, S) matrix over the same memory: K entries a row, repeated successors added up."""
        from scipy.sparse import csr_array

        n_rows = self.shape[0] * self.shape[1]
        # Row ends as narrow as the successors where they fit: otherwise scipy would copy the successors.
        narrow = n_rows * self.n_terms <= np.iinfo(np.int32).max
        ends = (np.arange(n_rows + 1) * self.n_terms).astype(np.int32 if narrow else np.int64)
        parts = (self.probabilities.reshape(-1), self.successors.reshape(-1), ends)
        return csr_array(parts, shape=(n_rows, self.shape[0]))

    def under(self, joint: NDArray[np.int64]) -> PolicyTransition:
        """The Markov chains of L policies at once: ``joint`` (L, S) is each policy's joint action in each state."""
        states = np.arange(self.shape[0])
        return PolicyTransition(self.successors[states, joint], self.probabilities[states, joint])

    def row(self, state: int, joint: int) -> NDArray[np.float64]:
        """P(. | s, a) as a dense row, shape (S,)."""
        weights = self.probabilities[state, joint]
        row = np.zeros(self.shape[0])
        np.add.at(row, self.successors[state, joint], weights)
        return row

    def staying(self) -> NDArray[np.float64]:
        """P(s | s, a), the probability that nothing changes, shape (S, J)."""
        here = self.successors == np.arange(self.shape[0], dtype=np.int32)[:, None, None]
        return np.asarray(np.einsum("sjk,sjk->sj", here, self.probabilities))

    def dense(self) -> DenseTransition:
        """The same table as one (S, J, S) array."""
        n_states, n_joint = self.shape
        table = np.zeros((n_states, n_joint, n_states))
        states, joints = np.arange(n_states)[:, None, None], np.arange(n_joint)[None, :, None]
        np.add.at(table, (states, joints, self.successors), self.probabilities)
        return DenseTransition(table)


@dataclass(frozen=True, eq=False)
class DenseTransition:
    """P as one (S, J, S) array."""

    table: NDArray[np.float64]

    def __post_init__(self) -> None:
        table = np.asarray(self.table, dtype=np.float64)
        if table.ndim != 3 or table.shape[0] != table.shape[2]:
            raise TableShapeError(f"a dense transition has the shape (S, J, S); got {table.shape}")
        object.__setattr__(self, "table", table)

    @property
    def shape(self) -> tuple[int, int]:
        """(S, J)."""
        return self.table.shape[0], self.table.shape[1]

    @property
    def n_terms(self) -> int:
        """How many products one expectation adds up."""
        return int(self.table.shape[2])

    def restricted(self, joint: NDArray[np.int64]) -> DenseTransition:
        """The table of the joint actions ``joint`` (L,) alone; itself when they are all of them in order."""
        return self if np.array_equal(joint, np.arange(self.shape[1])) else DenseTransition(self.table[:, joint])

    def expectation(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """sum_s' P(s' | s, a) v(s'), shape (S, J)."""
        return np.asarray(self.table @ values)

    def under(self, joint: NDArray[np.int64]) -> PolicyTransition:
        """The Markov chains of L policies at once: ``joint`` (L, S) is each policy's joint action in each state."""
        return PolicyTransition(None, self.table[np.arange(self.shape[0]), joint])

    def row(self, state: int, joint: int) -> NDArray[np.float64]:
        """P(. | s, a), shape (S,)."""
        return np.asarray(self.table[state, joint])

    def staying(self) -> NDArray[np.float64]:
        """P(s | s, a), the probability that nothing changes, shape (S, J)."""
        return np.asarray(np.einsum("sjs->sj", self.table))

    def dense(self) -> DenseTransition:
        """Itself."""
        return self


@dataclass(frozen=True, eq=False)
class PolicyTransition:
    """L Markov chains on the same states: one policy each."""

    successors: NDArray[np.int32] | None
    """(L, S, K), or None when the rows are dense."""
    probabilities: NDArray[np.float64]
    """(L, S, K), K = S when dense."""

    def expectation(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """sum_s' P_l(s' | s) v_l(s') for ``values`` (L, S), shape (L, S)."""
        if self.successors is None:
            return np.asarray((self.probabilities @ values[:, :, None])[..., 0])
        following = values[np.arange(len(values))[:, None, None], self.successors]
        return np.asarray(np.einsum("lsk,lsk->ls", self.probabilities, following))


Transition = SparseTransition | DenseTransition


def as_transition(transition: Transition | NDArray[np.float64]) -> Transition:
    """An array (S, J, S) or a table that already is a transition, checked row by row.

    Raises
    ------
    TransitionRowError
        If a row holds a negative or non-finite number or does not sum to one.
    """
    checked = transition if isinstance(transition, SparseTransition | DenseTransition) else DenseTransition(transition)
    table = checked.probabilities if isinstance(checked, SparseTransition) else checked.table
    sums = table.sum(axis=-1)
    # NaN fails the comparison, so one test finds rows that are off and rows that are not numbers.
    bad = ~(np.abs(sums - 1.0) <= ROW_TOLERANCE) | (table < 0).any(axis=-1)
    if bad.any():
        state, joint = (int(k) for k in np.argwhere(bad)[0])
        raise TransitionRowError(
            f"P(. | s, a) must be non-negative and sum to 1 within {ROW_TOLERANCE:g}; "
            f"{int(bad.sum())} of {bad.size} rows do not, the first at state {state}, joint action {joint}: "
            f"sum {sums[state, joint]!r}, smallest entry {table[state, joint].min()!r}. "
            "Divide each row by its sum, or add the missing successor"
        )
    return checked

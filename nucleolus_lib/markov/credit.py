"""Sharing out many coalition games at once: nucleolus, prenucleolus, with or without a structure.

For a game v the nucleolus needs an imputation: x(N) = v(N) and x_i >= v({i}). The games
C -> V_C(s, a_C) - V_empty(s) of a Markov world often have none, because a is just some joint action
and may be a bad one for the whole team while a single agent would do well. Then only the
prenucleolus exists, which drops x_i >= v({i}). Three rules are offered:

    "nucleolus"      the nucleolus; an :class:`EmptyImputationSetError` where there is no imputation
    "prenucleolus"   the prenucleolus everywhere: always exists, continuous in v
    "either"         the nucleolus where there is an imputation, else the prenucleolus (default)

Where the core is not empty all three agree and lie in it. "either" follows the definition wherever it
can be followed, at the price of a jump where the last imputation disappears; the mask
``is_imputation`` says which games were which.

Coalition structure (Aumann and Dreze). With a structure CS efficiency is x(C) = v(C) for each block.
That is the nucleolus of another game v': add a large M to every block of two or more agents, and set
v'(N) = sum of v over the blocks. The blocks' excesses are then the largest of all, their sum is fixed,
so the lexicographic minimum makes them equal, which is x(C) = v(C); after that the other coalitions
are sorted as before. Single agents are left unshifted when x_i >= v({i}) is asked for: the bound
already fixes them. M is ``SHIFT`` times the spread of v, which costs two of sixteen digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.batched import nucleolus_batch
from nucleolus_lib.games.coalitions import check_partition, member_matrix
from nucleolus_lib.games.errors import EmptyImputationSetError
from nucleolus_lib.markov.errors import CreditParameterError

Rule = Literal["nucleolus", "prenucleolus", "either"]
RULES: tuple[Rule, ...] = ("nucleolus", "prenucleolus", "either")

SHIFT = 32.0
"""M is this many times the sum of |v| spread: larger than any excess a nucleolus can leave."""

IMPUTATION_TOLERANCE = 5e-10
"""sum_i v({i}) may pass v(N) by this times the largest |v| and still count as one imputation: half of what the
batched solver forgives, so that it never refuses a game that is sent to it."""


class Credit(NamedTuple):
    """Payoffs of a batch of games."""

    payoff: NDArray[np.float64]
    """(..., n)."""
    is_imputation: NDArray[np.bool_]
    """(...) the game has an imputation, so that under "either" the payoff is its nucleolus."""


def share_out(games: NDArray[np.float64], rule: Rule = "either") -> Credit:
    """The nucleolus or prenucleolus of every game.

    Parameters
    ----------
    games
        (..., 2**n) with v(empty) = 0.
    rule
        See the module's text.

    Raises
    ------
    EmptyImputationSetError
        Under "nucleolus", if some game has no imputation.
    CreditParameterError
        If the rule is not one of the three.
    """
    if rule not in RULES:
        raise CreditParameterError(f"rule must be one of {RULES}; got {rule!r}")
    return _share_out(games, rule, has_imputation(games))


def share_out_structure(games: NDArray[np.float64], structure: Sequence[int], rule: Rule = "either") -> Credit:
    """As :func:`share_out` with x(C) = v(C) for every block C of a structure instead of x(N) = v(N).

    Raises
    ------
    NotAPartitionError, EmptyImputationSetError, CreditParameterError
    """
    if rule not in RULES:
        raise CreditParameterError(f"rule must be one of {RULES}; got {rule!r}")
    n_agents = int(games.shape[-1]).bit_length() - 1
    blocks = check_partition(structure, n_agents)
    if len(blocks) == 1:
        return _share_out(games, rule, has_imputation(games))
    is_imputation = np.ones(games.shape[:-1], dtype=np.bool_)
    for block in blocks:
        is_imputation &= has_imputation(games, block)
    flat, mask = games.reshape(-1, games.shape[-1]), is_imputation.ravel()
    if rule == "nucleolus" and not mask.all():
        raise EmptyImputationSetError(_no_imputation(games, is_imputation))
    payoff = np.empty((len(flat), n_agents))
    rational = np.zeros_like(mask) if rule == "prenucleolus" else mask
    for is_rational in (True, False):
        chosen = rational == is_rational
        if chosen.any():
            shifted = _shift_blocks(flat[chosen], blocks, include_single=not is_rational)
            payoff[chosen] = nucleolus_batch(shifted, individually_rational=is_rational)
    return Credit(payoff.reshape(*games.shape[:-1], n_agents), is_imputation)


def has_imputation(games: NDArray[np.float64], block: int | None = None) -> NDArray[np.bool_]:
    """Whether sum of v({i}) over the block (all agents by default) is at most v(block), shape (...)."""
    n_agents = int(games.shape[-1]).bit_length() - 1
    whole = (1 << n_agents) - 1 if block is None else block
    alone = [1 << i for i in range(n_agents) if whole >> i & 1]
    slack = IMPUTATION_TOLERANCE * np.abs(games).max(axis=-1)
    return np.asarray(games[..., alone].sum(axis=-1) <= games[..., whole] + slack)


def batch_excesses(games: NDArray[np.float64], payoff: NDArray[np.float64]) -> NDArray[np.float64]:
    """e(C, x) = v(C) - x(C) for every coalition of every game, shape (..., 2**n) (paper, equations 6 and 11)."""
    member = member_matrix(payoff.shape[-1]).astype(np.float64)
    return np.asarray(games - payoff @ member.T)


def max_excess(games: NDArray[np.float64], payoff: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest excess over the coalitions other than N and the empty one, shape (...).

    With one agent there is no such coalition; the answer is then minus infinity.
    """
    return np.asarray(batch_excesses(games, payoff)[..., 1:-1].max(axis=-1, initial=-np.inf))


def _share_out(games: NDArray[np.float64], rule: Rule, is_imputation: NDArray[np.bool_]) -> Credit:
    if rule == "prenucleolus":
        return Credit(nucleolus_batch(games, individually_rational=False), is_imputation)
    if rule == "nucleolus" and not is_imputation.all():
        raise EmptyImputationSetError(_no_imputation(games, is_imputation))
    if is_imputation.all():
        return Credit(nucleolus_batch(games), is_imputation)
    payoff = np.empty((*games.shape[:-1], int(games.shape[-1]).bit_length() - 1))
    payoff[~is_imputation] = nucleolus_batch(games[~is_imputation], individually_rational=False)
    if is_imputation.any():
        payoff[is_imputation] = nucleolus_batch(games[is_imputation])
    return Credit(payoff, is_imputation)


def _shift_blocks(games: NDArray[np.float64], blocks: Sequence[int], include_single: bool) -> NDArray[np.float64]:
    """The games v' whose nucleolus is that of v with the structure ``blocks``."""
    shifted = games.copy()
    shift = SHIFT * np.maximum(np.abs(games).max(axis=-1), 1e-300)
    shifted[:, -1] = sum(games[:, block] for block in blocks)
    for block in blocks:
        if include_single or block & (block - 1):
            shifted[:, block] += shift
    return shifted


def _no_imputation(games: NDArray[np.float64], is_imputation: NDArray[np.bool_]) -> str:
    where = tuple(int(k) for k in np.argwhere(~is_imputation)[0])
    return (
        f"{int((~is_imputation).sum())} of {is_imputation.size} games have no imputation (sum of v({{i}}) above v(N)), "
        f"the first at index {where}: values {games[where].tolist()}. "
        'Use rule="either" or rule="prenucleolus", which drop x_i >= v({i}) there'
    )

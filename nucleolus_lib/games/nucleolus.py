"""The nucleolus: the payoff whose excesses, sorted from the largest, are lexicographically least.

An imputation is a payoff with x(N) = v(N) and x_i >= v({i}). The nucleolus is the unique imputation x
with theta(x) <=_L theta(y) for every imputation y (paper, equation 4; Schmeidler 1969); the
prenucleolus drops x_i >= v({i}). With a coalition structure CS efficiency is x(C) = v(C) for every C in
CS instead (Aumann and Dreze 1974).

Float games are solved by :mod:`nucleolus_lib.games.nucleolus_kernel`, exact games by
:mod:`nucleolus_lib.games.exact_simplex`; both return the certificate that proves the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.games.certificate import Certificate, LevelWeights
from nucleolus_lib.games.coalitions import check_partition, grand_coalition, players_of
from nucleolus_lib.games.errors import ConvergenceError, EmptyImputationSetError
from nucleolus_lib.games.exact_simplex import solve_level
from nucleolus_lib.games.fixing_record import CONVERGED, EMPTY_IMPUTATION_SET, FixingRecord
from nucleolus_lib.games.rational import in_span, independent_rows, payoff_from_totals
from nucleolus_lib.games.tu_game import TUGame, check_n_players

MAX_EXACT_PLAYERS = 14
"""Largest game solved in fractions: 2**14 coalitions take seconds, and each player more doubles that."""


@dataclass(frozen=True)
class Level:
    """One step of the lexicographic descent."""

    excess: Any
    """t_k, the largest excess among the coalitions not yet fixed."""
    coalitions: tuple[int, ...]
    """Coalitions fixed at this excess (those with a positive weight in the certificate), as bitmasks."""
    players_at_bound: tuple[int, ...]
    """Players fixed at x_i = v({i}) by this level; always empty for the prenucleolus."""


@dataclass(frozen=True)
class NucleolusResult:
    """A nucleolus with its proof."""

    payoff: NDArray[Any]
    """x, shape (n,); fractions for an exact game, else float64."""
    levels: tuple[Level, ...]
    """Excess values, strictly decreasing up to ties between levels, and the coalitions fixed at each."""
    certificate: Certificate
    """Dual weights; ``result.certificate.verify(game, result.payoff)`` checks them from scratch."""


def nucleolus(game: TUGame) -> NucleolusResult:
    """The nucleolus (paper, equations 2-4).

    Time is measured in full passes over the 2**n coalitions, usually fewer than fifty; memory is the
    values and one working copy, 16 * 2**n bytes (n = 25: 512 MiB). Exact games: n <= 14.

    Raises
    ------
    EmptyImputationSetError
        If sum_i v({i}) > v(N): no imputation exists. The prenucleolus does.
    ConvergenceError
        If no answer could be certified.
    """
    return _solve(game, (grand_coalition(game.n_players),), individually_rational=True)


def prenucleolus(game: TUGame) -> NucleolusResult:
    """The prenucleolus: as :func:`nucleolus` without x_i >= v({i}); it always exists."""
    return _solve(game, (grand_coalition(game.n_players),), individually_rational=False)


def cs_nucleolus(game: TUGame, structure: Sequence[int], individually_rational: bool = True) -> NucleolusResult:
    """The nucleolus of a game with a coalition structure (Aumann and Dreze 1974).

    Parameters
    ----------
    structure
        A partition of the players as bitmasks; every block C shares exactly v(C).
    individually_rational
        False drops x_i >= v({i}).

    Raises
    ------
    NotAPartitionError, EmptyImputationSetError, ConvergenceError
    """
    return _solve(game, check_partition(structure, game.n_players), individually_rational)


def solve_levels(
    game: TUGame, equations: tuple[int, ...], individually_rational: bool, max_levels: int
) -> NucleolusResult:
    """The first ``max_levels`` levels; the payoff minimises them but is not unique before the last (least core: 1)."""
    if game.is_exact:
        worst = min(equations, key=lambda block: _surplus(game, block))
        if individually_rational and _surplus(game, worst) < 0:
            raise EmptyImputationSetError(_no_imputation(game, worst))
        return _solve_exact(game, equations, individually_rational, max_levels)
    from nucleolus_lib.games.nucleolus_kernel import solve_single

    record = solve_single(game.values, equations, individually_rational, max_levels)
    if record.status[0] == EMPTY_IMPUTATION_SET:
        raise EmptyImputationSetError(_no_imputation(game, min(equations, key=lambda block: _surplus(game, block))))
    if record.status[0] != CONVERGED:
        raise ConvergenceError(
            f"no certified nucleolus of this {game.n_players}-player game was found in floating point; "
            "solve it in fractions (game.to_exact()) if n <= 14, and please report the game"
        )
    return _from_record(record, equations, individually_rational)


def _solve(game: TUGame, equations: tuple[int, ...], individually_rational: bool) -> NucleolusResult:
    return solve_levels(game, equations, individually_rational, game.n_players)


def _surplus(game: TUGame, block: int) -> Any:
    """What the players of a block gain by working together."""
    return game.values[block] - sum(game.singleton_values[list(players_of(block))])


def _no_imputation(game: TUGame, block: int) -> str:
    alone = sum(game.singleton_values[list(players_of(block))])
    return (
        f"the players of {game.name_of(block)} get {alone} alone but only {game.values[block]} together, so no payoff "
        "is both efficient and individually rational. prenucleolus(game) drops individual rationality and always exists"
    )


def _from_record(record: FixingRecord, equations: tuple[int, ...], individually_rational: bool) -> NucleolusResult:
    n_rows, n_levels = int(record.n_rows[0]), int(record.n_levels[0])
    rows, row_level, is_bound = record.rows[0, :n_rows], record.row_level[0, :n_rows], record.row_is_bound[0, :n_rows]
    levels, weights = [], []
    for k in range(n_levels):
        dual = record.duals[0, k]
        new = row_level == k
        coalitions = np.flatnonzero(new & ~is_bound)
        at_bound = np.flatnonzero(new & is_bound)
        earlier = np.flatnonzero((row_level < k) & ~record.row_is_redundant[0, :n_rows])
        bound_players = {int(rows[j]).bit_length() - 1: float(dual[j]) for j in at_bound}
        levels.append(Level(float(record.levels[0, k]), tuple(int(s) for s in rows[coalitions]), tuple(bound_players)))
        weights.append(
            LevelWeights(
                {int(rows[j]): float(dual[j]) for j in coalitions},
                bound_players,
                {int(rows[j]): float(dual[j]) for j in earlier if dual[j]},
            )
        )
    certificate = Certificate(equations, individually_rational, tuple(weights), tuple(level.excess for level in levels))
    return NucleolusResult(record.payoff[0], tuple(levels), certificate)


def _solve_exact(
    game: TUGame, equations: tuple[int, ...], individually_rational: bool, max_levels: int
) -> NucleolusResult:
    n = game.n_players
    check_n_players(n, limit=MAX_EXACT_PLAYERS, bytes_per_coalition=256)
    fixed: dict[int, Fraction] = {block: game.values[block] for block in equations}
    floor = -3 * (n + 1) * max(abs(value) for value in game.values) - 1
    levels: list[Level] = []
    weights: list[LevelWeights] = []
    payoff: tuple[Fraction, ...] = ()
    while len(fixed) < n and len(levels) < max_levels:
        spanned = in_span(fixed, n)
        free = np.flatnonzero(~spanned)
        bounds = {i: game.values[1 << i] for i in range(n) if individually_rational and not spanned[1 << i]}
        solution = solve_level(n, free, game.values, fixed, bounds, floor)
        if solution.at_floor:
            raise ConvergenceError("a level of the exact solve is unbounded; please report the game")
        payoff = solution.payoff
        levels.append(Level(solution.t, tuple(solution.weights), tuple(solution.bound_weights)))
        weights.append(LevelWeights(solution.weights, solution.bound_weights, solution.equation_weights))
        targets = {coalition: game.values[coalition] - solution.t for coalition in solution.weights}
        targets.update({1 << i: game.values[1 << i] for i in solution.bound_weights})
        fixed = {coalition: {**fixed, **targets}[coalition] for coalition in independent_rows([*fixed, *targets], n)}
    if len(fixed) == n:
        payoff = payoff_from_totals(fixed, n)
    certificate = Certificate(equations, individually_rational, tuple(weights), tuple(level.excess for level in levels))
    return NucleolusResult(_as_objects(payoff), tuple(levels), certificate)


def _as_objects(payoff: Sequence[Fraction]) -> NDArray[Any]:
    array = np.empty(len(payoff), dtype=object)
    array[:] = list(payoff)
    return array

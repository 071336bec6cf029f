"""Core, least core and Bondareva-Shapley weights: each verdict carries a proof, and each proof is checked."""

from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from nucleolus_lib.games import (
    TUGame,
    balancing_weights,
    excesses,
    is_core_empty,
    is_in_core,
    is_in_cs_core,
    least_core,
    nucleolus,
)
from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.games.errors import EmptyImputationSetError, NotAPartitionError
from tests.games.golden import cases

CASES = list(cases().values())
MAJORITY = TUGame([0, 0, 0, 1, 0, 1, 1, 1])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_published_emptiness_with_its_proof(case):
    for game in (case["game"], case["game"].to_float()):
        assert is_core_empty(game) == case["core_empty"]
        weights = balancing_weights(game)
        assert (weights is not None) == case["core_empty"]
        if weights is None:
            continue
        assert min(weights.weights.values()) > 0
        per_player = [sum(w for s, w in weights.weights.items() if s >> i & 1) for i in range(game.n_players)]
        assert per_player == [1] * game.n_players if game.is_exact else np.allclose(per_player, 1)
        assert weights.total == sum(w * game.values[s] for s, w in weights.weights.items())
        assert weights.total > weights.grand_value == game.grand_value
    if not case["core_empty"] and case["nucleolus"] is not None:
        assert is_in_core(case["game"], case["nucleolus"])  # a non-empty core contains the nucleolus


def test_blocking_coalition_is_the_one_with_most_to_gain():
    verdict = is_in_core(TUGame([0, 0, 0, 0, 0, 1, 1, 1]), [0.2, 0.1, 0.7])
    assert not verdict
    assert verdict.blocking_coalition == 0b110
    assert verdict.excess == pytest.approx(0.2)
    assert "{2, 3}" in verdict.reason
    inside = is_in_core(TUGame([0, 0, 0, 0, 0, 1, 1, 1]), [0, 0, 1])
    assert inside
    assert inside.blocking_coalition is None
    assert inside.reason == ""


def test_core_needs_efficiency():
    verdict = is_in_core(MAJORITY, [1, 1, 1])
    assert not verdict
    assert verdict.blocking_coalition == 0b111
    assert "not efficient" in verdict.reason


def test_boundary_of_the_core_is_inside_exactly():
    game = TUGame([0, 0, 0, Fraction(1, 3), 0, Fraction(1, 3), Fraction(1, 3), Fraction(1, 2)])
    assert is_in_core(game, [Fraction(1, 6)] * 3)
    assert not is_in_core(
        game, [Fraction(1, 6) - Fraction(1, 10**12), Fraction(1, 6) + Fraction(1, 10**12), Fraction(1, 6)]
    )


def test_cs_core_lets_coalitions_across_blocks_object():
    game = TUGame.from_mapping(3, {0: 0, 1: 0, 2: 0, (0, 1): 4, (0, 2): 3, (1, 2): 1, (0, 1, 2): 4})
    structure = [0b011, 0b100]
    assert is_in_cs_core(game, structure, [3, 1, 0])
    verdict = is_in_cs_core(game, structure, [2, 2, 0])
    assert verdict.blocking_coalition == 0b101
    assert not is_in_cs_core(game, structure, [3, 2, -1])
    with pytest.raises(NotAPartitionError):
        is_in_cs_core(game, [0b011], [3, 1, 0])


@pytest.mark.parametrize("individually_rational", [True, False])
def test_least_core_value_is_the_linear_programmes(individually_rational):
    rng = np.random.default_rng(2)
    for n in (3, 4, 5):
        member = member_matrix(n).astype(float)
        for _ in range(10):
            values = np.append(np.append(0, rng.integers(0, 9, (1 << n) - 2)), 9 * n)
            game = TUGame(values)
            answer = linprog(
                np.append(np.zeros(n), 1),
                A_ub=np.column_stack([-member[1:-1], -np.ones((1 << n) - 2)]),
                b_ub=-game.values[1:-1],
                A_eq=np.append(np.ones(n), 0)[None],
                b_eq=[game.grand_value],
                bounds=[(v if individually_rational else None, None) for v in game.singleton_values] + [(None, None)],
            )
            result = least_core(game, individually_rational)
            assert result.value == pytest.approx(answer.fun, abs=1e-9)
            excess = excesses(game, result.payoff)
            assert excess[1:-1].max() == pytest.approx(result.value, abs=1e-9)
            np.testing.assert_allclose(excess[list(result.coalitions)], result.value, atol=1e-9)


def test_least_core_of_the_imputations_can_be_worse_than_of_all_payoffs():
    game = next(case["game"] for case in CASES if case["name"] == "peleg_sudholter_5_5_12")
    assert least_core(game).value > least_core(game, individually_rational=False).value


def test_least_core_without_anything_to_minimise():
    assert least_core(TUGame([0, 3])).value == -np.inf
    single = TUGame([0, 1, 2, 5, 3, 4, 5, 6])  # v({i}) add up to v(N): one imputation
    result = least_core(single)
    np.testing.assert_array_equal(result.payoff, [1, 2, 3])
    assert result.value == 2
    assert result.coalitions == (0b011,)
    np.testing.assert_array_equal(nucleolus(single).payoff, [1, 2, 3])
    assert not is_core_empty(TUGame([0, 3]))


def test_least_core_without_imputations_says_so():
    with pytest.raises(EmptyImputationSetError):
        least_core(TUGame([0, 2, 2, 3]))
    assert least_core(TUGame([0, 2, 2, 3]), individually_rational=False).value == pytest.approx(0.5)


def test_one_imputation_is_judged_by_every_proper_coalition():
    """The last proper coalition, N without player 1, is the one that objects."""
    single = TUGame([0, 1, 2, 3, 3, 4, 6, 6])
    result = least_core(single)
    assert result.value == 1
    assert result.coalitions == (0b110,)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_tolerance_is_relative_to_the_largest_value(scale):
    def paying(excess):
        """A two-player game whose equal split leaves player 1 short by ``excess`` times the largest value."""
        return TUGame(np.array([0, 0.5 + excess, 0, 1]) * scale)

    split = [0.5 * scale, 0.5 * scale]
    assert is_in_core(paying(1e-10), split)
    assert not is_in_core(paying(1e-8), split)
    assert is_in_core(paying(1e-8), split, tolerance=1e-7)
    assert not is_core_empty(TUGame(np.array([0, 0.5, 0.5 + 1e-10, 1]) * scale))
    assert is_core_empty(TUGame(np.array([0, 0.5, 0.5 + 1e-8, 1]) * scale))


def test_results_cannot_be_changed():
    results = (
        (least_core(MAJORITY), "value"),
        (is_in_core(MAJORITY, [1, 0, 0]), "holds"),
        (balancing_weights(MAJORITY), "total"),
    )
    for result, field in results:
        with pytest.raises(FrozenInstanceError):
            setattr(result, field, 0)

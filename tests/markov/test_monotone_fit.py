"""The best monotone table: hand answers, nothing better nearby, and the shapes that are refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.markov.errors import TableShapeError
from nucleolus_lib.markov.monotone_fit import best_monotone_tables, monotone_fit

QTRAN = np.array([[8.0, -12, -12], [-12, 0, 0], [-12, 0, 0]])


def loss(table, payoff, weight_above):
    return float((np.where(table < payoff, 1.0, weight_above) * (table - payoff) ** 2).sum())


def pooled(values):
    """Isotonic regression of a list by pooling neighbours that are out of order."""
    blocks = []
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    return [value for value, count in blocks for _ in range(count)]


def test_the_non_monotone_game_of_son_et_al_by_hand():
    fits = best_monotone_tables(QTRAN)
    assert list(fits) == list(itertools.product(range(3), range(3)))
    # (0, 0) greedy: 8 stays, the other eight are pooled at -6
    np.testing.assert_allclose(fits[0, 0].table, [[8, -6, -6], [-6, -6, -6], [-6, -6, -6]], atol=1e-6)
    assert fits[0, 0].loss == pytest.approx(8 * 36)
    # (1, 1) greedy: 8 and the four -12 are pooled at -8
    np.testing.assert_allclose(fits[1, 1].table, [[-8, -8, -8], [-8, 0, 0], [-8, 0, 0]], atol=1e-6)
    assert fits[1, 1].loss == pytest.approx(16**2 + 4 * 4**2)


def test_optimistic_weights_by_hand():
    fits = best_monotone_tables(QTRAN, 0.1)
    # 4 entries of 0 below weigh 1, 4 of -12 above weigh 0.1: c = -4.8 / 4.4
    middle = -4.8 / 4.4
    np.testing.assert_allclose(fits[0, 0].table, [[8, *[middle] * 2], *[[middle] * 3] * 2], atol=1e-6)
    assert fits[0, 0].loss == pytest.approx(4 * middle**2 + 0.4 * (12 + middle) ** 2)
    assert min(fits, key=lambda greedy: fits[greedy].loss) == (0, 0)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=7))
def test_one_agent_is_isotonic_regression(values):
    np.testing.assert_allclose(monotone_fit(values).table, pooled(values), atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 0.3]))
def test_nothing_monotone_nearby_is_better(seed, weight_above):
    rng = np.random.default_rng(seed)
    payoff = rng.normal(0, 5, (3, 3))
    fit = monotone_fit(payoff, weight_above)
    assert fit.loss == pytest.approx(loss(fit.table, payoff, weight_above), rel=1e-6, abs=1e-9)
    assert min(np.diff(fit.table, axis=0).min(), np.diff(fit.table, axis=1).min()) > -1e-7
    for reach in (1.0, 0.1, 0.01):
        step = rng.normal(0, reach, (200, 3, 3))
        # sums of non-negative steps along both axes are monotone
        other = np.abs(step).cumsum(1).cumsum(2)
        mixed = fit.table + rng.random((200, 1, 1)) * (other - other.mean() + payoff.mean() - fit.table)
        assert all(loss(table, payoff, weight_above) >= fit.loss - 1e-6 for table in mixed)


def test_a_monotone_game_is_fitted_exactly():
    payoff = np.array([[5.0, 2.0, 9.0], [1.0, 0.0, 4.0]])  # monotone in the orders (1, 0) and (1, 0, 2)
    fits = best_monotone_tables(payoff)
    assert fits[0, 2].loss == pytest.approx(0, abs=1e-9)
    assert all(fit.loss > 0.1 for greedy, fit in fits.items() if greedy != (0, 2))


@pytest.mark.parametrize(("payoff", "weight"), [([], 1), ([[np.nan]], 1), ([[1.0]], 0), (np.zeros((5, 5, 5)), 1)])
def test_what_cannot_be_fitted_is_refused(payoff, weight):
    with pytest.raises(TableShapeError):
        best_monotone_tables(payoff, weight)

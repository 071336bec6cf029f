"""Assignment, glove and linear production games, against scipy coalition by coalition."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from nucleolus_lib.games.catalogue import (
    assignment_game,
    glove_game,
    glove_market_game,
    linear_production,
    linear_production_game,
    owen_payoff,
)
from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.core import is_in_core
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.shapley import shapley_value
from tests.games.golden import cases


class TestAssignment:
    @pytest.mark.parametrize(
        ("name", "surplus"),
        [
            ("shapley_shubik_3x3", [[5, 8, 2], [7, 9, 6], [2, 3, 0]]),
            ("assignment_2x3", [[6, 2, 4], [3, 5, 1]]),
        ],
    )
    def test_certified_cases(self, name, surplus):
        game = assignment_game([[Fraction(a) for a in row] for row in surplus])
        assert game.is_exact
        assert (game.values == cases()[name]["game"].values).all()

    @given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 10**6))
    @settings(max_examples=40, deadline=None)
    def test_every_coalition_is_a_best_matching(self, m, k, seed):
        surplus = np.random.default_rng(seed).integers(-4, 9, (m, k))
        game = assignment_game(surplus)
        exact = assignment_game([[Fraction(int(a)) for a in row] for row in surplus])
        assert (exact.to_float().values == game.values).all()
        for coalition in range(1 << (m + k)):
            buyers = [i for i in players_of(coalition) if i < m]
            sellers = [i - m for i in players_of(coalition) if i >= m]
            part = np.maximum(surplus[np.ix_(buyers, sellers)], 0)
            assert game.values[coalition] == part[linear_sum_assignment(part, maximize=True)].sum()

    def test_prices_of_the_best_matching_are_in_the_core(self):
        surplus = np.random.default_rng(0).integers(0, 20, (4, 4))
        game = assignment_game(surplus)
        payoff = nucleolus(game).payoff
        assert is_in_core(game, payoff)
        assert not is_in_core(game, payoff + 0.01 * np.eye(8)[0] - 0.01 * np.eye(8)[1] * 1.001)

    def test_names(self):
        assert assignment_game([[1, 2]]).players == ("b1", "s1", "s2")
        assert assignment_game([[1, 2]], "xyz").players == ("x", "y", "z")

    @pytest.mark.parametrize("surplus", [[1, 2], [[]], 3, [[1, 2], [3]]])
    def test_bad_tables(self, surplus):
        with pytest.raises(CatalogueParameterError, match="surplus must be"):
            assignment_game(surplus)

    def test_too_many(self):
        with pytest.raises(TooManyPlayersError):
            assignment_game(np.ones((14, 14)))


class TestGlove:
    @pytest.mark.parametrize(("name", "counts"), [("glove_L2R1", (2, 1)), ("glove_L3R2", (3, 2))])
    def test_certified_cases(self, name, counts):
        game = glove_game(*counts)
        assert (game.values == cases()[name]["game"].to_float().values).all()
        scarce = np.repeat([0.0, 1.0], counts)
        assert is_in_core(game, scarce)
        assert not is_in_core(game, shapley_value(game))

    def test_a_glove_game_is_an_assignment_game(self):
        assert (glove_game(3, 4).values == assignment_game(np.ones((3, 4))).values).all()

    def test_holdings(self):
        game = glove_market_game([Fraction(3), 0, 1], [0, Fraction(5, 2), 1])
        assert game.values[0b011] == Fraction(5, 2)
        assert game.values[0b111] == Fraction(7, 2)
        assert game.players == ("1", "2", "3")
        assert glove_game(1, 2).players == ("L1", "R1", "R2")

    def test_bad_parameters(self):
        with pytest.raises(CatalogueParameterError, match="n_left"):
            glove_game(0, 1)
        with pytest.raises(CatalogueParameterError, match="one number per player"):
            glove_market_game([1, 2], [1])
        with pytest.raises(CatalogueParameterError, match="right must not be negative"):
            glove_market_game([1, 2], [1, -1])


def production_problem(rng: np.random.Generator, m: int, k: int, n: int) -> tuple[np.ndarray, ...]:
    technology = rng.integers(0, 5, (m, k))
    technology[0, technology.sum(axis=0) == 0] = 1
    return technology, rng.integers(-2, 9, k), rng.integers(0, 6, (n, m))


class TestLinearProduction:
    @given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6))
    @settings(max_examples=30, deadline=None)
    def test_every_coalition_solves_its_programme(self, m, k, n, seed):
        technology, prices, resources = production_problem(np.random.default_rng(seed), m, k, n)
        game = linear_production_game(technology, prices, resources)
        exact = linear_production_game(technology, [Fraction(int(p)) for p in prices], resources)
        assert exact.is_exact
        np.testing.assert_allclose(game.values, exact.to_float().values, atol=1e-9)
        for coalition in range(1, 1 << n):
            pool = resources[list(players_of(coalition))].sum(axis=0)
            solved = linprog(-prices, A_ub=technology, b_ub=pool, method="highs")
            assert solved.status == 0
            assert game.values[coalition] == pytest.approx(-solved.fun, abs=1e-7)
        assert is_in_core(exact, owen_payoff(technology, [Fraction(int(p)) for p in prices], resources))

    def test_owen_pays_resources_at_their_price(self):
        """One product from one unit of each of two resources: only the scarce one has a price."""
        payoff = owen_payoff([[1], [1]], [10], [[3, 0], [0, 2], [1, 1]])
        assert payoff.tolist() == [0, 20, 10]
        game = linear_production_game([[1], [1]], [10], [[3, 0], [0, 2], [1, 1]])
        assert game.grand_value == 30
        assert is_in_core(game, payoff)
        assert not is_in_core(game, payoff + np.array([0.1, 0, -0.1]))

    def test_bad_parameters(self, monkeypatch):
        with pytest.raises(CatalogueParameterError, match=r"got shapes \(1, 2\), \(1,\), \(1, 1\)"):
            linear_production_game([[1, 2]], [3], [[1]])
        with pytest.raises(CatalogueParameterError, match=r"product 1 sells at 4\.0 but needs no resource"):
            linear_production_game([[1, 0]], [3, 4], [[1]])
        with pytest.raises(CatalogueParameterError, match="technology must not be negative"):
            linear_production_game([[1, -1]], [3, 4], [[1]])
        monkeypatch.setattr(linear_production, "MAX_BASES", 5)
        with pytest.raises(CatalogueParameterError, match="6 sets of constraints; the limit is 5"):
            linear_production_game([[1, 1], [1, 1]], [3, 4], [[1, 1]])

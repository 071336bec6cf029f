"""The Shapley value: axioms as certificates, all orders as the slow twin, sampled against exact."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games import shapley
from nucleolus_lib.games.catalogue import (
    airport_cost_game,
    airport_shapley_value,
    game_from_dividends,
    harsanyi_dividends,
    weighted_voting_game,
)
from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.games.errors import NonFiniteValueError, SamplingParameterError, TooManyPlayersError
from nucleolus_lib.games.shapley import sampled_shapley_value, shapley_value
from nucleolus_lib.games.tu_game import TUGame
from tests.games.golden import cases
from tests.games.strategies import games
from tests.reference.shapley_by_orders import shapley_by_orders

QUICK = settings(max_examples=60, deadline=None)


def swap_players(game: TUGame, i: int, j: int) -> TUGame:
    """The game in which i and j have changed places."""
    masks = np.arange(len(game.values))
    differ = (masks >> i ^ masks >> j) & 1
    return TUGame(game.values[masks ^ (differ << i) ^ (differ << j)])


def broken_axioms(game: TUGame, payoff: np.ndarray, value=shapley_value) -> list[str]:
    """Which of the axioms ``payoff``, or the function ``value``, fails on ``game``."""
    failed = []
    if abs(sum(payoff) - game.grand_value) > 1e-9:
        failed.append("efficiency")
    for i in range(game.n_players):
        cut = game.values.reshape(-1, 2, 1 << i)
        if (cut[:, 0] == cut[:, 1]).all() and abs(payoff[i]) > 1e-9:
            failed.append("null player")
        for j in range(i):
            if (swap_players(game, i, j).values == game.values).all() and abs(payoff[i] - payoff[j]) > 1e-9:
                failed.append("symmetry")
    doubled = TUGame(game.values + game.values[::-1] - game.values[-1])
    difference = value(TUGame(doubled.values + game.values)) - value(doubled) - payoff
    if np.abs(difference.astype(float)).max() > 1e-9:
        failed.append("additivity")
    return failed


def make_null(game: TUGame, player: int) -> TUGame:
    values = game.values.copy()
    cut = values.reshape(-1, 2, 1 << player)
    cut[:, 1] = cut[:, 0]
    return TUGame(values)


def make_symmetric(game: TUGame) -> TUGame:
    return TUGame((game.values + swap_players(game, 0, 1).values) / 2)


class TestExact:
    @given(games(max_players=5))
    @QUICK
    def test_equals_the_average_over_all_orders(self, game):
        slow = shapley_by_orders(game)
        fast = shapley_value(game)
        if game.is_exact:
            assert list(fast) == slow
        else:
            assert fast.dtype == np.float64
            np.testing.assert_allclose(fast, [float(share) for share in slow], atol=1e-12)

    @given(games(min_players=2), st.data())
    @QUICK
    def test_meets_the_axioms(self, game, data):
        null = data.draw(st.integers(0, game.n_players - 1))
        for variant in (game, make_null(game, null), make_symmetric(game)):
            assert broken_axioms(variant, shapley_value(variant)) == []

    @pytest.mark.parametrize("case", cases().values(), ids=cases().keys())
    def test_golden_cases(self, case):
        assert list(shapley_value(case["game"])) == case["shapley"]
        floats = shapley_value(case["game"].to_float())
        scale = float(np.abs(case["game"].to_float().values).max()) or 1.0
        np.testing.assert_allclose(floats, np.array(case["shapley"], dtype=float), atol=1e-13 * scale)

    @given(games(exact=True))
    @QUICK
    def test_shares_every_dividend_equally(self, game):
        dividends, member = harsanyi_dividends(game), member_matrix(game.n_players)
        shares = [
            sum((dividends[k] / int(member[k].sum()) for k in range(1, len(dividends)) if member[k, i]), Fraction(0))
            for i in range(game.n_players)
        ]
        assert list(shapley_value(game)) == shares

    def test_twenty_players_agree_with_a_closed_form(self):
        costs = np.arange(20) ** 2
        np.testing.assert_allclose(shapley_value(airport_cost_game(costs)), airport_shapley_value(costs), atol=1e-9)

    def test_large_fractions_leave_machine_words(self):
        big = Fraction(10**30, 7)
        game = TUGame(np.array([Fraction(0), big, Fraction(1, 3), 3 * big], dtype=object))
        assert list(shapley_value(game)) == shapley_by_orders(game)

    def test_null_player_gets_exactly_zero_in_floats(self):
        rng = np.random.default_rng(0)
        game = make_null(TUGame(np.append(0, rng.random(255))), 3)
        assert shapley_value(game)[3] == 0.0

    def test_too_many_players_for_fractions(self, monkeypatch):
        monkeypatch.setattr(shapley, "MAX_EXACT_PLAYERS", 2)
        with pytest.raises(TooManyPlayersError, match="3 players"):
            shapley_value(cases()["majority_3"]["game"])


class TestTheCertificateCanFail:
    """Perturbed answers and wrong rules must be rejected."""

    game = weighted_voting_game(3, [2, 1, 1, 0])

    def test_shifted_total(self):
        assert "efficiency" in broken_axioms(self.game, shapley_value(self.game) + 1e-6)

    def test_paid_null_player(self):
        assert "null player" in broken_axioms(self.game, shapley_value(self.game) + np.array([0, 0, -1e-6, 1e-6]))

    def test_favoured_twin(self):
        assert "symmetry" in broken_axioms(self.game, shapley_value(self.game) + np.array([0, 1e-6, -1e-6, 0]))

    def test_rule_that_is_not_additive(self):
        def proportional(game: TUGame) -> np.ndarray:
            alone = np.abs(game.singleton_values) + 1
            return game.grand_value * alone / alone.sum()

        game = TUGame(np.array([0.0, 1, 2, 5]))
        assert "additivity" in broken_axioms(game, proportional(game), proportional)


class TestSampled:
    def test_hits_the_exact_value_within_its_error(self):
        rng = np.random.default_rng(1)
        game = TUGame(np.append(0, rng.normal(size=255)))
        sampled = sampled_shapley_value(game, 4000, np.random.default_rng(2))
        distance = np.abs(sampled.payoff - shapley_value(game)) / sampled.standard_error
        assert distance.max() < 4
        assert sampled.n_samples == 4000
        # A value that is off by ten standard errors would be noticed.
        shifted = np.abs(sampled.payoff - shapley_value(game) - 10 * sampled.standard_error) / sampled.standard_error
        assert shifted.min() > 4

    def test_standard_error_is_the_spread_of_the_estimates(self):
        rng = np.random.default_rng(3)
        game = TUGame(np.append(0, rng.normal(size=63)))
        runs = [sampled_shapley_value(game, 50, rng) for _ in range(300)]
        spread = np.std([run.payoff for run in runs], axis=0, ddof=1)
        reported = np.mean([run.standard_error for run in runs], axis=0)
        np.testing.assert_allclose(reported, spread, rtol=0.2)

    @given(games(min_players=2), st.integers(0, 99))
    @QUICK
    def test_every_sample_is_efficient(self, game, seed):
        sampled = sampled_shapley_value(game, 2, np.random.default_rng(seed))
        assert sampled.payoff.sum() == pytest.approx(float(game.grand_value), abs=1e-9)

    def test_pairwise_interaction_is_estimated_without_error(self):
        rng = np.random.default_rng(4)
        sizes = member_matrix(6).sum(axis=1)
        game = game_from_dividends(np.where((sizes > 0) & (sizes <= 2), rng.normal(size=64), 0.0))
        sampled = sampled_shapley_value(game, 2, rng)
        np.testing.assert_allclose(sampled.payoff, shapley_value(game), atol=1e-12)
        assert sampled.standard_error.max() < 1e-12
        # A three-player term brings the error back.
        threefold = game_from_dividends(np.where(sizes == 3, 1.0, 0.0))
        assert sampled_shapley_value(threefold, 20, rng).standard_error.min() > 1e-3

    def test_a_function_gives_what_its_game_gives(self):
        game = TUGame(np.append(0, np.random.default_rng(5).normal(size=31)))
        seen = []

        def value(players: tuple[int, ...]) -> float:
            seen.append(players)
            return float(game.values[sum(1 << i for i in players)])

        by_function = sampled_shapley_value(value, 30, np.random.default_rng(6), n_players=5)
        by_game = sampled_shapley_value(game, 30, np.random.default_rng(6))
        np.testing.assert_array_equal(by_function.payoff, by_game.payoff)
        assert len(seen) == len(set(seen))
        assert () not in seen

    def test_chunks_merge_to_the_same_error(self, monkeypatch):
        game = TUGame(np.append(0, np.random.default_rng(7).normal(size=31)) + 1e6 * (np.arange(32) > 0))
        whole = sampled_shapley_value(game, 97, np.random.default_rng(8))
        monkeypatch.setattr(shapley, "_CHUNK_ENTRIES", 50)
        pieces = sampled_shapley_value(game, 97, np.random.default_rng(8))
        np.testing.assert_allclose(pieces.payoff, whole.payoff, rtol=1e-12)
        np.testing.assert_allclose(pieces.standard_error, whole.standard_error, rtol=1e-9)

    def test_forty_players_from_a_function(self):
        sampled = sampled_shapley_value(lambda s: len(s) ** 2, 20, np.random.default_rng(9), n_players=40)
        np.testing.assert_allclose(sampled.payoff, 40.0)

    @pytest.mark.parametrize(
        ("arguments", "keywords", "message"),
        [
            ((len, 10, 7), {"n_players": 3}, "default_rng"),
            ((len, 1, np.random.default_rng(0)), {"n_players": 3}, "at least 2"),
            ((len, 10, np.random.default_rng(0)), {}, "n_players between 1 and 62"),
            ((len, 10, np.random.default_rng(0)), {"n_players": 63}, "got 63"),
            ((weighted_voting_game(1, [1, 1]), 10, np.random.default_rng(0)), {"n_players": 3}, "leave n_players out"),
        ],
    )
    def test_bad_requests(self, arguments, keywords, message):
        with pytest.raises(SamplingParameterError, match=message):
            sampled_shapley_value(*arguments, **keywords)

    def test_a_function_must_be_finite(self):
        with pytest.raises(NonFiniteValueError, match="nan"):
            sampled_shapley_value(lambda s: float("nan"), 2, np.random.default_rng(0), n_players=2)

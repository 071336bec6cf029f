"""Unanimity and dividends, projective planes, the five BFN types, random games."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from nucleolus_lib.games.catalogue import (
    bfn_game,
    fano_game,
    game_from_dividends,
    game_from_terms,
    harsanyi_dividends,
    projective_game,
    projective_lines,
    random_convex_game,
    random_monotone_game,
    random_superadditive_game,
    unanimity_game,
)
from nucleolus_lib.games.coalitions import coalition_sizes
from nucleolus_lib.games.errors import CatalogueParameterError, EmptyCoalitionValueError, TooManyPlayersError
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.properties import is_balanced, is_convex
from nucleolus_lib.games.tu_game import TUGame
from tests.games.golden import cases
from tests.games.strategies import games


class TestDividends:
    @given(games(max_players=5, exact=True))
    @settings(max_examples=60, deadline=None)
    def test_as_defined_and_back(self, game):
        dividends = harsanyi_dividends(game)
        for t in range(len(dividends)):
            subsets = [s for s in range(t + 1) if s & t == s]
            assert dividends[t] == sum((-1) ** (t ^ s).bit_count() * game.values[s] for s in subsets)
        assert (game_from_dividends(dividends).values == game.values).all()
        changed = dividends.copy()
        changed[-1] += 1
        assert not (game_from_dividends(changed).values == game.values).all()

    def test_unanimity(self):
        game = unanimity_game(5, 0b01101)
        assert (game.values == cases()["unanimity_5"]["game"].to_float().values).all()
        assert np.flatnonzero(harsanyi_dividends(game)).tolist() == [0b01101]

    def test_terms_add_up(self):
        game = game_from_terms(3, [(0b011, Fraction(1, 2)), (0b111, 2), (0b011, 1)], "abc")
        assert game.values.tolist() == [0, 0, 0, Fraction(3, 2), 0, 0, 0, Fraction(7, 2)]
        assert game.players == ("a", "b", "c")
        assert not game_from_terms(2, [(1, 0.5)]).is_exact

    def test_bad_parameters(self):
        with pytest.raises(CatalogueParameterError, match="bitmask"):
            unanimity_game(3, 0)
        with pytest.raises(CatalogueParameterError, match="at most 7; got 8"):
            unanimity_game(3, 8)
        with pytest.raises(CatalogueParameterError, match="at least one pair"):
            game_from_terms(3, [])
        with pytest.raises(CatalogueParameterError, match="n_players"):
            unanimity_game(2.5, 1)
        with pytest.raises(EmptyCoalitionValueError):
            game_from_dividends([1, 2])
        with pytest.raises(TooManyPlayersError):
            unanimity_game(50, 1)


class TestProjective:
    @pytest.mark.parametrize("order", [2, 3])
    def test_is_a_plane(self, order):
        lines, n = projective_lines(order), order**2 + order + 1
        assert len(lines) == n
        assert all(line.bit_count() == order + 1 for line in lines)
        for one, other in itertools.combinations(lines, 2):
            assert (one & other).bit_count() == 1
        for i, j in itertools.combinations(range(n), 2):
            assert sum(line >> i & line >> j & 1 for line in lines) == 1

    def test_fano_case(self):
        assert (fano_game().values == cases()["fano_7"]["game"].to_float().values).all()

    @pytest.mark.parametrize("order", [2, 3])
    def test_everybody_gets_the_same_and_the_core_is_empty(self, order):
        game = projective_game(order)
        np.testing.assert_allclose(nucleolus(game).payoff, 1 / game.n_players, atol=1e-12)
        assert not is_balanced(game)

    @pytest.mark.parametrize("order", [1, 4, 5, 2.5, "2"])
    def test_other_orders(self, order):
        with pytest.raises(CatalogueParameterError, match="order must be 2"):
            projective_game(order)


class TestBfn:
    @pytest.mark.parametrize("n", [7, 10])
    def test_ranges(self, n):
        sizes = coalition_sizes(n).astype(int)
        highest = {1: 100 * sizes, 2: np.full(1 << n, 50 * n), 4: np.full(1 << n, n)}
        for kind, high in highest.items():
            values = bfn_game(kind, n, np.random.default_rng(kind)).values
            assert (values[sizes < 2] == 0).all()
            inner = (sizes >= 2) & (sizes < n)
            assert (values[inner] >= 1).all()
            assert (values[inner] <= high[inner]).all()
            assert (values == values.round()).all()
            # The range is used: its ends come up about as often as they should.
            assert values[inner].max() > 0.9 * high[inner].max()
            assert abs(values[inner].mean() / ((high[inner] + 1) / 2).mean() - 1) < 0.15

    def test_the_last_value(self):
        rng = np.random.default_rng(0)
        last = {kind: [bfn_game(kind, 4, rng).grand_value for _ in range(3000)] for kind in (1, 2, 4)}
        assert (min(last[1]), max(last[1])) == (200, 400)
        assert (min(last[2]), max(last[2])) == (1, 200)
        assert (min(last[4]), max(last[4])) == (1, 4)

    def test_type_3(self):
        sizes = coalition_sizes(12)
        values = bfn_game(3, 12, np.random.default_rng(1)).values
        assert values[-1] == 1
        assert not values[sizes < 10].any()
        wins = np.concatenate(
            [bfn_game(3, 12, np.random.default_rng(seed)).values[(sizes >= 10) & (sizes < 12)] for seed in range(60)]
        )
        assert set(wins) == {0.0, 1.0}
        # 4680 draws with probability 0.9: standard deviation 0.0044.
        assert abs(wins.mean() - 0.9) < 4 * 0.0044

    def test_type_5(self):
        assert (bfn_game(5, 8).values == cases()["wvg_bfn_type5_8"]["game"].to_float().values).all()

    def test_a_seed_fixes_the_game(self):
        for kind in (1, 2, 3, 4):
            one, same, other = (bfn_game(kind, 8, np.random.default_rng(seed)).values for seed in (1, 1, 2))
            assert (one == same).all()
            assert (one != other).any()

    @pytest.mark.parametrize(
        ("kind", "n", "message"),
        [(0, 8, "kind"), (6, 8, "at most 5"), (5, 6, "type 5 game must be a whole number, at least 7"), (3, 3, "4")],
    )
    def test_bad_parameters(self, kind, n, message):
        with pytest.raises(CatalogueParameterError, match=message):
            bfn_game(kind, n, np.random.default_rng(0))

    def test_needs_a_generator(self):
        with pytest.raises(CatalogueParameterError, match="default_rng"):
            bfn_game(1, 8, 7)
        with pytest.raises(TooManyPlayersError):
            bfn_game(1, 30, np.random.default_rng(0))


class TestRandom:
    def test_convex_games_have_the_density_asked_for(self):
        sizes = coalition_sizes(10)
        for density in (0.0, 0.2, 1.0):
            game = random_convex_game(10, np.random.default_rng(0), density=density)
            dividends = harsanyi_dividends(game)[sizes >= 2]
            assert dividends.min() >= 0
            assert abs((dividends > 0).mean() - density) < 0.06
            assert is_convex(game)

    def test_a_seed_fixes_the_game_and_names_stay(self):
        for draw in (random_convex_game, random_monotone_game, random_superadditive_game):
            one = draw(5, np.random.default_rng(1), players="abcde")
            assert one.players == tuple("abcde")
            assert (one.values == draw(5, np.random.default_rng(1)).values).all()
            assert (one.values != draw(5, np.random.default_rng(2)).values).any()
            assert isinstance(one, TUGame)

    def test_bad_parameters(self):
        for draw in (random_convex_game, random_monotone_game, random_superadditive_game):
            with pytest.raises(CatalogueParameterError, match="default_rng"):
                draw(4, 1)
            with pytest.raises(CatalogueParameterError, match="n_players"):
                draw(0, np.random.default_rng(0))
            with pytest.raises(TooManyPlayersError):
                draw(40, np.random.default_rng(0))
        with pytest.raises(CatalogueParameterError, match="between 0 and 1; got 2"):
            random_convex_game(4, np.random.default_rng(0), density=2)
        with pytest.raises(TooManyPlayersError, match="limit here is 20"):
            random_superadditive_game(21, np.random.default_rng(0))

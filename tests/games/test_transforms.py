"""Games made from games: identities, and the definition of the reduced game by loops."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.coalitions import players_of
from nucleolus_lib.games.errors import EmptyCoalitionError, PayoffShapeError, UnknownPlayerError
from nucleolus_lib.games.nucleolus import prenucleolus
from nucleolus_lib.games.transforms import dual, negative_game, reduced_game, savings_game, subgame, zero_normalize
from nucleolus_lib.games.tu_game import TUGame
from tests.games.strategies import games

QUICK = settings(max_examples=60, deadline=None)


def reduced_by_loops(game: TUGame, inside: int, x: list) -> list:
    """The Davis-Maschler reduced game, coalition by coalition."""
    members = players_of(inside)
    outside = (1 << game.n_players) - 1 - inside

    def total(coalition: int):
        return sum((x[i] for i in players_of(coalition)), 0 * x[0])

    values = []
    for small in range(1 << len(members)):
        coalition = sum(1 << members[k] for k in players_of(small))
        if small == 0:
            values.append(0)
        elif coalition == inside:
            values.append(game.grand_value - total(outside))
        else:
            helpers = [q for q in range(outside + 1) if q & outside == q]
            values.append(max(game.values[coalition | q] - total(q) for q in helpers))
    return values


@given(games(max_players=5, exact=True))
@QUICK
def test_identities(game):
    assert (dual(dual(game)).values == game.values).all()
    assert dual(game).grand_value == game.grand_value
    normal = zero_normalize(game)
    assert (normal.singleton_values == 0).all()
    assert normal.grand_value == game.grand_value - game.singleton_values.sum()
    assert (zero_normalize(normal).values == normal.values).all()
    assert (savings_game(game).values == zero_normalize(negative_game(game)).values).all()


@given(games(max_players=5), st.data())
@QUICK
def test_subgame_keeps_values_and_names(game, data):
    coalition = data.draw(st.integers(1, len(game.values) - 1))
    part = subgame(game, coalition)
    members = players_of(coalition)
    assert part.players == tuple(game.players[i] for i in members)
    for small in range(len(part.values)):
        assert part.values[small] == game.values[sum(1 << members[k] for k in players_of(small))]


@given(games(max_players=4, exact=True), st.data())
@QUICK
def test_reduced_game_as_defined(game, data):
    coalition = data.draw(st.integers(1, len(game.values) - 1))
    x = [Fraction(data.draw(st.integers(-5, 5)), 2) for _ in range(game.n_players)]
    reduced = reduced_game(game, coalition, x)
    assert reduced.is_exact
    assert list(reduced.values) == reduced_by_loops(game, coalition, x)
    floats = reduced_game(game.to_float(), coalition, [float(share) for share in x])
    np.testing.assert_allclose(floats.values, reduced.to_float().values, atol=1e-12)


@given(games(min_players=2, max_players=4, exact=True), st.data())
@settings(max_examples=25, deadline=None)
def test_the_prenucleolus_is_consistent(game, data):
    coalition = data.draw(st.integers(1, len(game.values) - 1))
    x = prenucleolus(game).payoff
    part = list(players_of(coalition))
    assert list(prenucleolus(reduced_game(game, coalition, x)).payoff) == list(x[part])


def test_consistency_can_fail():
    """Paid off by another rule, the reduced game has another prenucleolus."""
    game = TUGame(np.array([0.0, 0, 0, 4, 0, 0, 0, 6]))
    equal = np.full(3, 2.0)
    assert np.abs(prenucleolus(reduced_game(game, 0b101, equal)).payoff - equal[[0, 2]]).max() > 0.1


def test_reduced_on_everyone_is_the_game():
    game = TUGame(np.array([0.0, 1, 2, 4]), ("a", "b"))
    reduced = reduced_game(game, 3, [1.0, 3.0])
    assert (reduced.values == game.values).all()
    assert reduced.players == ("a", "b")


def test_mixed_kinds_become_floats():
    game = TUGame(np.array([Fraction(0), Fraction(1), Fraction(2), Fraction(4)], dtype=object))
    assert not reduced_game(game, 1, [0.5, 3.5]).is_exact
    assert not reduced_game(game.to_float(), 1, [Fraction(1, 2), Fraction(7, 2)]).is_exact


def test_bad_requests():
    game = TUGame(np.array([0.0, 1, 2, 4]))
    with pytest.raises(EmptyCoalitionError, match="bitmask 0"):
        subgame(game, 0)
    with pytest.raises(UnknownPlayerError, match="between 1 and 3; got 4"):
        reduced_game(game, 4, [0, 0])
    with pytest.raises(UnknownPlayerError, match="got -1"):
        subgame(game, -1)
    with pytest.raises(PayoffShapeError):
        reduced_game(game, 1, [1.0, 2, 3])

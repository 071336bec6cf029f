"""Bankruptcy games and the Talmud rule: the Mishna's numbers, and the nucleolus by linear programming."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.catalogue import bankruptcy_game, constrained_equal_awards, talmud_rule
from nucleolus_lib.games.errors import CatalogueParameterError, TooManyPlayersError
from nucleolus_lib.games.kohlberg import is_nucleolus
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.properties import is_convex
from tests.games.golden import cases

THIRDS = st.integers(0, 30).map(lambda k: Fraction(k, 3))


@st.composite
def problems(draw: st.DrawFn, max_claims: int = 5) -> tuple[Fraction, list[Fraction]]:
    claims = draw(st.lists(THIRDS, min_size=1, max_size=max_claims))
    return Fraction(draw(st.integers(0, 12)), 12) * sum(claims), claims


@pytest.mark.parametrize(
    ("name", "estate", "claims"),
    [
        ("talmud_estate_100", 100, (100, 200, 300)),
        ("talmud_estate_200", 200, (100, 200, 300)),
        ("talmud_estate_300", 300, (100, 200, 300)),
        ("contested_garment", 100, (50, 100)),
        ("bankruptcy_5", 420, (70, 110, 160, 200, 310)),
    ],
)
def test_published_divisions(name, estate, claims):
    case = cases()[name]
    exact = bankruptcy_game(Fraction(estate), claims)
    assert exact.is_exact
    assert (exact.values == case["game"].values).all()
    assert not bankruptcy_game(estate, claims).is_exact
    assert (bankruptcy_game(estate, claims).values == exact.to_float().values).all()
    assert list(talmud_rule(Fraction(estate), claims)) == case["nucleolus"]
    np.testing.assert_allclose(talmud_rule(estate, claims), np.array(case["nucleolus"], dtype=float), rtol=1e-14)


@given(problems(max_claims=4))
@settings(max_examples=25, deadline=None)
def test_the_rule_is_the_nucleolus_exactly(problem):
    estate, claims = problem
    game = bankruptcy_game(estate, claims)
    assert list(talmud_rule(estate, claims)) == list(nucleolus(game).payoff)
    assert is_convex(game)


def test_the_rule_is_the_nucleolus_of_larger_games():
    rng = np.random.default_rng(0)
    for n in (6, 8, 10):
        claims = rng.integers(0, 50, n).astype(float)
        for part in (0.1, 0.5, 0.77, 1.0):
            game, awards = bankruptcy_game(part * claims.sum(), claims), talmud_rule(part * claims.sum(), claims)
            np.testing.assert_allclose(nucleolus(game).payoff, awards, atol=1e-9 * claims.sum())


@given(problems())
@settings(max_examples=60, deadline=None)
def test_any_two_share_as_in_the_contested_garment(problem):
    """The rule is the only one in which every two divide their joint award by the two-claim rule."""
    estate, claims = problem
    awards = talmud_rule(estate, claims)
    for i, j in itertools.combinations(range(len(claims)), 2):
        pair = talmud_rule(awards[i] + awards[j], [claims[i], claims[j]])
        assert [awards[i], awards[j]] == list(pair)


def test_two_claims_by_concede_and_halve():
    assert list(talmud_rule(Fraction(100), [50, 100])) == [25, 75]
    assert list(constrained_equal_awards(Fraction(100), [50, 100])) == [50, 50]


@given(problems())
@settings(max_examples=60, deadline=None)
def test_awards_lie_between_nothing_and_the_claim(problem):
    estate, claims = problem
    for rule in (talmud_rule, constrained_equal_awards):
        awards = rule(estate, claims)
        assert sum(awards) == estate
        assert all(0 <= award <= claim for award, claim in zip(awards, claims, strict=True))
        floats = rule(float(estate), [float(claim) for claim in claims])
        np.testing.assert_allclose(floats, awards.astype(float), atol=1e-12 * (1 + float(sum(claims))))


def test_a_different_division_is_not_the_nucleolus():
    game = bankruptcy_game(Fraction(200), [100, 200, 300])
    awards = talmud_rule(Fraction(200), [100, 200, 300])
    assert is_nucleolus(game, awards)
    assert not is_nucleolus(game, awards + np.array([1, -1, 0]) * Fraction(1, 1000))
    assert not is_nucleolus(game, constrained_equal_awards(Fraction(200), [100, 200, 300]))


def test_a_hundred_thousand_claims():
    claims = np.random.default_rng(1).random(100_000)
    assert talmud_rule(1e4, claims).sum() == pytest.approx(1e4)
    with pytest.raises(TooManyPlayersError):
        bankruptcy_game(1, claims[:40])


def test_numpy_integers_do_not_wrap_around():
    claims = [np.int64(2**62), np.int64(2**62)]
    assert list(talmud_rule(Fraction(2**63), claims)) == [2**62, 2**62]


def test_round_off_in_the_sum_is_forgiven():
    claims = [0.1] * 10
    assert talmud_rule(1.0000000000000002, claims).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("estate", "claims", "message"),
    [
        (7, [1, 2, 3], "between 0 and the sum of the claims, 6.0; got 7"),
        (-1, [1, 2, 3], "got -1"),
        (1, [1, -2, 3], r"claims must not be negative; got -2.0 at position \[1\]"),
        (1, [], "at least 1"),
        (1, [[1, 2]], "shape"),
        ([1], [1, 2], "estate must be one number"),
        (float("nan"), [1, 2], "finite"),
        (Fraction(1), [1.5, 2], "float 1.5 beside fractions"),
        (1, ["5", 2], "claims must hold numbers; got '5'"),
        (1, [[1], [2, 3]], "regular table"),
    ],
)
def test_bad_parameters(estate, claims, message):
    with pytest.raises(CatalogueParameterError, match=message):
        bankruptcy_game(estate, claims)

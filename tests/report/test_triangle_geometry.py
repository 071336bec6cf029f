"""The geometry of three players' imputations, held to what the regions mean."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games import TUGame, excesses, is_in_core, least_core, nucleolus
from nucleolus_lib.games.catalogue import bankruptcy_game, glove_game
from nucleolus_lib.games.errors import EmptyImputationSetError
from nucleolus_lib.report.errors import TriangleError
from nucleolus_lib.report.triangle_geometry import (
    CORNERS,
    barycentric,
    cut,
    descent,
    plane_points,
    region,
    triangle_of,
)

TALMUD = bankruptcy_game(Fraction(200), [Fraction(claim) for claim in (100, 200, 300)])

whole = st.integers(-20, 60)


@st.composite
def games(draw):
    """Three-player games with at least two imputations, core empty or not."""
    alone = [draw(st.integers(-9, 9)) for _ in range(3)]
    grand = sum(alone) + draw(st.integers(1, 40))
    pairs = [draw(whole) for _ in range(3)]
    values = [0, alone[0], alone[1], pairs[0], alone[2], pairs[1], pairs[2], grand]
    return TUGame([Fraction(value) for value in values])


def largest_excess(game, payoff):
    return max(excesses(game, payoff)[1:-1])


def area(polygon):
    """Twice the area in the plane of the first two players' payoffs, with the sign of the orientation."""
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True))


@settings(deadline=None, max_examples=40)
@given(games(), st.integers(-20, 40))
def test_every_corner_of_a_region_is_an_imputation_within_the_bound(game, t):
    for corner in region(game, t):
        assert sum(corner) == game.grand_value
        assert all(corner[i] >= game.singleton_values[i] for i in range(3))
        assert largest_excess(game, np.array(corner, dtype=object)) <= t


@settings(deadline=None, max_examples=40)
@given(games(), st.integers(-20, 40))
def test_imputations_on_a_grid_are_in_the_region_exactly_when_their_excesses_allow_it(game, t):
    polygon = region(game, t)
    a, b, c = triangle_of(game)
    steps = 6
    for i in range(steps + 1):
        for j in range(steps + 1 - i):
            weights = Fraction(i, steps), Fraction(j, steps), Fraction(steps - i - j, steps)
            point = tuple(sum(w * corner[p] for w, corner in zip(weights, (a, b, c), strict=True)) for p in range(3))
            allowed = largest_excess(game, np.array(point, dtype=object)) <= t
            assert contains(polygon, point) == allowed


def contains(polygon, point):
    """Slow twin of the clipping: is the point in the convex hull of the corners, by orientation tests?"""
    if len(polygon) < 3:
        return point in polygon or (len(polygon) == 2 and on_segment(*polygon, point))
    turns = [
        area((one, two, point)) for one, two in zip(polygon, polygon[1:] + polygon[:1], strict=True)
    ]  # on the left of every side, or on it
    return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)


def on_segment(one, two, point):
    return area((one, two, point)) == 0 and all(
        min(p, q) <= r <= max(p, q) for p, q, r in zip(one, two, point, strict=True)
    )


@settings(deadline=None, max_examples=40)
@given(games())
def test_the_region_at_the_least_core_value_is_flat_and_below_it_nothing_is_left(game):
    value = least_core(game).value
    polygon = region(game, value)
    assert polygon
    assert largest_excess(game, np.array(polygon[0], dtype=object)) == value
    assert region(game, value - Fraction(1, 1000)) == ()
    # some coalition has exactly this excess all over the least core, so the region has no inside
    assert area(polygon) == 0


@settings(deadline=None, max_examples=40)
@given(games())
def test_the_core_is_empty_exactly_when_the_least_core_value_is_positive(game):
    core = region(game, 0)
    assert bool(core) == (least_core(game).value <= 0)
    assert all(is_in_core(game, np.array(corner, dtype=object)) for corner in core)


@settings(deadline=None, max_examples=40)
@given(games(), st.integers(1, 5))
def test_the_descent_shrinks_to_the_nucleolus(game, steps):
    regions = descent(game, steps)
    assert regions[-1].polygon == (tuple(nucleolus(game).payoff),)
    for before, after in pairwise(regions):
        assert all(contains(before.polygon, corner) for corner in after.polygon)
    assert {step.level for step in regions} == set(range(len(nucleolus(game).levels)))


def test_a_level_that_stops_too_early_is_not_the_nucleolus():
    # the twin of the test above: the least core of this game is a segment, so one level is not enough
    first = [step for step in descent(TALMUD, 3) if step.level == 0]
    assert len(first[-1].polygon) == 2
    assert len(descent(TALMUD, 3)[-1].polygon) == 1


def test_the_talmuds_estate_of_200_by_hand():
    # x_1 <= 100 is all that the core asks beyond individual rationality; the least core has x_1 = 50
    assert set(region(TALMUD, 0)) == {(100, 100, 0), (0, 200, 0), (0, 0, 200), (100, 0, 100)}
    assert set(region(TALMUD, -50)) == {(50, 100, 50), (50, 50, 100)}
    assert descent(TALMUD, 2)[-1].polygon == ((50, 75, 75),)


def test_a_core_of_one_point_survives_the_cuts_in_floats_too():
    assert region(glove_game(1, 2), 0) == ((1, 0, 0),)
    game = TUGame([0, 0.1, 0.2, 0.3 + 1e-16, 0.3, 0.4, 0.5, 0.7])
    value = least_core(game.to_exact()).value
    assert region(game, value)
    assert region(game, value - Fraction(1, 10**30)) == ()


def test_cut_by_hand():
    triangle = triangle_of(TALMUD)
    assert cut(triangle, 0b001, Fraction(0)) == triangle
    assert set(cut(triangle, 0b001, Fraction(150))) == {(200, 0, 0), (150, 50, 0), (150, 0, 50)}
    assert cut(triangle, 0b001, Fraction(200)) == ((200, 0, 0),)
    assert cut(triangle, 0b001, Fraction(201)) == ()
    assert cut((), 0b001, Fraction(0)) == ()


def test_corners_and_coordinates():
    corners = triangle_of(TALMUD)
    np.testing.assert_allclose(barycentric(TALMUD, corners), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(plane_points(TALMUD, corners), CORNERS, atol=1e-15)
    np.testing.assert_allclose(barycentric(TALMUD, [[50, 75, 75]]), [[0.25, 0.375, 0.375]])
    shifted = TUGame(TALMUD.values + np.array([0, 1, 2, 3, 4, 5, 6, 7]))
    np.testing.assert_allclose(barycentric(shifted, [[51, 77, 79]]), [[0.25, 0.375, 0.375]])


@pytest.mark.parametrize(
    ("game", "error", "words"),
    [
        (TUGame([0, 0, 0, 1]), TriangleError, "three players"),
        (TUGame([0, 1, 1, 2, 1, 2, 2, 3]), TriangleError, "one point"),
        (TUGame([0, 1, 1, 2, 1, 2, 2, 2]), EmptyImputationSetError, "no triangle"),
    ],
)
def test_games_without_a_triangle_say_why(game, error, words):
    with pytest.raises(error, match=words):
        triangle_of(game)


def test_payoffs_that_do_not_sum_to_the_grand_value_are_refused():
    with pytest.raises(TriangleError, match="sum to v"):
        plane_points(TALMUD, [[50, 75, 74]])
    with pytest.raises(TriangleError, match="steps_per_level=0"):
        descent(TALMUD, 0)

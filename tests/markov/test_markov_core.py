"""The Markov core in both readings, with evidence, and when it is empty."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, is_core_empty, least_core
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import CreditParameterError, TableShapeError
from nucleolus_lib.markov.markov_core import READINGS, is_in_markov_core, least_markov_core, markov_games
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.random_ecmdp import draw_worlds
from nucleolus_lib.markov.tabular import ECMDP
from tests.markov.worlds import random_world, two_fires


@pytest.fixture(scope="module")
def convex():
    """A world of three agents whose games are all convex, so that every core is non-empty."""
    return coalition_values(draw_worlds("convex", 1, 3, 2, 0.9, np.random.default_rng(0)).world(0), 1e-10)


@pytest.fixture(scope="module")
def general():
    return coalition_values(random_world(1, n_agents=3, n_states=3), 1e-10)


@pytest.mark.parametrize("reading", READINGS)
def test_the_nucleolus_of_the_compared_games_is_a_member(convex, reading):
    least = least_markov_core(convex, reading)
    assert not least.is_empty
    assert least.value <= least.tolerance
    evidence = is_in_markov_core(convex, least.payoff, reading)
    assert evidence.is_member
    assert evidence.worst_excess == pytest.approx(least.value)
    assert evidence.efficiency_error < 1e-8


@pytest.mark.parametrize("reading", READINGS)
def test_the_most_dissatisfied_coalition_is_named(convex, reading):
    payoff = least_markov_core(convex, reading).payoff.copy()
    where = (1, 5) if reading == "per_action" else (1,)
    payoff[(*where, 2)] -= 50.0
    payoff[(*where, 0)] += 50.0
    evidence = is_in_markov_core(convex, payoff, reading)
    assert not evidence.is_member
    assert evidence.worst_state == 1
    assert evidence.worst_coalition & 0b100
    assert not evidence.worst_coalition & 0b001
    game, paid = markov_games(convex, reading)[where], payoff[where]
    by_hand = {c: game[c] - sum(paid[i] for i in range(3) if c >> i & 1) for c in range(1, 7)}
    assert evidence.worst_excess == pytest.approx(max(by_hand.values()))
    assert evidence.worst_coalition == max(by_hand, key=by_hand.get)
    assert evidence.worst_joint == (5 if reading == "per_action" else convex.greedy_joint[1])


def test_efficiency_is_part_of_it(convex):
    least = least_markov_core(convex, "per_action")
    generous = is_in_markov_core(convex, least.payoff + 1.0, "per_action")
    assert not generous.is_member
    assert generous.efficiency_error == pytest.approx(3.0)


@pytest.mark.parametrize("reading", READINGS)
def test_emptiness_agrees_with_the_static_core(general, reading):
    least = least_markov_core(general, reading)
    games = markov_games(general, reading)
    flat = [is_core_empty(TUGame(game)) for game in games.reshape(-1, 8)]
    empty = np.array(flat).reshape(games.shape[:-1])
    np.testing.assert_array_equal(least.is_state_empty, empty.any(axis=1) if reading == "per_action" else empty)
    assert least.is_empty
    assert not is_in_markov_core(general, least.payoff, reading).is_member


def test_least_core_values_agree_with_the_static_solver(general):
    least = least_markov_core(general, "max", rule="prenucleolus")
    for game, value in zip(general.state_games(), least.values, strict=True):
        assert value == pytest.approx(least_core(TUGame(game), individually_rational=False).value, abs=1e-8)


def test_payoffs_per_action_are_read_at_the_optimal_action(convex):
    result = nucleolus_q(convex)
    by_action = is_in_markov_core(convex, result.credit, "max")
    at_best = is_in_markov_core(convex, result.credit[np.arange(2), convex.greedy_joint], "max")
    assert by_action == at_best


def test_the_readings_differ():
    """Both agents are needed, so joint action "nobody" is worth more to the team than to anyone alone, but its
    per-action core also asks about joint actions in which one agent works in vain."""
    values = coalition_values(two_fires(), 1e-10)
    assert not least_markov_core(values, "max").is_empty
    assert least_markov_core(values, "per_action").is_empty


@pytest.mark.parametrize(
    ("reading", "shape"),
    [
        ("per_action", (3, 3)),
        ("per_action", (3, 8, 2)),
        ("per_action", (3, 8, 4)),
        ("max", (2, 3)),
        ("max", (4, 3)),
    ],
)
def test_wrong_shapes(general, reading, shape):
    with pytest.raises(TableShapeError, match="takes finite payoffs"):
        is_in_markov_core(general, np.zeros(shape), reading)


def test_wrong_reading(general):
    with pytest.raises(CreditParameterError, match="reading must be one of"):
        least_markov_core(general, "both")
    with pytest.raises(TableShapeError, match="finite"):
        is_in_markov_core(general, np.full((3, 3), np.nan), "max")


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("coalition", range(1, 7))
def test_every_proper_coalition_can_be_the_one_that_complains(convex, reading, coalition):
    payoff = least_markov_core(convex, reading).payoff.copy()
    member = np.array([coalition >> i & 1 for i in range(3)], dtype=bool)
    where = (1, 5) if reading == "per_action" else (1,)
    payoff[where] += np.where(member, -50.0 / member.sum(), 50.0 / (~member).sum())
    evidence = is_in_markov_core(convex, payoff, reading)
    assert evidence.worst_coalition == coalition
    assert evidence.worst_joint == (5 if reading == "per_action" else convex.greedy_joint[1])
    assert evidence.worst_excess > 0
    assert evidence.efficiency_error < 1e-8


@pytest.mark.parametrize("reading", READINGS)
def test_the_tolerance_decides_for_excess_and_efficiency_alike(convex, reading):
    games = markov_games(convex, reading)
    tolerance = 1e-7 * np.abs(games).max() + 2 * convex.error_bound
    least = least_markov_core(convex, reading)
    assert least.tolerance == pytest.approx(tolerance, rel=1e-12)
    for step, accepted in ((0.5, True), (2.0, False)):
        wasted = least.payoff - step * tolerance / 3  # N alone loses the whole step
        evidence = is_in_markov_core(convex, wasted, reading)
        assert evidence.tolerance == least.tolerance
        assert evidence.efficiency_error == pytest.approx(step * tolerance, rel=1e-2)
        assert evidence.is_member == accepted
        # Agent 2 gets what it would earn alone less a step, agent 0 the difference: only {2} can complain.
        paid = least.payoff.copy()
        where = (1, 5) if reading == "per_action" else (1,)
        paid[(*where, 0)] += paid[(*where, 2)] - games[where][4] + step * tolerance
        paid[(*where, 2)] = games[where][4] - step * tolerance
        objection = max(games[where][c] - sum(paid[(*where, i)] for i in range(3) if c >> i & 1) for c in range(1, 7))
        evidence = is_in_markov_core(convex, paid, reading)
        assert evidence.is_member == (objection <= tolerance)
        assert accepted or objection > tolerance


def test_one_empty_state_is_enough():
    values = coalition_values(two_fires(), 1e-10)
    least = least_markov_core(values, "per_action")
    np.testing.assert_array_equal(least.is_state_empty, [True, False])
    assert least.is_empty
    assert least.values.shape == (2, 9)
    assert least.value == least.values.max() > 0


@pytest.mark.parametrize("reading", READINGS)
def test_nothing_to_share_is_shared_by_nothing(reading):
    """All numbers are exactly zero, the tolerance too: no excess is not an objection."""
    world = random_world(4, n_agents=2, n_states=2)
    nothing = ECMDP(world.transition, np.zeros((2, 4, 1)), 0.5, (2, 2), (0, 0))
    values = coalition_values(nothing)
    least = least_markov_core(values, reading)
    assert least.tolerance == least.value == 0.0
    assert not least.is_empty
    assert is_in_markov_core(values, np.zeros_like(least.payoff), reading).is_member


def test_evidence_and_least_core_cannot_be_changed(convex):
    least = least_markov_core(convex, "max")
    with pytest.raises(FrozenInstanceError):
        least.value = 0.0
    evidence = is_in_markov_core(convex, least.payoff, "max")
    with pytest.raises(FrozenInstanceError):
        evidence.is_member = False
    assert len({least, least_markov_core(convex, "max")}) == 2

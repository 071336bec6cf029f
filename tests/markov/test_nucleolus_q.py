"""The nucleolus Q-value: Kohlberg at every (s, a), efficiency, Bellman, and the structure version."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, is_nucleolus, is_prenucleolus
from nucleolus_lib.games.errors import EmptyImputationSetError
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.credit import batch_excesses
from nucleolus_lib.markov.matrix_games import climbing
from nucleolus_lib.markov.nucleolus_q import (
    bellman_residual,
    best_action_structure,
    cohesion_gain,
    greedy_structures,
    nucleolus_q,
    structure_number,
    structure_q,
    structure_totals,
    weights_of,
)
from nucleolus_lib.markov.structures import all_structures
from tests.markov.worlds import random_world, two_fires, uneven_world

WORLDS = {
    "uneven": uneven_world(),
    "three agents": random_world(1, n_agents=3, n_states=3),
    "two fires": two_fires(),
    "climbing": climbing(),
}


def kohlberg_everywhere(result):
    """Whether the credit of every (s, a) is the nucleolus of its game, or the prenucleolus without imputations."""
    verdicts = []
    for where in np.ndindex(result.is_imputation.shape):
        judge = is_nucleolus if result.is_imputation[where] else is_prenucleolus
        verdicts.append(bool(judge(TUGame(result.games[where]), result.credit[where])))
    return np.array(verdicts)


@pytest.mark.parametrize("name", WORLDS)
def test_kohlberg_at_every_state_and_action(name):
    result = nucleolus_q(coalition_values(WORLDS[name], 1e-10))
    assert kohlberg_everywhere(result).all()
    moved = result.credit + np.linspace(-1e-3, 1e-3, result.credit.shape[-1])
    assert not kohlberg_everywhere(result._replace(credit=moved)).any()


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("zero_normalised", [True, False])
def test_efficiency(name, zero_normalised):
    values = coalition_values(WORLDS[name], 1e-10)
    result = nucleolus_q(values, zero_normalised=zero_normalised)
    np.testing.assert_allclose(result.total, values.at_joint_actions()[:, :, -1], atol=1e-8)
    idle = values.state_values[:, :1] if zero_normalised else 0.0
    np.testing.assert_allclose(result.credit.sum(axis=-1), result.total - idle, atol=1e-8)


def test_excess_signs():
    """Where the core is not empty nobody complains; where a single agent would do better alone, it does."""
    values = coalition_values(two_fires(gamma=0.9, need_both=True), 1e-10)
    result = nucleolus_q(values)
    excess = batch_excesses(result.games, result.credit)
    assert excess[0, 1 + 3 * 1, 1:3].max() <= 1e-9
    bad = coalition_values(climbing(), 1e-10)
    trap = 1 + 4 * 2
    excess = batch_excesses(nucleolus_q(bad).games, nucleolus_q(bad).credit)
    assert bad.action_games()[0, trap, -1] == pytest.approx(-30)
    assert excess[0, trap, 1] == pytest.approx(15)


def test_literal_reading_pays_the_idle_value_to_coalitions():
    differs = []
    for world in (uneven_world(), WORLDS["three agents"]):
        values = coalition_values(world, 1e-10)
        normal, literal = (nucleolus_q(values, "prenucleolus", zero_normalised=choice) for choice in (True, False))
        shift = values.state_values[:, None, 0]
        np.testing.assert_allclose(literal.games[:, :, 1:], normal.games[:, :, 1:] + shift[..., None], atol=1e-9)
        differs.append(not np.allclose(literal.q, normal.q))
    # With two agents every proper coalition has one member, so the shift moves all excesses alike.
    assert differs == [False, True]


def test_nucleolus_rule_refuses_where_no_imputation_exists():
    values = coalition_values(WORLDS["three agents"])
    assert not nucleolus_q(values).is_imputation.all()
    with pytest.raises(EmptyImputationSetError, match="no imputation"):
        nucleolus_q(values, rule="nucleolus")


@pytest.mark.parametrize("name", WORLDS)
def test_bellman_residual_of_15_vanishes(name):
    values = coalition_values(WORLDS[name], 1e-10)
    result = nucleolus_q(values)
    assert np.abs(bellman_residual(values, result)).max() <= 1e-8
    wrong = result._replace(q=result.q + 1e-3)
    assert np.abs(bellman_residual(values, wrong)).max() >= 1e-5


def test_14_and_15_differ_by_the_cohesion_gain():
    values = coalition_values(WORLDS["three agents"], 1e-10)
    result = nucleolus_q(values)
    gain = cohesion_gain(values)
    assert gain.min() > 0
    world = values.ecmdp
    expected = world.gamma * world.transition.expectation(gain)
    gap = -bellman_residual(values, result, over_structures=True).sum(axis=-1)
    np.testing.assert_allclose(gap, expected, atol=1e-8)
    fires = coalition_values(two_fires(), 1e-10)
    assert cohesion_gain(fires).max() <= 1e-8


def test_weights():
    weights, defined = weights_of(np.array([[1.0, 3.0], [-1.0, 1.0], [0.0, 0.0], [-1.0, 2.0]]))
    assert weights.tolist() == [[0.25, 0.75], [0.5, 0.5], [0.5, 0.5], [-1.0, 2.0]]
    assert defined.tolist() == [True, False, False, True]
    values = coalition_values(WORLDS["three agents"], 1e-10)
    result = nucleolus_q(values)
    assert result.is_weighted.all()
    np.testing.assert_allclose(result.weights.sum(axis=-1), 1.0)
    np.testing.assert_allclose(result.weights * result.total[..., None], result.q)


def test_structures_share_out_each_blocks_worth():
    values = coalition_values(WORLDS["three agents"], 1e-10)
    games = values.action_games()
    totals = dict(zip(all_structures(3), np.moveaxis(structure_totals(values), -1, 0), strict=True))
    for structure in all_structures(3):
        result = structure_q(values, structure)
        np.testing.assert_allclose(result.total, totals[structure], atol=1e-9)
        for block in structure:
            members = [i for i in range(3) if block >> i & 1]
            np.testing.assert_allclose(result.credit[..., members].sum(axis=-1), games[..., block], atol=1e-9)
    grand = structure_q(values, (0b111,))
    np.testing.assert_allclose(grand.q, nucleolus_q(values).q, atol=1e-12)


def test_best_structures():
    values = coalition_values(WORLDS["three agents"], 1e-10)
    number, total = best_action_structure(values)
    np.testing.assert_allclose(total, structure_totals(values).max(axis=-1), atol=1e-8)
    chosen = greedy_structures(values)
    assert chosen == tuple(all_structures(3)[number[s, values.greedy_joint[s]]] for s in range(3))


def test_induced_structures_are_numbered():
    values = coalition_values(two_fires())
    number = structure_number(values)
    structures = all_structures(2)
    assert structures[number[0, 1 + 3 * 1]] == (0b11,)
    assert structures[number[0, 1 + 3 * 2]] == (0b01, 0b10)
    assert structures[number[0, 1]] == (0b01, 0b10)
    assert structures[number[0, 0]] == (0b11,)

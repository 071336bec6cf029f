"""The claims as gaps: against loops over single games, against hand-made cases, and what is proved about them."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, is_balanced, is_convex, is_superadditive
from nucleolus_lib.markov import theorem_conditions
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.matrix_games import climbing
from nucleolus_lib.markov.random_ecmdp import FAMILIES, draw_worlds
from nucleolus_lib.markov.theorem_claims import (
    bellman_gap,
    core_gap,
    generous_core_gap,
    individual_gap,
    induced_gap,
    induced_values,
    joint_gap,
    structure_payoffs,
)
from nucleolus_lib.markov.theorem_counterexamples import one_step_worlds
from nucleolus_lib.markov.theorem_evaluation import CLAIMS, count, evaluate, inputs_of_batch, inputs_of_world
from nucleolus_lib.markov.world_batch import batch_coalition_values
from tests.markov.worlds import two_fires
from tests.reference.theorem_claims_by_loops import part_one_holds

MAJORITY = [0, 0, 0, 1, 0, 1, 1, 1]
PAIR_AND_TRIPLE = [float((s & 12 == 12) + (s & 11 == 11)) for s in range(16)]


def _integer_games(n_agents, count, seed=0):
    games = np.random.default_rng(seed).integers(0, 4, (count, 1 << n_agents)).astype(float)
    games[:, 0] = 0
    return games


def _part_one(games):
    games = np.asarray(games, dtype=float)
    return individual_gap(games, structure_payoffs(games, "either"), np.full(len(games), 1e-7)) <= 1e-7


@pytest.mark.parametrize(("n_agents", "count"), [(2, 10), (3, 15), (4, 8)])
def test_part_one_equals_the_loops(n_agents, count):
    games = _integer_games(n_agents, count)
    by_loops = [part_one_holds(game) for game in games]
    assert _part_one(games).tolist() == by_loops


def test_part_one_with_known_answers():
    additive = [0, 1, 2, 3, 4, 5, 6, 7]
    assert _part_one([additive, MAJORITY]).tolist() == [True, False]
    assert _part_one([PAIR_AND_TRIPLE]).tolist() == [False]
    payoffs = structure_payoffs(np.array([PAIR_AND_TRIPLE]), "either")[0]
    np.testing.assert_allclose(payoffs[0], [1 / 3, 1 / 3, 1 / 2, 5 / 6], atol=1e-9)


def test_part_one_always_holds_for_two_agents():
    games = np.random.default_rng(0).normal(size=(500, 4))
    games[:, 0] = 0
    for rule in ("either", "prenucleolus"):
        gap = individual_gap(games, structure_payoffs(games, rule), np.full(500, 1e-9))
        assert gap.max() <= 1e-9


@pytest.mark.parametrize("n_agents", [3, 4])
def test_part_one_implies_stability(n_agents):
    games = np.concatenate([_integer_games(n_agents, 300), np.random.default_rng(1).random((300, 1 << n_agents))])
    games[:, 0] = 0
    holds = _part_one(games)
    stable = theorem_conditions.is_stable(games, np.full(len(games), 1e-7))
    assert holds.any()
    assert not (holds & ~stable).any()
    if n_agents == 3:
        np.testing.assert_array_equal(holds, stable)


def test_part_two_on_a_contested_resource():
    """Two agents, one prey: either catches it alone, together they catch it once."""
    values = batch_coalition_values(one_step_worlds(np.array([[0, 2, 2, 3], [0, 1, 1, 2], [0, 1, 1, 0]])))
    games, states = values.action_games(), values.state_games()
    everyone = np.zeros((3, 1, 4), bool)
    everyone[:, :, 3] = True
    alone = np.zeros_like(everyone)
    alone[:, :, 1] = True
    induced = induced_values(games, (3,))
    assert bellman_gap(states)[:, 0].tolist() == [1, 0, 1]
    assert joint_gap(states, games, everyone)[:, 0].tolist() == [0, 0, 0]
    assert joint_gap(states, games, alone)[:, 0].tolist() == [2, 1, 1]
    assert joint_gap(states, games, everyone | alone)[:, 0].tolist() == [0, 0, 0]
    assert induced_gap(games, induced, everyone)[:, 0].tolist() == [1, 0, 2]
    assert induced_gap(games, induced, alone)[:, 0].tolist() == [0, 0, 0]


def test_induced_values_by_hand():
    game = np.array([0.0, 1, 2, 4, 8, 16, 32, 64])
    games = np.broadcast_to(game, (8, 8))
    values = induced_values(games, (0b011, 0b100))
    assert values[0b111] == 4 + 8
    assert values[0b001] == 1 + 32
    assert values[0b000] == 64
    assert values[0b100] == 8 + 4


def test_core_gaps():
    games = np.array([[[0.0, 2, 1, 4]]])
    paid = np.array([[[1.5, 2.5]]])
    assert core_gap(games, paid).tolist() == [[0.5]]
    two_actions = np.array([[[[1.5, 2.5], [3.0, 1.0]]]])
    assert generous_core_gap(games, two_actions).tolist() == [[-1.0]]


@pytest.mark.parametrize("n_agents", [1, 2, 3, 4])
def test_conditions_agree_with_the_single_game_tests(n_agents):
    games = np.concatenate(
        [
            _integer_games(n_agents, 20),
            draw_worlds("convex", 10, n_agents, 1, 0.0, np.random.default_rng(0)).reward[:, 0],
            draw_worlds("superadditive", 20, n_agents, 1, 0.0, np.random.default_rng(0)).reward[:, 0],
        ]
    )
    games -= games[:, :1]
    small = np.full(len(games), 1e-9)
    for batched, single in (
        (theorem_conditions.is_superadditive, is_superadditive),
        (theorem_conditions.is_convex, is_convex),
        (theorem_conditions.is_balanced, is_balanced),
    ):
        expected = [bool(single(TUGame(game))) for game in games]
        assert batched(games, small).tolist() == expected
        assert any(expected)
        assert n_agents == 1 or not all(expected)
    cohesive = bellman_gap(games) <= 1e-9
    balanced, stable = theorem_conditions.is_balanced(games, small), theorem_conditions.is_stable(games, small)
    np.testing.assert_array_equal(balanced, stable & cohesive)


def test_minimal_balanced_collections():
    counts = [len(theorem_conditions.balanced_weights(n)) for n in (1, 2, 3, 4)]
    assert counts == [0, 1, 5, 41]
    weights = theorem_conditions.balanced_weights(3)
    assert any(np.allclose(row, [0, 0, 0, 0.5, 0, 0.5, 0.5, 0]) for row in weights)
    with pytest.raises(CreditParameterError, match="is_core_empty"):
        theorem_conditions.balanced_weights(6)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_evaluation_names_every_claim_and_obeys_what_is_proved(family):
    batch = draw_worlds(family, 20, 3, 2, 0.9, np.random.default_rng(1))
    evaluations = {e.claim: e for e in evaluate(inputs_of_batch(batch_coalition_values(batch)))}
    assert set(evaluations) == set(CLAIMS)
    bellman, joint = evaluations["1(2) bellman"], evaluations["1(2) joint"]
    np.testing.assert_array_equal(bellman.holds, bellman.conditions["cohesive"])
    assert not (bellman.holds & ~joint.holds).any()
    core = evaluations["core, per action"]
    np.testing.assert_array_equal(core.holds, core.conditions["balanced"])
    state = evaluations["core, max, state nucleolus"]
    np.testing.assert_array_equal(state.holds, state.conditions["balanced"])
    credit, generous = evaluations["core, max, credit at a*"], evaluations["core, max, credit at any a"]
    assert not (credit.holds & ~generous.holds).any()


def test_counting():
    evaluation = next(
        iter(evaluate(inputs_of_batch(batch_coalition_values(one_step_worlds(np.array([MAJORITY, [0] * 7 + [1]]))))))
    )
    rows = {row["condition"]: row for row in count(evaluation)}
    any_row = rows["any"]
    assert any_row["cases"] == 16
    assert any_row["holds"] == 15
    assert (any_row["worlds"], any_row["worlds_hold"]) == (2, 1)
    assert any_row["worst"] == pytest.approx(1 / 6)
    assert any_row["sum_of_violations"] == pytest.approx(1 / 6)
    assert rows["balanced"]["holds"] == rows["balanced"]["cases"] == 15


def test_one_world_of_any_kind():
    batch = draw_worlds("general", 1, 3, 2, 0.9, np.random.default_rng(2))
    together = evaluate(inputs_of_batch(batch_coalition_values(batch)))
    alone = evaluate(inputs_of_world(coalition_values(batch.world(0), 1e-11)))
    for first, second in zip(together, alone, strict=True):
        np.testing.assert_allclose(first.gap, second.gap, atol=1e-7)
    fires = {e.claim: e for e in evaluate(inputs_of_world(coalition_values(two_fires(), 1e-11)))}
    assert fires["1(2) induced"].holds.all()
    assert fires["1(2) bellman"].holds.all()
    game = {e.claim: e for e in evaluate(inputs_of_world(coalition_values(climbing(), 1e-11)))}
    assert game["1(1) at an optimal joint action"].holds.all()

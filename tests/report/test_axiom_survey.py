"""The survey finds the violations it should, and only those."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, nucleolus
from nucleolus_lib.games.batched import nucleolus_batch
from nucleolus_lib.games.catalogue import random_superadditive_game
from nucleolus_lib.report.axiom_survey import (
    AXIOMS,
    axiom_violations,
    shapley_values,
    with_null_player,
    with_two_alike,
)
from nucleolus_lib.report.errors import SurveyError

RNG = np.random.default_rng(2)
VALUES = np.stack([random_superadditive_game(4, RNG).values for _ in range(60)])
TINY = 1e-9


def violated(rule):
    return {axiom for axiom, amounts in axiom_violations(rule, VALUES).items() if amounts.max() > TINY}


def test_the_shapley_value_keeps_all_six():
    assert violated(shapley_values) == set()


def test_the_nucleolus_is_neither_additive_nor_monotonic():
    assert violated(nucleolus_batch) == {"additivity", "aggregate monotonicity", "coalitional monotonicity"}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (lambda values: 0.9 * shapley_values(values), {"efficiency"}),
        (
            lambda values: np.tile(values[:, -1:] / np.log2(values.shape[1]), int(np.log2(values.shape[1]))),
            {"null player"},
        ),
        (lambda values: np.eye(int(np.log2(values.shape[1])))[0] * values[:, -1:], {"symmetry"}),
    ],
)
def test_rules_that_break_one_axiom_are_found_out(rule, broken):
    assert violated(rule) == broken


def test_the_changed_games_are_what_they_say():
    game = TUGame(with_null_player(VALUES)[0])
    assert game.n_players == 5
    assert all(game.values[S | 16] == game.values[S] for S in range(16))
    alike = with_two_alike(VALUES)[0]
    assert all(alike[S] == alike[(S & ~3) | (S & 1) << 1 | (S & 2) >> 1] for S in range(16))
    assert alike.sum() == pytest.approx(VALUES[0].sum())


def test_a_violation_is_a_true_loss_of_the_exact_nucleolus():
    amounts = axiom_violations(nucleolus_batch, VALUES)["aggregate monotonicity"]
    worst = int(np.argmax(amounts))
    game = TUGame(VALUES[worst]).to_exact()
    more = game.values.copy()
    more[-1] += game.grand_value / 20
    loss = max(nucleolus(game).payoff - nucleolus(TUGame(more)).payoff)
    assert float(loss / game.grand_value) == pytest.approx(amounts[worst])
    assert loss > 0


def test_games_without_a_positive_value_are_refused():
    with pytest.raises(SurveyError, match="game 0"):
        axiom_violations(shapley_values, np.zeros((2, 4)))
    assert list(axiom_violations(shapley_values, VALUES[:1])) == list(AXIOMS)

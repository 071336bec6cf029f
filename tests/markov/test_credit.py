"""Sharing out batches of games: Kohlberg's criterion with and without structures, and who is refused."""

import numpy as np
import pytest

from nucleolus_lib.games import TUGame, is_nucleolus, is_prenucleolus
from nucleolus_lib.games.errors import EmptyImputationSetError, NotAPartitionError
from nucleolus_lib.markov.credit import (
    batch_excesses,
    has_imputation,
    max_excess,
    share_out,
    share_out_structure,
)
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.structures import all_structures


def _games(n_agents, count=12, seed=0, whole=True):
    rng = np.random.default_rng(seed)
    games = rng.normal(size=(count, 1 << n_agents))
    if whole:
        games[: count // 2] = np.round(2 * games[: count // 2])
    games[:, 0] = 0.0
    return games


def _is_right(game, payoff, structure, rational):
    judge = is_nucleolus if rational else is_prenucleolus
    return bool(judge(TUGame(game), payoff, structure=structure))


@pytest.mark.parametrize("n_agents", [1, 2, 3, 4])
@pytest.mark.parametrize("rule", ["either", "prenucleolus"])
def test_every_payoff_passes_kohlberg(n_agents, rule):
    games = _games(n_agents, seed=n_agents)
    credit = share_out(games, rule)
    for game, payoff, rational in zip(games, credit.payoff, credit.is_imputation, strict=True):
        assert _is_right(game, payoff, None, rule == "either" and rational)
    np.testing.assert_allclose(credit.payoff.sum(axis=-1), games[:, -1], atol=1e-9)
    if n_agents > 1:
        moved = credit.payoff.copy()
        moved[:, 0] += 1e-3
        moved[:, 1] -= 1e-3
        verdicts = [
            _is_right(game, payoff, None, rule == "either" and rational)
            for game, payoff, rational in zip(games, moved, credit.is_imputation, strict=True)
        ]
        assert not any(verdicts)


@pytest.mark.parametrize("n_agents", [2, 3, 4])
def test_structures_pass_kohlberg(n_agents):
    games = _games(n_agents, count=6, seed=7)
    for structure in all_structures(n_agents):
        for rule in ("either", "prenucleolus"):
            credit = share_out_structure(games, structure, rule)
            for game, payoff, rational in zip(games, credit.payoff, credit.is_imputation, strict=True):
                assert _is_right(game, payoff, structure, rule == "either" and rational)
    worth = share_out_structure(games, (1, (1 << n_agents) - 2)).payoff[:, 1:].sum(axis=-1)
    np.testing.assert_allclose(worth, games[:, -2], atol=1e-9)


def test_structures_in_five_agents_against_the_single_solver():
    from nucleolus_lib.games import cs_nucleolus

    games = _games(5, count=4, seed=3)
    for structure in ((0b00011, 0b11100), (0b00101, 0b01010, 0b10000)):
        credit = share_out_structure(games, structure)
        for game, payoff, rational in zip(games, credit.payoff, credit.is_imputation, strict=True):
            alone = cs_nucleolus(TUGame(game), structure, individually_rational=bool(rational)).payoff
            np.testing.assert_allclose(payoff, alone, atol=1e-9)


def test_games_without_an_imputation():
    games = np.array([[0.0, 1.0, 1.0, 3.0], [0.0, 2.0, 1.0, 1.0], [0.0, 1.0, 1.0, 2.0]])
    assert has_imputation(games).tolist() == [True, False, True]
    credit = share_out(games)
    assert credit.is_imputation.tolist() == [True, False, True]
    np.testing.assert_allclose(credit.payoff, [[1.5, 1.5], [1.0, 0.0], [1.0, 1.0]], atol=1e-12)
    with pytest.raises(EmptyImputationSetError, match=r'1 of 3 games .* index \(1,\).*rule="either"'):
        share_out(games, "nucleolus")
    np.testing.assert_allclose(share_out(games[[0, 2]], "nucleolus").payoff, credit.payoff[[0, 2]])
    # A structure of single agents always has its imputation.
    assert share_out_structure(games, (1, 2), "nucleolus").payoff[1].tolist() == pytest.approx([2.0, 1.0])
    three = np.zeros((1, 8))
    three[0, [1, 2]] = 1.0
    with pytest.raises(EmptyImputationSetError, match="no imputation"):
        share_out_structure(three, (0b011, 0b100), "nucleolus")
    assert not share_out_structure(three, (0b011, 0b100)).is_imputation[0]


def test_any_leading_shape():
    games = _games(3, count=8).reshape(2, 4, 8)
    credit = share_out(games)
    assert credit.payoff.shape == (2, 4, 3)
    assert credit.is_imputation.shape == (2, 4)
    np.testing.assert_array_equal(credit.payoff[1, 2], share_out(games[1, 2]).payoff)
    by_block = share_out_structure(games, (0b011, 0b100))
    np.testing.assert_allclose(by_block.payoff[1, 2], share_out_structure(games[1, 2], (0b011, 0b100)).payoff)


def test_excesses_have_the_papers_sign():
    game = np.array([[0.0, 1.0, 0.0, 4.0]])
    excess = batch_excesses(game, np.array([[0.5, 3.5]]))
    assert excess.tolist() == [[0.0, 0.5, -3.5, 0.0]]
    assert max_excess(game, np.array([[0.5, 3.5]])).tolist() == [0.5]
    assert max_excess(np.array([[0.0, 2.0]]), np.array([[2.0]])).tolist() == [-np.inf]


def test_bad_options():
    with pytest.raises(CreditParameterError, match="one of"):
        share_out(np.zeros((1, 4)), "fair")
    with pytest.raises(CreditParameterError, match="one of"):
        share_out_structure(np.zeros((1, 4)), (1, 2), "fair")
    with pytest.raises(NotAPartitionError):
        share_out_structure(np.zeros((1, 4)), (1, 3))

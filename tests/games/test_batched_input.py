"""What batches refuse, and how they say so."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from nucleolus_lib.games import batched
from nucleolus_lib.games.batched import nucleolus_batch, nucleolus_batch_record
from nucleolus_lib.games.errors import (
    ConvergenceError,
    EmptyCoalitionValueError,
    EmptyImputationSetError,
    NonFiniteValueError,
    SolverOptionError,
    TooManyPlayersError,
    ValuesLengthError,
)
from nucleolus_lib.games.fixing_record import NOT_CONVERGED
from nucleolus_lib.games.lockstep import solve_lockstep

GOOD = np.array([[0.0, 0, 0, 0, 0, 0, 0, 6], [0.0, 1, 2, 3, 3, 4, 5, 6]])
BOTH = pytest.mark.parametrize("wrap", [np.asarray, torch.as_tensor], ids=["array", "tensor"])
PATHS = pytest.mark.parametrize("path", ["cpu-kernel", "lockstep"])


@BOTH
@pytest.mark.parametrize("shape", [(3, 7), (3, 0), (3, 1), (5,)])
def test_wrong_length(wrap, shape):
    with pytest.raises(ValuesLengthError, match=r"2\*\*n"):
        nucleolus_batch(wrap(np.zeros(shape)))


def test_no_axis():
    with pytest.raises(ValuesLengthError, match="last axis"):
        nucleolus_batch(np.float64(3.0))


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(wrap, bad):
    values = np.stack([GOOD, GOOD])
    values[1, 0, 5] = bad
    with pytest.raises(NonFiniteValueError, match=r"v\(0, 2\) \(bitmask 5\) of game \(1, 0\)"):
        nucleolus_batch(wrap(values))


def test_not_numbers():
    with pytest.raises(NonFiniteValueError, match="array of numbers"):
        nucleolus_batch(np.array(["a", "b"]))


@BOTH
def test_empty_coalition(wrap):
    values = GOOD.copy()
    values[1, 0] = 0.5
    with pytest.raises(EmptyCoalitionValueError, match=r"game 1 has 0\.5"):
        nucleolus_batch(wrap(values))


@BOTH
def test_too_many_players(wrap):
    with pytest.raises(TooManyPlayersError, match=r"3 games of 11 players .* GiB"):
        nucleolus_batch(wrap(np.zeros((3, 2**11))))


@BOTH
@PATHS
def test_empty_imputation_set(wrap, path):
    values = GOOD.copy()
    values[0, [1, 2, 4]] = 3.0
    with pytest.raises(EmptyImputationSetError, match=r"1 of 2 games \(game 0\)"):
        nucleolus_batch(wrap(values), device_path=path)
    payoff = np.asarray(nucleolus_batch(wrap(values), device_path=path, on_empty="nan"))
    assert np.isnan(payoff[0]).all()
    assert payoff[1] == pytest.approx([1, 2, 3])
    record = nucleolus_batch_record(wrap(values), device_path=path, on_empty="nan")
    assert record.status.tolist() == [2, 0]
    prenucleolus = np.asarray(nucleolus_batch(wrap(values), device_path=path, individually_rational=False))
    assert prenucleolus[0] == pytest.approx([2, 2, 2])


@PATHS
def test_imputations_lost_to_round_off_only(path):
    values = np.array([0.0, 0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6])
    values[-1] = 0.6 - 1e-11
    assert nucleolus_batch(values, device_path=path) == pytest.approx([0.1, 0.2, 0.3], abs=1e-10)
    values[-1] = 0.6 - 1e-8
    with pytest.raises(EmptyImputationSetError, match="the game"):
        nucleolus_batch(values, device_path=path)


@BOTH
def test_no_convergence_is_an_error(wrap, monkeypatch):
    def stops_early(values, individually_rational):
        return solve_lockstep(values, individually_rational, fixed_rounds=0)

    monkeypatch.setattr(batched, "solve_lockstep", stops_early)
    values = np.random.default_rng(0).random((8, 64))
    values[:, 0], values[:, -1] = 0, 6
    assert (stops_early(torch.from_numpy(values), True).status == NOT_CONVERGED).all()
    with pytest.raises(ConvergenceError, match=r"8 of 8 games \(game 0, game 1, .*\.\.\.\)"):
        nucleolus_batch(wrap(values), device_path="lockstep")


@BOTH
def test_certify_rejects_a_wrong_answer(wrap, monkeypatch):
    def wrong(values, individually_rational):
        record = solve_lockstep(values, individually_rational)
        payoff = record.payoff.clone()
        payoff[1] += torch.tensor([1e-3, -1e-3, 0], dtype=torch.float64)
        return record._replace(payoff=payoff)

    assert np.asarray(nucleolus_batch(wrap(GOOD), device_path="lockstep", certify=True))[0] == pytest.approx([2, 2, 2])
    monkeypatch.setattr(batched, "solve_lockstep", wrong)
    nucleolus_batch(wrap(GOOD), device_path="lockstep")
    with pytest.raises(ConvergenceError, match=r"1 of 2 games \(game 1\): .* do not prove"):
        nucleolus_batch(wrap(GOOD), device_path="lockstep", certify=True)


@BOTH
def test_unknown_options(wrap):
    with pytest.raises(SolverOptionError, match="device_path must be one of"):
        nucleolus_batch(wrap(GOOD), device_path="gpu")
    with pytest.raises(SolverOptionError, match="on_empty must be one of"):
        nucleolus_batch_record(wrap(GOOD), on_empty="ignore")


def test_fractions_become_floats():
    values = np.array([Fraction(0), Fraction(0), Fraction(0), Fraction(1, 3)], dtype=object)
    assert nucleolus_batch(values) == pytest.approx([1 / 6, 1 / 6])

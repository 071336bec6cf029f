"""Many nucleoli at once: published answers, the peer, proofs of optimality, and what theory says must not change."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from nucleolus_lib.games import nucleolus, prenucleolus
from nucleolus_lib.games.batch_checks import IMPUTATION_SLACK
from nucleolus_lib.games.batched import nucleolus_batch, nucleolus_batch_record
from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.games.fixing_record import FixingRecord
from nucleolus_lib.games.gradient import nucleolus_vjp
from nucleolus_lib.games.lockstep import solve_lockstep
from nucleolus_lib.games.record_certificate import record_defect
from nucleolus_lib.games.tu_game import TUGame
from tests.benchmarks.batched_games import prove_degenerate_games
from tests.games.golden import cases
from tests.games.strategies import games
from tests.reference.game_batches import DEGENERATE, GENERAL, mixture

PATHS = ("cpu-kernel", "lockstep")
FAMILIES = {**GENERAL, **DEGENERATE}
PROVED = 1e-11


def _relabel(values, order):
    """The game in which player k is the old player ``order[k]``."""
    n = len(order)
    coalitions = (member_matrix(n) * (1 << np.array(order))).sum(axis=1)
    return values[..., coalitions]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", list(cases()))
def test_published_cases(name, path):
    case = cases()[name]
    values = case["game"].to_float().values
    for answer, rational in ((case["nucleolus"], True), (case["prenucleolus"], False)):
        payoff = nucleolus_batch(values, individually_rational=rational, device_path=path, on_empty="nan")
        if answer is None:
            assert np.isnan(payoff).all()
        else:
            exact = np.array(answer, dtype=float)
            assert np.abs(payoff - exact).max() <= 1e-9 * np.abs(values).max()


@pytest.mark.parametrize("n", [2, 4, 6])
@pytest.mark.parametrize("rational", [True, False])
def test_agrees_with_peer(rational, n):
    coopgame = pytest.importorskip("coopgame")
    values = mixture(np.random.default_rng(3), 4, n)
    solve = coopgame.nucleolus if rational else coopgame.prenucleolus
    theirs = np.array([solve(coopgame.Game(game[1:].tolist()))["allocation"] for game in values])
    size = np.abs(values).max(axis=1, keepdims=True).clip(min=1.0)
    for path in PATHS:
        ours = nucleolus_batch(values, individually_rational=rational, device_path=path)
        assert (np.abs(ours - theirs) / size).max() <= 1e-8


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rational", [True, False])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_every_answer_is_proved(n, rational, path):
    values = torch.from_numpy(mixture(np.random.default_rng(5), 40, n))
    record = nucleolus_batch_record(values, individually_rational=rational, device_path=path)
    defect = record_defect(values, record, rational).numpy().reshape(-1, 40).max(axis=1)
    # Where noise takes the imputations away, x(N) = v(N) holds up to that noise.
    bars = [IMPUTATION_SLACK if name == "additive_with_noise" else PROVED for name in FAMILIES]
    assert dict(zip(FAMILIES, defect <= bars, strict=True)) == dict.fromkeys(FAMILIES, True)


@pytest.mark.parametrize("path", PATHS)
def test_ten_players(path):
    values = torch.from_numpy(mixture(np.random.default_rng(6), 8, 10))
    record = nucleolus_batch_record(values, device_path=path)
    assert float(record_defect(values, record).max()) <= PROVED


@given(games(min_players=1, max_players=4, exact=False))
@settings(deadline=None, max_examples=20)
def test_equals_the_single_solver(game):
    for path in PATHS:
        pre = nucleolus_batch(game.values, individually_rational=False, device_path=path)
        assert np.allclose(pre, prenucleolus(game).payoff, rtol=0, atol=1e-9)
        if game.grand_value >= game.singleton_values.sum():
            assert np.allclose(
                nucleolus_batch(game.values, device_path=path), nucleolus(game).payoff, rtol=0, atol=1e-9
            )


def test_levels_of_the_two_solvers():
    values = mixture(np.random.default_rng(8), 30, 5)
    kernel, lockstep = (nucleolus_batch_record(values, device_path=path) for path in PATHS)
    assert isinstance(kernel, FixingRecord)
    assert isinstance(lockstep, FixingRecord)
    size = np.abs(values).max(axis=1).clip(min=1e-300)
    assert np.allclose(kernel.levels[:, 0] / size, lockstep.levels[:, 0] / size, rtol=0, atol=1e-9)
    assert np.allclose(kernel.payoff / size[:, None], lockstep.payoff / size[:, None], rtol=0, atol=1e-9)


@pytest.mark.parametrize("path", PATHS)
def test_permutation_equivariance(path):
    values = mixture(np.random.default_rng(9), 20, 5)
    order = [3, 0, 4, 1, 2]
    payoff = nucleolus_batch(values, device_path=path)
    relabelled = nucleolus_batch(_relabel(values, order), device_path=path)
    size = np.abs(values).max(axis=1, keepdims=True).clip(min=1.0)
    assert (np.abs(relabelled - payoff[:, order]) / size).max() <= 1e-9


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rational", [True, False])
def test_strategic_equivalence(rational, path):
    rng = np.random.default_rng(10)
    values = np.concatenate([FAMILIES[name](rng, 20, 5) for name in ("random_monotone", "ties", "weighted_voting")])
    factor, shares = rng.uniform(0.01, 100, (len(values), 1)), rng.normal(size=(len(values), 5))
    moved = factor * values + shares @ member_matrix(5).astype(float).T
    before = nucleolus_batch(values, individually_rational=rational, device_path=path)
    after = nucleolus_batch(moved, individually_rational=rational, device_path=path)
    assert np.abs(after - (factor * before + shares)).max() <= 1e-9 * np.abs(moved).max()


@pytest.mark.parametrize("path", PATHS)
def test_scales_far_apart(path):
    rng = np.random.default_rng(11)
    values = FAMILIES["random_monotone"](rng, 40, 5) * 10.0 ** np.linspace(-200, 200, 40)[:, None]
    payoff = nucleolus_batch(values, device_path=path)
    unit = nucleolus_batch(values / values[:, -1:], device_path=path)
    assert np.abs(payoff / values[:, -1:] - unit).max() <= 1e-9


@pytest.mark.parametrize("rational", [True, False])
def test_forbidden_coalitions_cost_no_accuracy(rational):
    values = FAMILIES["random_monotone"](np.random.default_rng(12), 30, 5)
    values[:, [3, 12, 22]] = -60.0
    low = values.copy()
    low[:, [3, 12, 22]] = -1e13
    before, after = (
        nucleolus_batch(game, individually_rational=rational, device_path="lockstep") for game in (values, low)
    )
    assert np.abs(after - before).max() <= 1e-12


def test_nearly_tied_games_in_lockstep():
    """Ties broken by less and less: no size of noise sits badly with the solver's tolerances."""
    rng = np.random.default_rng(19)
    ties = FAMILIES["ties"](rng, 700, 6)
    noise = 10.0 ** -np.repeat(np.arange(7, 14), 100)[:, None]
    values = torch.from_numpy(ties + noise * rng.random(ties.shape) * (ties > 0))
    for rational in (True, False):
        record = nucleolus_batch_record(values, individually_rational=rational, device_path="lockstep")
        assert float(record_defect(values, record, rational).max()) <= 1e-12


def test_additive_noise_gives_the_additive_payoff():
    rng = np.random.default_rng(13)
    shares = rng.random((200, 6))
    values = shares @ member_matrix(6).astype(float).T + 1e-12 * rng.uniform(-1, 1, (200, 64))
    values[:, 0] = 0.0
    for path in PATHS:
        for rational in (True, False):
            payoff = nucleolus_batch(values, individually_rational=rational, device_path=path)
            assert np.abs(payoff - shares).max() <= 1e-10


def test_shapes_dtypes_and_leading_axes():
    values = FAMILIES["random_monotone"](np.random.default_rng(14), 24, 4)
    flat = nucleolus_batch(values)
    assert np.array_equal(nucleolus_batch(values.reshape(2, 3, 4, 16)).reshape(24, 4), flat)
    assert nucleolus_batch(values[0]).shape == (4,)
    assert nucleolus_batch(values[:0]).shape == (0, 4)
    assert nucleolus_batch(values[:0], device_path="lockstep").shape == (0, 4)
    assert nucleolus_batch(TUGame(values[0]).values).shape == (4,)
    single = nucleolus_batch(torch.from_numpy(values).float())
    assert single.dtype == torch.float32
    assert np.allclose(single.numpy(), flat, atol=1e-5)
    whole = nucleolus_batch(torch.tensor([0, 0, 0, 5]))
    assert whole.dtype == torch.float64
    assert whole.tolist() == [2.5, 2.5]
    record = nucleolus_batch_record(torch.from_numpy(values).reshape(4, 6, 16))
    assert record.duals.shape == (4, 6, 4, 8)
    assert record.status.shape == (4, 6)


def test_the_input_is_left_alone():
    values = FAMILIES["additive_with_noise"](np.random.default_rng(15), 50, 5)
    before = values.copy()
    for path in PATHS:
        nucleolus_batch(values, device_path=path)
        assert np.array_equal(values, before)


def test_fixed_rounds_equal_the_open_ended_solve():
    values = torch.from_numpy(mixture(np.random.default_rng(16), 20, 5))
    free, fixed = solve_lockstep(values, False), solve_lockstep(values, False, fixed_rounds=40)
    assert torch.equal(free.status, fixed.status)
    # Batches of another size are summed in another order, so that the last digits may differ.
    size = values.abs().amax(dim=1, keepdim=True).clamp(min=1e-300)
    assert float(((free.payoff - fixed.payoff) / size).abs().max()) <= 1e-12


def test_fixed_rounds_need_no_data():
    """On the meta device tensors have shapes but no values: any look at the data would raise."""
    record = solve_lockstep(torch.empty(7, 32, dtype=torch.float64, device="meta"), fixed_rounds=3)
    assert record.payoff.shape == (7, 5)
    assert nucleolus_vjp(record, record.payoff).shape == (7, 32)
    with pytest.raises((RuntimeError, NotImplementedError)):
        solve_lockstep(torch.empty(7, 32, dtype=torch.float64, device="meta"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu():
    values = torch.from_numpy(mixture(np.random.default_rng(21), 50, 6))
    here, there = values.clone().requires_grad_(), values.cuda().requires_grad_()
    cpu, gpu = nucleolus_batch(here, device_path="lockstep"), nucleolus_batch(there, certify=True)
    assert gpu.is_cuda
    size = values.abs().amax(dim=1, keepdim=True).clamp(min=1e-300)
    assert float(((gpu.cpu() - cpu) / size).abs().max()) <= 1e-9
    gpu.sum().backward()
    assert there.grad.is_cuda
    assert torch.allclose(there.grad.sum(dim=0).cpu()[-1:], torch.tensor([float(len(values))], dtype=torch.float64))


def test_too_few_rounds_are_reported():
    values = torch.from_numpy(FAMILIES["random_monotone"](np.random.default_rng(17), 30, 6))
    record = solve_lockstep(values, fixed_rounds=2)
    unsolved = record.status == 1
    assert unsolved.any()
    assert record.payoff[unsolved].isnan().all()
    assert record.payoff[~unsolved].isfinite().all()


@pytest.mark.slow
def test_a_million_degenerate_games():
    """Every answer is proved from its record, and the lockstep solver repeats a hundredth of them."""
    proof = prove_degenerate_games(1_000_000)
    assert proof.games == 1_000_000
    assert proof.failures == 0
    assert proof.repeated >= 10_000
    assert proof.largest_gap <= 1e-9

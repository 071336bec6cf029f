"""The derivative of the nucleolus: finite differences, exact identities, and what is promised at kinks."""

import numpy as np
import pytest
import torch

from nucleolus_lib.games.batched import nucleolus_batch, nucleolus_batch_record
from nucleolus_lib.games.coalitions import member_matrix
from nucleolus_lib.games.gradient import nucleolus_vjp
from tests.reference.game_batches import DEGENERATE, mixture, random_monotone, random_signed

PATHS = ("cpu-kernel", "lockstep")
BAR = 1e-6


def _random(n, games=12, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.concatenate([family(rng, games // 2, n) for family in (random_monotone, random_signed)]))


def _jacobian(record):
    """dx/dv, (B, n, 2**n)."""
    games, n = record.payoff.shape
    units = torch.eye(n, dtype=torch.float64)
    return torch.stack([nucleolus_vjp(record, unit.expand(games, n)) for unit in units], dim=1)


def _finite_differences(values, rational, step=1e-6):
    """dx/dv by central differences, (B, n, 2**n); v(empty) stays 0."""
    games, size = values.shape
    move = step * torch.eye(size, dtype=torch.float64)[1:]
    probes = torch.stack([values.unsqueeze(1) + move, values.unsqueeze(1) - move])
    up, down = nucleolus_batch(probes, individually_rational=rational)
    slopes = ((up - down) / (2 * step)).transpose(1, 2)
    return torch.cat([torch.zeros(games, slopes.shape[1], 1, dtype=torch.float64), slopes], dim=2)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rational", [True, False])
@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_equals_finite_differences(n, rational, path):
    values = _random(n, seed=n)
    record = nucleolus_batch_record(values, individually_rational=rational, device_path=path)
    assert float((_jacobian(record) - _finite_differences(values, rational)).abs().max()) <= BAR


@pytest.mark.parametrize("change", ["duals", "levels of rows", "bounds"])
def test_finite_differences_reject_a_wrong_record(change):
    values = _random(5, seed=5)
    record = nucleolus_batch_record(values)
    if change == "duals":
        record = record._replace(duals=1.01 * record.duals)
    elif change == "levels of rows":
        record = record._replace(row_level=torch.where(record.row_level > 0, 0, record.row_level))
    else:
        record = record._replace(row_is_bound=~record.row_is_bound)
    assert float((_jacobian(record) - _finite_differences(values, True)).abs().max()) > 1e-3


@pytest.mark.parametrize("path", PATHS)
def test_gradcheck(path):
    tail = _random(3, games=2, seed=30)[:, 1:].clone().requires_grad_()

    def payoff(rest):
        return nucleolus_batch(torch.nn.functional.pad(rest, (1, 0)), device_path=path)

    assert torch.autograd.gradcheck(payoff, (tail,), eps=1e-6, atol=BAR)
    assert torch.autograd.gradgradcheck(payoff, (tail[:1].detach().requires_grad_(),), eps=1e-6, atol=BAR)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rational", [True, False])
def test_jacobian_reproduces_the_payoff(rational, path):
    """J v = x as the map is homogeneous, J a = a for additive games, kinks included."""
    rng = np.random.default_rng(1)
    values = torch.from_numpy(mixture(rng, 20, 5))
    record = nucleolus_batch_record(values, individually_rational=rational, device_path=path)
    jacobian = _jacobian(record)
    size = values.abs().amax(dim=1, keepdim=True).clamp(min=1e-300)
    assert float((((jacobian @ values.unsqueeze(2)).squeeze(2) - record.payoff) / size).abs().max()) <= 1e-10
    shares = torch.from_numpy(rng.normal(size=(len(values), 5)))
    additive = shares @ torch.from_numpy(member_matrix(5).astype(float)).T
    assert float(((jacobian @ additive.unsqueeze(2)).squeeze(2) - shares).abs().max()) <= 1e-12


def _into_the_piece(record):
    """A direction that the solution's own rows follow: free coalitions fall, rows of later levels fall more."""
    games, n = record.payoff.shape
    direction = torch.full((games, 1 << n), -100.0, dtype=torch.float64)
    direction[:, 0] = 0.0
    for game, rows in enumerate(record.rows.tolist()):
        for row, level in zip(rows, record.row_level[game].tolist(), strict=True):
            if row > 0 and level >= 0:
                direction[game, row] = -1.0 - level
        for row, level, bound in zip(
            rows, record.row_level[game].tolist(), record.row_is_bound[game].tolist(), strict=True
        ):
            if row > 0 and (bound or level < 0):
                direction[game, row] = 0.0
    return direction


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rational", [True, False])
def test_one_sided_derivative_at_kinks(rational, path):
    """The gradient is that of a piece of the map that the game touches, seen by a step into that piece."""
    kinks = {name: family for name, family in DEGENERATE.items() if name != "additive_with_noise"}
    values = torch.from_numpy(mixture(np.random.default_rng(2), 30, 5, kinks))
    record = nucleolus_batch_record(values, individually_rational=rational, device_path=path)
    direction, step = _into_the_piece(record), 1e-6 * values.abs().amax(dim=1, keepdim=True).clamp(min=1e-300)
    moved = nucleolus_batch(values + step * direction, individually_rational=rational)
    slope = (_jacobian(record) @ direction.unsqueeze(2)).squeeze(2)
    assert float(((moved - record.payoff) / step - slope).abs().max()) <= BAR


def test_a_kink_has_no_derivative():
    """At v = 0 for three players the two sides differ; the gradient can match one of them only."""
    values = torch.zeros(8, dtype=torch.float64)
    step = torch.zeros(8, dtype=torch.float64)
    step[3] = 1e-3
    rise = nucleolus_batch(values + step, individually_rational=False) / 1e-3
    fall = nucleolus_batch(values - step, individually_rational=False) / -1e-3
    assert float((rise - fall).abs().max()) > 0.1


@pytest.mark.parametrize("path", PATHS)
def test_gradient_flows_through_a_loss(path):
    values = _random(4, seed=3).float().requires_grad_()
    payoff = nucleolus_batch(values.reshape(3, 4, 16), device_path=path)
    assert payoff.dtype == torch.float32
    (payoff**2).sum().backward()
    record = nucleolus_batch_record(values.detach(), device_path=path)
    assert values.grad.dtype == torch.float32
    assert torch.allclose(values.grad.double(), nucleolus_vjp(record, 2 * record.payoff), atol=1e-5)
    assert not nucleolus_batch(values.detach()).requires_grad
    with torch.no_grad():
        assert not nucleolus_batch(values).requires_grad


@pytest.mark.parametrize("path", PATHS)
def test_games_without_a_solution_get_no_gradient(path):
    values = _random(3, seed=4)
    values[2, 1:3] = 50.0
    values.requires_grad_()
    payoff = nucleolus_batch(values, device_path=path, on_empty="nan")
    assert payoff[2].isnan().all()
    payoff[[0, 1, 3]].sum().backward()
    assert (values.grad[2] == 0).all()
    assert values.grad.isfinite().all()
    # The payoffs of a solved game add up to v(N).
    assert torch.allclose(values.grad[0], torch.eye(8, dtype=torch.float64)[7])


def test_training_reaches_a_target():
    """Gradient descent on the values of a game moves its nucleolus to a wanted payoff."""
    target = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    rest = torch.from_numpy(np.random.default_rng(6).random((1, 15))).requires_grad_()
    optimiser = torch.optim.Adam([rest], lr=0.1)
    losses = []
    for _ in range(100):
        payoff = nucleolus_batch(torch.nn.functional.pad(rest, (1, 0)), individually_rational=False)
        loss = ((payoff - target) ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 5
    assert losses[-1] < losses[0] / 30

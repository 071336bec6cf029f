"""Payoffs, excesses, multiplier, coalitions and exact shares: the small functions of nucleolus Q-learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games.lockstep import solve_lockstep
from nucleolus_lib.games.nucleolus import prenucleolus
from nucleolus_lib.games.shapley import shapley_value
from nucleolus_lib.games.tu_game import TUGame
from nucleolus_lib.learners import LearnerConfig
from nucleolus_lib.learners.nucleolus_coalitions import all_members, proper, sampled_members
from nucleolus_lib.learners.nucleolus_credit import LOCKSTEP_ROUNDS, exact_shares, least_core_values, shapley_matrix
from nucleolus_lib.learners.nucleolus_exact import compare, with_total
from nucleolus_lib.learners.nucleolus_excess import excesses, largest_excess, payoffs
from nucleolus_lib.learners.nucleolus_mixer import LinearMixer
from nucleolus_lib.learners.nucleolus_multiplier import dual_step, running_mean
from nucleolus_lib.learners.nucleolus_sample import StepSample, sample_steps
from tests.learners.random_episodes import SMALL


def random_games(n: int, count: int, seed: int = 0) -> torch.Tensor:
    games = torch.randn(count, 1 << n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    games[:, 0] = 0
    return games


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_payoffs_add_up_exactly(n: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    weighted = torch.randn(5, n, generator=draw, dtype=torch.float64)
    rest = torch.randn(5, generator=draw, dtype=torch.float64)
    torch.testing.assert_close(payoffs(weighted, rest).sum(-1), weighted.sum(-1) + rest, atol=1e-12, rtol=0)


def test_excesses_of_a_game_by_hand() -> None:
    # Three agents: any two earn 6, all three 9; x = (4, 3, 2).
    game = torch.tensor([0.0, 1, 0, 6, 0, 6, 6, 9])
    payoff = torch.tensor([4.0, 3, 2])
    got = excesses(game, payoff, all_members(3))
    assert got.tolist() == [0, -3, -3, -1, -2, 0, 1, 0]
    assert float(largest_excess(got, proper(8))) == 1.0
    # N and the empty coalition never count, however dissatisfied.
    assert float(largest_excess(got + torch.tensor([9.0, 0, 0, 0, 0, 0, 0, 9]), proper(8))) == 1.0


def test_the_dual_step_goes_up_down_and_stops_at_its_bounds() -> None:
    at = torch.tensor(0.5)
    assert float(dual_step(at, torch.tensor(2.0), 0.1, 1.0)) == pytest.approx(0.7)
    assert float(dual_step(at, torch.tensor(-2.0), 0.1, 1.0)) == pytest.approx(0.3)
    assert float(dual_step(at, torch.tensor(-20.0), 0.1, 1.0)) == 0.0
    assert float(dual_step(at, torch.tensor(20.0), 0.1, 1.0)) == 1.0


def test_the_running_mean_counts_its_first_value_in_full_and_skips_nan() -> None:
    state = (torch.tensor(0.0), torch.tensor(0.0))
    state = running_mean(*state, torch.tensor(4.0), 0.1)
    assert float(state[0] / state[1]) == pytest.approx(4.0)
    after = running_mean(*state, torch.tensor(float("nan")), 0.1)
    assert float(after[0] / after[1]) == pytest.approx(4.0)
    state = running_mean(*state, torch.tensor(0.0), 0.1)
    assert float(state[0] / state[1]) == pytest.approx(4.0 * 0.09 / 0.19)


@pytest.mark.parametrize("sampling", ["uniform_size", "ordered"])
@pytest.mark.parametrize("n", [2, 3, 9])
def test_sampled_coalitions_are_proper_and_their_sizes_uniform(n: int, sampling: str) -> None:
    draws = torch.rand(4000 * (n - 1), n + 1, generator=torch.Generator().manual_seed(n))
    member = sampled_members(draws, sampling)  # type: ignore[arg-type]
    assert not member[0].any()
    assert member[-1].all()
    size = member[1:-1].sum(1)
    share = torch.bincount(size, minlength=n + 1) / len(size)
    assert share[0] == 0
    assert share[n] == 0
    torch.testing.assert_close(share[1:n], torch.full((n - 1,), 1 / (n - 1)), atol=0.02, rtol=0)
    # Every agent is in as often as any other.
    torch.testing.assert_close(member[1:-1].float().mean(0), torch.full((n,), 0.5), atol=0.02, rtol=0)


def test_ordered_sampling_takes_the_prefixes_of_an_order() -> None:
    member = sampled_members(torch.rand(8, 6, generator=torch.Generator().manual_seed(0)), "ordered")[1:-1]
    assert member.sum(1).tolist() == [1, 2, 3, 4, 1, 2, 3, 4]
    for k in (0, 1, 2, 4, 5, 6):
        assert (member[k] <= member[k + 1]).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_exact_shares_equal_the_single_game_solvers(n: int, seed: int) -> None:
    games = random_games(n, 2, seed)
    for rule, solve in (("nucleolus", lambda g: prenucleolus(g).payoff), ("shapley", shapley_value)):
        got = exact_shares(games, rule)  # type: ignore[arg-type]
        assert got.is_solved.all()
        for row, game in zip(got.payoff, games, strict=True):
            expected = np.asarray(solve(TUGame(game.numpy())), dtype=np.float64)
            np.testing.assert_allclose(row.numpy(), expected, atol=2e-6)


def test_the_shapley_matrix_sees_a_wrong_weight() -> None:
    game = random_games(4, 1)[0]
    matrix = shapley_matrix(4)
    assert torch.allclose(game @ matrix, torch.from_numpy(np.array(shapley_value(TUGame(game.numpy())))))
    matrix[5, 1] += 0.01
    assert not torch.allclose(game @ matrix, torch.from_numpy(np.array(shapley_value(TUGame(game.numpy())))))


def test_a_game_that_is_not_finite_gets_no_share_and_harms_no_other() -> None:
    games = random_games(4, 3).float()
    clean = exact_shares(games, "nucleolus").payoff
    games[1, 6] = float("nan")
    got = exact_shares(games, "nucleolus")
    assert got.is_solved.tolist() == [True, False, True]
    assert got.payoff[1].tolist() == [0.0] * 4
    assert torch.equal(got.payoff[[0, 2]], clean[[0, 2]])


@pytest.mark.parametrize("n", [3, 5, 8])
def test_the_fixed_rounds_of_the_lockstep_solver_are_enough(n: int) -> None:
    games = random_games(n, 60)
    member = all_members(n).double()
    hidden = member @ random_games(n, 60)[:, 1 : n * 4 + 1].reshape(60, n, -1) if n >= 5 else None
    batches = [games] if hidden is None else [games, torch.relu(hidden).sum(-1)]
    for batch in batches:
        batch = batch - batch[:, :1]
        record = solve_lockstep(batch, individually_rational=False, fixed_rounds=LOCKSTEP_ROUNDS[n])
        assert (record.status == 0).all()
        torch.testing.assert_close(record.payoff.float(), exact_shares(batch, "nucleolus").payoff, atol=1e-5, rtol=0)


def test_least_core_value_and_empty_core_of_majority_games() -> None:
    # Any two of three earn 1: at the equal split every pair has excess 1 - 2/3, so the core is empty. With v(N) = 3/2
    # the excess of pairs is 0: a core of one point. With v(N) = 3 it has an interior.
    games = torch.tensor([[0.0, 0, 0, 1, 0, 1, 1, total] for total in (1.0, 1.5, 3.0)])
    equal = games[:, -1:].expand(-1, 3) / 3
    least = least_core_values(games, exact_shares(games, "nucleolus").payoff)
    torch.testing.assert_close(least, torch.tensor([1 / 3, 0.0, -1.0]), atol=1e-6, rtol=0)
    got = compare(games, equal, StepSample(torch.arange(3), torch.ones(3)))
    assert float(got.empty_core) == pytest.approx(1 / 3)
    assert float(got.distance) == pytest.approx(0.0, abs=1e-6)
    moved = compare(games, equal + torch.tensor([0.3, 0.0, -0.3]), StepSample(torch.arange(3), torch.ones(3)))
    assert float(moved.distance) == pytest.approx((0.18 / 3) ** 0.5, abs=1e-6)


def test_with_total_sets_only_the_ends() -> None:
    games = random_games(3, 2).float() + 1
    got = with_total(games, torch.tensor([[1.0, 2, 3], [0, 0, 1]]))
    assert got[:, 0].tolist() == [0.0, 0.0]
    assert got[:, -1].tolist() == [6.0, 1.0]
    assert torch.equal(got[:, 1:-1], games[:, 1:-1])


def test_a_sample_of_steps_prefers_those_that_count() -> None:
    counts = torch.tensor([[1.0, 1, 0, 0], [1, 0, 0, 0]])
    draw = torch.Generator().manual_seed(0)
    sample = sample_steps(counts, 3, draw)
    assert sorted(sample.place.tolist()) == [0, 1, 4]
    assert sample.weight.tolist() == [1.0, 1.0, 1.0]
    more = sample_steps(counts, 5, draw)
    assert float(more.weight.sum()) == 3
    values = torch.arange(8.0).reshape(2, 4)
    assert float(more.mean(more.of(values))) == pytest.approx((0 + 1 + 4) / 3)
    everything = sample_steps(counts, 0, draw)
    assert everything.place.tolist() == list(range(8))
    seen = torch.stack([sample_steps(torch.ones(2, 4), 2, draw).place for _ in range(200)])
    assert set(seen.flatten().tolist()) == set(range(8))


def test_the_mixer_starts_near_a_sum_and_never_weighs_below_zero() -> None:
    torch.manual_seed(0)
    mixer = LinearMixer(SMALL, LearnerConfig())
    weight, bias = mixer.parts(torch.randn(200, SMALL.state_size))
    assert (weight >= 0).all()
    assert abs(float(weight.detach().mean()) - 1) < 0.3
    q, state = torch.randn(5, SMALL.n_agents), torch.randn(5, SMALL.state_size)
    weight, bias = mixer.parts(state)
    torch.testing.assert_close(mixer(q, state), (weight * q).sum(1) + bias)

"""The nucleolus against published answers, its own definition, its certificate, and nearly broken games."""

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.games import (
    TUGame,
    cs_nucleolus,
    excesses,
    is_nucleolus,
    is_prenucleolus,
    least_core,
    nucleolus,
    prenucleolus,
    theta,
)
from nucleolus_lib.games.certificate import LevelWeights
from nucleolus_lib.games.coalitions import coalition_of, partitions, subset_sums
from nucleolus_lib.games.errors import (
    ConvergenceError,
    EmptyImputationSetError,
    NotAPartitionError,
    TooManyPlayersError,
)
from tests.games.golden import cases
from tests.reference.nucleolus_by_linprog import nucleolus_by_linprog

CASES = list(cases().values())


def _integer_game(n_players, low=-3, high=9):
    size = (1 << n_players) - 1
    return st.lists(st.integers(low, high), min_size=size, max_size=size).map(lambda values: TUGame([0, *values]))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
@pytest.mark.parametrize("solve", [nucleolus, prenucleolus])
def test_published_cases(case, solve):
    expected = case[solve.__name__]
    for game in (case["game"], case["game"].to_float()):
        if expected is None:
            with pytest.raises(EmptyImputationSetError, match="prenucleolus"):
                solve(game)
            continue
        result = solve(game)
        assert result.certificate.verify(game, result.payoff)
        if game.is_exact:
            assert list(result.payoff) == expected
        else:
            scale = max(1.0, float(np.abs(game.values).max()))
            np.testing.assert_allclose(result.payoff, [float(x) for x in expected], rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("case", [case for case in CASES if case["game"].n_players > 1], ids=lambda case: case["name"])
def test_kohlberg_accepts_the_published_payoff_and_rejects_a_shifted_one(case):
    step = max(abs(value) for value in case["game"].values) / Fraction(1000)
    for expected, check in ((case["nucleolus"], is_nucleolus), (case["prenucleolus"], is_prenucleolus)):
        if expected is None:
            continue
        shifted = [expected[0] + step, expected[1] - step, *expected[2:]]
        for game in (case["game"], case["game"].to_float()):
            convert = Fraction if game.is_exact else float
            assert check(game, [convert(x) for x in expected])
            verdict = check(game, [convert(x) for x in shifted])
            assert not verdict
            assert verdict.reason


def test_kohlberg_evidence_is_a_direction_in_which_every_named_coalition_gains():
    game = TUGame([0, 0, 0, 4, 0, 3, 2, 6]).to_exact()
    payoff = [Fraction(4), Fraction(1), Fraction(1)]
    verdict = is_prenucleolus(game, payoff)
    assert not verdict
    gains = subset_sums(np.array(verdict.direction, dtype=object))
    assert gains[-1] == 0
    assert all(gains[s] > 0 for s in verdict.coalitions)
    better = [x + y / 100 for x, y in zip(payoff, verdict.direction, strict=True)]
    assert list(theta(game, better)) < list(theta(game, payoff))


def test_kohlberg_names_inefficiency_and_irrationality():
    game = TUGame([0, 1, 1, 4])
    assert "not efficient" in is_nucleolus(game, [2, 1]).reason
    assert "not individually rational" in is_nucleolus(game, [0, 4]).reason


def test_kohlberg_evidence_of_inefficiency_and_irrationality():
    game = TUGame([0, 1, 1, 4])
    short = is_nucleolus(game, [2, 1])
    assert (short.excess, short.coalitions) == (1, (0b11,))
    for player, payoff in enumerate(([0.5, 3.5], [3.5, 0.5])):
        poor = is_nucleolus(game, payoff)
        assert (poor.excess, poor.coalitions) == (0.5, (1 << player,))
        assert f"player '{player + 1}' gets 0.5 but has 1.0 alone" in poor.reason
    blocks = [0b01, 0b10]
    assert is_nucleolus(game, [1, 1], blocks)
    wrong = is_prenucleolus(game, [1, 3], blocks)
    assert (wrong.excess, wrong.coalitions) == (-2, (0b10,))


def test_kohlberg_evidence_names_the_level_and_its_coalitions():
    majority = TUGame([0, 0, 0, 1, 0, 1, 1, 1])
    assert is_nucleolus(majority, [1 / 3, 1 / 3, 1 / 3])
    verdict = is_nucleolus(majority, [0.5, 0.25, 0.25])
    assert verdict.excess == 0.5
    assert verdict.coalitions == (0b110,)
    assert verdict.reason.endswith("{2, 3} can all gain at once")
    for n_tied, shown in ((4, "{1}, {2}, {3}, {4} can"), (5, "{1}, {2}, {3}, {4}, ... can")):
        # Player 6 takes everything; the others would each have 1 alone, and gain together.
        values = subset_sums(np.array([1.0] * n_tied + [0.0] * (6 - n_tied)))
        values[np.bitwise_count(np.arange(64)) > 1] = 0
        values[-1] = 6
        verdict = is_prenucleolus(TUGame(values), [0, 0, 0, 0, 0, 6])
        assert shown in verdict.reason
        assert verdict.coalitions == tuple(1 << i for i in range(n_tied))


def test_kohlberg_refuses_a_payoff_that_is_right_at_the_first_level_only():
    """Player 1 is held at its bound on the first level; players 2 and 3 share wrongly on the second."""
    game = TUGame([0, 4, -1, 1, -2, 0, 4, 2]).to_exact()
    assert is_nucleolus(game, [Fraction(4), Fraction(-1, 2), Fraction(-3, 2)])
    assert not is_nucleolus(game, [Fraction(4), Fraction(-1), Fraction(-1)])
    rng = np.random.default_rng(11)
    verdicts = []
    while len(verdicts) < 30:
        game = TUGame([0, *rng.integers(-2, 5, 7 if len(verdicts) % 2 else 15)]).to_exact()
        if game.singleton_values.sum() > game.grand_value:
            continue
        payoff = least_core(game).payoff
        verdicts.append(bool(is_nucleolus(game, payoff)))
        assert verdicts[-1] == (list(payoff) == list(nucleolus(game).payoff))
    assert True in verdicts
    assert False in verdicts


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_kohlberg_tolerance_is_relative_to_the_largest_value(scale):
    game = TUGame(np.array([0, 0.25, 0, 0.5, 0, 0.5, 0.5, 1.0]) * scale)
    best = nucleolus(game).payoff
    for error, accepted in ((1e-10, True), (1e-7, False)):
        for change in ([error, -error, 0], [error, 0, 0]):
            assert bool(is_nucleolus(game, best + np.array(change) * scale)) == accepted
            assert bool(is_prenucleolus(game, best + np.array(change) * scale)) == accepted
    assert is_nucleolus(game, best + np.array([1e-7, -1e-7, 0]) * scale, tolerance=1e-6)
    alone = TUGame(np.array([0, 1, 1, 2.0]) * scale)
    assert is_nucleolus(alone, np.array([1 - 1e-10, 1 + 1e-10]) * scale)
    assert "individually" in is_nucleolus(alone, np.array([1 - 1e-7, 1 + 1e-7]) * scale).reason


def test_kohlberg_is_exact_only_if_game_and_payoff_are():
    game = TUGame([0, 0, 0, 1, 0, 1, 1, 1])
    third, off = Fraction(1, 3), Fraction(1, 10**12)
    assert is_nucleolus(game.to_exact(), [third] * 3)
    assert not is_nucleolus(game.to_exact(), [third - off, third + off, third])
    assert is_nucleolus(game.to_exact(), [1 / 3, 1 / 3, 1 / 3])
    tenths = subset_sums(np.array([Fraction(1, 10), Fraction(2, 10), Fraction(3, 10)]))
    assert is_nucleolus(TUGame(tenths), [0.1, 0.2, 0.3])  # in floats they add up to a little more than 6/10
    assert is_nucleolus(game, [third - off, third + off, third])
    assert is_nucleolus(TUGame(np.zeros(8)), [0, 0, 0])
    assert not is_nucleolus(TUGame(np.zeros(8)), [1e-9, -1e-9, 0])


def test_kohlberg_states_its_limit_and_its_verdict_cannot_be_changed():
    with pytest.raises(TooManyPlayersError, match="limit here is 14"):
        is_nucleolus(TUGame(np.zeros(1 << 15)), np.zeros(15))
    verdict = is_nucleolus(TUGame([0, 1, 1, 4]), [2, 2])
    assert verdict.reason == ""
    assert verdict.coalitions == verdict.direction == ()
    with pytest.raises(FrozenInstanceError):
        verdict.holds = False


@given(_integer_game(4))
@settings(max_examples=40, deadline=None)
def test_float_solver_matches_the_textbook_definition(game):
    reference = nucleolus_by_linprog(game.values)
    if reference is None:
        with pytest.raises(EmptyImputationSetError):
            nucleolus(game)
    else:
        np.testing.assert_allclose(nucleolus(game).payoff, reference, atol=1e-6)
    np.testing.assert_allclose(
        prenucleolus(game).payoff, nucleolus_by_linprog(game.values, individually_rational=False), atol=1e-6
    )


@given(_integer_game(5))
@settings(max_examples=60, deadline=None)
def test_float_and_exact_solvers_are_the_same_map(game):
    exact = prenucleolus(game.to_exact())
    single = prenucleolus(game)
    np.testing.assert_allclose(single.payoff, exact.payoff.astype(float), atol=1e-10)
    assert single.certificate.verify(game, single.payoff)
    assert exact.certificate.verify(game.to_exact(), exact.payoff)
    assert is_prenucleolus(game.to_exact(), exact.payoff)


@given(_integer_game(4, low=0, high=3), st.lists(st.integers(-5, 5), min_size=4, max_size=4), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_strategic_equivalence(game, shift, factor):
    moved = TUGame(factor * game.values + subset_sums(np.array(shift, dtype=float)))
    expected = factor * prenucleolus(game).payoff + shift
    np.testing.assert_allclose(prenucleolus(moved).payoff, expected, atol=1e-9 * factor * 10)


@given(_integer_game(5, low=0, high=4), st.permutations(range(5)))
@settings(max_examples=40, deadline=None)
def test_renaming_the_players_renames_the_payoff(game, order):
    renamed = TUGame([game.values[coalition_of(order[i] for i in range(5) if s >> i & 1)] for s in range(32)])
    np.testing.assert_allclose(prenucleolus(renamed).payoff, prenucleolus(game).payoff[list(order)], atol=1e-10)


def test_no_imputation_has_a_smaller_theta():
    rng = np.random.default_rng(3)
    for _ in range(20):
        game = TUGame(np.append(np.append(0, rng.integers(0, 10, 14)), 40.0))
        best = theta(game, nucleolus(game).payoff)
        surplus = game.grand_value - game.singleton_values.sum()
        for share in rng.dirichlet(np.ones(4), size=50):
            other = theta(game, game.singleton_values + surplus * share)
            first = np.flatnonzero(np.abs(best - other) > 1e-9)
            assert not len(first) or best[first[0]] < other[first[0]]


@pytest.mark.parametrize("n_players", [6, 10, 13])
@pytest.mark.parametrize("individually_rational", [True, False])
def test_nearly_additive_games_come_out_right(n_players, individually_rational):
    rng = np.random.default_rng(n_players)
    for _ in range(10):
        alone = rng.normal(size=n_players)
        values = subset_sums(alone)
        values[1:] += 1e-12 * rng.random(values.size - 1)
        values[-1] += rng.choice([-1, 1]) * n_players * 1e-12  # round-off must not cost the game its imputation
        game = TUGame(values)
        solve = nucleolus if individually_rational else prenucleolus
        np.testing.assert_allclose(solve(game).payoff, alone, atol=1e-10)


@pytest.mark.parametrize("forbidden", [-1e6, -1e9])
@pytest.mark.parametrize("solve", [nucleolus, prenucleolus])
def test_a_forbidden_coalition_does_not_blur_the_others(solve, forbidden):
    rng = np.random.default_rng(8)
    for _ in range(20):
        values = np.append(np.append(0, rng.integers(0, 4, 30)), 9).astype(float)
        values[1 << np.arange(5)] = 0
        values[[0b00011, 0b10101]] = -100
        mild = solve(TUGame(values)).payoff
        values[[0b00011, 0b10101]] = forbidden
        np.testing.assert_allclose(solve(TUGame(values)).payoff, mild, atol=1e-9)


def test_a_real_shortfall_is_no_round_off():
    with pytest.raises(EmptyImputationSetError):
        nucleolus(TUGame([0, 1, 1, 2 - 1e-7]))
    np.testing.assert_allclose(nucleolus(TUGame([0, 1, 1, 2 - 1e-10])).payoff, [1, 1])


@pytest.mark.parametrize("values", [np.zeros(64), subset_sums(np.arange(6.0)), subset_sums(np.full(6, 1 / 3))])
def test_additive_games_give_each_player_what_it_has(values):
    for solve in (nucleolus, prenucleolus):
        np.testing.assert_allclose(solve(TUGame(values)).payoff, values[1 << np.arange(6)], atol=1e-14)


@pytest.mark.parametrize("n_players", [12, 14, 16])
def test_large_games_carry_a_valid_certificate(n_players):
    rng = np.random.default_rng(0)
    sizes = np.bitwise_count(np.arange(1 << n_players))
    for values in (
        rng.integers(0, 50, 1 << n_players) * sizes,
        rng.integers(0, 3, 1 << n_players),
        (rng.random(1 << n_players) * sizes**2).round(2),
    ):
        values[0] = 0
        game = TUGame(values)
        result = prenucleolus(game)
        check = result.certificate.verify(game, result.payoff)
        assert check, check.reason


# Two levels, -50 and -75: dropping the second leaves the payoff undetermined.
TWO_LEVELS = TUGame([0, 0, 0, 0, 0, 0, 100, 200])


def _tampered(result):
    """Certificates that must fail: another weight, a dropped level, another excess, a negative weight."""
    certificate = result.certificate
    first = certificate.levels[0]
    coalition = next(iter(first.weights))
    more = {**first.weights, coalition: first.weights[coalition] * 2}
    negative = {**first.weights, coalition: -first.weights[coalition]}
    rest = certificate.levels[1:]
    yield replace(certificate, levels=(LevelWeights(more, first.bound_weights, first.equation_weights), *rest))
    yield replace(certificate, levels=(LevelWeights(negative, first.bound_weights, first.equation_weights), *rest))
    yield replace(certificate, levels=certificate.levels[:1], excesses=certificate.excesses[:1])
    yield replace(certificate, excesses=(certificate.excesses[0] - 1, *certificate.excesses[1:]))


@pytest.mark.parametrize("exact", [True, False])
def test_certificate_rejects_what_is_not_a_proof(exact):
    game = TWO_LEVELS.to_exact() if exact else TWO_LEVELS
    result = prenucleolus(game)
    assert len(result.levels) > 1
    assert result.certificate.verify(game, result.payoff)
    step = Fraction(1, 100) if exact else 0.01
    shifted = result.payoff + np.array([step, -step, 0], dtype=object if exact else float)
    assert not result.certificate.verify(game, shifted)
    for forged in _tampered(result):
        check = forged.verify(game, result.payoff)
        assert not check
        assert check.reason


def test_levels_descend_and_name_the_coalitions_fixed():
    game = TWO_LEVELS
    result = nucleolus(game)
    levels = [level.excess for level in result.levels]
    assert levels == sorted(levels, reverse=True)
    excess = excesses(game, result.payoff)
    for level in result.levels:
        np.testing.assert_allclose(excess[list(level.coalitions)], level.excess, atol=1e-12)


def test_one_player_and_two_players():
    assert nucleolus(TUGame([0, 5])).payoff == [5]
    np.testing.assert_allclose(nucleolus(TUGame([0, 1, 3, 10])).payoff, [4, 6])
    assert list(nucleolus(TUGame([0, 1, 3, 10]).to_exact()).payoff) == [4, 6]


def test_cs_nucleolus_keeps_every_block_to_its_own_value():
    rng = np.random.default_rng(5)
    game = TUGame(np.append(0, rng.integers(0, 20, 15)))
    for structure in partitions(4):
        result = cs_nucleolus(game, structure, individually_rational=False)
        exact = cs_nucleolus(game.to_exact(), structure, individually_rational=False)
        totals = subset_sums(result.payoff)
        np.testing.assert_allclose(totals[list(structure)], game.values[list(structure)], atol=1e-10)
        np.testing.assert_allclose(result.payoff, exact.payoff.astype(float), atol=1e-10)
        assert result.certificate.verify(game, result.payoff)
        assert is_prenucleolus(game, result.payoff, structure)
        wrong = result.payoff.copy()
        block = max(structure, key=lambda s: s.bit_count())
        if block.bit_count() > 1:
            i, j = [i for i in range(4) if block >> i & 1][:2]
            wrong[i], wrong[j] = wrong[i] + 0.1, wrong[j] - 0.1
            assert not is_prenucleolus(game, wrong, structure)


def test_cs_nucleolus_of_the_grand_coalition_is_the_nucleolus():
    game = TUGame([0, 0, 1, 5, 2, 6, 6, 12])
    np.testing.assert_array_equal(cs_nucleolus(game, [0b111]).payoff, nucleolus(game).payoff)


def test_cs_nucleolus_errors():
    game = TUGame([0, 3, 3, 4, 0, 3, 3, 7])
    with pytest.raises(NotAPartitionError):
        cs_nucleolus(game, [0b011, 0b110])
    for version in (game, game.to_exact()):
        with pytest.raises(EmptyImputationSetError, match=r"\{1, 2\}"):
            cs_nucleolus(version, [0b011, 0b100])


def test_exact_mode_states_its_limit():
    with pytest.raises(TooManyPlayersError, match="limit here is 14"):
        nucleolus(TUGame([Fraction(0)] * (1 << 15)))


def test_a_solver_that_does_not_converge_says_so(monkeypatch):
    from nucleolus_lib.games import exact_simplex, nucleolus_kernel

    def gives_up(values, equations, individually_rational, max_levels):
        record = nucleolus_kernel._empty_record(1, values.size.bit_length() - 1)
        return record._replace(status=np.array([1]))

    game = TUGame([0, 0, 1, 5, 2, 6, 6, 12])
    monkeypatch.setattr(nucleolus_kernel, "solve_single", gives_up)
    with pytest.raises(ConvergenceError, match="to_exact"):
        nucleolus(game)
    monkeypatch.setattr(exact_simplex, "MAX_PIVOTS", 0)
    with pytest.raises(ConvergenceError, match="pivots"):
        nucleolus(game.to_exact())

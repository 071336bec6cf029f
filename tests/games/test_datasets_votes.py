"""The two votes: rules against the text of the Charter and the Treaty, solutions against what is known."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from nucleolus_lib.games.coalitions import coalition_of, member_matrix
from nucleolus_lib.games.datasets import Dataset, eu_council, un_security_council
from nucleolus_lib.games.errors import CatalogueParameterError
from nucleolus_lib.games.nucleolus import nucleolus
from nucleolus_lib.games.shapley import shapley_value
from nucleolus_lib.games.voting_rule import VotingRule


def test_security_council_weights_are_the_rule_of_the_charter() -> None:
    council = un_security_council()
    member = member_matrix(15)
    charter = member[:, :5].all(axis=1) & (member.sum(axis=1) >= 9)
    np.testing.assert_array_equal(council.game.values, charter)
    assert council.rule.n_winning() == charter.sum() == sum(comb(10, k) for k in range(4, 11)) == 848


def test_security_council_reproduces_the_published_power_index() -> None:
    council = un_security_council()
    index = shapley_value(council.game.to_exact())
    assert tuple(index) == council.published["shapley"].shares
    assert sum(index) == 1


def test_security_council_nucleolus_gives_all_to_the_veto_players() -> None:
    payoff = nucleolus(un_security_council().game).payoff
    np.testing.assert_allclose(payoff, [0.2] * 5 + [0.0] * 10, atol=1e-9)


def by_hand(dataset: Dataset, coalition: set[str]) -> bool:
    """The Treaty's text, country by country, in fractions."""
    persons = dict(zip(dataset.players, dataset.columns["population_2025"], strict=True))
    share = sum(persons[name] for name in coalition) / sum(persons.values())
    blocked_by_too_few = 27 - len(coalition) < 4
    return len(coalition) >= 15 and (share >= Fraction(65, 100) or blocked_by_too_few)


def test_eu_council_rule_is_the_treatys() -> None:
    council = eu_council()
    assert isinstance(council.rule, VotingRule)
    everyone, index = set(council.players), {name: i for i, name in enumerate(council.players)}
    cases = [
        everyone - {"Germany", "France", "Italy"},
        everyone - {"Germany", "France", "Italy", "Malta"},
        everyone - {"Germany", "France", "Poland", "Malta"},
        set(council.players[:14]),
        set(council.players[:15]),
        set(council.players[-15:]),
        everyone,
        set(),
    ]
    masks = [coalition_of(index[name] for name in case) for case in cases]
    assert council.rule.wins(masks).tolist() == [by_hand(council, case) for case in cases]
    assert council.rule.wins(masks).tolist() == [True, False, False, False, True, False, True, False]


@pytest.mark.parametrize("population", ["eurostat_2025", "council_2025"])
def test_eu_council_on_random_coalitions(population: str) -> None:
    council = eu_council(population)
    masks = np.random.default_rng(3).integers(0, 1 << 27, size=400)
    won = council.rule.wins(masks)
    assert 0 < won.sum() < len(masks)
    column = "population_2025" if population == "eurostat_2025" else "council_share_2025"
    persons = council.columns[column]
    total = sum(persons) if population == "eurostat_2025" else 100
    for mask, answer in zip(masks.tolist(), won.tolist(), strict=True):
        inside = [i for i in range(27) if mask >> i & 1]
        enough = Fraction(sum(persons[i] for i in inside), 1) / total >= Fraction(65, 100)
        assert answer == (len(inside) >= 15 and (enough or len(inside) >= 24))


def test_eu_council_figures_add_up_as_stated() -> None:
    council = eu_council()
    assert sum(council.columns["population_2025"]) == 450646971
    assert sum(council.columns["council_share_2025"]) == Fraction("100.01")
    assert council.rule.conditions[1].quota == 292920532  # 65 % of the total, rounded up
    assert council.rule.sure_size == 24
    assert council.rule.game_bytes == 2**30
    with pytest.raises(CatalogueParameterError, match="eurostat_2025"):
        eu_council("2026")


def test_eu_council_winning_coalitions_are_counted_over_all_of_them() -> None:
    assert eu_council().rule.n_winning() == 17772607
    assert eu_council("council_2025").rule.n_winning() == 17742527


@pytest.mark.slow
def test_eu_council_nucleolus_is_certified_over_all_coalitions() -> None:
    """About 40 CPU seconds and 3.2 GiB. One level fixes everything: 27 tight coalitions of full rank."""
    game = eu_council().rule.to_game()
    result = nucleolus(game)
    assert result.certificate.verify(game, result.payoff).is_valid
    assert len(result.levels) == 1
    assert result.levels[0].excess == pytest.approx(0.37486320759187575)
    assert np.all(np.diff(result.payoff) < 0)  # shares follow the populations

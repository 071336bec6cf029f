"""The two worlds of chapter 05: their rules by hand, and that they do what they were made for."""

from __future__ import annotations

import numpy as np
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.credit import share_out
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.joint_actions import joint_index
from nucleolus_lib.markov.markov_core import is_in_markov_core, least_markov_core
from nucleolus_lib.markov.rescue_crew import N_ACTIONS, crew_action_name, partner_choice, rescue_crew


def at(*actions: int) -> int:
    return joint_index(actions, N_ACTIONS)


def test_who_is_paid_for_what() -> None:
    world = rescue_crew(0.8, 0.5)
    calm, alarm = world.reward
    assert calm[at(2, 2, 2)] == 1
    assert calm[at(1, 1, 0)] == pytest.approx(0.8)
    assert calm[at(1, 0, 1)] == pytest.approx(0.6)
    assert calm[at(2, 1, 1)] == pytest.approx(0.4)
    assert calm[at(1, 1, 1)] == pytest.approx(0.8)
    assert calm[at(2, 2, 0)] == calm[at(1, 0, 0)] == 0
    assert alarm[at(2, 2, 2)] == 1
    assert alarm[at(2, 2, 1)] == 0.5
    assert alarm[at(1, 1, 1)] == alarm[at(0, 0, 2)] == 0
    assert world.transition.row(0, at(2, 2, 2)).tolist() == pytest.approx([0.7, 0.3])
    assert world.transition.row(1, at(2, 2, 0)).tolist() == [0.5, 0.5]


def test_the_structure_follows_the_work() -> None:
    world = rescue_crew(0.8, 0.5)
    assert world.structure(0, at(1, 1, 2)) == (0b011, 0b100)
    assert world.structure(0, at(2, 2, 2)) == (0b111,)
    assert world.structure(1, at(1, 2, 2)) == (0b001, 0b110)


def test_everybody_drills_and_fights_for_ever() -> None:
    """Reward 1 in every step: V_N = 1 / (1 - gamma) in both states, and a pair's value by hand."""
    values = coalition_values(rescue_crew(0.8, 0.5), tolerance=1e-12)
    np.testing.assert_allclose(values.state_values[:, 7], 2.0)
    # Ann and Ben: C = 0.8 + (0.7 C + 0.3 A) / 2 and A = (1 + C / 2 + A / 2) / 2 give C = 1.5, A = 7 / 6.
    np.testing.assert_allclose(values.state_values[:, 3], [1.5, 7 / 6])
    assert not values.state_values[:, [0, 1, 2, 4]].any()


@pytest.mark.parametrize(
    ("pair", "per_action_empty", "max_empty"), [(0.8, False, False), (0.86, True, False), (0.95, True, True)]
)
def test_the_readings_of_the_core_differ(pair: float, per_action_empty: bool, max_empty: bool) -> None:
    values = coalition_values(rescue_crew(pair, 0.5))
    assert least_markov_core(values, "per_action").is_empty == per_action_empty
    assert least_markov_core(values, "max").is_empty == max_empty


def test_the_credit_leaves_the_core_of_the_maxima() -> None:
    values = coalition_values(rescue_crew(0.8, 0.5))
    credit = share_out(values.action_games()).payoff
    assert is_in_markov_core(values, credit, "per_action").is_member
    evidence = is_in_markov_core(values, credit, "max")
    assert not evidence.is_member
    assert evidence.worst_coalition == 0b011
    assert evidence.worst_excess == pytest.approx(0.15)


def test_partner_choice_is_stable_at_every_action_and_unstable_as_a_whole() -> None:
    values = coalition_values(partner_choice())
    assert values.ecmdp.reward.max() == 1
    assert values.ecmdp.reward[0, at(1, 1, 0)] == 1  # Ann means Ben and Ben means Ann
    assert values.ecmdp.reward[0, at(1, 2, 1)] == 0  # a circle
    assert not least_markov_core(values, "per_action").is_empty
    assert least_markov_core(values, "max").value == pytest.approx(1 / 3)


@pytest.mark.parametrize("options", [{"pair": 1.1}, {"pair": 0.3}, {"pair": 0.8, "gap": -0.1}])
def test_pay_out_of_range_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(CreditParameterError, match="repairs pay"):
        rescue_crew(gamma=0.5, **options)


def test_a_probability_out_of_range_is_refused() -> None:
    with pytest.raises(CreditParameterError, match="alarm is a probability"):
        rescue_crew(0.8, 0.5, alarm=1.5)


def test_joint_actions_have_names() -> None:
    assert crew_action_name(at(1, 2, 0)) == "small big rest"

"""The story of Figure 4 in numbers: made-up battles that follow it, and battles that do not."""

import numpy as np
import pytest

from nucleolus_lib.games.coalitions import partitions
from nucleolus_lib.report.battle_readings import read_battles
from nucleolus_lib.report.coalition_phases import bell, chance_numbers, grand_share, phase_numbers, phase_table
from tests.report.coalition_battles import game_of_blocks, small_2s3z

EVERYBODY = (0, 1, 2, 3, 4)
AS_PAINTED = ((2, 3), (0, 4), (1,))


def story(*steps, **changed):
    return read_battles([small_2s3z([game_of_blocks(*blocks) for blocks in steps], **changed)])[0]


def test_a_battle_that_follows_the_story():
    battle = story((EVERYBODY,), AS_PAINTED, (EVERYBODY,))
    assert phase_numbers(battle, "learned") == {
        "starts grand": 1,
        "splits": 1,
        "three kinds": pytest.approx(1 / 3),
        "shifts": 1,
        "ends grand": 1,
        "whole story": 1,
    }
    assert grand_share([battle], "learned") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("steps", "part"),
    [
        ((AS_PAINTED, AS_PAINTED, (EVERYBODY,)), "starts grand"),
        (((EVERYBODY,),) * 3, "splits"),
        (((EVERYBODY,), AS_PAINTED, AS_PAINTED), "ends grand"),
    ],
)
def test_a_battle_that_leaves_a_part_out(steps, part):
    found = phase_numbers(story(*steps), "learned")
    assert found[part] == 0
    assert found["whole story"] == 0


def test_to_split_is_to_split_later():
    """A battle that starts with three coalitions and stays together from then on does not split."""
    assert phase_numbers(story(AS_PAINTED, (EVERYBODY,), (EVERYBODY,)), "learned")["splits"] == 0


def test_only_the_painted_make_up_counts():
    """Two pairs and one alone, but the wrong kinds in them."""
    battle = story(((2, 3), (0, 1), (4,)), ((0, 2), (1, 3), (4,)))
    assert phase_numbers(battle, "learned")["three kinds"] == 0
    assert np.isnan(phase_numbers(battle, "learned", (("marine",),))["three kinds"])


def test_the_end_is_the_last_step_with_several_agents():
    living = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    battle = story((EVERYBODY,), ((0,), (1,)), ((0,),), living=living)
    assert phase_numbers(battle, "learned")["ends grand"] == 0
    battle = story((EVERYBODY,), ((0, 1),), ((0,),), living=living)
    assert phase_numbers(battle, "learned")["ends grand"] == 1


def test_chance_is_that_of_all_partitions():
    assert [bell(k) for k in range(6)] == [len(list(partitions(k))) for k in range(6)]
    battle = story((EVERYBODY,), AS_PAINTED, (EVERYBODY,))
    found = chance_numbers(battle)
    assert found["starts grand"] == pytest.approx(1 / 52)
    assert found["splits"] == pytest.approx(1 - 1 / 52**2)
    # Which two zealots, and which of the two stalkers stands with the third.
    assert found["three kinds"] == pytest.approx(6 / 52)
    assert found["shifts"] == pytest.approx(51 / 52)
    assert found["whole story"] == pytest.approx(1 / 52**2 * 51 / 52)


def test_one_row_for_each_part():
    battles = [story((EVERYBODY,), AS_PAINTED, (EVERYBODY,)), story(AS_PAINTED, AS_PAINTED)]
    table = phase_table(battles, {"learned": ["learned"], "both": ["grand", "alone"]}).set_index("part")
    assert table.loc["starts grand", "learned"] == 0.5
    assert table.loc["starts grand", "both"] == 0.5
    assert table.loc["whole story", "learned"] == 0.5
    assert table.loc["three kinds", "learned"] == pytest.approx((1 / 3 + 1) / 2)
    assert "random partition" in table

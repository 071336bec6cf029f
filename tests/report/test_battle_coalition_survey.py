"""The numbers of a survey, by hand."""

import numpy as np
import pytest

from nucleolus_lib.experiments.coalition_files import CoalitionEpisode
from nucleolus_lib.report.battle_coalition_survey import coalition_survey
from tests.report.battle_scenes import scene_arrays


def test_the_numbers_of_one_episode():
    """The learned values always pair agents 0 and 1; agent 2 dies before the last step."""
    values = np.tile(np.array([0, 1, 1, 5, 1, 2, 2, 5.5], dtype=np.float32), (3, 1))
    row = coalition_survey([CoalitionEpisode(scene_arrays(), values, True)]).iloc[0]
    assert (row["episode"], row["won"], row["steps"]) == (0, True, 3)
    assert row["coalitions"] == pytest.approx((2 + 2 + 1) / 3)
    assert row["grand"] == pytest.approx(1 / 3)
    # From step 1 to 2 the partition changes by a death only.
    assert row["changes"] == 0
    # Step 1: 0 and 1 attack one enemy, 2 another. Step 2: 0 and 1 attack different ones.
    assert row["agreement"] == pytest.approx((1 + 0) / 2)
    assert row["if_grand"] == pytest.approx((1 / 3 + 0) / 2)
    assert row["if_alone"] == pytest.approx((2 / 3 + 1) / 2)


def test_changes_of_the_partition_are_counted():
    values = np.tile(np.array([0, 1, 1, 5, 1, 2, 2, 5.5], dtype=np.float32), (3, 1))
    values[1] = [0, 1, 1, 2, 1, 9, 2, 9.5]
    row = coalition_survey([CoalitionEpisode(scene_arrays(), values, True)]).iloc[0]
    assert row["changes"] == 1


def test_where_nobody_fights_there_is_no_agreement():
    arrays = scene_arrays()
    arrays["targets"] = np.full((3, 5), -1)
    row = coalition_survey([CoalitionEpisode(arrays, np.zeros((3, 8), dtype=np.float32), False)]).iloc[0]
    assert np.isnan(row["agreement"])
    assert not np.isnan(row["coalitions"])

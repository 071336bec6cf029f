"""Coalitions read off learned values: optimal partitions, agreement, figures, bad input."""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from nucleolus_lib.report.battle_coalitions import (
    coalition_maps,
    coalition_rows,
    learned_structures,
    rand_index,
    structure_colors,
    structure_counts,
    target_structures,
)
from nucleolus_lib.report.battle_map import BattleScene, coalition_color
from nucleolus_lib.report.errors import CoalitionPlotError
from nucleolus_lib.report.rescue_animation import RESIDUAL
from nucleolus_lib.report.style import CARD
from tests.report.battle_scenes import scene_arrays


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def best_by_enumeration(values, alive):
    """The largest value of a partition of the living, trying every assignment of agents to groups."""
    best = -np.inf
    for groups in product(range(len(alive)), repeat=len(alive)):
        masks = [sum(1 << agent for agent, g in zip(alive, groups, strict=True) if g == group) for group in set(groups)]
        best = max(best, sum(values[mask] - values[0] for mask in masks))
    return best


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_the_partition_is_optimal_among_the_living(n, seed):
    rng = np.random.default_rng(seed)
    values, living = rng.normal(size=(3, 1 << n)), rng.random((3, n)) < 0.7
    structure = learned_structures(values, living)
    for t in range(3):
        alive = np.flatnonzero(living[t])
        blocks = {int(lowest): np.flatnonzero(structure[t] == lowest) for lowest in structure[t]}
        assert all(block.min() == lowest for lowest, block in blocks.items())
        # The dead are alone.
        assert all(len(blocks[int(structure[t, i])]) == 1 for i in np.flatnonzero(~living[t]))
        if len(alive):
            masks = [sum(1 << int(i) for i in block) for block in blocks.values() if living[t, block[0]]]
            value = sum(values[t, mask] - values[t, 0] for mask in masks)
            assert value == pytest.approx(best_by_enumeration(values[t], alive), abs=1e-9)


def test_pairs_that_are_worth_more_together():
    values = np.array([[0, 1, 1, 5, 1, 2, 2, 5.5], [0, 1, 1, 2, 1, 9, 2, 9.5]])
    everybody = np.ones((2, 3), dtype=bool)
    assert learned_structures(values, everybody).tolist() == [[0, 0, 2], [0, 1, 0]]
    without_two = np.array([[True, True, False], [True, False, True]])
    assert learned_structures(values, without_two).tolist() == [[0, 0, 2], [0, 1, 0]]


def test_a_tolerance_keeps_noise_from_splitting():
    """Apart they are worth 2 % more than together."""
    values, everybody = np.array([[0, 1.0, 1.0, 1.96]]), np.ones((1, 2), dtype=bool)
    assert learned_structures(values, everybody).tolist() == [[0, 1]]
    assert learned_structures(values, everybody, 0.01).tolist() == [[0, 1]]
    assert learned_structures(values, everybody, 0.03).tolist() == [[0, 0]]
    with pytest.raises(CoalitionPlotError, match="tolerance"):
        learned_structures(values, everybody, -0.1)


def test_who_attacks_whom():
    assert target_structures(BattleScene(**scene_arrays())).tolist() == [[0, 1, 2], [0, 0, 2], [0, 1, 2]]


def test_agreement_counts_pairs_of_the_living():
    first, second = np.array([[0, 0, 0, 3]] * 3), np.array([[0, 0, 2, 3]] * 3)
    living = np.array([[True] * 4, [True, True, False, False], [True, False, False, False]])
    found = rand_index(first, second, living)
    assert found[0] == pytest.approx(4 / 6)
    assert found[1] == 1
    assert np.isnan(found[2])
    assert structure_counts(first, living).tolist() == [2, 1, 1]


def test_rows_are_coloured_by_coalition():
    scene = BattleScene(**scene_arrays())
    learned = np.array([[0, 0, 0], [0, 0, 2], [0, 0, 2]])
    figure = coalition_rows(scene, {"learned": learned, "attacks": target_structures(scene)}, marked=(1,))
    top, middle, counts = figure.axes
    together, alone, dead = to_rgb(coalition_color(0)), to_rgb(RESIDUAL), to_rgb(CARD)
    np.testing.assert_allclose(top.images[0].get_array()[:, 1], [together, together, alone])
    np.testing.assert_allclose(top.images[0].get_array()[:, 2], [together, together, dead])
    np.testing.assert_allclose(middle.images[0].get_array()[:, 0], [alone] * 3)
    assert counts.get_lines()[0].get_ydata().tolist() == [1, 2, 1, 1]
    assert counts.get_lines()[1].get_ydata().tolist() == [3, 2, 2, 2]
    assert [label.get_text() for label in top.get_yticklabels()] == ["0 (marine)", "1 (marine)", "2 (stalker)"]


def test_an_agent_left_alone_by_the_dead_is_grey():
    colors = structure_colors(np.array([[0, 0]]), np.array([[True, False]]))
    np.testing.assert_allclose(colors[0], [to_rgb(RESIDUAL), to_rgb(CARD)])


def test_maps_show_the_chosen_steps():
    scene = BattleScene(**scene_arrays())
    figure = coalition_maps(scene, np.array([[0, 0, 0], [0, 0, 2], [0, 0, 2]]), (0, 1, 2))
    assert [(axes.get_title() or axes.get_title(loc="left")) for axes in figure.axes if axes.get_visible()] == [
        "step 0",
        "step 1",
        "step 2",
    ]
    marines = figure.axes[1].collections[1]
    np.testing.assert_allclose(marines.get_facecolor()[:, :3], [to_rgb(coalition_color(0))] * 2)
    stalker = figure.axes[1].collections[2]
    np.testing.assert_allclose(stalker.get_facecolor()[0, :3], to_rgb(RESIDUAL))


def test_bad_input_is_explained():
    scene, fine = BattleScene(**scene_arrays()), np.zeros((3, 3), dtype=int)
    with pytest.raises(CoalitionPlotError, match=r"values \(3, 8\)"):
        learned_structures(np.zeros((3, 4)), np.ones((3, 3), dtype=bool))
    with pytest.raises(CoalitionPlotError, match="1 that are not"):
        learned_structures(np.array([[0, np.nan, 0, 0]]), np.ones((1, 2), dtype=bool))
    with pytest.raises(CoalitionPlotError, match="'learned' is"):
        coalition_rows(scene, {"learned": fine[:2]})
    with pytest.raises(CoalitionPlotError, match=r"steps 0..2; got \[3\]"):
        coalition_maps(scene, fine, (0, 3))
    with pytest.raises(CoalitionPlotError, match="at least one"):
        coalition_maps(scene, fine, ())

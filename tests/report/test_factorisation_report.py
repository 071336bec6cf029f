"""Figures and tables of the chapter on value factorisation."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nucleolus_lib.experiments.config import RunConfig, preset
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.report.errors import SharePlotError, StoredRunError
from nucleolus_lib.report.factorisation_plots import mixing_curves, value_tables
from nucleolus_lib.report.reference_settings import (
    COMMON,
    MIXING,
    common_config,
    config_value,
    differences_table,
    settings_table,
    shown_setting,
)
from nucleolus_lib.report.setting_reasons import KEPT, REASONS, deviations_table, schedule_table


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_tables_show_their_numbers_and_frame_the_greedy_action():
    figure = value_tables({"one": [[1, 2], [3, 4]], "two": np.zeros((2, 2))}, {"one": (1, 0)})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 2
    assert [text.get_text() for text in shown[0].texts] == ["1.0", "2.0", "3.0", "4.0"]
    (frame,) = shown[0].patches
    assert frame.get_x() + frame.get_width() / 2 == pytest.approx(0)  # column
    assert frame.get_y() + frame.get_height() / 2 == pytest.approx(1)  # row
    assert not shown[1].patches
    # one scale for all, unless each is to have its own
    assert {axes.images[0].get_clim() for axes in shown} == {(0.0, 4.0)}
    apart = value_tables({"one": [[1, 2], [3, 4]], "two": [[-0.01, 9.0]]}, one_scale=False)
    assert [axes.images[0].get_clim() for axes in apart.axes] == [(1.0, 4.0), (-0.01, 9.0)]
    assert [text.get_text() for text in apart.axes[1].texts] == ["0.0", "9.0"]  # not -0.0


def test_only_tables_of_two_agents_are_drawn():
    with pytest.raises(SharePlotError, match="cube"):
        value_tables({"cube": np.zeros((2, 2, 2))})
    with pytest.raises(SharePlotError, match="none"):
        value_tables({})


def test_curves_begin_at_zero():
    figure = mixing_curves({"a": ([0, 1, 2], [[5, 6, 9], [1, 0, 3]])})
    lines = figure.axes[0].lines[:2]
    assert [line.get_ydata().tolist() for line in lines] == [[0, 1, 4], [0, -1, 2]]


def test_every_setting_named_is_one_of_a_run():
    config = RunConfig().to_dict()
    for setting in (*COMMON, *MIXING):
        config_value(config, setting.path)
    with pytest.raises(StoredRunError, match="another version"):
        config_value(config, "learner.temperature")


def test_every_setting_of_a_learner_is_in_a_table():
    """So that a new setting cannot be forgotten; the nucleolus's own are in its chapter."""
    named = {setting.path for setting in (*COMMON, *MIXING)}
    fields = {f"learner.{field.name}" for field in dataclasses.fields(LearnerConfig)}
    assert fields - named == {"learner.algorithm", "learner.nucleolus"}


def test_a_run_stands_beside_what_others_set():
    config = dataclasses.replace(RunConfig(), n_worlds=16).to_dict()
    table = settings_table({"here": config}).set_index("setting")
    assert table.loc["episodes per rollout"].tolist() == ["16", "8", "1"]
    assert table.loc["environment steps in between", "here"] == "100,000"
    assert table.loc["optimiser", "here"] == "adam"
    other = dataclasses.replace(RunConfig(), batch_size=64).to_dict()
    assert common_config([config, other]) == ["n_worlds", "batch_size"]
    assert common_config([config, config]) == []
    assert len(differences_table()) > 3


def test_settings_are_written_as_a_reader_expects():
    assert [shown_setting(value) for value in (True, None, 50_000, 128, 5e-4, 1.0, "abs")] == [
        "True",
        "None",
        "50,000",
        "128",
        "0.0005",
        "1",
        "abs",
    ]


@pytest.mark.parametrize("world", ["pp-8v4", "pp-8v4-progress"])
@pytest.mark.parametrize("algorithm", ["vdn", "qmix", "ow_qmix", "shaq", "nucleolus", "oracle_credit"])
def test_every_deviation_of_a_preset_has_a_reason(world, algorithm):
    config = preset(world, algorithm).to_dict()
    read = [*COMMON, *MIXING]
    if algorithm != "shaq":
        # Others do not read SHAQ's own settings, which keep their defaults.
        read = [setting for setting in read if setting.path != "learner.shapley_learning_rate"]
    for settings in (read, COMMON):
        table = deviations_table(config, settings)
        assert list(table) == ["setting", "here", "PyMARL2", "authors", "why"]
        assert (table["why"].str.len() > 3).all()


def test_a_deviation_without_a_reason_is_refused():
    config = preset("pp-8v4", "vdn", **{"learner.gradient_clip": 5.0}).to_dict()
    with pytest.raises(StoredRunError, match=r"gradient_clip is 5 here and 10 in PyMARL2.*REASONS"):
        deviations_table(config)


def test_every_reason_is_for_a_setting_that_is_shown():
    paths = {setting.path for setting in (*COMMON, *MIXING)}
    assert set(REASONS) | set(KEPT) <= paths
    assert not set(REASONS) & set(KEPT)


def test_schedules_on_one_clock():
    """PyMARL2 makes 375 gradient steps in 300,000 steps of episodes of 100; target copies are 200 episodes apart."""
    table = schedule_table(preset("pp-8v4", "vdn").to_dict(), 100, 300_000).set_index("what")
    assert table.loc["gradient steps"].tolist() == [1500, 375, 3000]
    assert table.loc["gradient steps per 1,000 environment steps"].tolist() == [5, 1.25, 10]
    assert table.loc["times that an episode is learned from"].tolist() == [4, 16, 32]
    assert table.loc["target copies"].tolist() == [15, 15, 15]
    assert table.loc["share of the run in which exploration falls"].tolist() == pytest.approx([1 / 6, 1 / 3, 1 / 6])

"""Hunts that were followed: tables, figure, scene and sentences, from made-up ones."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.experiments.hunt_files import write_hunts
from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.hunt_courses import (
    Hunts,
    caught_scene,
    course_figure,
    first_missed,
    hunt_table,
    missed_scene,
    stored_hunts,
)
from nucleolus_lib.report.hunt_sentences import change_sentence, if_caught_sentence, steering_sentence
from nucleolus_lib.report.predator_prey_animation import predator_prey_animation
from tests.report.hunt_fixture import made_up_hunts


def all_hunts():
    return {
        "vdn": Hunts((made_up_hunts(0.2, 0.6, 0.0, 30, n=40), made_up_hunts(0.4, 0.6, 0.0, 10, n=40))),
        "shaq": Hunts((made_up_hunts(0.0, 0.0, -0.5, 20),)),
        "chase_nearest": Hunts((made_up_hunts(0.9, 0.1, 0.9, 10, missed=False),), is_script=True),
    }


def test_seeds_are_pooled():
    vdn = all_hunts()["vdn"]
    assert len(vdn.caught) == 80
    assert vdn.mean("toward_nearest", until=5) == pytest.approx(0.3, abs=1e-6)
    assert vdn.course("toward_nearest")[0] == pytest.approx(0.3, abs=1e-6)
    # After turn 30 only hunts without a capture go on, 40 of them; a course needs as many as it is told.
    assert vdn.course("gap")[-1] == pytest.approx(0.3 + 195 / 200, abs=1e-6)
    assert np.isnan(vdn.course("gap", least=41)[-1])
    assert np.isnan(vdn.mean("gap", since=300))


def test_share_without_a_capture_falls_at_the_captures():
    share = all_hunts()["vdn"].share_without_capture()
    assert len(share) == 201
    assert share[[0, 9, 10, 29, 30, 200]].tolist() == [1.0, 1.0, 0.75, 0.75, 0.5, 0.5]


def test_table():
    table = hunt_table(all_hunts()).set_index("method")
    assert list(table.index) == ["VDN", "SHAQ", "chase nearest"]
    vdn = table.loc["VDN"]
    assert (vdn["hunts"], vdn["caught"], vdn["turns"], vdn["turns if caught"]) == (80, 0.5, 110.0, 20.0)
    assert vdn["to the middle, at the start"] == pytest.approx(0.6)
    assert table.loc["SHAQ", "to the nearest, later"] == pytest.approx(-0.5)


def test_files_are_found_by_method_and_script(tmp_path):
    place = tmp_path / "pp" / "pp-8v4-paper"
    for name, stem in (("vdn", "seed1"), ("vdn", "seed0"), ("nucleolus", "seed0"), ("scripted", "random")):
        write_hunts(place / name / f"{stem}.hunts.npz", made_up_hunts(0.1, 0.2, 0.0, 30))
    found = stored_hunts("pp-8v4-paper", folder=tmp_path)
    assert [(name, len(hunts.files), hunts.is_script) for name, hunts in found.items()] == [
        ("vdn", 2, False),
        ("nucleolus", 1, False),
        ("random", 1, True),
    ]
    with pytest.raises(StoredRunError, match=r"no hunts are stored for 'pp-8v4'.*hunt_episodes"):
        stored_hunts("pp-8v4", folder=tmp_path)


def test_figure_draws_every_method_in_every_panel():
    figure = course_figure(all_hunts(), 0.125)
    assert [len(axes.lines) for axes in figure.axes] == [3, 4, 3, 3]  # and the capture distance
    share = figure.axes[0].lines[0]
    assert share.get_ydata()[200] == 0.5
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["VDN", "SHAQ", "chase nearest"]
    plt.close(figure)


def test_the_scene_of_a_hunt_without_a_capture_is_drawn():
    hunts = all_hunts()
    assert first_missed(hunts) == "vdn"
    scene = missed_scene(hunts["vdn"], steps=7)
    assert scene["predator_places"].shape == (8, 2, 2)
    animation = predator_prey_animation(**scene)
    assert len(list(animation.new_frame_seq())) == 8
    animation._draw_was_started = True
    assert caught_scene(hunts["shaq"], steps=9)["structure"].shape == (9, 2)
    nothing = dataclasses.replace(hunts["vdn"].files[0], caught={})
    with pytest.raises(StoredRunError, match="none of these hunts"):
        caught_scene(Hunts((nothing,)))
    with pytest.raises(StoredRunError, match="all of these hunts ended with a capture"):
        missed_scene(hunts["chase_nearest"])
    with pytest.raises(StoredRunError, match="trained method"):
        first_missed({"chase_nearest": hunts["chase_nearest"]})


def test_steering_in_words():
    hunts = all_hunts()
    words = steering_sentence(hunts)
    assert "In the first 5 turns VDN steers to the middle of the prey (mean cosine 0.60) more than" in words
    assert "After 50 turns VDN no longer steers to the nearest prey at all (mean cosine 0.00)" in words
    assert "After 50 turns SHAQ steers away from the prey (mean cosine -0.50)." in words
    assert "SHAQ steers to" not in words
    assert "chases the nearest prey has a mean cosine of 0.90" in words
    learned = {"qmix": Hunts((made_up_hunts(0.8, 0.3, 0.8, 10),))}
    assert steering_sentence(learned) == (
        "In the first 5 turns QMIX steers to the nearest prey (mean cosine 0.80) more than to the middle (mean cosine "
        "0.30). After 50 turns QMIX still steers to the nearest prey (mean cosine 0.80)."
    )
    undecided = {"qmix": Hunts((made_up_hunts(0.5, 0.45, 0.2, 10),)), "vdn": Hunts((made_up_hunts(0.6, 0.6, 0.3, 10),))}
    assert steering_sentence(undecided) == (
        "In the first 5 turns QMIX and VDN steer to the nearest prey (mean cosines 0.50 to 0.60) and to the middle "
        "(mean cosines 0.45 to 0.60) about alike. After 50 turns QMIX and VDN still steer to the nearest prey "
        "(mean cosines 0.20 to 0.30)."
    )


def test_captures_in_words():
    assert if_caught_sentence(all_hunts()).endswith("so many turns: VDN 20 (of 50%) and SHAQ 20 (of 50%).")
    script = {"chase_nearest": all_hunts()["chase_nearest"]}
    assert if_caught_sentence(script) == "No stored hunt of a trained method ended with a capture."


def test_changes_in_words():
    rows = [("nothing", 110, 100, 120), ("one prey", 40, 40, 40), ("no landmarks", 95, 95, 95), ("far", 180, 170, 190)]
    table = pd.DataFrame(rows, columns=["changed", "turns", "best", "worst"])
    assert change_sentence(table) == (
        "Without a change the seeds need 100 to 120 turns. Far fewer: one prey (40). About as many: no landmarks (95). "
        "Far more: far (180)."
    )
    assert change_sentence(table.iloc[:1]) == "Nothing was trained with a changed rule."
    assert change_sentence(table.iloc[1:]) == "Nothing was trained with a changed rule."

"""Chapter 10 on made-up runs: it must go on working, and stay true, when seeds are added and runs made longer."""

import csv
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.hunt_files import write_hunts
from nucleolus_lib.report import artifacts, hunt_courses, predator_prey_results, run_suite
from tests.report.hunt_fixture import made_up_hunts
from tests.report.run_fixture import LEVELS, made_up_run, made_up_script

NOTEBOOK = Path(__file__).resolve().parents[2] / "book" / "10_predator_prey_results.ipynb"
PLANES, GRIDS = ("pp-8v4-paper", "pp-8v4-progress"), ("pp-grid", "pp-grid,penalty=-2")
SUITES = """
[pp]
worlds = ["pp-8v4-paper", "pp-8v4-progress"]
algorithms = ["vdn", "qmix", "ow_qmix", "shaq", "nucleolus", "oracle_credit"]
seeds = [0, 1, 2]
total_steps = 300_000
"""

pytestmark = pytest.mark.skipif(not NOTEBOOK.exists(), reason="the chapter is not written yet")


def execute(folder, monkeypatch):
    """Run the notebook's code cells with ``folder`` as the repository; give the published numbers and names."""
    for module in (run_suite, predator_prey_results, hunt_courses):
        monkeypatch.setattr(module, "repository_root", lambda: folder)
    monkeypatch.setattr(artifacts, "repository_root", lambda: folder)
    monkeypatch.setattr(artifacts, "build_folder", lambda: folder / "build")
    variables = {"n_resamples": 50}
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).replace("n_resamples = 2000", "n_resamples = 50")
            exec(compile(source, cell["id"], "exec"), variables)
    plt.close("all")
    published = folder / "build" / "artifacts" / NOTEBOOK.stem
    with (published / "numbers.csv").open(encoding="utf-8") as stream:
        numbers = {row["name"]: row["value"] for row in csv.DictReader(stream)}
    return numbers, published


def store(folder, seeds, n_evaluations, levels, worlds=PLANES + GRIDS):
    (folder / "data" / "runs").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "runs" / "suites.toml").write_text(SUITES, encoding="utf-8")
    tuning = made_up_run("pp-8v4-progress", "vdn", 100)
    for suite in ("pp-tuning", "pp-settings"):
        runs.write(tuning, runs.run_stem(folder / "data" / "runs" / suite, tuning.world, "vdn_lr", 100))
    place = folder / "data" / "runs"
    write_hunts(place / "pp" / "pp-8v4-paper" / "vdn" / "seed0.hunts.npz", made_up_hunts(0.2, 0.6, 0.0, 30))
    changed = made_up_run("pp-8v4-paper,wall=1.0", "vdn", 0)
    runs.write(changed, runs.run_stem(place / "pp-changes", changed.world, "vdn", 0))
    near = made_up_run("pp-8v4-paper,prey_order=nearest", "vdn", 0, level=3.0)
    runs.write(near, runs.run_stem(place / "pp-nearest", near.world, "vdn", 0))
    for policy, captures in {"random": 0.5, "chase_nearest": 4.0}.items():
        script = made_up_script(near.world, policy, captures)
        runs.write(script, runs.scripted_stem(place / "pp-nearest", near.world, policy))
    write_hunts(place / "pp-nearest" / near.world / "vdn" / "seed0.hunts.npz", made_up_hunts(0.8, 0.3, 0.8, 10))
    learned = place / "pp-nearest" / "pp-8v4-progress,prey_order=nearest" / "nucleolus"
    write_hunts(learned / "seed0.hunts.npz", made_up_hunts(0.8, 0.3, 0.8, 10))
    for world in worlds:
        suite = folder / "data" / "runs" / ("pp" if world in PLANES else "pp-grid")
        for name in levels:
            for seed in seeds:
                run = made_up_run(world, name, seed, n_evaluations, level=levels[name])
                runs.write(run, runs.run_stem(suite, world, name, seed))
        for policy, captures in {"random": 0.5, "chase_nearest": 4.0, "pairs": 3.5}.items():
            runs.write(made_up_script(world, policy, captures), runs.scripted_stem(suite, world, policy))


def text_of(published, table):
    return (published / f"{table}.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_chapter_follows_its_runs(tmp_path, monkeypatch):
    store(tmp_path, (0, 1, 2), 30, LEVELS)
    numbers, published = execute(tmp_path, monkeypatch)
    assert (numbers["seeds"], numbers["length"]) == ("3", "300k")
    assert numbers["plan"] == "All planned runs are stored."
    assert numbers["pooled_runs"] == "72"
    assert "is the range from the lowest to the highest run" in numbers["few_seeds"]
    assert "not within" in numbers["turns"]
    assert "From best to worst: nucleolus 38, QMIX 58, OW-QMIX 68, VDN 78, SHAQ 88." in text_of(published, "told")
    assert "No method reaches the best script" in text_of(published, "told")
    assert "VDN steers to the middle of the prey (mean cosine 0.60)" in numbers["steering"]
    assert "VDN steers to the nearest prey (mean cosine 0.80)" in numbers["near_steering"]
    assert "Far fewer: the nearest prey is seen first (65). About as many: walls" in numbers["changes_words"]
    assert "From best to worst: VDN 40." in text_of(published, "near_told")
    assert "pp-8v4-paper,VDN,300000," in text_of(published, "orders")
    assert "Gap closed: QMIX 0.33" in text_of(published, "gap_words")

    # five seeds of 1M steps, in which VDN is best and QMIX ends at 25 turns
    other = LEVELS | {"vdn": 4.5, "qmix": 3.55}
    store(tmp_path, range(5), 100, other)
    numbers, published = execute(tmp_path, monkeypatch)
    assert (numbers["seeds"], numbers["length"]) == ("5", "1M")
    assert "24 of 120 are not complete" in numbers["equal_length"]
    assert "lies within the range" in numbers["few_seeds"]
    assert "within 5 of 25" in numbers["turns"]
    assert "From best to worst: VDN" in text_of(published, "told")
    assert "VDN reaches the best script" in text_of(published, "told")
    assert "no gap to close" in text_of(published, "gap_words")


@pytest.mark.slow
def test_the_chapter_says_what_is_missing(tmp_path, monkeypatch):
    """One world, without the nucleolus and oracle credit: nothing is claimed of what was not run."""
    levels = {name: LEVELS[name] for name in ("vdn", "qmix", "shaq")}
    store(tmp_path, (0, 1), 10, levels, ["pp-8v4-progress"])
    numbers, published = execute(tmp_path, monkeypatch)
    assert numbers["pooled"] == "pp-8v4-progress"
    assert "pp-8v4-paper has 0 of 18 and pp-8v4-progress has 6 of 18" in numbers["plan"]
    assert "not run" in numbers["turns"]
    assert "not known" in text_of(published, "gap_words")
    assert "cannot be told" in text_of(published, "claims")
    assert "nucleolus" not in text_of(published, "told")

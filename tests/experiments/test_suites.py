"""Suites of runs from a TOML file."""

from pathlib import Path

import pytest

from nucleolus_lib.experiments.errors import SuiteError
from nucleolus_lib.experiments.suites import SUITES_FILE, Suite, job_text, read_suite, read_suites
from nucleolus_lib.experiments.sweep import configs_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = """
[one]
worlds = ["climbing", "split-the-task,dial=0.3"]
algorithms = ["vdn", "pull"]
seeds = [0, 1]
total_steps = 100
[one.settings]
batch_size = 16
"learner.td_lambda" = 0.5
[one.variants.pull]
algorithm = "nucleolus"
settings = { "learner.nucleolus.credit" = "pull" }
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "suites.toml"
    path.write_text(TEXT)
    return path


def test_a_suite_has_one_run_per_world_algorithm_and_seed(path):
    configs = configs_of(read_suite("one", path), device="cpu")
    places = [(config.seed, config.world, config.name) for config in configs]
    assert len(set(places)) == 8
    assert places == sorted(places, key=lambda place: place[0])
    assert all(config.batch_size == 16 and config.learner.td_lambda == 0.5 for config in configs)
    pulled = [config for config in configs if config.name == "pull"]
    assert {(config.algorithm, config.learner.nucleolus.credit) for config in pulled} == {("nucleolus", "pull")}
    assert {config.env_options.get("dial") for config in configs} == {None, 0.3}


def test_parts_can_be_replaced(path):
    suite = read_suite("one", path).only(algorithms=["qmix"], seeds=[7], total_steps=50)
    assert (suite.algorithms, suite.seeds, suite.total_steps, suite.variants) == (("qmix",), (7,), 50, {})


def test_a_change_of_a_suite_changes_the_text_of_its_jobs(path):
    before = job_text(read_suites(path), "one", "pull")
    path.write_text(TEXT.replace('"pull" }', '"shares" }'))
    assert job_text(read_suites(path), "one", "pull") != before
    assert job_text(read_suites(path), "two", "vdn") == ""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds = [0, 1]", "", "lacks seeds"),
        ("seeds = [0, 1]", "seeds = []", "needs seeds"),
        ("total_steps", "total_step", "Did you mean 'total_steps'"),
        ('"pull"]', '"vdn2"]', "describes the variants"),
        ('algorithm = "nucleolus"', "", "it has algorithm and settings"),
        ("[one]", "[one", "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(path, old, new, words):
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(SuiteError, match=words):
        read_suite("one", path)


def test_an_unknown_suite_suggests_the_nearest(path):
    with pytest.raises(SuiteError, match="Did you mean 'one'"):
        read_suite("on", path)


def test_the_suites_of_this_project_can_be_made():
    suites = read_suites(ROOT / SUITES_FILE)
    assert {"pp", "battle", "tiny"} <= set(suites)
    for suite in suites.values():
        assert isinstance(suite, Suite)
        assert configs_of(suite)

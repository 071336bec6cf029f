"""Settings: what is accepted, what is refused with which words, and the way to a file and back."""

import ast
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from nucleolus_lib.experiments import config as config_module
from nucleolus_lib.experiments.checkpoint import different_settings
from nucleolus_lib.experiments.config import RunConfig, preset, with_settings
from nucleolus_lib.experiments.errors import RunConfigError, UnknownWorldError
from nucleolus_lib.experiments.presets import LEARNERS, LEARNERS_BY_WORLD, RUNS
from nucleolus_lib.experiments.progress import schedule_text
from nucleolus_lib.experiments.worlds import WORLDS, make_world, parse_world, sizes_of, world_text
from nucleolus_lib.learners.errors import ConfigError, UnknownAlgorithmError
from nucleolus_lib.learners.learner_config import AlgorithmName


@pytest.mark.parametrize(("env", "algorithm"), [*product(["pp-8v4", "2s3z"], get_args(AlgorithmName))])
def test_a_preset_comes_back_from_json_unchanged(env, algorithm):
    config = preset(env, algorithm, seed=3)
    assert RunConfig.from_json(config.to_json()) == config
    assert (config.env, config.algorithm, config.seed) == (env, algorithm, 3)


def test_presets_are_for_worlds_and_algorithms_that_exist():
    assert set(RUNS) <= set(WORLDS)
    assert set(LEARNERS_BY_WORLD) <= set(WORLDS)
    assert set(LEARNERS) == set(get_args(AlgorithmName))


def test_options_that_are_tuples_equal_those_read_from_a_file():
    config = RunConfig(env="fire-rescue", env_options={"layout": ("1.", ".S")})
    assert RunConfig.from_json(config.to_json()) == config


def test_every_field_says_what_it_is():
    tree = ast.parse(Path(config_module.__file__).read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "RunConfig").body
    for place, node in enumerate(body):
        if isinstance(node, ast.AnnAssign):
            after = body[place + 1]
            assert isinstance(after, ast.Expr), f"{ast.unparse(node.target)} has no text below it"
            assert isinstance(after.value, ast.Constant)


def test_settings_reach_every_part():
    changed = with_settings(
        preset("pp-8v4", "nucleolus"),
        {"batch_size": 7, "learner.td_lambda": 0.25, "learner.nucleolus.credit": "pull", "env_options.prey": "random"},
    )
    assert changed.batch_size == 7
    assert changed.learner.td_lambda == 0.25
    assert changed.learner.nucleolus.credit == "pull"
    assert changed.env_options == {"prey": "random"}
    assert changed.world == "pp-8v4,prey=random"


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"batchsize": 8}, RunConfigError, "Did you mean 'batch_size'"),
        ({"learner.tdlambda": 8}, RunConfigError, "Did you mean 'td_lambda'"),
        ({"lerner.td_lambda": 8}, RunConfigError, "no part 'lerner'"),
        ({"batch_size": 64, "buffer_size": 32}, RunConfigError, "raise buffer_size or lower batch_size"),
        ({"n_worlds": 64, "buffer_size": 32, "batch_size": 8}, RunConfigError, "raise buffer_size or lower n_worlds"),
        ({"exploration_start": 1.5}, RunConfigError, "exploration_start must lie between 0.0 and 1.0; got 1.5"),
        ({"total_steps": 0}, RunConfigError, "total_steps must lie between 1"),
        ({"label": "a/b"}, RunConfigError, "file name"),
        ({"learner.td_lambda": 2}, ConfigError, "td_lambda must lie between"),
        ({"env": "pp8v4"}, UnknownWorldError, "Did you mean 'pp-8v4'"),
    ],
)
def test_what_is_wrong_is_said(settings, kind, words):
    with pytest.raises(kind, match=words):
        with_settings(preset("pp-8v4", "vdn"), settings)


def test_an_unknown_world_or_algorithm_suggests_the_nearest():
    with pytest.raises(UnknownWorldError, match="Did you mean '5m_vs_6m'"):
        preset("5m-vs-6m", "vdn")
    with pytest.raises(UnknownAlgorithmError, match="Did you mean 'ow_qmix'"):
        preset("pp-8v4", "owqmix")


@pytest.mark.parametrize("text", ["pp-8v4", "pp-grid,n_prey=4,penalty=-2", "2s3z,rules=smaclite"])
def test_worlds_as_text(text):
    assert world_text(*parse_world(text)) == text


@pytest.mark.parametrize(
    ("text", "words"), [("pp-grid,penalty", "written WORLD,name=value"), ("ppgrid", "Did you mean 'pp-grid'")]
)
def test_worlds_as_wrong_text(text, words):
    with pytest.raises(UnknownWorldError, match=words):
        parse_world(text)


def test_an_option_that_a_world_does_not_have_is_named():
    with pytest.raises(UnknownWorldError, match="penalti"):
        make_world("pp-grid", penalti=-2)


@pytest.mark.parametrize("name", ["pp-8v4", "pp-8v4-paper", "pp-grid", "fire-rescue", "split-the-task", "climbing"])
def test_sizes_are_those_of_the_world(name):
    world = make_world(name)
    sizes, spec = sizes_of(world.spec), world.spec
    assert (sizes.n_agents, sizes.n_actions, sizes.horizon) == (spec.n_agents, spec.n_actions, spec.horizon)
    assert sizes.forms_coalition == tuple(subtask.forms_coalition for subtask in spec.subtasks)


def test_the_schedule_is_told_on_both_clocks():
    config = preset("pp-8v4", "vdn", n_worlds=8, updates_per_rollout=4, total_steps=8000, exploration_anneal_steps=4000)
    text = schedule_text(config, horizon=100)
    assert "8,000 environment steps, about 40 gradient steps" in text
    assert "over 4,000 environment steps (20 gradient steps)" in text


def test_settings_that_an_algorithm_does_not_read_do_not_count() -> None:
    def settings(algorithm: str, ceiling: float) -> dict[str, Any]:
        return preset("climbing", algorithm, **{"learner.nucleolus.largest_multiplier": ceiling}).to_dict()

    assert different_settings(settings("vdn", 0.01), settings("vdn", 1.0)) == ""
    assert "largest_multiplier" in different_settings(settings("nucleolus", 0.01), settings("nucleolus", 1.0))
    assert "algorithm" in different_settings(settings("vdn", 0.01), settings("nucleolus", 0.01))

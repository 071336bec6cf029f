"""Following hunts on the plane: what is measured, what is on file, bad input."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch

from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_rules import pp_8v4, pp_8v4_paper
from nucleolus_lib.envs.protocol import reset
from nucleolus_lib.experiments.errors import CheckpointError, RunConfigError, RunFileError
from nucleolus_lib.experiments.greedy_policy import GreedyPolicy
from nucleolus_lib.experiments.hunt_episodes import best_hunt, closeness, follow_hunts, main, record_learned_hunts
from nucleolus_lib.experiments.hunt_files import SCHEMA_VERSION, HuntCourses, read_hunts, write_hunts
from nucleolus_lib.experiments.rollout import make_rollout
from nucleolus_lib.experiments.scripted import scripted_policies
from nucleolus_lib.experiments.train import train
from nucleolus_lib.experiments.worlds import sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from tests.experiments.tiny import tiny

SHORT = dataclasses.replace(pp_8v4_paper(), horizon=12)
LEFT, RIGHT, UP, NONE = 1, 2, 4, 0


def placed(world, predators, prey, alive=None):
    """A state with bodies at these places."""
    state = reset(world, 1, torch.Generator().manual_seed(0))
    position = torch.tensor([predators + prey], dtype=state.position.dtype)
    free = state.alive if alive is None else torch.tensor([alive])
    return dataclasses.replace(state, position=position, alive=free)


@pytest.fixture(scope="module")
def small():
    """Three predators and two prey, without obstacles."""
    return PredatorPrey(dataclasses.replace(pp_8v4(), n_predators=3, n_prey=2))


def test_closeness_of_a_state_placed_by_hand(small):
    """Prey at (0, 0) and (1, 0); predators at (0, .3), (0, .4) and (1, .2). The middle is (.5, 0)."""
    state = placed(small, [[0.0, 0.3], [0.0, 0.4], [1.0, 0.2]], [[0.0, 0.0], [1.0, 0.0]])
    found = closeness(small, state, torch.tensor([[RIGHT, UP, NONE]]))
    assert float(found.gap) == pytest.approx(0.4)  # the second nearest to the first prey
    assert float(found.nearest_distance) == pytest.approx((0.3 + 0.4 + 0.2) / 3)
    far = [math.hypot(0.5, y) for y in (0.3, 0.4, 0.2)]
    assert float(found.middle_distance) == pytest.approx(sum(far) / 3)
    assert float(found.spread) == pytest.approx(0.5)
    # Right is at a right angle to the nearest prey, up is away from it, no acceleration counts 0.
    assert float(found.toward_nearest) == pytest.approx(-1 / 3)
    assert float(found.toward_middle) == pytest.approx((0.5 / far[0] - 0.4 / far[1]) / 3)


def test_caught_prey_do_not_count(small):
    state = placed(small, [[0.0, 0.3], [0.0, 0.4], [1.0, 0.2]], [[0.0, 0.0], [1.0, 0.0]], alive=[False, True])
    found = closeness(small, state, torch.tensor([[RIGHT, RIGHT, RIGHT]]))
    assert float(found.gap) == pytest.approx(math.hypot(1.0, 0.3))
    assert float(found.spread) == 0
    assert float(found.toward_nearest) == pytest.approx((1 / math.hypot(1, 0.3) + 1 / math.hypot(1, 0.4)) / 3)
    assert float(found.toward_middle) == pytest.approx(float(found.toward_nearest))


def test_the_outcomes_are_those_of_the_world():
    """Chasers catch: the gap of a hunt falls below the capture distance exactly if something is caught."""
    world = PredatorPrey(dataclasses.replace(pp_8v4_paper(), horizon=15))
    hunts = follow_hunts(world, scripted_policies(world)["chase_nearest"], 64, 3, stride=1)
    courses, missed = hunts.courses, hunts.missed
    assert 0 < courses.caught.sum() < 64
    assert courses.horizon == 15
    assert np.all(courses.turns[~courses.caught] == 15)
    for e in range(64):
        played = courses.turns[e]
        assert np.isnan(courses.gap[e, played:]).all()
        assert not np.isnan(courses.gap[e, :played]).any()
        assert courses.least_gap[e] == pytest.approx(np.nanmin(courses.gap[e]))
    assert np.nanmean(courses.toward_nearest) > 0.8
    first = int(np.argmin(courses.caught))
    assert missed["predator_places"].shape == (16, 8, 2)
    ordered = np.linalg.norm(missed["predator_places"][:15, :, None] - missed["prey_places"][:15, None], axis=-1)
    np.testing.assert_allclose(np.sort(ordered, 1)[:, 1].min(-1), courses.gap[first], rtol=1e-5)
    # The first capture ends the hunt.
    assert len(hunts.caught["participants"]) in courses.turns[courses.caught]
    assert hunts.caught["participants"][:-1].sum(-1).max() < 2
    assert hunts.caught["participants"][-1].sum(-1).max() >= 2


def test_the_hunt_with_the_most_captures_is_kept():
    world = PredatorPrey(dataclasses.replace(pp_8v4(), horizon=40))
    hunts = follow_hunts(world, scripted_policies(world)["pairs"], 32, 3)
    free = hunts.caught["prey_there"]
    # Within 40 steps pairs catch all four in some of 32 hunts, which end then; the shortest is kept.
    longer = follow_hunts(PredatorPrey(pp_8v4()), scripted_policies(PredatorPrey(pp_8v4()))["pairs"], 32, 3)
    assert len(longer.caught["prey_there"]) == len(free)
    assert free[0].all()
    assert free[-2].any()
    assert not free[-1].any()
    assert len(free) < 41
    assert hunts.missed == {}


def test_more_captures_count_before_fewer_steps():
    captures, length = torch.tensor([1.0, 4.0, 4.0, 2.0, 4.0]), torch.tensor([5.0, 30.0, 20.0, 9.0, 20.0])
    assert best_hunt(captures, length) == 2


def test_random_predators_steer_nowhere():
    world = PredatorPrey(SHORT)
    courses = follow_hunts(world, scripted_policies(world)["random"], 128, 3).courses
    assert abs(np.nanmean(courses.toward_nearest)) < 0.05
    assert courses.times.tolist() == [0, 5, 10]


def test_a_greedy_policy_plays_what_a_greedy_rollout_plays():
    """The same chance: a rollout draws its steps at once, and exploration draws beside those of the world."""
    world = PredatorPrey(dataclasses.replace(SHORT, prey="flee"))
    learner = Learner(LearnerConfig(algorithm="qmix"), sizes_of(world.spec), torch.device("cpu"), 4)
    batch, _ = make_rollout(world, learner, 6).play(0.0, torch.Generator().manual_seed(8))
    policy, state = GreedyPolicy(world, learner), reset(world, 6, torch.Generator().manual_seed(8))
    for t in range(12):
        actions = policy(state, torch.Generator())
        going = batch.filled[:, t].bool()
        assert torch.equal(actions[going], batch.action[:, t][going])
        # Prey that flee take no chance.
        state = world.transition(state, actions, torch.zeros(6, world.spec.n_step_draws)).state
    assert batch.filled.all(0).sum() > 5


def test_what_is_written_is_read(tmp_path):
    world = PredatorPrey(SHORT)
    hunts = follow_hunts(world, scripted_policies(world)["chase_nearest"], 8, 1)
    assert hunts.missed
    assert hunts.caught
    path = tmp_path / "seed0.hunts.npz"
    write_hunts(path, dataclasses.replace(hunts, record={"world": "w"}))
    found = read_hunts(path)
    assert found.record == {"world": "w", "schema_version": SCHEMA_VERSION}
    for part in dataclasses.fields(HuntCourses):
        old, new = getattr(hunts.courses, part.name), getattr(found.courses, part.name)
        if np.ndim(old) == 2:
            np.testing.assert_allclose(new, old, rtol=1e-3, atol=1e-3)
            assert new.dtype == np.float32
        else:
            np.testing.assert_array_equal(new, old)
    for scene in ("missed", "caught"):
        old, new = getattr(hunts, scene), getattr(found, scene)
        assert new.keys() == {name for name, array in old.items() if array is not None}
        np.testing.assert_array_equal(new["prey_places"], old["prey_places"])


def test_files_that_cannot_be_read_are_explained(tmp_path):
    with pytest.raises(RunFileError, match="missing or damaged"):
        read_hunts(tmp_path / "none.npz")
    path = tmp_path / "old.npz"
    np.savez(path, record=np.array(json.dumps({"schema_version": 99})))
    with pytest.raises(RunFileError, match=r"schema version 99.*hunt_episodes"):
        read_hunts(path)


def test_other_worlds_are_refused():
    world = FireRescue()
    with pytest.raises(RunConfigError, match="predator-prey on the plane; got FireRescue"):
        follow_hunts(world, scripted_policies(world)["random"], 2, 0)


def test_the_command_line_plays_a_script(tmp_path, capsys):
    main(["--script", "chase_nearest", "--world", "pp-8v4-paper,horizon=5", "--episodes", "4", "--out", str(tmp_path)])
    path = tmp_path / "pp-8v4-paper,horizon=5" / "scripted" / "chase_nearest.hunts.npz"
    assert capsys.readouterr().out.strip() == str(path)
    found = read_hunts(path)
    assert found.record["name"] == "chase_nearest"
    assert found.courses.caught.shape == (4,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give checkpoints, or a scripted policy"),
        (["--script", "chase_nearst"], "chase_nearest"),
        (["/no/checkpoint.pt"], "there is no checkpoint"),
        (["--script", "random", "--world", "split-the-task"], "predator-prey on the plane"),
    ],
)
def test_bad_commands_say_what_to_do(arguments, message, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--out", str(tmp_path)])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_the_hunts_of_a_checkpoint_lie_beside_its_run(tmp_path):
    config = tiny("pp-8v4-paper", env_options={"horizon": 6}, total_steps=60)
    trained = train(config, tmp_path / "runs", checkpoints=tmp_path / "checkpoints")
    checkpoint = next((tmp_path / "checkpoints").rglob("*.pt"))
    path = record_learned_hunts(checkpoint, tmp_path / "runs", 4, 0)
    assert path.with_name("seed0.json").exists()
    found = read_hunts(path)
    assert found.record["env_steps"] == trained.env_steps >= 60
    assert found.record["world"] == trained.world == "pp-8v4-paper,horizon=6"
    again = follow_hunts(
        PredatorPrey(dataclasses.replace(SHORT, horizon=6)),
        GreedyPolicy(PredatorPrey(dataclasses.replace(SHORT, horizon=6)), trained.learner),
        4,
        0,
    ).courses
    np.testing.assert_allclose(found.courses.gap, again.gap, rtol=1e-3)


def test_a_missing_checkpoint_is_an_error_of_its_own(tmp_path):
    with pytest.raises(CheckpointError):
        record_learned_hunts(tmp_path / "none.pt", tmp_path, 4, 0)

"""The step of a rollout that a GPU captures, in every family of worlds, on a GPU that is not there."""

import pytest
import torch

from nucleolus_lib.experiments.captured_rollout import CapturedRollout
from nucleolus_lib.experiments.evaluate import evaluate, outcome_names
from nucleolus_lib.experiments.rollout import make_rollout
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from tests.experiments.fake_cuda import FakeCudaError, fake_cuda

WORLDS = {
    "pp-8v4": {"prey": "mix", "lone_contact_penalty": -1.0},
    "pp-8v4-progress": {"prey_order": "nearest"},
    "pp-8v4-paper": {},
    "pp-grid": {"penalty": -2},
    "3m": {},
    "2s3z": {},
    "3s_vs_5z": {"shuffle_enemy_ids": True},
    "fire-rescue": {"slip": 0.1},
    "split-the-task": {},
    "climbing": {},
    # beams, and walls to walk around
    "2c_vs_64zg": {},
    "corridor": {},
}
SLOW = ("2c_vs_64zg", "corridor")
B = 3


def made(name, gpu, **settings):
    world = make_world(name, gpu.device, **WORLDS[name])
    return world, Learner(LearnerConfig(hidden_size=8, **settings), sizes_of(world.spec), gpu.device)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in WORLDS]
)
def test_a_step_can_be_captured(monkeypatch, name):
    with fake_cuda(monkeypatch) as gpu:
        world, learner = made(name, gpu)
        player = make_rollout(world, learner, B, store_subtasks=True)
        assert isinstance(player, CapturedRollout)
        for rate in (torch.tensor(0.5, device=gpu.device), 0.0):
            batch, final = player.play(rate, torch.Generator(gpu.device))
        (graph,) = gpu.graphs
        assert graph.replays == 2 * world.spec.horizon
        assert graph.operations > 50
        assert {tensor.device for tensor in (*batch.tensors().values(), *vars(final).values())} == {gpu.device}


@pytest.mark.parametrize("name", ["pp-8v4", "pp-grid", "3m", "climbing"])
def test_an_evaluation_reads_nothing_before_its_summary(monkeypatch, name):
    with fake_cuda(monkeypatch) as gpu:
        world, learner = made(name, gpu, agent="feed_forward")
        found = evaluate(world, learner, B, torch.Generator(gpu.device))
        assert (tuple(found.shape), found.device) == ((B, len(outcome_names(world))), gpu.device)


def test_it_is_captured_on_the_device_of_the_world(monkeypatch):
    with fake_cuda(monkeypatch, index=1) as gpu:
        world, learner = made("climbing", gpu)
        make_rollout(world, learner, B).play(0.5, torch.Generator(gpu.device))
        assert gpu.graphs[0].stream.device == torch.device("cuda", 1)


@pytest.mark.parametrize("break_it", [lambda x: x + torch.ones(1), lambda x: x[[0, 1, 2]], lambda x: x.cpu()])
def test_a_world_that_needs_the_host_is_found_out(monkeypatch, break_it):
    with fake_cuda(monkeypatch) as gpu:
        world, learner = made("climbing", gpu)
        whole = world.global_state
        monkeypatch.setattr(world, "global_state", lambda state: break_it(whole(state)))
        with pytest.raises((FakeCudaError, NotImplementedError)):
            make_rollout(world, learner, B).play(0.5, torch.Generator(gpu.device))

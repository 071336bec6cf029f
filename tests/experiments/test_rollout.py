"""Rollouts against a loop that plays one step after the other and keeps lists."""

import pytest
import torch

from nucleolus_lib.experiments.captured_rollout import CapturedRollout
from nucleolus_lib.experiments.rollout import BLOCK, Rollout, make_rollout, rollout
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from tests.reference.rollout_by_lists import rollout_by_lists

WORLDS = {
    "split-the-task": {"horizon": 40},
    "fire-rescue": {"horizon": 20, "n_agents": 3},
    "climbing": {},
    "pp-8v4": {"n_predators": 3, "n_prey": 1, "horizon": 18},
    "pp-grid": {"n_prey": 2, "n_agents": 2, "size": 3, "horizon": 24, "penalty": -1.0},
}


def made(name, **changed):
    world = make_world(name, **{**WORLDS[name], **changed})
    return world, Learner(LearnerConfig(hidden_size=8), sizes_of(world.spec), seed=1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def first_difference(one, other):
    """The name of the first field in which two batches differ, or None."""
    mine, theirs = one.tensors(), other.tensors()
    assert mine.keys() == theirs.keys()
    return next((name for name in mine if not torch.equal(mine[name], theirs[name])), None)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("rate", [0.0, 0.6])
def test_a_rollout_equals_the_loop_with_lists(name, rate):
    world, learner = made(name)
    found, final = rollout(world, learner, 5, rate, generator(), store_subtasks=True)
    expected, expected_final = rollout_by_lists(world, learner, 5, rate, generator(), BLOCK)
    assert first_difference(found, expected) is None
    assert all(torch.equal(getattr(final, field), getattr(expected_final, field)) for field in vars(final))


def test_a_difference_is_seen():
    world, learner = made("fire-rescue")
    found, _ = rollout(world, learner, 5, 0.6, generator(), store_subtasks=True)
    expected, _ = rollout_by_lists(world, learner, 5, 0.6, generator(), BLOCK)
    expected.reward[2, 3] += 1e-3
    assert first_difference(found, expected) == "reward"


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_played_is_marked(name):
    world, learner = made(name)
    batch, _ = rollout(world, learner, 16, 1.0, generator(3))
    length = batch.filled.sum(1)
    ended = batch.terminated.any(1)
    assert (length >= 1).all()
    # filled is a prefix, the end is its last step, and an episode without an end fills the horizon
    assert torch.equal(batch.filled, torch.arange(batch.n_steps) < length[:, None])
    assert torch.equal(batch.terminated.float().argmax(1)[ended], length[ended] - 1)
    assert (length[~ended] == world.spec.horizon).all()
    assert (batch.reward[~batch.filled] == 0).all()


def test_an_early_end_leaves_nothing_of_the_rollout_before():
    world, learner = made("split-the-task", horizon=64)
    player = Rollout(world, learner, 4)
    for kept in player._kept.values():
        kept.fill_(1)
    batch, _ = player.play(1.0, generator())
    played = batch.longest()
    assert played < 64 - BLOCK
    last = (played + BLOCK - 1) // BLOCK * BLOCK
    for name, tensor in batch.tensors().items():
        first = last + (name in ("observation", "state", "available"))
        assert not tensor[:, first:].any(), name


@pytest.mark.parametrize("name", WORLDS)
def test_the_step_that_a_graph_would_replay_plays_the_same(name):
    world, learner = made(name, **({} if name == "climbing" else {"horizon": BLOCK}))
    eager, final = Rollout(world, learner, 6, True).play(0.5, generator())
    if name == "climbing":
        # One block is drawn for the one step there; the other numbers do not matter.
        player = CapturedRollout(world, learner, 6, True)
        player._draws = torch.zeros((BLOCK, 6, player._n_draws))
    else:
        player = CapturedRollout(world, learner, 6, True)
    again = generator()
    captured, captured_final = player.play(torch.tensor(0.5), again)
    assert first_difference(eager, captured) is None
    assert all(torch.equal(getattr(final, field), getattr(captured_final, field)) for field in vars(final))
    # the second rollout uses the same memory
    second, _ = player.play(0.5, generator())
    assert first_difference(eager.map(torch.clone), second) is None


def test_a_field_handed_on_as_another_field_is_read_before_it_is_overwritten():
    from nucleolus_lib.envs.fire_rescue import RescueState
    from nucleolus_lib.experiments.captured_rollout import _clone, _copy
    from nucleolus_lib.experiments.rollout import Carried

    def carried(cell, left):
        return Carried(RescueState(cell, left, torch.tensor([5])), torch.zeros(1), torch.zeros(1), torch.ones(1))

    fixed = _clone(carried(torch.tensor([[1]]), torch.tensor([[2]])))
    new = carried(fixed.state.left + 7, fixed.state.cell)
    _copy(new, fixed)
    assert (int(fixed.state.cell), int(fixed.state.left)) == (9, 1)


def test_a_captured_step_reads_nothing_from_the_device():
    from torch.utils._python_dispatch import TorchDispatchMode

    class NoReading(TorchDispatchMode):
        def __torch_dispatch__(self, function, kinds, args=(), kwargs=None):
            assert function.overloadpacket.__name__ not in ("_local_scalar_dense", "nonzero", "masked_select", "item")
            return function(*args, **(kwargs or {}))

    world, learner = made("pp-8v4")
    player = CapturedRollout(world, learner, 4)
    player.play(0.5, generator())
    player._index.zero_()
    with NoReading(), torch.inference_mode():
        player._step()
    with NoReading(), pytest.raises(AssertionError):
        bool(torch.ones(1).any())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", WORLDS)
def test_on_a_gpu_the_graph_plays_what_single_kernels_play(name):
    world = make_world(name, "cuda", **WORLDS[name])
    learner = Learner(LearnerConfig(hidden_size=8), sizes_of(world.spec), "cuda", seed=1)
    player = make_rollout(world, learner, 6, True)
    assert isinstance(player, CapturedRollout)
    replayed, _ = player.play(0.5, torch.Generator("cuda").manual_seed(2))
    single = CapturedRollout(world, learner, 6, True)
    single._capture = lambda: None
    expected, _ = single.play(0.5, torch.Generator("cuda").manual_seed(2))
    for one, other in zip(replayed.tensors().values(), expected.tensors().values(), strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-5)

"""The update that a GPU replays as a graph, taken step by step on the CPU, and on a GPU where there is one."""

import pytest
import torch

from nucleolus_lib.experiments.captured_update import CapturedUpdate, _Snapshot
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from tests.learners.random_episodes import SMALL, random_episodes

ALGORITHMS = ["vdn", "qmix", "ow_qmix", "shaq", "nucleolus", "oracle_credit"]


def learner(algorithm, device="cpu"):
    config = LearnerConfig(algorithm=algorithm, hidden_size=8, target_period=2)
    return Learner(config, SMALL, device, seed=3)


def weights(one):
    return [*one.agent.parameters(), *one.algorithm.parameters(), *one.target_agent.parameters()]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_it_updates_as_the_learner_does(algorithm):
    plain, fixed = learner(algorithm), learner(algorithm)
    captured = CapturedUpdate(fixed)
    for seed in range(5):
        batch = random_episodes(seed=seed, full=True)
        expected, found = plain.update(batch), captured.update(batch)
        assert all(torch.equal(expected[name], found[name]) or expected[name].isnan() for name in expected)
    assert fixed.n_updates == 5
    assert all(torch.equal(a, b) for a, b in zip(weights(plain), weights(fixed), strict=True))
    assert not captured.is_captured


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("updates_before", [0, 2])
def test_gradient_steps_before_the_capture_are_undone(algorithm, updates_before):
    plain, other = learner(algorithm), learner(algorithm)
    for one in (plain, other):
        for seed in range(updates_before):
            one.update(random_episodes(seed=seed, full=True))
    before = _Snapshot(other)
    for seed in range(7, 10):
        other.gradient_step(random_episodes(seed=seed, full=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights(plain), weights(other), strict=True))
    before.restore()
    for one in (plain, other):
        one.update(random_episodes(seed=20, full=True))
    assert all(torch.equal(a, b) for a, b in zip(weights(plain), weights(other), strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_on_a_gpu_the_graph_updates_as_single_kernels_do(algorithm):
    plain, fixed = learner(algorithm, "cuda"), learner(algorithm, "cuda")
    captured = CapturedUpdate(fixed)
    for seed in range(5):
        batch = random_episodes(seed=seed, full=True).map(torch.Tensor.cuda)
        plain.update(batch)
        captured.update(batch)
    assert captured.is_captured
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(weights(plain), weights(fixed), strict=True))

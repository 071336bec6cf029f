"""The least work of a training run: products counted by hand and by another path, bytes, and the peaks."""

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.experiments.config import preset
from nucleolus_lib.experiments.update_cost import full_random_batch
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.learners.sizes import Sizes
from tests.benchmarks.bench_gpu_training import ROW
from tests.benchmarks.gpu_peaks import PEAKS, peaks_of
from tests.benchmarks.training_floor import Done, Unit, act_once, count_flops, least_work, plain_path, unit_of
from tests.experiments.fake_cuda import fake_cuda
from tests.experiments.tiny import tiny
from tests.learners.random_episodes import SMALL

SMALL_SETTINGS = {"hidden_size": 8, "mixing_embed": 4, "hypernet_embed": 4}


def test_products_of_matrices_and_vectors_are_counted():
    a, b, c = torch.ones(2, 3), torch.ones(3, 5), torch.ones(3)
    assert count_flops(lambda: a @ b) == 2 * 2 * 3 * 5
    assert count_flops(lambda: a @ c) == 2 * 2 * 3
    assert count_flops(lambda: c @ c) == 2 * 3
    assert count_flops(lambda: torch.addmv(a[:, 0], a, c)) == 2 * 2 * 3
    assert count_flops(lambda: (a + 1).relu().sum()) == 0


def test_a_step_of_an_agent_is_counted_by_hand():
    # F observations into H, the gates' two products of H by 3 H, and H into A actions, for B N rows; what is added for
    # the last action and the agent's number is picked, not multiplied.
    sizes = Sizes(3, 4, 5, 6, 1, 10)
    learner = Learner(LearnerConfig(hidden_size=7), sizes)
    with plain_path():
        counted = count_flops(lambda: act_once(learner, 2))
    assert counted == 2 * (2 * 3) * (5 * 7 + 2 * 7 * 21 + 7 * 4)


def test_a_gradient_step_of_vdn_is_counted_by_hand():
    # Forward once in each of the two networks over B (T + 1) N rows. Backward in one of them: the gradient of every
    # weight and of every layer's input, except that nobody asks for that of the observations, and that the first
    # moment has no memory to send one to.
    sizes = Sizes(3, 4, 5, 6, 1, 10)
    learner = Learner(LearnerConfig(hidden_size=7), sizes)
    batch = full_random_batch(sizes, 2)
    batch = replace(batch, subtask_rewards=None, participants=None, requirement=None)
    with plain_path():
        counted = count_flops(lambda: learner.gradient_step(batch))
    rows, moment = 2 * 11 * 3, 2 * 3
    forward = 2 * rows * (5 * 7 + 2 * 7 * 21 + 7 * 4)
    backward = 2 * rows * (5 * 7 + 2 * 2 * 7 * 21 + 2 * 7 * 4) - 2 * moment * 7 * 21
    assert counted == 2 * forward + backward


@pytest.mark.parametrize("algorithm", ROW.algorithms)
def test_the_plain_path_has_the_products_of_a_gpu(monkeypatch, algorithm):
    config = LearnerConfig(algorithm=algorithm, **SMALL_SETTINGS)
    batch = full_random_batch(SMALL, 3)
    if not config.needs_subtasks:
        batch = replace(batch, subtask_rewards=None, participants=None, requirement=None)

    def both(learner, batch):
        return count_flops(lambda: learner.gradient_step(batch)), count_flops(lambda: act_once(learner, 2))

    with plain_path():
        counted = both(Learner(config, SMALL), batch)
    compiled = both(Learner(config, SMALL), batch)
    with fake_cuda(monkeypatch) as gpu:
        on_gpu = both(Learner(config, SMALL, gpu.device), batch.map(lambda tensor: tensor.to(gpu.device)))
    assert counted == on_gpu
    assert compiled[0] < counted[0]


def test_the_floor_of_a_run_is_that_of_its_parts():
    config = preset("pp-8v4", "vdn", n_worlds=2, batch_size=3, evaluation_episodes=5, **{"env_options.horizon": 10})
    unit = Unit(gradient_step=1000, playing_step=10, judging_step=7, parameters=11, episode_bytes=13)
    work = least_work(config, unit, Done(env_steps=41, gradient_steps=17, evaluations=2))
    # 41 steps are three rollouts of at most 2 x 10.
    assert work.flops == 17 * 1000 + 3 * 10 * 10 + 2 * 10 * 7
    # weights and two moments, read and written, four bytes each
    assert work.bytes == 17 * (2 * 3 * 4 * 11 + 3 * 13) + (3 * 2 + 2 * 5) * 13


def test_bytes_of_an_episode_are_those_of_the_replay():
    for algorithm in ("vdn", "nucleolus"):
        config = tiny("pp-8v4", algorithm, **{"env_options.horizon": 4})
        spec = make_world("pp-8v4", horizon=4).spec
        n, f, d, a = spec.n_agents, spec.observation_size, spec.state_size, spec.n_actions
        m = len(spec.subtasks) if config.learner.needs_subtasks else 0
        by_hand = 5 * (4 * n * f + 4 * d + n * a) + 4 * (8 * n + 4 + 1 + 1 + m * (4 + n + 1))
        assert unit_of(config).episode_bytes == by_hand
        assert unit_of(config).parameters == sum(
            p.numel() for group in Learner(config.learner, sizes_of(spec)).groups for p in group.parameters
        )


def test_the_peaks_are_those_of_the_sxm_parts_alone():
    assert peaks_of("NVIDIA H100 80GB HBM3 (CUDA 13.0)") == ("H100 SXM", PEAKS["H100 SXM"])
    assert peaks_of("NVIDIA H200") == ("H200 SXM", PEAKS["H200 SXM"])
    for other in ("NVIDIA H100 PCIe", "NVIDIA H100 NVL", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "NVIDIA A100", "CPU"):
        assert peaks_of(other) is None

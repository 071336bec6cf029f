"""The gradient step that a GPU captures, of every algorithm and reading, on a GPU that is not there."""

import warnings

import pytest
import torch

from nucleolus_lib.experiments.captured_update import CapturedUpdate
from nucleolus_lib.learners import nucleolus_credit
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus_config import NucleolusConfig
from nucleolus_lib.learners.q_learning import Learner
from tests.experiments.fake_cuda import FakeCudaError, fake_cuda
from tests.learners.random_episodes import SMALL, random_episodes

OWN = {"coalition_reward": "own"}
BASELINES = {
    "vdn": {"algorithm": "vdn"},
    "vdn, feed-forward": {
        "algorithm": "vdn",
        "agent": "feed_forward",
        "use_agent_id": False,
        "use_last_action": False,
    },
    "vdn, rmsprop": {"algorithm": "vdn", "optimiser": "rmsprop"},
    "qmix": {"algorithm": "qmix"},
    "qmix, softplus": {"algorithm": "qmix", "positive_function": "softplus"},
    "ow_qmix": {"algorithm": "ow_qmix"},
    "ow_qmix, central": {"algorithm": "ow_qmix", "weighting": "central"},
    "shaq": {"algorithm": "shaq"},
    "shaq, constant weight": {"algorithm": "shaq", "shapley_weight": 1.5},
    "oracle_credit": {"algorithm": "oracle_credit"},
}
READINGS = {
    "default": {},
    "flow": {"excess_gradient": "flow"},
    "literal": {"coalition_game": "literal"},
    "sampled": {"coalitions": "sampled", "n_sampled_coalitions": 5},
    "sampled, ordered": {"coalitions": "sampled", "n_sampled_coalitions": 5, "sampling": "ordered"},
    "monotonic": {"mixing": "monotonic"},
    "least_core": {"constraint_target": "least_core"},
    "zero": {"constraint_target": "zero", "credit_samples": 0},
    "dual steps": {"multiplier_period": 3, "initial_multiplier": 0.01, "value_discount": 0.9},
    "pull": {"credit": "pull"},
    "pull, shapley": {"credit": "pull", "credit_rule": "shapley"},
    "shares": {"credit": "shares", **OWN},
    "shares, values": {"credit": "shares", "credit_game": "values"},
    "shares, shapley": {"credit": "shares", "credit_rule": "shapley", **OWN},
    "reward_shares": {"credit": "reward_shares", **OWN},
    "reward_shares, shapley": {"credit": "reward_shares", "credit_rule": "shapley", **OWN},
    "additive": {"credit": "additive", **OWN},
    "own": OWN,
    "state": {"agent_embedding": "state"},
    "samples of steps": {"value_steps": 5, "credit_samples": 7, "value_td_lambda": 0.5},
}
SETTINGS = BASELINES | {
    f"nucleolus, {name}": {"algorithm": "nucleolus", "nucleolus": reading} for name, reading in READINGS.items()
}
NOT_CAPTURED: set[str] = set()
"""Settings whose updates are left to single kernels by design: none."""


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    # All rounds are the same operations, so one is enough.
    monkeypatch.setattr(nucleolus_credit, "LOCKSTEP_ROUNDS", {3: 1})


def learner(gpu, algorithm, nucleolus=None, **settings):
    reading = NucleolusConfig(**(nucleolus or {}))
    config = LearnerConfig(algorithm=algorithm, nucleolus=reading, hidden_size=8, target_period=2, **settings)
    return Learner(config, SMALL, gpu.device)


def episodes(gpu):
    return random_episodes(full=True).map(lambda tensor: tensor.to(gpu.device))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_gradient_step_can_be_captured(monkeypatch, name):
    with fake_cuda(monkeypatch) as gpu:
        one = learner(gpu, **SETTINGS[name])
        captured = CapturedUpdate(one)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*without a CUDA graph")
            for _ in range(2):
                metrics = captured.update(episodes(gpu))
        assert captured.is_captured == (name not in NOT_CAPTURED)
        assert [graph.replays for graph in gpu.graphs] == [2]
        assert gpu.graphs[0].operations > 100
        assert one.n_updates == 2
        assert {value.device for value in metrics.values()} == {gpu.device}
        assert all(value.device == gpu.device for state in one.optimiser.state.values() for value in state.values()), (
            "the optimiser counts its steps on the device, or a graph would repeat one and the same step"
        )


def test_the_list_covers_every_field_of_the_register():
    varied = {field for reading in READINGS.values() for field in reading}
    fixed = {"least_core_rate", "largest_multiplier", "multiplier_step", "credit_coefficient", "value_hidden_size"}
    fixed |= {"value_learning_rate"}
    assert varied | fixed == set(NucleolusConfig.__dataclass_fields__)


def test_it_is_captured_on_the_device_of_the_learner(monkeypatch):
    with fake_cuda(monkeypatch, index=1) as gpu:
        CapturedUpdate(learner(gpu, "vdn")).update(episodes(gpu))
        assert gpu.graphs[0].stream.device == torch.device("cuda", 1)


def test_an_algorithm_that_cannot_be_captured_goes_on_with_single_kernels(monkeypatch):
    with fake_cuda(monkeypatch) as gpu:
        one = learner(gpu, "shaq")
        loss, first = one.algorithm.loss, one.generator

        def refuses(*arguments):
            found = loss(*arguments)
            if gpu.capturing is not None:
                raise RuntimeError("operation not permitted when stream is capturing")
            return found

        monkeypatch.setattr(one.algorithm, "loss", refuses)
        before = first.get_state()
        captured = CapturedUpdate(one)
        with pytest.warns(UserWarning, match="shaq is updated without a CUDA graph: operation not permitted"):
            captured.update(episodes(gpu))
        assert not captured.is_captured
        assert first.stuck
        assert torch.equal(one.generator.get_state(), before)
        captured.update(episodes(gpu))
        assert one.n_updates == 2


@pytest.mark.parametrize(
    "break_it",
    [
        lambda x: x * torch.tensor(2.0),
        lambda x: x * torch.tensor(2.0, device=x.device),
        lambda x: x + torch.rand((), device=x.device, generator=torch.Generator(x.device)),
        lambda x: x * float(x.detach()),
    ],
)
def test_a_loss_that_needs_the_host_is_found_out(monkeypatch, break_it):
    with fake_cuda(monkeypatch) as gpu:
        one = learner(gpu, "vdn")
        loss = one.algorithm.loss

        def broken(*arguments):
            value, metrics = loss(*arguments)
            return break_it(value), metrics

        monkeypatch.setattr(one.algorithm, "loss", broken)
        with pytest.raises((FakeCudaError, RuntimeError)):
            CapturedUpdate(one).update(episodes(gpu))

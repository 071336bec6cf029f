"""The learner: same seed, same run; stored and resumed, same run; targets, groups, clipping, errors."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys

import pytest
import torch

from nucleolus_lib.learners import ALGORITHMS, Learner, LearnerConfig, ReplayBuffer
from nucleolus_lib.learners.errors import BatchError, ConfigError, LearnerStateError, UnknownAlgorithmError
from tests.learners.random_episodes import SMALL, random_episodes


def weights_of(learner: Learner) -> list[torch.Tensor]:
    modules = (learner.agent, learner.algorithm, learner.target_agent, learner.target_algorithm)
    return [tensor.clone() for module in modules for tensor in module.state_dict().values()]


def run(learner: Learner, first: int, last: int) -> list[torch.Tensor]:
    """Updates ``first`` to ``last`` on numbered batches; all metrics."""
    return [metric for number in range(first, last) for metric in learner.update(random_episodes(seed=number)).values()]


def equal(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return len(some) == len(others) and all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_seed_same_run(algorithm):
    config = LearnerConfig(algorithm=algorithm, target_period=2)
    one, two, other = (Learner(config, SMALL, seed=seed) for seed in (5, 5, 6))
    torch.rand(3)  # the global generator must not matter
    first = run(one, 0, 3)
    torch.rand(5)
    assert equal(first, run(two, 0, 3))
    assert equal(weights_of(one), weights_of(two))
    assert not equal(first, run(other, 0, 3))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_stored_learner_goes_on_as_if_nothing_had_happened(algorithm):
    config = LearnerConfig(algorithm=algorithm, target_period=3)
    straight = Learner(config, SMALL, seed=1)
    run(straight, 0, 2)
    file = io.BytesIO()
    torch.save(straight.state_dict(), file)
    file.seek(0)
    resumed = Learner(config, SMALL, seed=99)
    resumed.load_state_dict(torch.load(file))
    assert resumed.n_updates == 2
    assert equal(run(straight, 2, 5), run(resumed, 2, 5))
    assert equal(weights_of(straight), weights_of(resumed))


def test_a_learner_without_its_optimiser_does_not_go_on_the_same():
    config = LearnerConfig(algorithm="qmix")
    straight, resumed = Learner(config, SMALL, seed=1), Learner(config, SMALL, seed=1)
    run(straight, 0, 2)
    state = straight.state_dict()
    state["optimiser"] = resumed.optimiser.state_dict()
    resumed.load_state_dict(state)
    assert not equal(run(straight, 2, 5), run(resumed, 2, 5))


def test_making_a_learner_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    Learner(LearnerConfig(algorithm="shaq"), SMALL, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_the_target_is_copied_every_period():
    learner = Learner(LearnerConfig(algorithm="qmix", target_period=3), SMALL)

    def same() -> list[bool]:
        pairs = ((learner.agent, learner.target_agent), (learner.algorithm, learner.target_algorithm))
        return [equal(list(a.state_dict().values()), list(b.state_dict().values())) for a, b in pairs]

    assert same() == [True, True]
    seen = []
    for number in range(6):
        learner.update(random_episodes(seed=number))
        seen.append(same())
    assert seen == [[False, False], [False, False], [True, True]] * 2


def test_shaq_has_two_groups_with_rates_and_clips_of_their_own():
    config = LearnerConfig(algorithm="shaq", learning_rate=1e-3, shapley_learning_rate=2e-3, gradient_clip=1e-3)
    learner = Learner(config, SMALL)
    assert [group.name for group in learner.groups] == ["shared", "shapley"]
    assert [group["lr"] for group in learner.optimiser.param_groups] == [1e-3, 2e-3]
    assert sum(len(group.parameters) for group in learner.groups) == len(
        [*learner.agent.parameters(), *learner.algorithm.parameters()]
    )
    metrics = learner.update(random_episodes())
    assert metrics["grad_norm"] > 1e-3
    assert metrics["grad_norm_shapley"] > 1e-3
    for group in learner.groups:
        norm = torch.stack([p.grad.norm() for p in group.parameters]).norm()
        torch.testing.assert_close(norm, torch.tensor(1e-3), rtol=1e-3, atol=0)


def test_rmsprop_is_the_authors_alternative():
    learner = Learner(LearnerConfig(algorithm="shaq", optimiser="rmsprop", learning_rate=5e-4), SMALL)
    assert isinstance(learner.optimiser, torch.optim.RMSprop)
    assert learner.optimiser.defaults["alpha"] == 0.99
    assert learner.update(random_episodes())["is_finite"] == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_padding_does_not_matter(algorithm):
    batch = random_episodes(seed=21)
    after = ~batch.filled
    spoiled = dataclasses.replace(
        batch,
        observation=batch.observation.masked_fill(torch.cat([after[:, :1] & False, after], 1)[..., None, None], 7.0),
        reward=batch.reward.masked_fill(after, 5.0),
    )
    # The moment after the last step is real: keep it.
    last = batch.filled.sum(1)
    rows = torch.arange(4)
    spoiled.observation[rows, last] = batch.observation[rows, last]
    config = LearnerConfig(algorithm=algorithm)
    losses = [Learner(config, SMALL, seed=1).update(some)["loss"] for some in (batch, spoiled)]
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=1e-6)


def test_what_is_not_finite_is_reported():
    learner = Learner(LearnerConfig(algorithm="qmix"), SMALL)
    assert learner.update(random_episodes())["is_finite"] == 1
    batch = random_episodes(full=True)
    batch.reward[0, 0] = torch.inf
    assert learner.update(batch)["is_finite"] == 0


def test_metrics_are_single_numbers_without_gradients():
    for algorithm in ALGORITHMS:
        for name, metric in Learner(LearnerConfig(algorithm=algorithm), SMALL).update(random_episodes()).items():
            assert metric.ndim == 0, name
            assert not metric.requires_grad, name


def test_acting_keeps_to_available_actions_and_remembers():
    learner = Learner(LearnerConfig(), SMALL)
    batch = random_episodes(full=True)
    hidden, last = learner.initial_hidden(4), torch.full((4, 3), -1)
    for t in range(SMALL.horizon):
        action, after = learner.act(
            batch.observation[:, t], last, batch.available[:, t], hidden, 0.5, torch.rand(4, 3, 2)
        )
        assert batch.available[:, t].gather(-1, action[..., None]).all()
        assert action.dtype == torch.int64
        assert not torch.equal(hidden, after)
        hidden, last = after, action


def test_learning_from_a_replay_buffer_lowers_the_error():
    learner = Learner(LearnerConfig(algorithm="vdn", discount=0.0), SMALL)
    buffer = ReplayBuffer(8, SMALL)
    for seed in range(2):
        buffer.add(random_episodes(seed=seed))
    draw = torch.Generator().manual_seed(0)
    losses = [float(learner.update(buffer.sample(8, draw))["loss"]) for _ in range(150)]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(("name", "near"), [("qmx", "qmix"), ("OW-QMIX", "ow_qmix"), ("nucleus", "nucleolus")])
def test_an_unknown_algorithm_is_answered_with_the_nearest(name, near):
    with pytest.raises(UnknownAlgorithmError, match=f"got '{name}'. Did you mean '{near}'"):
        LearnerConfig(algorithm=name)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("discount", 1.5, "between 0.0 and 1.0; got 1.5"),
        ("td_lambda", -0.1, "td_lambda"),
        ("target_period", 0, "target_period"),
        ("hidden_size", 0, "hidden_size"),
        ("shapley_weight", 0.5, "shapley_weight must lie between 1.0"),
        ("agent", "recurent", "Did you mean 'recurrent'"),
        ("optimiser", "sgd", "adam, rmsprop"),
        ("learning_rate", float("nan"), "learning_rate"),
    ],
)
def test_settings_outside_their_range(field, value, message):
    with pytest.raises(ConfigError, match=message):
        LearnerConfig(**{field: value})


def test_episodes_that_do_not_fit_are_refused():
    learner = Learner(LearnerConfig(algorithm="oracle_credit"), SMALL)
    with pytest.raises(BatchError, match=r"oracle_credit .* needs subtask_rewards, participants, requirement"):
        learner.update(random_episodes(subtasks=False))
    with pytest.raises(BatchError, match="observation"):
        learner.update(random_episodes(dataclasses.replace(SMALL, observation_size=6)))
    assert learner.n_updates == 0


def test_the_state_of_another_learner_is_refused():
    learner = Learner(LearnerConfig(algorithm="qmix"), SMALL)
    with pytest.raises(LearnerStateError, match=r"algorithm = 'vdn' \(here 'qmix'\)"):
        learner.load_state_dict(Learner(LearnerConfig(), SMALL).state_dict())
    with pytest.raises(LearnerStateError, match=r"horizon = 7 \(here 6\)"):
        learner.load_state_dict(
            Learner(LearnerConfig(algorithm="qmix"), dataclasses.replace(SMALL, horizon=7)).state_dict()
        )


def test_compiled_loops_keep_to_the_threads_of_torch():
    # In a fresh process, because numba starts its threads once, and it is then that PyTorch's number would change.
    code = (
        "import numba, torch\n"
        "from nucleolus_lib.learners.compiled_threads import threads_of_torch\n"
        "torch.set_num_threads(1)\n"
        "most = numba.config.NUMBA_NUM_THREADS\n"
        "with threads_of_torch():\n"
        "    print(numba.get_num_threads(), torch.get_num_threads())\n"
        "print(numba.get_num_threads() == most, torch.get_num_threads())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1", "True", "1"]

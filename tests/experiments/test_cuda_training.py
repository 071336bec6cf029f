"""The loop of training on a GPU that is not there: rollout, replay, gradient steps, evaluation, nothing read."""

import pytest

from nucleolus_lib.experiments import training_state
from nucleolus_lib.experiments.captured_update import CapturedUpdate
from nucleolus_lib.experiments.evaluate import evaluate
from nucleolus_lib.experiments.training_state import TrainingState
from nucleolus_lib.learners import nucleolus_credit
from tests.experiments.fake_cuda import fake_cuda
from tests.experiments.tiny import tiny

RUNS = {
    "vdn": ("pp-8v4", "vdn", {"env_options.horizon": 5}),
    "nucleolus": ("pp-8v4-progress", "nucleolus", {"env_options.horizon": 5, "reward_scale": 0.1}),
    "nucleolus, own rewards": ("pp-grid", "nucleolus", {"env_options.horizon": 5}),
    "oracle_credit": ("pp-8v4", "oracle_credit", {"env_options.horizon": 5}),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_loop_reads_nothing(monkeypatch, name):
    env, algorithm, settings = RUNS[name]
    if "own" in name:
        settings = settings | {"learner.nucleolus.coalition_reward": "own", "reward_scale": 2.0}
    monkeypatch.setattr(nucleolus_credit, "LOCKSTEP_ROUNDS", {8: 1})
    config = tiny(env, algorithm, updates_per_rollout=2, buffer_size=10, **settings)
    with fake_cuda(monkeypatch) as gpu:
        monkeypatch.setattr(training_state, "resolve_device", lambda name: gpu.device)
        state = TrainingState(config)
        for _ in range(4):
            state.play()
            assert state.learn()
        assert (len(state.replay), state.gradient_steps) == (10, 6)
        evaluate(state.world, state.learner, config.evaluation_episodes, state.play_generator, state.judge)
        assert isinstance(state.updater, CapturedUpdate)
        assert state.updater.is_captured
        assert [graph.replays for graph in gpu.graphs] == [4 * state.player.horizon, 6, state.player.horizon]
        assert state.steps.device == gpu.device
        with pytest.raises(RuntimeError, match="meta"):
            state.read_steps(1)

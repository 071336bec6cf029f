"""Every method takes its gradient steps on every map of the paper."""

from __future__ import annotations

import pytest
import torch

from nucleolus_lib.experiments.config import preset
from nucleolus_lib.experiments.training_state import TrainingState

PAPER_MAPS = ("2s3z", "2c_vs_64zg", "3s_vs_5z", "5m_vs_6m", "8m_vs_9m", "corridor")
METHODS = ("vdn", "qmix", "ow_qmix", "shaq", "nucleolus")


def learns(name: str, algorithm: str) -> None:
    """A rollout of two battles and one gradient step change the agents, and leave no number that is not finite."""
    config = preset(name, algorithm, n_worlds=2, batch_size=2, updates_per_rollout=1)
    state = TrainingState(config)
    state.play()
    before = [weight.clone() for weight in state.learner.agent.parameters()]
    state.learn()
    after = list(state.learner.agent.parameters())
    assert all(bool(weight.isfinite().all()) for weight in after)
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("algorithm", METHODS)
def test_every_method_learns_on_a_map(algorithm: str) -> None:
    learns("5m_vs_6m", algorithm)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPER_MAPS)
@pytest.mark.parametrize("algorithm", METHODS)
def test_every_method_learns_on_every_map_of_the_paper(name: str, algorithm: str) -> None:
    learns(name, algorithm)

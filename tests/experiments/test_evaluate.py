"""Outcomes of greedy and of scripted play."""

import pytest
import torch

from nucleolus_lib.experiments.errors import UnknownWorldError
from nucleolus_lib.experiments.evaluate import evaluate, evaluate_policy, outcome_names, summary
from nucleolus_lib.experiments.runs import read, scripted_stem
from nucleolus_lib.experiments.scripted import evaluate_scripted, scripted_policies, write_scripted
from nucleolus_lib.experiments.worlds import make_world, sizes_of
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.q_learning import Learner


class Working:
    """A learner stand-in for split the task: agent 0 works on A while it is open, then on B; agent 1 the other way."""

    def initial_hidden(self, batch):
        return torch.zeros(batch, 2, 1)

    def act(self, observation, last_action, available, hidden, exploration_rate, draws):
        assert exploration_rate == 0.0
        first = torch.where(available[:, 0, 1], 1, 2)
        second = torch.where(available[:, 1, 2], 2, 1)
        return torch.stack([first, second], 1), hidden


def test_a_known_policy_has_the_known_outcome():
    world = make_world("split-the-task", dial=0.0)
    found = evaluate(world, Working(), 6, torch.Generator().manual_seed(0))
    assert outcome_names(world) == ("return", "length")
    assert torch.equal(found, torch.tensor([[2.0, 1.0]]).expand(6, 2))


def test_outcomes_are_those_of_the_world_where_it_has_some():
    world = make_world("pp-8v4", n_predators=2, n_prey=1, horizon=12)
    learner = Learner(LearnerConfig(hidden_size=8), sizes_of(world.spec))
    found = evaluate(world, learner, 5, torch.Generator().manual_seed(0))
    assert found.shape == (5, len(world.outcome_names))
    assert outcome_names(world) == world.outcome_names


def test_a_greedy_and_a_scripted_loop_agree_on_the_same_play():
    world = make_world("split-the-task", dial=0.0)
    working = Working()

    def policy(state, generator):
        return working.act(None, None, world.available_actions(state), None, 0.0, None)[0]

    found = evaluate_policy(world, policy, 6, torch.Generator().manual_seed(0))
    assert torch.equal(found, evaluate(world, working, 6, torch.Generator().manual_seed(0)))


def test_mean_and_deviation():
    values = torch.tensor([[1.0, 2.0], [3.0, 2.0]])
    assert summary(("a", "b"), values) == {"a_mean": 2.0, "b_mean": 2.0, "a_std": 1.0, "b_std": 0.0}


@pytest.mark.parametrize(
    "name", ["pp-8v4,horizon=20", "pp-grid,horizon=20", "fire-rescue,horizon=10", "3m", "climbing"]
)
def test_every_world_can_be_played_by_script(name, tmp_path):
    results = write_scripted(tmp_path, name, episodes=4)
    assert "random" in {result.name for result in results}
    for result in results:
        stored = read(scripted_stem(tmp_path, name, result.name))
        assert stored.record["kind"] == "scripted"
        assert stored.table.equals(result.table)
        assert len(stored.table) == 4


def test_chasing_is_better_than_chance_and_repeats_itself():
    chase, again = (evaluate_scripted("pp-8v4", "chase_nearest", 8) for _ in range(2))
    chance = evaluate_scripted("pp-8v4", "random", 8)
    assert chase.table["captures"].mean() > chance.table["captures"].mean() + 2
    assert chase.table.equals(again.table)


def test_an_unknown_script_suggests_the_nearest():
    assert "chase_nearest" in scripted_policies(make_world("pp-8v4"))
    with pytest.raises(UnknownWorldError, match="Did you mean 'chase_nearest'"):
        evaluate_scripted("pp-8v4", "chase", 2)

"""Nucleolus Q-learning on the seam of all learners: every row of the register changes what it should and only that."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from nucleolus_lib.learners import Learner, LearnerConfig, Sizes
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.errors import BatchError, ConfigError
from nucleolus_lib.learners.nucleolus import CREDITS, Nucleolus
from nucleolus_lib.learners.nucleolus_config import NucleolusConfig
from nucleolus_lib.learners.nucleolus_errors import NucleolusConfigError
from nucleolus_lib.learners.nucleolus_lagrangian import LagrangianCredit
from nucleolus_lib.learners.q_values import q_values
from tests.learners.random_episodes import SMALL, random_episodes

BATCH = random_episodes(episodes=6)


def learner(seed: int = 0, sizes: Sizes = SMALL, **options: Any) -> Learner:
    # A ceiling far above the default, so that the multiplier can be seen to move.
    options = {"value_hidden_size": 16, "largest_multiplier": 1.0, **options}
    return Learner(LearnerConfig(algorithm="nucleolus", nucleolus=NucleolusConfig(**options)), sizes, seed=seed)


def credit_of(made: Learner) -> LagrangianCredit:
    assert isinstance(made.algorithm, Nucleolus)
    credit: LagrangianCredit = made.algorithm.credit
    return credit


def loss_of(made: Learner, batch: EpisodeBatch = BATCH) -> tuple[Tensor, dict[str, Tensor]]:
    qs = q_values(made.agent, made.target_agent, batch, made.generator)
    return made.algorithm.loss(batch, qs, made.target_algorithm)


def agent_gradient(made: Learner) -> Tensor:
    loss, _ = loss_of(made)
    gradients = torch.autograd.grad(loss, list(made.agent.parameters()), allow_unused=True)
    return torch.cat([g.flatten() for g in gradients if g is not None])


def needs(credit: str) -> dict[str, Any]:
    own = credit in ("shares", "reward_shares", "additive")
    return {"credit": credit, "coalition_reward": "own" if own else "team"}


@pytest.mark.parametrize("credit", CREDITS)
def test_same_seed_same_run_bit_by_bit(credit: str) -> None:
    runs = []
    for _ in range(2):
        made = learner(**needs(credit))
        metrics = [made.update(BATCH) for _ in range(4)]
        runs.append((metrics, made.state_dict()))
    for first, second in zip(runs[0][0], runs[1][0], strict=True):
        assert {k: float(v) for k, v in first.items()} == {k: float(v) for k, v in second.items()}
        assert float(first["is_finite"]) == 1.0
    for part in ("agent", "algorithm", "target_algorithm"):
        for name, tensor in runs[0][1][part].items():
            assert torch.equal(tensor, runs[1][1][part][name]), name


@pytest.mark.parametrize("credit", CREDITS)
def test_a_resumed_run_equals_an_uninterrupted_one(credit: str) -> None:
    whole = learner(**needs(credit))
    for _ in range(2):
        whole.update(BATCH)
    resumed = learner(seed=9, **needs(credit))
    resumed.load_state_dict(whole.state_dict())
    first, second = whole.update(BATCH), resumed.update(BATCH)
    assert {k: float(v) for k, v in first.items()} == {k: float(v) for k, v in second.items()}


@pytest.mark.parametrize("credit", CREDITS)
def test_padding_has_no_influence(credit: str) -> None:
    padding = ~BATCH.filled
    other = dataclasses.replace(BATCH, reward=torch.where(padding, 7.0, BATCH.reward))
    # Exact credit on every step, so that no chance is involved.
    options = needs(credit) | {"credit_samples": 10_000}
    first, second = (loss_of(learner(**options), batch)[0].item() for batch in (BATCH, other))
    assert first == pytest.approx(second, rel=1e-6)
    played = dataclasses.replace(BATCH, reward=torch.where(padding, BATCH.reward, BATCH.reward + 7.0))
    assert loss_of(learner(**options), played)[0].item() != pytest.approx(first, rel=1e-3)


@pytest.mark.parametrize("game", ["zero_normalised", "literal"])
def test_linear_payoffs_add_up_to_the_total(game: str) -> None:
    credit = credit_of(learner(coalition_game=game))
    q, state = torch.randn(6, 3), torch.randn(6, SMALL.state_size)
    values = credit.critic(state, BATCH.action[:, 0])
    _, idle = credit.game(values)
    total, payoff = credit.split(q, state, idle)
    torch.testing.assert_close(payoff.sum(-1), total - idle)
    torch.testing.assert_close(total, credit.mixer(q, state))


def test_i1_the_gradient_flows_only_where_asked_and_only_with_a_multiplier() -> None:
    def gradients(multiplier: float) -> list[Tensor]:
        fixed = {"initial_multiplier": multiplier, "multiplier_step": 0.0}
        return [agent_gradient(learner(excess_gradient=way, **fixed)) for way in ("stop", "flow")]

    stop, flow = gradients(0.5)
    assert not torch.allclose(stop, flow, atol=1e-5)
    stop, flow = gradients(0.0)
    torch.testing.assert_close(stop, flow)
    values = [loss_of(learner(excess_gradient=way, initial_multiplier=0.5))[0].item() for way in ("stop", "flow")]
    assert values[0] == pytest.approx(values[1])


def test_i2_only_the_zero_normalised_game_gives_the_empty_coalition_nothing() -> None:
    values = torch.tensor([[2.0, 3, 4, 6, 5, 7, 8, 9]])
    normal, idle = credit_of(learner()).game(values)
    assert normal.tolist() == [[0.0, 1, 2, 4, 3, 5, 6, 7]]
    assert idle.tolist() == [2.0]
    literal, nothing = credit_of(learner(coalition_game="literal")).game(values)
    assert torch.equal(literal, values)
    assert nothing.tolist() == [0.0]


def test_i3_all_coalitions_or_a_new_sample_each_time() -> None:
    draw = torch.Generator().manual_seed(0)
    member, asked = credit_of(learner()).coalitions(draw)
    assert member.shape == (8, 3)
    assert asked is None
    sampling = credit_of(learner(coalitions="sampled", n_sampled_coalitions=5))
    first, again = sampling.coalitions(draw)[0], sampling.coalitions(draw)[0]
    assert first.shape == (7, 3)
    assert not torch.equal(first, again)
    assert float(learner(coalitions="sampled").update(BATCH)["is_finite"]) == 1.0


def test_i3_a_sample_never_sees_a_larger_excess_than_all() -> None:
    every = loss_of(learner())[1]["excess_max"]
    few = loss_of(learner(coalitions="sampled", n_sampled_coalitions=2))[1]["excess_max"]
    assert few <= every + 1e-6


def test_i4_the_monotonic_mixer_is_not_efficient() -> None:
    credit = credit_of(learner(mixing="monotonic"))
    q, state = torch.randn(6, 3), torch.randn(6, SMALL.state_size)
    total, payoff = credit.split(q, state, torch.zeros(6))
    assert torch.equal(payoff, q)
    assert (payoff.sum(-1) - total).abs().max() > 1e-2


def test_i5_the_constraint_is_held_against_zero_or_the_least_core() -> None:
    for target in ("zero", "least_core", "relaxed"):
        made = learner(constraint_target=target, multiplier_step=0.1, largest_multiplier=100.0)
        metrics = made.update(BATCH)
        least = float(metrics["least_core"])
        level = {"zero": 0.0, "least_core": least, "relaxed": max(0.0, least)}[target]
        expected = max(0.0, 0.1 * (float(metrics["excess_max"]) - level))
        assert float(credit_of(made).multiplier) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("least", [-1.0, 1.0])
def test_i5_the_relaxed_target_is_the_least_core_only_where_the_core_is_empty(least: float) -> None:
    levels = {}
    for target in ("zero", "least_core", "relaxed"):
        credit = credit_of(learner(constraint_target=target))
        exact = SimpleNamespace(least_core=torch.tensor(least))
        levels[target] = float(credit._constraint_level(exact))
    assert levels == {"zero": 0.0, "least_core": pytest.approx(least), "relaxed": pytest.approx(max(0.0, least))}


def test_i5_the_multiplier_stops_at_its_ceiling() -> None:
    made = learner(constraint_target="zero", multiplier_step=1e6, largest_multiplier=0.3, initial_multiplier=0.2)
    excess = float(made.update(BATCH)["excess_max"])
    assert float(credit_of(made).multiplier) == pytest.approx(0.3 if excess > 0 else 0.0)


def test_i6_the_period_and_a_step_of_zero() -> None:
    made = learner(multiplier_period=3, multiplier_step=0.1, initial_multiplier=0.4)
    seen = []
    for _ in range(6):
        made.update(BATCH)
        seen.append(float(credit_of(made).multiplier))
    assert seen[0] == seen[1] == pytest.approx(0.4)
    assert seen[2] != pytest.approx(0.4)
    assert seen[3] == seen[4] == seen[2]
    still = learner(multiplier_step=0.0, initial_multiplier=0.4)
    still.update(BATCH)
    assert float(credit_of(still).multiplier) == pytest.approx(0.4)


def test_i6_the_value_discount_reaches_only_the_coalition_values() -> None:
    metrics = [loss_of(learner(value_discount=discount))[1] for discount in (None, 0.99, 0.2)]
    assert float(metrics[0]["value_loss"]) == float(metrics[1]["value_loss"])
    assert float(metrics[2]["value_loss"]) != pytest.approx(float(metrics[1]["value_loss"]), rel=1e-4)
    assert float(metrics[2]["target_mean"]) == float(metrics[1]["target_mean"])


def test_the_penalty_is_part_of_both_targets_under_the_team_reading() -> None:
    penalised = loss_of(learner(initial_multiplier=0.8, constraint_target="zero"))[1]
    free = loss_of(learner(constraint_target="zero"))[1]
    assert float(penalised["excess_max"]) == float(free["excess_max"])
    assert float(penalised["target_mean"]) != pytest.approx(float(free["target_mean"]), abs=1e-4)
    assert float(penalised["value_loss"]) != pytest.approx(float(free["value_loss"]), rel=1e-4)


def test_i8_the_pull_brings_payoffs_nearer_to_the_nucleolus() -> None:
    distance = {}
    for credit, coefficient in (("lagrangian", 0.0), ("pull", 30.0)):
        made = learner(credit=credit, credit_coefficient=coefficient)
        for _ in range(60):
            metrics = made.update(BATCH)
        distance[credit] = float(metrics["nucleolus_distance"])
    assert distance["pull"] < 0.7 * distance["lagrangian"]


def test_i8_shares_of_targets_add_up_to_the_target_of_the_team() -> None:
    made = learner(credit="shares", coalition_reward="own", credit_samples=0)
    metrics = loss_of(made)[1]
    assert float(metrics["games_solved"]) == pytest.approx(1.0)
    for options in ({"credit_game": "values"}, {"credit_rule": "shapley"}):
        other = loss_of(learner(credit="shares", coalition_reward="own", credit_samples=0, **options))[1]
        assert float(other["td_error_abs"]) != pytest.approx(float(metrics["td_error_abs"]), rel=1e-4)
        # What is divided changes with the game and not with the rule.
        same = float(other["target_mean"]) == pytest.approx(float(metrics["target_mean"]), rel=1e-4)
        assert same == ("credit_rule" in options)


def test_i9_own_rewards_give_the_empty_coalition_nothing() -> None:
    state, action = BATCH.state[:, 0], BATCH.action[:, 0]
    own, team = (credit_of(learner(coalition_reward=r)).critic(state, action)[:, 0] for r in ("own", "team"))
    assert not own.any()
    assert team.abs().max() > 1e-4


@pytest.mark.parametrize("credit", CREDITS)
def test_own_rewards_need_subtasks(credit: str) -> None:
    made = learner(credit=credit, coalition_reward="own")
    with pytest.raises(BatchError, match="store_subtasks=True"):
        made.update(random_episodes(subtasks=False))


def test_the_value_network_is_a_group_of_its_own() -> None:
    made = learner(value_learning_rate=0.25)
    rates = {group.name: group.learning_rate for group in made.groups}
    assert rates == {"shared": made.config.learning_rate, "value": 0.25}
    assert {group.name for group in learner(**needs("additive")).groups} == {"shared"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"credit": "nucleolus"}, "must be one of"),
        ({"multiplier_step": -1.0}, "between 0.0 and inf"),
        ({"initial_multiplier": 2.0, "largest_multiplier": 1.0}, "must not pass"),
        ({"credit": "reward_shares"}, 'coalition_reward="own"'),
        ({"credit": "shares"}, 'credit_game="values"'),
        ({"credit_samples": 0}, "credit_samples above 0"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(NucleolusConfigError, match=says):
        NucleolusConfig(**options)
    assert issubclass(NucleolusConfigError, ConfigError)


@pytest.mark.parametrize(
    ("n_agents", "options", "says"),
    [
        (1, {}, "at least 2 agents"),
        (11, {}, 'take "zero"'),
        (11, {"coalitions": "all", "constraint_target": "zero"}, "2\\*\\*11 = 2,048"),
        (11, {"credit": "shares", "coalition_reward": "own"}, 'take "lagrangian"'),
    ],
)
def test_too_few_or_too_many_agents(n_agents: int, options: dict[str, Any], says: str) -> None:
    with pytest.raises(NucleolusConfigError, match=says):
        learner(sizes=dataclasses.replace(SMALL, n_agents=n_agents), **options)


def test_many_agents_work_with_sampled_coalitions() -> None:
    sizes = dataclasses.replace(SMALL, n_agents=13)
    made = learner(sizes=sizes, constraint_target="zero", n_sampled_coalitions=6)
    metrics = made.update(random_episodes(sizes))
    assert float(metrics["is_finite"]) == 1.0
    assert "nucleolus_distance" not in metrics

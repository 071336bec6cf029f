"""Sentences say what the numbers say, for numbers of every kind."""

import pandas as pd
import pytest

from nucleolus_lib.report.battle_readings import moments, origin_table, read_battles, stored_file, typical_battle
from nucleolus_lib.report.coalition_sentences import (
    agreement_sentence,
    beside_sentence,
    best_reading_sentence,
    idle_sentence,
    interaction_sentence,
    reward_sentence,
    stability_sentence,
    stakes_sentence,
    story_sentence,
    trained_sentence,
    trivial_sentence,
    verdict_sentence,
    weak_sentence,
)
from tests.report.coalition_battles import made_up


def agreement(above, low, high, fresh=(-0.01, 0.02)):
    rows = [("learned values", above, low, high)]
    rows += [(f"untrained network {k}", value, value, value) for k, value in enumerate(fresh, 1)]
    return pd.DataFrame(rows, columns=["reading", "above", "low", "high"])


def stakes(grand, lead, miss):
    names = ("gain over the grand coalition", "lead over the next best partition", "miss of the return")
    return pd.DataFrame(
        [{"quantity": n, "median": x, "share": x / miss} for n, x in zip(names, (grand, lead, miss), strict=True)]
    )


def test_how_far_it_was_trained():
    battles = read_battles([made_up(), made_up(), made_up(won=False)])
    found = trained_sentence({"env_steps": 12345, "gradient_steps": 678}, battles)
    assert "12,345 environment steps (678 gradient steps)" in found
    assert "wins 2 of the 3 recorded battles: 67%" in found
    assert idle_sentence(battles).startswith("They last 3 to 3 steps, and in 33% of the steps")
    assert "often enough" in weak_sentence(battles)
    assert "loses most" in weak_sentence(battles[2:])


FRESH = "untrained networks are at -0.010 to +0.020, and the learned one is"


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((-0.05, -0.06, -0.04), f"agree less than chance would; {FRESH} below all"),
        ((-0.015, -0.016, -0.014), f"slightly less than chance would; {FRESH} below all"),
        ((0.01, -0.01, 0.03), f"not told from chance; {FRESH} among"),
        ((0.015, 0.01, 0.02), "but is small"),
        ((0.1, 0.08, 0.12), f"is 50% of full agreement; {FRESH} above all"),
        ((float("nan"),) * 3, "nothing can be compared"),
    ],
)
def test_agreement_is_weighed(numbers, said):
    assert said in agreement_sentence(agreement(*numbers), 0.2, "who attacks whom")


def test_the_verdict_needs_chance_and_untrained_networks():
    little = stakes(0.01, 0.001, 1.0)
    assert "shows nothing" in verdict_sentence(agreement(0.1, -0.01, 0.2), 0.2, little)
    assert "shows nothing" in verdict_sentence(agreement(0.1, 0.05, 0.2, fresh=(0.15,)), 0.2, little)
    assert "tell 50% of who" in verdict_sentence(agreement(0.1, 0.05, 0.2), 0.2, little)
    assert "tell little of who" in verdict_sentence(agreement(0.019, 0.018, 0.02, fresh=(0.0,)), 0.2, little)


def test_a_structure_may_be_the_reverse_of_what_is_done():
    assert "apart more often" in verdict_sentence(agreement(-0.05, -0.06, -0.04), 0.2, stakes(0.01, 0.001, 1.0))
    small = agreement(-0.019, -0.0195, -0.0185, fresh=(0.0,))
    assert "shows nothing" in verdict_sentence(small, 0.2, stakes(0.01, 0.001, 1.0))
    inside = agreement(-0.05, -0.06, -0.04, fresh=(-0.1,))
    assert "shows nothing" in verdict_sentence(inside, 0.2, stakes(0.01, 0.001, 1.0))


@pytest.mark.parametrize(
    ("gap", "low", "high", "said"),
    [
        (0.3, 0.2, 0.4, "worth more together"),
        (-0.3, -0.4, -0.2, "stand in for one another"),
        (0.3, -0.1, 0.4, "does not tell"),
        (0.01, 0.005, 0.02, "no sign of learning"),
        (float("nan"), float("nan"), float("nan"), "nothing can be compared"),
    ],
)
def test_interactions_are_weighed(gap, low, high, said):
    """Against their interval and against untrained networks, whose gaps are -0.02 and 0.05."""
    rows = [
        ("learned values", gap, low, high),
        ("untrained network 1", -0.02, 0, 0),
        ("untrained network 2", 0.05, 0, 0),
    ]
    table = pd.DataFrame(rows, columns=["reading", "gap", "low", "high"]).assign(same=0.1, other=0.2)
    assert said in interaction_sentence(table)


def test_gains_are_weighed_against_the_miss():
    assert "1.0% and 0.1% of the miss. What decides the partition is small" in stakes_sentence(stakes(0.01, 0.001, 1.0))
    assert "is not small" in stakes_sentence(stakes(0.9, 0.1, 1.0))


def test_other_sentences_read_their_tables():
    table = agreement(0.01, 0.0, 0.02)
    found = best_reading_sentence(table)
    assert found == (
        "As well or better agree 1 of the 2 untrained networks; the best of all is 'untrained network 2' at +0.020."
    )
    assert best_reading_sentence(agreement(0.5, 0.4, 0.6)).startswith("No untrained network agrees as well")
    types = pd.DataFrame([{"reading": "by unit type", "above": 0.1, "low": 0.1, "high": 0.1}])
    assert "and the reading 'by unit type'; the best" in best_reading_sentence(pd.concat([table, types]))
    # The target network was learned, so that it is no yardstick.
    learned = pd.DataFrame([{"reading": "target network", "above": 0.9, "low": 0.9, "high": 0.9}])
    assert "target" not in best_reading_sentence(pd.concat([table, learned]))
    stable = pd.DataFrame([{"reading": "target network", "same": 0.25, "rand": 0.6, "chance": 0.5}])
    assert "40 gradient steps earlier. It finds the very same partition in 25%" in stability_sentence(stable, 40)
    assert "says nothing" in stability_sentence(stable, 0)
    stable["reading"] = "other checkpoint 1"
    record = {"seed": 0, "others": {"target": {}, "beside 1": {"seed": 0, "env_steps": 50_000}}}
    assert "of the same run after 50,000 environment steps finds" in beside_sentence(record, stable)
    record["others"]["beside 1"]["seed"] = 1
    assert "of the run with seed 1 after" in beside_sentence(record, stable)
    assert beside_sentence({"seed": 0, "others": {"target": {}}}, stable).startswith("No other")
    tolerances = pd.DataFrame(
        {"reading": ["a", "a"], "tolerance": [0.0, 0.3], "grand": [0.1, 0.8], "alone": [0.2, 0.0]}
    )
    found = trivial_sentence(tolerances, "a")
    assert "in 30% of the steps (10% all together, 20% all alone)" in found
    assert "30% of the largest value it is the grand coalition in 80%" in found
    parts = ("starts grand", "ends grand", "whole story", "three kinds")
    story = pd.DataFrame({"part": parts, "learned": [0.5, 0.4, 0.3, 0.2], "chance": [0.02, 0.5, 0.01, 0.12]})
    found = story_sentence(story, "learned", "chance", 0.25)
    assert "50% (random partitions: 2%) of the battles start" in found
    assert "best in 25%" in found


def test_the_battle_shown_is_chosen_by_rule():
    """The only battle won, and with none won the one of median length."""
    battles = read_battles([made_up(won=False), made_up(), made_up(won=False)])
    assert typical_battle(battles) == 1
    assert typical_battle(read_battles([made_up(won=False)] * 3)) == 1
    assert moments(battles[0]) == (0, 1, 2)


def test_where_battles_come_from():
    assert stored_file("2s3z", "nucleolus", 3) == "data/runs/battle/2s3z/nucleolus/seed3.coalitions.npz"
    nucleolus = {"coalition_reward": "team", "coalition_game": "zero_normalised", "credit": "lagrangian"}
    record = {
        "world": "2s3z", "name": "nucleolus", "seed": 0, "env_steps": 2000, "gradient_steps": 10, "episodes": 2,
        "trained_at": ["a" * 40, "a" * 40], "chance_seed": 5, "commit": "b" * 40, "started": "now",
        "config": {"learner": {"nucleolus": nucleolus}},
    }  # fmt: skip
    table = origin_table(record).set_index("what")["value"]
    assert table["trained at commit"] == "a" * 12
    assert table["environment steps trained"] == "2,000"
    record["commit"] += " + local changes"
    assert origin_table(record).set_index("what")["value"]["recorded at commit"] == "b" * 12 + " + local changes"
    assert "team's reward, as the text says" in reward_sentence(record)
    nucleolus["coalition_reward"] = "own"
    assert "beyond the paper" in reward_sentence(record)

"""The scripted predators: whom they go for, and what that is worth."""

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.envs import reset, step
from nucleolus_lib.envs.predator_prey import ACTIONS, PredatorPrey
from nucleolus_lib.envs.predator_prey_rules import pp_8v4, pp_8v4_paper
from nucleolus_lib.envs.scripted_predators import SCRIPTED

FOUR = replace(pp_8v4(), n_predators=4, n_prey=2)
PREDATORS = [(0.0, 0.0), (0.0, 0.1), (0.5, 0.5), (-0.5, 0.5)]
PREY = [(0.6, 0.0), (-0.1, -0.8)]


def chosen(name, alive=(True, True), predators=PREDATORS):
    world = PredatorPrey(FOUR)
    state = world.initial(torch.zeros(1, world.spec.n_initial_draws))
    places = torch.tensor(predators + PREY, dtype=torch.float64)
    state = replace(state, position=places[None], alive=torch.tensor([list(alive)]))
    actions = SCRIPTED[name](world, state, torch.Generator().manual_seed(0))
    return [ACTIONS[action] for action in actions[0].tolist()]


@pytest.mark.parametrize(
    ("name", "alive", "expected"),
    [
        ("chase_nearest", (True, True), ["right", "right", "down", "right"]),
        ("chase_nearest", (False, True), ["down", "down", "down", "down"]),
        ("pairs", (True, True), ["right", "right", "down", "down"]),
        ("pairs", (True, False), ["right", "right", "down", "right"]),
        ("grand_coalition", (True, True), ["right", "right", "down", "right"]),
        ("grand_coalition", (False, True), ["down", "down", "down", "down"]),
    ],
)
def test_whom_they_go_for(name, alive, expected):
    assert chosen(name, alive) == expected


def test_partners_agree_on_the_next_prey():
    """Alone predator 1 would go for the other prey; the two together are nearer to the first."""
    predators = [(0.5, 0.0), (-0.1, -0.3), (0.0, 0.0), (0.0, 0.0)]
    world = PredatorPrey(replace(FOUR, n_prey=3))
    state = world.initial(torch.zeros(1, world.spec.n_initial_draws))
    # Prey 0, their own, is caught.
    places = torch.tensor([*predators, (0.9, 0.9), *PREY], dtype=torch.float64)
    state = replace(state, position=places[None], alive=torch.tensor([[False, True, True]]))
    nearest = SCRIPTED["chase_nearest"](world, state, torch.Generator())[0]
    together = SCRIPTED["pairs"](world, state, torch.Generator())[0]
    assert ACTIONS[nearest[1]] == "down"
    assert [ACTIONS[action] for action in together[:2].tolist()] == ["right", "right"]


def test_an_odd_predator_is_alone():
    world = PredatorPrey(replace(FOUR, n_predators=3))
    state = reset(world, 5, torch.Generator().manual_seed(0))
    assert SCRIPTED["pairs"](world, state, torch.Generator()).shape == (5, 3)


def mean_outcome(rules, name, batch=256):
    world, generator = PredatorPrey(rules), torch.Generator().manual_seed(1)
    state = reset(world, batch, generator)
    for _ in range(rules.horizon):
        state = step(world, state, SCRIPTED[name](world, state, generator), generator).state
    return dict(zip(world.outcome_names, world.outcome(state).mean(0).tolist(), strict=True))


def test_against_fleeing_prey_pairs_beat_the_crowd():
    """Measured over 1024 episodes: 44, 49 and 79 steps to all four; random play catches 0.03 prey."""
    results = {name: mean_outcome(pp_8v4(), name) for name in SCRIPTED}
    steps = {name: result["steps_to_all"] for name, result in results.items()}
    assert steps["pairs"] < steps["chase_nearest"] < steps["grand_coalition"]
    assert steps["pairs"] == pytest.approx(44.4, abs=3)
    assert steps["chase_nearest"] == pytest.approx(49.4, abs=3)
    assert steps["grand_coalition"] == pytest.approx(78.7, abs=4)
    assert results["chase_nearest"]["captures"] > 3.9
    assert results["random"]["captures"] < 0.1


def test_turns_to_capture_in_the_other_reading():
    """Measured over 1024 episodes: 11.5 turns for chasing the nearest, 192 at random."""
    assert mean_outcome(pp_8v4_paper(), "chase_nearest")["steps_to_first_capture"] == pytest.approx(11.5, abs=1.5)
    assert mean_outcome(pp_8v4_paper(), "random")["steps_to_first_capture"] > 180

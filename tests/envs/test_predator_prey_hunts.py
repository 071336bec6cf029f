"""Many hunts at once, the worth of an attempt, and the rate of steps."""

from functools import partial

import numpy as np
import pytest
import torch

from nucleolus_lib.envs import FireRescue, step
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_grid import PredatorPreyGrid
from nucleolus_lib.envs.predator_prey_grid_policy import SCRIPTED_GRID
from nucleolus_lib.envs.predator_prey_grid_study import (
    beside_one_prey,
    between_two_prey,
    break_even,
    catch_value,
    measured_catch_value,
)
from nucleolus_lib.envs.predator_prey_hunts import play_hunts, record_hunt
from nucleolus_lib.envs.scripted_predators import SCRIPTED
from nucleolus_lib.envs.step_rate import steps_per_cpu_second


def grid_hunts(n_worlds=16, policy="pairs", **options):
    world = PredatorPreyGrid(8, -1.0, **{"horizon": 60, **options})
    return world, play_hunts(world, partial(SCRIPTED_GRID[policy], world), n_worlds, seed=3)


class TestHunts:
    """Everything that is counted agrees with what the world says of the episode."""

    @pytest.mark.parametrize("where", ["grid", "plane"])
    def test_counts_agree_with_the_outcomes(self, where):
        if where == "grid":
            world, hunts = grid_hunts()
        else:
            world = PredatorPrey()
            hunts = play_hunts(world, partial(SCRIPTED["pairs"], world), 4, seed=3)
        np.testing.assert_array_equal(hunts.captures[-1], hunts.of("captures"))
        assert hunts.catchers.sum() == hunts.captures[-1].sum() > 0
        assert hunts.catchers[:2].sum() == 0
        np.testing.assert_array_equal(hunts.played.sum(0), hunts.of("length"))
        first = (hunts.captures > 0).argmax(0)
        caught = hunts.captures[-1] > 0
        np.testing.assert_array_equal(first[caught], hunts.of("steps_to_first_capture")[caught])
        assert (np.diff(hunts.captures, axis=0) >= 0).all()
        assert not hunts.split[~hunts.played].any()
        assert 0 < hunts.share_split < 1

    def test_two_hunters_who_leave_with_their_prey(self):
        world = PredatorPreyGrid(1, n_agents=2, size=3, horizon=40)
        hunts = play_hunts(world, partial(SCRIPTED_GRID["pairs"], world), 8, seed=0)
        assert hunts.catchers.tolist() == [0, 0, 8]
        # Both catch at once, so no step has two coalitions.
        assert hunts.share_split == 0

    def test_mean_and_standard_error(self):
        _, hunts = grid_hunts()
        values = hunts.of("return").astype(float)
        assert hunts.mean("return") == pytest.approx(sum(values) / 16)
        spread = np.sqrt(((values - values.mean()) ** 2).sum() / 15)
        assert hunts.standard_error("return") == pytest.approx(spread / 4)

    def test_a_seed_decides(self):
        assert np.array_equal(grid_hunts(4)[1].captures, grid_hunts(4)[1].captures)
        assert not np.array_equal(grid_hunts(4)[1].captures, grid_hunts(4, policy="eager")[1].captures)

    def test_one_hunt_step_by_step(self):
        world = PredatorPreyGrid(1, n_agents=2, size=3, horizon=40)
        policy = partial(SCRIPTED_GRID["pairs"], world)
        first, again = record_hunt(world, policy, 5), record_hunt(world, policy, 5)
        np.testing.assert_array_equal(first.entities, again.entities)
        assert first.terminated
        assert record_hunt(world, policy, 5, max_steps=1).n_steps == 1

    def test_too_few_worlds(self):
        with pytest.raises(WorldParameterError, match="n_worlds >= 2"):
            grid_hunts(1)


class TestCatchValue:
    """The one-step game beside a prey."""

    @pytest.mark.parametrize("penalty", [0.0, -0.5, -1.0, -2.0])
    def test_nothing_is_gained_at_the_break_even(self, penalty):
        assert catch_value(penalty, break_even(penalty)) == pytest.approx(0, abs=1e-12)
        assert catch_value(penalty, break_even(penalty) + 0.01) > 0

    def test_two_is_the_penalty_at_which_random_partners_cancel(self):
        assert break_even(-2.0) == pytest.approx(1 / 6)

    @pytest.mark.parametrize("chance", [0.0, 0.3, 1.0, None])
    def test_the_world_pays_what_the_formula_says(self, chance):
        n, q = 20_000, 1 / 6 if chance is None else chance
        error = 12 * np.sqrt(q * (1 - q) / n)
        assert abs(measured_catch_value(-2.0, chance, n) - catch_value(-2.0, q)) <= 4 * error + 1e-9

    def test_on_the_board_all_actions_are_available(self):
        world, state = beside_one_prey(-1.0, 3)
        assert world.available_actions(state).all()
        both = step(world, state, torch.full((3, 2), 5), torch.Generator().manual_seed(0))
        assert both.reward.tolist() == [10.0] * 3

    def test_the_game_of_three_hunters_and_two_prey(self):
        # By hand: a lone catcher is fined once per prey beside it; hunter 1 leaves with the first prey of two catchers.
        assert between_two_prey(-2.0).tolist() == [0, -2, -4, 9, -2, -4, 9, 8]
        assert between_two_prey(0.0).tolist() == [0, 0, 0, 10, 0, 0, 10, 10]

    def test_bad_input(self):
        with pytest.raises(WorldParameterError, match=r"1\.5"):
            measured_catch_value(-2.0, 1.5, 10)
        with pytest.raises(WorldParameterError, match="n_worlds"):
            measured_catch_value(-2.0, 0.5, 0)


class TestStepRate:
    """Steps per processor second."""

    def test_counts_every_world_of_the_batch(self):
        world = FireRescue(("1.2",), 2, horizon=5)
        small = steps_per_cpu_second(world, 1, 0.05)
        large = steps_per_cpu_second(world, 256, 0.05)
        assert large > 10 * small > 0

    def test_bad_input(self):
        with pytest.raises(WorldParameterError, match="batch"):
            steps_per_cpu_second(FireRescue(("1.2",), 2), 0)
        with pytest.raises(WorldParameterError, match="meta"):
            steps_per_cpu_second(FireRescue(("1.2",), 2, device="meta"), 1)

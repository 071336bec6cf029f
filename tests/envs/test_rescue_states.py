"""The exact tables of fire rescue against the plain twin's distributions, and against sampling."""

import numpy as np
import pytest
import torch

from nucleolus_lib.envs import FireRescue, step
from nucleolus_lib.envs.fire_rescue import ACTIONS
from nucleolus_lib.envs.rescue_layout import STATION, TOWN, TWO_FIRES
from nucleolus_lib.envs.rescue_states import RescueStates
from nucleolus_lib.markov.errors import DiscountError, TableTooLargeError
from nucleolus_lib.markov.joint_actions import actions_of_joint
from tests.reference.fire_rescue_by_hand import FireRescueByHand


class TestExactTables:
    """``to_ecmdp`` against the twin's exact distributions, and against sampling."""

    @pytest.mark.parametrize(
        ("rows", "n_agents", "effort", "slip", "n_states"),
        [
            (TWO_FIRES, 3, 1, 0.0, 3**3 * 3 + 1),
            (("1SR",), 2, 2, 0.25, 3**2 * (2 + 2) + 1),
            (("2.", "S#"), 2, 2, 0.0, 3**2 * 2 + 1),
        ],
    )
    def test_every_state_and_joint_action(self, rows, n_agents, effort, slip, n_states):
        world = FireRescue(rows, n_agents, effort=effort, slip=slip)
        table = world.to_ecmdp(gamma=0.9)
        assert table.n_states == n_states
        assert _table_disagreement(world, table, FireRescueByHand(rows, n_agents, effort, slip)) is None

    def test_another_rule_is_rejected(self):
        world = FireRescue(("1S2",), 3)
        twin = FireRescueByHand(("1S2",), 3, needed_extra=1)
        assert _table_disagreement(world, world.to_ecmdp(gamma=0.9), twin) is not None
        slippery = FireRescueByHand(("1S2",), 3, slip=0.1)
        assert _table_disagreement(world, world.to_ecmdp(gamma=0.9), slippery) is not None

    def test_sampled_frequencies_are_the_tables_probabilities(self):
        world = FireRescue(("S.1",), 2, slip=0.3)
        table, states = world.to_ecmdp(gamma=0.9), RescueStates(world)
        samples, generator = 20_000, torch.Generator().manual_seed(5)
        for joint in (4 + 6 * 4, 4 + 6 * 0):
            state = states.state_of(torch.zeros(samples, dtype=torch.int64))
            actions = torch.tensor(actions_of_joint((6, 6))[joint]).expand(samples, -1)
            following = states.index_of(step(world, state, actions, generator).state)
            frequency = np.bincount(following.numpy(), minlength=table.n_states) / samples
            expected = table.transition.row(0, joint)
            # Five standard errors of a binomial frequency.
            assert (np.abs(frequency - expected) <= 5 * np.sqrt(expected * (1 - expected) / samples) + 1e-12).all()
            assert np.abs(frequency - np.roll(expected, 1)).max() > 0.1

    def test_numbering_is_a_bijection(self):
        for world in (FireRescue(STATION, 2, effort=2), FireRescue(("1R", "SR"), 2, effort=3)):
            states = RescueStates(world)
            index = torch.arange(states.n_states)
            assert torch.equal(states.index_of(states.state_of(index)), index)

    def test_initial_distribution(self):
        anywhere = FireRescue(("1.",), 2)
        table = anywhere.to_ecmdp(gamma=0.5)
        np.testing.assert_allclose(table.initial_distribution, [0.25] * 4 + [0.0])
        draws = torch.rand(2000, 2, generator=torch.Generator().manual_seed(0))
        index = RescueStates(anywhere).index_of(anywhere.initial(draws))
        assert (torch.bincount(index, minlength=5) / 2000 - 0.25).abs()[:4].max() < 0.05
        fixed = FireRescue(("1..S",), 2)
        first = RescueStates(fixed).index_of(fixed.initial(torch.zeros(1, 0)))
        assert fixed.to_ecmdp(gamma=0.5).initial_distribution[int(first)] == 1.0

    def test_too_large_is_refused_with_the_bytes(self):
        with pytest.raises(TableTooLargeError, match=r"6,083,264,513 states.*bytes"):
            FireRescue(TOWN, 5).to_ecmdp(gamma=0.9)
        with pytest.raises(TableTooLargeError, match="bytes"):
            FireRescue(TWO_FIRES, 3).to_ecmdp(gamma=0.9, max_bytes=1000)

    def test_discount_is_checked(self):
        with pytest.raises(DiscountError):
            FireRescue(("S1",), 1).to_ecmdp(gamma=1.0)


def _table_disagreement(world, table, twin):
    """Compare every row of the table with the twin's distribution; None, or the first (s, j) that differs."""
    states = RescueStates(world)
    index = torch.arange(states.n_states - 1)
    every = states.state_of(index)
    place = [tuple(p) for p in world.layout.positions.tolist()]
    keys = [
        (tuple(place[c] for c in cells), tuple(left))
        for cells, left in zip(every.cell.tolist(), every.left.tolist(), strict=True)
    ]
    number = {key: s for s, key in enumerate(keys)} | {"over": states.n_states - 1}
    joints = actions_of_joint(table.n_actions)
    for s in index.tolist():
        places, left = list(keys[s][0]), list(keys[s][1])
        for j, actions in enumerate(joints):
            expected, rewards = twin.distribution(places, left, [ACTIONS[a] for a in actions])
            row = table.transition.row(s, j)
            total = 0.0
            for key, probability in expected.items():
                total += row[number[key]]
                if abs(row[number[key]] - probability) > 1e-12:
                    return s, j
            if abs(total - 1.0) > 1e-12 or not np.allclose(table.subtask_rewards[s, j], rewards, atol=1e-12):
                return s, j
    return None

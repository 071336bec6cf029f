"""What chapter 04 reads off rescue worlds: scripted episodes, own rewards, what an agent can tell apart."""

from __future__ import annotations

import numpy as np

from nucleolus_lib.envs import FireRescue
from nucleolus_lib.envs.observation_counts import observation_count
from nucleolus_lib.envs.own_rewards import own_rewards
from nucleolus_lib.envs.rescue_layout import STATION, TOWN, TWO_FIRES
from nucleolus_lib.envs.scripted_rescue import scripted_rescue
from nucleolus_lib.markov.ec_pomdp import follows_life_cycle


def test_the_script_finishes_the_town_in_the_life_cycle() -> None:
    episode = scripted_rescue(FireRescue(TOWN, 5, effort=3))
    assert episode.terminated
    assert follows_life_cycle(episode.structures)


def test_a_map_without_a_rescue_ends_apart() -> None:
    episode = scripted_rescue(FireRescue(STATION, 2))
    assert episode.terminated
    assert not follows_life_cycle(episode.structures)


def test_slips_are_a_function_of_the_seed() -> None:
    world = FireRescue(TOWN, 5, slip=0.3, horizon=200)
    one, again, other = (scripted_rescue(world, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.entities, again.entities)
    assert one.entities.shape != other.entities.shape or not np.array_equal(one.entities, other.entities)


def test_own_rewards_by_counting() -> None:
    episode = scripted_rescue(FireRescue(TOWN, 5, effort=3))
    rewards = own_rewards(episode)
    for t in range(episode.n_steps):
        for coalition in range(32):
            inside = [i for i in range(5) if coalition >> i & 1]
            enough = episode.participants[t][:, inside].sum(1) >= episode.requirement[t]
            assert rewards[t, coalition] == (episode.subtask_rewards[t] * enough).sum()
    assert (rewards[:, 31] == episode.subtask_rewards.sum(1)).all()
    assert not rewards[:, 0].any()
    assert not np.array_equal(rewards[:, 1], rewards[:, 31])


def test_what_an_agent_sees_from_its_own_cell() -> None:
    """Radius 0 on three cells in a row: own cell, plus what is here. Counted by hand."""
    counts = [observation_count(FireRescue(TWO_FIRES, 2, view_radius=radius)) for radius in (0, 1, 2, None)]
    # left or right cell: the other agent here or not, the fire here open or not; middle: other here or not.
    assert counts[0] == (28, 2 * 2 + 2 * 2 + 2)
    assert counts[-1] == (28, 28)
    assert [count.n_observations for count in counts] == sorted(count.n_observations for count in counts)

"""The PettingZoo face of battles: its own tests, seeds, masks and pictures."""

import warnings

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.pettingzoo_adapter import WorldParallelEnv


def test_api():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(WorldParallelEnv(Battle("3m")), num_cycles=40)


def test_seed():
    parallel_seed_test(lambda: WorldParallelEnv(Battle("3m", shuffle_enemy_ids=True)), num_cycles=15)


def test_agents_masks_and_subtasks():
    env = WorldParallelEnv(Battle("2s3z"), render_mode="rgb_array")
    observations, infos = env.reset(seed=0)
    assert env.agents == ["stalker_0", "stalker_1", "zealot_2", "zealot_3", "zealot_4"]
    for agent in env.agents:
        assert env.observation_space(agent).contains(observations[agent])
        mask = infos[agent]["action_mask"]
        assert mask[:2].tolist() == [0, 1]
        assert infos[agent]["subtasks"].shape == (7,)
    before = env.render()
    env.step(dict.fromkeys(env.agents, 1))
    assert not np.array_equal(before, env.render())
    assert env.state().shape == (120,)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["2s3z", "3s_vs_5z", "2c_vs_64zg", "5m_vs_6m", "8m_vs_9m", "corridor"])
def test_api_of_every_map(name):
    parallel_api_test(WorldParallelEnv(Battle(name)), num_cycles=60)

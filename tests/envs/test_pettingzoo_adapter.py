"""The PettingZoo face of every world: its own tests, seeding, ends, rendering."""

import warnings

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from nucleolus_lib.envs import FireRescue, SplitTheTask
from nucleolus_lib.envs.errors import ActionsError, WorldParameterError
from nucleolus_lib.envs.pettingzoo_adapter import WorldParallelEnv
from tests.envs.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_api(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(WorldParallelEnv(WORLDS[name]()), num_cycles=60)


@pytest.mark.parametrize("name", WORLDS)
def test_seed(name):
    parallel_seed_test(lambda: WorldParallelEnv(WORLDS[name]()), num_cycles=40)


def _starts(env, seed):
    env.reset(seed=seed)
    return [env.state().tolist()] + [env.reset() and env.state().tolist() for _ in range(8)]


def test_a_seed_decides_all_later_episodes_and_another_seed_differs():
    env = WorldParallelEnv(FireRescue(("1....", "....2"), 3))
    assert _starts(env, 1) == _starts(env, 1)
    assert _starts(env, 1) != _starts(env, 2)


def test_without_a_seed_two_environments_differ():
    first, second = (WorldParallelEnv(FireRescue(("1....", "....2"), 3)) for _ in range(2))
    first.reset()
    second.reset()
    assert [first.reset() and first.state().tolist() for _ in range(8)] != [
        second.reset() and second.state().tolist() for _ in range(8)
    ]


def test_spaces_hold_what_is_returned():
    env = WorldParallelEnv(FireRescue(view_radius=2))
    observations, infos = env.reset(seed=0)
    for agent in env.agents:
        assert env.observation_space(agent).contains(observations[agent])
        assert infos[agent]["action_mask"].shape == (env.action_space(agent).n,)
        assert infos[agent]["coalition"] == -1
    assert env.state_space.contains(env.state())


def test_one_reward_for_all_and_infos_about_the_step():
    env = WorldParallelEnv(FireRescue(("S1S",), 2))
    env.reset(seed=0)
    env.step({"agent_0": 4, "agent_1": 0})
    _, rewards, terminated, truncated, infos = env.step({"agent_0": 5, "agent_1": 0})
    assert rewards == {"agent_0": 1.0, "agent_1": 1.0}
    assert terminated == {"agent_0": True, "agent_1": True}
    assert truncated == {"agent_0": False, "agent_1": False}
    assert infos["agent_1"]["subtasks"].tolist() == [1.0]
    assert [infos[agent]["coalition"] for agent in ("agent_0", "agent_1")] == [0, 1]
    assert env.agents == []


def test_the_clock_truncates():
    env = WorldParallelEnv(FireRescue(("S1",), 1, horizon=1))
    env.reset(seed=0)
    _, _, terminated, truncated, _ = env.step({"agent_0": 0})
    assert (terminated["agent_0"], truncated["agent_0"]) == (False, True)


@pytest.mark.parametrize("world", [FireRescue(), SplitTheTask(0.5)], ids=["places", "table"])
def test_rendering_shows_the_state(world):
    env = WorldParallelEnv(world, render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    assert before.dtype == np.uint8
    assert before.shape[2] == 3
    assert np.array_equal(before, env.render())
    for action in (1, 1):
        env.step(dict.fromkeys(env.agents, action))
    assert not np.array_equal(before, env.render())


def test_no_render_mode_no_picture():
    env = WorldParallelEnv(SplitTheTask(0.5))
    env.reset()
    assert env.render() is None


def test_misuse_is_explained():
    env = WorldParallelEnv(SplitTheTask(0.5))
    with pytest.raises(ActionsError, match="reset"):
        env.step({})
    with pytest.raises(ActionsError, match="reset"):
        env.state()
    env.reset(seed=0)
    with pytest.raises(ActionsError, match=r"\['agent_1'\] have no action"):
        env.step({"agent_0": 0})
    with pytest.raises(ActionsError, match="was given 7"):
        env.step({"agent_0": 0, "agent_1": 7})
    with pytest.raises(WorldParameterError, match="human"):
        WorldParallelEnv(SplitTheTask(0.5), render_mode="human")

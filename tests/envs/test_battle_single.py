"""SMAC's class: names, types, counts, errors, replays; the same battles as the batched world."""

import json

import numpy as np
import pytest
import torch

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_replay import replay_episode
from nucleolus_lib.envs.errors import ActionsError, EpisodeError, WorldParameterError
from nucleolus_lib.envs.single_battle import SingleBattleEnv
from tests.envs.battle_moments import by_hand
from tests.envs.test_battle_interface import peaceful
from tests.reference.smac_interface_by_hand import mask_of, observation_of, reward_of, sees, state_of


def choose(env, rng):
    return [int(rng.choice(np.flatnonzero(mask))) for mask in env.get_avail_actions()]


def play(env, rng, steps=1000):
    """Random play to the end of the episode; returns what every step returned."""
    env.reset()
    results = []
    for _ in range(steps):
        results.append(env.step(choose(env, rng)))
        if results[-1][1]:
            break
    return results


def test_types_and_sizes_are_smacs():
    env = SingleBattleEnv("3m")
    observations, state = env.reset()
    info = env.get_env_info()
    assert isinstance(observations, list)
    assert all(o.shape == (info["obs_shape"],) and o.dtype == np.float32 for o in observations)
    assert state.shape == (info["state_shape"],)
    assert state.dtype == np.float32
    assert env.get_obs_agent(1).tolist() == observations[1].tolist()
    masks = env.get_avail_actions()
    assert isinstance(masks, list)
    assert all(isinstance(mask, list) and set(mask) <= {0, 1} and len(mask) == 9 for mask in masks)
    assert env.get_avail_agent_actions(2) == masks[2]
    assert env.get_total_actions() == info["n_actions"] == 9
    reward, terminated, step_info = env.step([1, 1, 1])
    assert isinstance(reward, float)
    assert terminated is False
    assert step_info == {"battle_won": False, "dead_allies": 0, "dead_enemies": 0}
    assert env.last_action.tolist() == np.eye(9)[[1, 1, 1]].tolist()
    assert env.get_visibility_matrix().shape == (3, 6)
    assert env.get_obs_size() == (
        env.get_obs_move_feats_size()
        + np.prod(env.get_obs_enemy_feats_size())
        + np.prod(env.get_obs_ally_feats_size())
        + env.get_obs_own_feats_size()
    )
    assert env.get_state_size() == len(env.get_state())
    assert (env.n_agents, env.n_enemies, env.episode_limit, env.seed()) == (3, 3, 60, 0)
    env.close()


def test_actions_may_be_a_list_an_array_or_a_tensor():
    for actions in ([1, 1, 1], np.array([1, 1, 1]), torch.tensor([1, 1, 1])):
        env = SingleBattleEnv("3m")
        env.reset()
        env.step(actions)


def test_an_episode_follows_the_twin_step_by_step():
    """Masks, observations, state, visibility and reward of a played battle, from the raw positions and points."""
    env, rng = SingleBattleEnv("2s3z", seed=4), np.random.default_rng(0)
    env.reset()
    before, reward = None, 0.0
    for _ in range(25):
        now = by_hand("2s3z", env._state, 0)
        assert env.get_avail_actions() == [mask_of(now, i) for i in range(5)]
        np.testing.assert_allclose(env.get_obs(), [observation_of(now, i) for i in range(5)], atol=2e-6)
        np.testing.assert_allclose(env.get_state(), state_of(now), atol=2e-6)
        assert env.get_visibility_matrix().tolist() == sees(now)
        if before is not None:
            assert reward == pytest.approx(reward_of(before, now), abs=1e-4)
        before = now
        reward, terminated, _ = env.step(choose(env, rng))
        if terminated:
            break


def test_the_same_seed_gives_the_batched_worlds_episodes():
    env, world = SingleBattleEnv("3m", seed=9), Battle("3m")
    generator, rng = torch.Generator().manual_seed(9), np.random.default_rng(1)
    for _ in range(2):
        env.reset()
        state = world.initial(torch.rand((1, 0), generator=generator))
        terminated = False
        while not terminated:
            actions = choose(env, rng)
            reward, terminated, _ = env.step(actions)
            draws = torch.rand((1, world.spec.n_step_draws), generator=generator)
            result = world.transition(state, torch.tensor([actions]), draws)
            state = result.state
            assert reward == float(result.reward)
            np.testing.assert_array_equal(env.get_obs(), world.observation(state)[0])
        assert bool(result.terminated)


def test_seeds_decide_the_battle():
    def returns(seed):
        env = SingleBattleEnv("3m", seed=seed)
        rng = np.random.default_rng(0)
        return [reward for reward, _, _ in play(env, rng)]

    assert returns(1) == returns(1)
    assert returns(1) != returns(2)
    assert SingleBattleEnv("3m", seed=None).seed() != SingleBattleEnv("3m", seed=None).seed()


def test_statistics_count_battles_wins_and_timeouts():
    env = SingleBattleEnv("3m")
    assert env.get_stats() == {
        "battles_won": 0,
        "battles_game": 0,
        "battles_draw": 0,
        "win_rate": 0.0,
        "timeouts": 0,
        "restarts": 0,
    }
    rng = np.random.default_rng(0)
    results = [play(env, rng)[-1] for _ in range(2)]
    assert [terminated for _, terminated, _ in results] == [True, True]
    assert env.get_stats()["battles_game"] == 2
    assert env.get_stats()["battles_won"] == sum(info["battle_won"] for _, _, info in results)


@pytest.mark.parametrize("continuing", [False, True])
def test_a_timeout_is_an_end_and_named_only_for_continuing_episodes(continuing):
    env = SingleBattleEnv(peaceful(), continuing_episode=continuing)
    env.reset()
    for t in range(4):
        _, terminated, info = env.step([1, 1, 1])
        assert terminated == (t == 3)
    expected = {"battle_won": False, "dead_allies": 0, "dead_enemies": 0}
    assert info == ({**expected, "episode_limit": True} if continuing else expected)
    stats = env.get_stats()
    assert (stats["timeouts"], stats["battles_draw"], stats["battles_game"]) == (1, 1, 1)


def test_pymarls_settings_are_accepted():
    """The env_args of PyMARL's sc2.yaml, as they stand there."""
    env = SingleBattleEnv(
        continuing_episode=False,
        difficulty="7",
        game_version=None,
        map_name="3m",
        move_amount=2,
        obs_all_health=True,
        obs_instead_of_state=False,
        obs_last_action=False,
        obs_own_health=True,
        obs_pathing_grid=False,
        obs_terrain_height=False,
        obs_timestep_number=False,
        reward_death_value=10,
        reward_defeat=0,
        reward_negative_scale=0.5,
        reward_only_positive=True,
        reward_scale=True,
        reward_scale_rate=20,
        reward_sparse=False,
        reward_win=200,
        replay_dir="",
        replay_prefix="",
        state_last_action=True,
        state_timestep_number=False,
        step_mul=8,
        seed=None,
        heuristic_ai=False,
        heuristic_rest=False,
        debug=False,
    )
    env.reset()


def test_an_unavailable_action_names_agent_action_and_mask():
    env = SingleBattleEnv("3m")
    env.reset()
    with pytest.raises(ActionsError, match=r"agent 1 \(marine_1\) cannot take action 6 \(attack enemy_marine_0\)") as e:
        env.step([1, 6, 1])
    assert str(env.get_avail_agent_actions(1)) in str(e.value)
    assert "1 (stop)" in str(e.value)
    with pytest.raises(ActionsError, match=r"agent 0 .* action 0 \(noop\)"):
        env.step([0, 1, 1])
    with pytest.raises(ActionsError, match=r"action 9 \(none of 0..8\)"):
        env.step([1, 1, 9])
    with pytest.raises(ActionsError, match="one action for each of 3 agents"):
        env.step([1, 1])


def test_steps_belong_to_an_episode():
    env = SingleBattleEnv(peaceful())
    with pytest.raises(ActionsError, match="reset"):
        env.step([1, 1, 1])
    with pytest.raises(ActionsError, match="reset"):
        env.get_state()
    env.reset()
    for _ in range(4):
        env.step([1, 1, 1])
    with pytest.raises(ActionsError, match="over"):
        env.step([1, 1, 1])
    env.reset()
    env.step([1, 1, 1])


def test_rendering():
    env = SingleBattleEnv("3m")
    env.reset()
    picture = env.render()
    assert picture.dtype == np.uint8
    env.step([2, 2, 2])
    assert not np.array_equal(picture, env.render())
    with pytest.raises(WorldParameterError, match="human"):
        env.render("human")


class TestReplays:
    """npz files that play again."""

    def saved(self, tmp_path, **options):
        env = SingleBattleEnv("3m", seed=2, replay_dir=str(tmp_path / "replays"), **options)
        results = play(env, np.random.default_rng(0), steps=12)
        return env.save_replay(), results

    def test_a_replay_plays_again(self, tmp_path):
        path, results = self.saved(tmp_path, shuffle_enemy_ids=True)
        assert path == tmp_path / "replays" / "3m_000001.npz"
        with np.load(path) as file:
            assert file["rewards"].tolist() == [reward for reward, _, _ in results]
            assert file["entities"].shape == (len(results) + 1, 6, len(file["features"]))
            assert json.loads(str(file["options"]))["shuffle_enemy_ids"]
        episode = replay_episode(path)
        assert episode.n_steps == len(results)
        assert episode.terminated == results[-1][1]
        np.testing.assert_allclose(episode.subtask_rewards.sum(1), [reward for reward, _, _ in results], atol=1e-5)

    def test_the_prefix_and_a_running_episode(self, tmp_path):
        env = SingleBattleEnv("3m", replay_dir=str(tmp_path), replay_prefix="late")
        with pytest.raises(ActionsError, match="reset"):
            env.save_replay()
        env.reset()
        with pytest.raises(EpisodeError, match="no step"):
            replay_episode(env.save_replay())
        env.step([1, 1, 1])
        path = env.save_replay()
        assert path.name == "late_000001.npz"
        assert replay_episode(path).n_steps == 1
        assert not replay_episode(path).terminated

    def test_a_file_that_is_no_replay(self, tmp_path):
        with pytest.raises(EpisodeError, match="not a replay"):
            replay_episode(tmp_path / "missing.npz")
        np.savez(tmp_path / "other.npz", x=np.zeros(2))
        with pytest.raises(EpisodeError, match="not a replay"):
            replay_episode(tmp_path / "other.npz")

    @pytest.mark.parametrize(
        ("part", "value", "words"), [("schema", 2, "version 2"), ("draws", None, "lead elsewhere")]
    )
    def test_another_version_and_other_rules(self, tmp_path, part, value, words):
        path, _ = self.saved(tmp_path)
        with np.load(path) as file:
            parts = dict(file)
        parts[part] = np.array(value) if value else 1 - parts[part]
        np.savez(path, **parts)
        with pytest.raises(EpisodeError, match=words):
            replay_episode(path)

"""The adapter for the real SMAC: on the simulator in processes, with failing stand-ins, and without the game."""

import os
import signal
import sys
import time

import pytest
import torch

from nucleolus_lib.envs import Step, random_actions, reset, step
from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.conformance_rules import RULES
from nucleolus_lib.envs.conformance_trial import play_trial
from nucleolus_lib.envs.errors import ActionsError, SmacMissingError, SmacWorkerError, WorldParameterError
from nucleolus_lib.envs.smac_adapter import SmacBattles
from nucleolus_lib.envs.smac_install import check_smac
from tests.envs.battle_workers import LENGTH, broken_start, silent_start, simulated_battle, stand_in

REPLAYED = {"same_chance_same_play", "batch_equals_singles", "unavailable_actions_act_as_the_noop"}


@pytest.fixture(scope="module")
def simulated():
    with SmacBattles("3m", 2, seed=11, make_battle=simulated_battle) as battles:
        yield battles


def stand_ins(n_workers=3, **options):
    """Forked: nothing of torch runs in these processes, and a fork starts at once."""
    seconds = 2.0 if options.get("trouble") == "hang" else 60.0
    return SmacBattles("3m", n_workers, make_battle=stand_in, start_method="fork", step_seconds=seconds, **options)


def test_same_seeds_same_episodes_as_the_batched_simulator(simulated):
    """Battle b draws from a generator of seed 11 + b; the simulator is given the same draws."""
    world = Battle("3m")
    generators = [torch.Generator().manual_seed(11 + b) for b in range(2)]
    chooser = torch.Generator().manual_seed(0)
    played = 0
    for _ in range(2):
        state, expected = simulated.initial(torch.zeros(2, 0)), world.initial(torch.zeros(2, 0))
        over = torch.zeros(2, dtype=torch.bool)
        while not bool(over.all()):
            torch.testing.assert_close(simulated.observation(state), world.observation(expected))
            torch.testing.assert_close(simulated.global_state(state), world.global_state(expected))
            assert torch.equal(simulated.available_actions(state), world.available_actions(expected))
            actions = random_actions(world, expected, chooser)
            # A worker draws only while its battle goes on.
            size = world.spec.n_step_draws
            draws = [
                torch.zeros(1, size) if ended else torch.rand(1, size, generator=generator)
                for ended, generator in zip(over.tolist(), generators, strict=True)
            ]
            found = simulated.transition(state, actions, torch.zeros(2, 0))
            wanted = world.transition(expected, actions, torch.cat(draws))
            torch.testing.assert_close(found.reward, wanted.reward)
            assert torch.equal(found.terminated, wanted.terminated)
            assert torch.equal(found.truncated, wanted.truncated)
            state, expected, over = found.state, wanted.state, wanted.terminated
        torch.testing.assert_close(simulated.outcome(state), world.outcome(expected))
        played += 2
    assert simulated.stats["battles_game"] == played
    assert simulated.stats["restarts"] == 0


def test_the_protocol_is_kept_as_far_as_a_game_can(simulated):
    """Every rule but those that play a part again."""
    trial = play_trial(simulated, 2, simulated.spec.horizon, 0, None)
    for rule in RULES:
        if rule.__name__ not in REPLAYED | {"no_shape_depends_on_data"}:
            assert rule(trial) is None, rule.__name__


def test_a_game_cannot_go_back(simulated):
    first = simulated.initial(torch.zeros(2, 0))
    actions = torch.ones(2, 3, dtype=torch.int64)
    simulated.transition(first, actions, torch.zeros(2, 0))
    with pytest.raises(ActionsError, match="cannot go back"):
        simulated.transition(first, actions, torch.zeros(2, 0))


def test_units_are_read_from_the_state(simulated):
    world = Battle("3m")
    found = simulated.entities(simulated.initial(torch.zeros(2, 0)))
    places = world.entities(world.initial(torch.zeros(2, 0)))
    torch.testing.assert_close(found[..., :2] * 32 + 16, places[..., :2])
    torch.testing.assert_close(found[..., 2], places[..., 2])


def play(world, batch, steps=LENGTH):
    """One rollout of fixed length; returns the steps."""
    state, played = reset(world, batch, torch.Generator()), []
    for _ in range(steps):
        played.append(step(world, state, torch.ones(batch, 2, dtype=torch.int64), torch.Generator()))
        state = played[-1].state
    return played


def test_unavailable_actions_become_stop_or_the_no_op():
    with stand_ins(1) as world:
        state = reset(world, 1, torch.Generator())
        # 3 is not available to the first agent, and 1 not to the second, which is dead.
        result = step(world, state, torch.tensor([[3, 1]]), torch.Generator())
        assert isinstance(result, Step)
        assert float(result.reward) == 1.0


@pytest.mark.parametrize(
    ("trouble", "moment"),
    [("die", (2, 3)), ("die", (2, 0)), ("hang", (2, 3)), ("raise", (2, 3))],
    ids=["dies", "dies in a reset", "hangs", "raises"],
)
def test_a_failing_battle_is_started_anew_and_nothing_finished_is_lost(trouble, moment):
    with stand_ins(trouble=trouble, moment=moment) as world:
        first = play(world, 3)
        assert first[-1].terminated.tolist() == [True] * 3
        second = play(world, 3)
        third = play(world, 3)
        assert world.stats["restarts"] == 1
        in_step = moment[1] > 0
        cut = [False, in_step, False]
        assert second[-1].state.cut.tolist() == cut
        assert second[-1].truncated.tolist() == cut
        assert second[-1].terminated.tolist() == [not c for c in cut]
        # Up to the failure it was paid; afterwards nothing comes.
        assert second[-1].state.episode_return.tolist() == [5.0, 2.0 if in_step else 5.0, 5.0]
        # The others were not touched, and the one in its place starts with its own first episode.
        assert third[0].state.global_state[:, 1].tolist() == [3, 1 if in_step else 2, 3]
        assert third[-1].terminated.tolist() == [True] * 3
        assert world.stats["battles_game"] == 9 - in_step
        assert world.stats["battles_won"] == world.outcome(first[-1].state)[:, 0].sum() + sum(
            float(world.outcome(played[-1].state)[:, 0].sum()) for played in (second, third)
        )


def test_a_process_killed_from_outside_is_replaced():
    with stand_ins(2) as world:
        state = reset(world, 2, torch.Generator())
        os.kill(world.process_ids[0], signal.SIGKILL)
        result = step(world, state, torch.ones(2, 2, dtype=torch.int64), torch.Generator())
        assert result.state.cut.tolist() == [True, False]
        assert world.stats["restarts"] == 1


def test_a_game_that_smac_restarted_itself_is_counted_and_cut():
    with stand_ins(2, trouble="restart", moment=(1, 2)) as world:
        played = play(world, 2)
        assert played[1].state.cut.tolist() == [False, True]
        assert played[-1].state.episode_return.tolist() == [5.0, 1.0]
        assert world.stats["restarts"] == 1
        assert world.stats["battles_game"] == 1


def test_a_battle_that_always_fails_is_given_up_with_its_words():
    def hopeless(world):
        for _ in range(5):
            play(world, 1, steps=1)

    with (
        SmacBattles("3m", 1, make_battle=always_late, start_method="fork", step_seconds=5.0) as world,
        pytest.raises(SmacWorkerError, match=r"(?s)3 times in a row.*dropship"),
    ):
        hopeless(world)


def always_late(map_name, seed, options):
    return stand_in(map_name, seed, {"trouble": "raise", "seed_in_trouble": seed, "moment": (1, 1)})


@pytest.mark.parametrize(("start", "words"), [(broken_start, "no barracks"), (silent_start, "nothing within 1 s")])
def test_a_battle_that_cannot_start_is_explained(start, words):
    began = time.monotonic()
    with pytest.raises(SmacWorkerError, match=words):
        SmacBattles("3m", 2, make_battle=start, start_method="fork", start_seconds=1.0)
    assert time.monotonic() - began < 50


def test_bad_arguments_are_explained():
    with pytest.raises(WorldParameterError, match="obs_instead_of_state"):
        SmacBattles("3m", 1, make_battle=stand_in, obs_instead_of_state=True)
    with pytest.raises(WorldParameterError, match="n_workers"):
        SmacBattles("3m", 0, make_battle=stand_in)
    with stand_ins(1) as world:
        with pytest.raises(WorldParameterError, match="n_workers=1"):
            reset(world, 2, torch.Generator())
        state = reset(world, 1, torch.Generator())
        with pytest.raises(ActionsError, match="int64"):
            world.transition(state, torch.ones(1, 2), torch.zeros(1, 0))
    with pytest.raises(SmacWorkerError, match="closed"):
        world.initial(torch.zeros(1, 0))


def package(folder, *names):
    """Packages with nothing in them."""
    for name in names:
        path = folder.joinpath(*name.split("."))
        path.mkdir(parents=True, exist_ok=True)
        (path / "__init__.py").write_text("")


@pytest.fixture
def no_smac(monkeypatch, tmp_path):
    """A search path in which a package named smac is only what a test puts there."""
    for name in [name for name in sys.modules if name.split(".")[0] == "smac"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delenv("SC2PATH", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "smac"]:
        del sys.modules[name]


def test_without_the_package_the_repository_is_named(no_smac):
    with pytest.raises(SmacMissingError, match=r"git\+https://github.com/oxwhirl/smac"):
        check_smac("3m")
    with pytest.raises(SmacMissingError, match="PyPI"):
        SmacBattles("3m", 1)


def test_the_other_package_of_this_name_is_recognised(no_smac):
    package(no_smac, "smac", "smac.facade")
    with pytest.raises(SmacMissingError, match="another program"):
        check_smac("3m")


def test_the_game_is_looked_for(no_smac, monkeypatch):
    package(no_smac, "smac", "smac.env", "smac.env.starcraft2")
    if sys.platform.startswith("linux"):
        with pytest.raises(SmacMissingError, match="as SC2PATH is not set"):
            check_smac("3m")
    game = no_smac / "game"
    monkeypatch.setenv("SC2PATH", str(game))
    with pytest.raises(SmacMissingError, match=r"game \(SC2PATH\)"):
        check_smac("3m")
    (game / "Versions").mkdir(parents=True)
    with pytest.raises(SmacMissingError, match="no map 3m"):
        check_smac("3m")
    maps = game / "Maps" / "SMAC_Maps"
    maps.mkdir(parents=True)
    (maps / "3m.SC2Map").write_bytes(b"")
    check_smac("3m")
    with pytest.raises(SmacMissingError, match="no map 8m"):
        check_smac("8m")

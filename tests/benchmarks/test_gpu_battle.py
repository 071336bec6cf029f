"""Battles as a GPU plays them: the captured step on a GPU that is not there, and the same step on the CPU."""

import json

import pytest
import torch

from nucleolus_lib.envs.batched_state import clone, select, tensors_of
from nucleolus_lib.envs.battle import Battle
from tests.benchmarks import bench_gpu_battle
from tests.benchmarks.bench_gpu_battle import BARS, BLOCK, CapturedBattles, main, rows_of
from tests.benchmarks.gpu_launches import count_launches
from tests.benchmarks.gpu_peaks import LAUNCH_SECONDS, PEAKS
from tests.experiments.fake_cuda import FakeCudaError, fake_cuda

B = 4


class FakeEvent:
    """An event by whose clock two of them are always 8 ms apart."""

    def __init__(self, enable_timing=False):
        assert enable_timing

    def record(self, stream):
        assert stream.device.type == "cuda"

    def synchronize(self):
        pass

    def elapsed_time(self, end):
        return 8.0


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "5m_vs_6m" else pytest.mark.slow) for name in BARS]
)
def test_a_step_is_captured_and_replayed(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(bench_gpu_battle, "WARM_UP_STEPS", 0)
    with fake_cuda(monkeypatch, index=1) as gpu:
        battles = CapturedBattles(name, B, gpu.device)
        assert battles.seconds(5) == 0.008
        battles.play(BLOCK + 1)
        (graph,) = gpu.graphs
        assert (graph.replays, graph.stream.device) == (5 + BLOCK + 1, torch.device("cuda", 1))
        assert battles.is_captured
        assert {tensor.device for tensor in (*vars(battles.state).values(), *battles.seen.tensors())} == {gpu.device}
    # Operations include views, launches do not; copying the state is part of both.
    assert 100 < CapturedBattles(name, B, "cpu").launches() < graph.operations


def test_a_step_that_needs_the_host_is_found_out(monkeypatch):
    monkeypatch.setattr(bench_gpu_battle, "WARM_UP_STEPS", 0)
    with fake_cuda(monkeypatch) as gpu:
        battles = CapturedBattles("5m_vs_6m", B, gpu.device)
        whole = battles.world.global_state
        monkeypatch.setattr(battles.world, "global_state", lambda state: whole(state) + torch.ones(1))
        with pytest.raises(FakeCudaError):
            battles.play(1)


def test_it_plays_what_the_world_plays():
    """Seventy steps, in which battles end, against the world itself with the chance that was drawn."""
    battles, world = CapturedBattles("5m_vs_6m", B, "cpu"), Battle("5m_vs_6m")
    state = start = world.initial(torch.zeros(B, 0))
    n, a = world.spec.n_agents, world.spec.n_actions
    generator, ends = torch.Generator().manual_seed(0), 0
    battles.play(70)
    for number in range(70):
        if number % BLOCK == 0:
            chance = torch.rand((BLOCK, B, n * a + world.spec.n_step_draws), generator=generator)
        scores, draws = chance[number % BLOCK].split([n * a, world.spec.n_step_draws], -1)
        available = world.available_actions(state)
        action = scores.reshape(B, n, a).masked_fill(~available, -1).argmax(-1)
        step = world.transition(state, action, draws)
        over = step.terminated | step.truncated
        ends += int(over.sum())
        state = select(over, start, step.state)
    assert ends > 0
    for name, tensor in tensors_of(battles.state).items():
        assert torch.equal(tensor, tensors_of(state)[name]), name
    assert torch.equal(battles.seen.action, action)
    assert torch.equal(battles.seen.terminated, step.terminated)
    assert torch.equal(battles.seen.observation, world.observation(state))
    assert torch.equal(battles.seen.global_state, world.global_state(state))


def test_the_comparison_sees_a_step_that_was_played_otherwise(monkeypatch):
    battles = CapturedBattles("5m_vs_6m", B, "cpu")
    battles.play(20)
    assert battles.share_that_differs() == 0
    play = CapturedBattles.play

    def shifted(self, n_steps):
        play(self, n_steps)
        self.state.health[1, 2] += 1

    monkeypatch.setattr(CapturedBattles, "play", shifted)
    total = sum(tensor.numel() for tensor in (*vars(battles.state).values(), *battles.seen.tensors()))
    assert battles.share_that_differs() == pytest.approx(1 / total)


def test_after_a_comparison_the_battles_go_on(monkeypatch):
    battles = CapturedBattles("5m_vs_6m", B, "cpu")
    battles.play(3)
    before = clone(battles.state)
    battles.share_that_differs()
    assert torch.equal(battles.state.elapsed, before.elapsed + 1)


def test_launches_are_counted_by_hand():
    a = torch.ones(4, 6)
    assert count_launches(lambda: (a + 1).relu()) == 2
    assert count_launches(lambda: a.reshape(2, 12).T[None].expand(3, -1, -1)[0, 1:].unbind(0)) == 0
    assert count_launches(lambda: (a.view(-1).sum(), a.clone(), torch.empty(3), torch.zeros(3))) == 3
    assert count_launches(lambda: a.copy_(a * 2)) == 2
    assert count_launches(lambda: a.T.reshape(-1)) == 1


def test_bytes_are_counted_by_hand():
    battles = CapturedBattles("5m_vs_6m", B, "cpu")
    battles.play(1)
    spec = battles.world.spec
    n, e, a, f, d = 5, 6, spec.n_actions, spec.observation_size, spec.state_size
    u = n + e
    state = 4 * (2 + 2 + 5) * u + 8 * u + 8 * e + 8 * n + 8 + 2 + 4
    chance = 4 * (n * a + u + 1)
    seen = 8 * n + n * a + 4 * n * f + 4 * d + 4 + 1 + 1
    assert battles.bytes() == B * (2 * state + chance + seen)


FOUND = {
    "map": "corridor",
    "batch": 4096,
    "captured": True,
    "seconds_of_a_step": 0.004096,
    "env_steps_per_s": 1e6,
    "bytes_of_a_step": 48 * 10**6,
    "launches_of_a_step": 1000,
    "share_that_differs": 0.0,
}


def test_the_rows_divide_by_the_bar_and_by_the_floors():
    first, launches, bytes_ = rows_of(FOUND, ("H200 SXM", PEAKS["H200 SXM"]))
    assert (first["ratio"], first["holds"]) == (2.0, True)
    assert launches["ratio"] == pytest.approx(0.004096 / (1000 * LAUNCH_SECONDS))
    assert bytes_["ratio"] == pytest.approx(0.004096 / 1e-5)
    assert len(rows_of(FOUND, None)) == 2


@pytest.mark.parametrize("worse", [{"env_steps_per_s": 4.9e5}, {"captured": False}, {"share_that_differs": 1e-6}])
def test_what_is_slow_uncaptured_or_wrong_misses_its_bar(worse):
    assert not rows_of(FOUND | worse, None)[0]["holds"]


def test_the_program_writes_its_rows_and_misses_without_a_gpu(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench_gpu_battle, "MEETING_STEPS", 2)
    path = tmp_path / "gpu_battle.json"
    few = ["--device", "cpu", "--batch", str(B), "--maps", "5m_vs_6m", "--steps", "2", "--rounds", "1"]
    assert main([*few, "--json", str(path)]) == 1
    stored = json.loads(path.read_text())
    assert [row["bar"] for row in stored["rows"]] == [">= 1", "none"]
    assert stored["maps"][0]["share_that_differs"] == 0
    assert stored["maps"][0]["captured"] is False
    assert "MISS 5m_vs_6m, 4 battles, single operations" in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_an_absent_gpu_is_explained(capsys):
    assert main([]) == 1
    assert "there is no device 'cuda'" in capsys.readouterr().err

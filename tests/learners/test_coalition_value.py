"""V(s, a_C) of all coalitions at once against one pass per coalition."""

from __future__ import annotations

import time

import pytest
import torch

from nucleolus_lib.learners import coalition_value_rows
from nucleolus_lib.learners.coalition_value import CoalitionValueNetwork
from nucleolus_lib.learners.nucleolus_coalitions import all_members, sampled_members
from tests.reference.coalition_value_by_passes import values_by_passes

EMBEDDINGS = ("one_hot", "state")


def network_and_rows(n: int, embedding: str, rows: int = 7) -> tuple[CoalitionValueNetwork, torch.Tensor, torch.Tensor]:
    torch.manual_seed(n)
    network = CoalitionValueNetwork(n, 4, 6, hidden_size=16, agent_embedding=embedding)  # type: ignore[arg-type]
    return network, torch.randn(rows, 6), torch.randint(0, 4, (rows, n))


@pytest.mark.parametrize("embedding", EMBEDDINGS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_all_coalitions_at_once_equal_one_pass_each(n: int, embedding: str) -> None:
    network, state, action = network_and_rows(n, embedding)
    expected = values_by_passes(network, state, action, all_members(n))
    torch.testing.assert_close(network(state, action), expected, atol=1e-5, rtol=0)


def test_the_twin_sees_a_wrong_slot() -> None:
    network, state, action = network_and_rows(3, "one_hot")
    expected = values_by_passes(network, state, action, all_members(3))
    with torch.no_grad():
        network.action_weight[1] += 0.1
    assert (network(state, action) - expected).abs().max() > 1e-3


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_chosen_coalitions_equal_their_columns(embedding: str) -> None:
    network, state, action = network_and_rows(5, embedding)
    member = sampled_members(torch.rand(9, 6), "uniform_size")
    column = (member.long() * 2 ** torch.arange(5)).sum(1)
    torch.testing.assert_close(network(state, action, member), network(state, action)[:, column], atol=1e-5, rtol=0)


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_gradients_equal_those_of_the_passes_in_any_chunking(
    embedding: str, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, state, action = network_and_rows(4, embedding)
    member = sampled_members(torch.rand(5, 5), "ordered") if chosen else all_members(4)
    out = torch.randn(7, len(member))
    parameters = list(network.parameters())
    expected = torch.autograd.grad(values_by_passes(network, state, action, member), parameters, out)
    # Three rows to a chunk, so that the last chunk is a short one.
    monkeypatch.setitem(coalition_value_rows.CHUNK_ENTRIES, "cpu", 3 * len(member) * 16)
    got = torch.autograd.grad(network(state, action, member if chosen else None), parameters, out)
    for mine, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)


def test_the_empty_coalition_does_not_see_actions_and_members_do() -> None:
    network, state, action = network_and_rows(3, "state")
    before, after = network(state, action), network(state, (action + 1) % 4)
    changed = (before - after).abs().max(0).values > 1e-6
    assert changed.tolist() == [False] + [True] * 7


def test_absent_differs_from_every_action() -> None:
    network, state, _ = network_and_rows(2, "one_hot")
    for a in range(4):
        values = network(state, torch.full((7, 2), a))
        assert ((values[:, 0] - values[:, 1]).abs() > 1e-6).all()


def test_leading_axes_are_free() -> None:
    network, state, action = network_and_rows(3, "state", rows=12)
    values = network(state.reshape(3, 4, 6), action.reshape(3, 4, 3))
    assert values.shape == (3, 4, 8)
    torch.testing.assert_close(values.flatten(0, 1), network(state, action))


@pytest.mark.slow
def test_at_once_is_ten_times_faster_than_pass_by_pass() -> None:
    torch.manual_seed(0)
    network = CoalitionValueNetwork(8, 5, 53)
    state, action = torch.randn(800, 53), torch.randint(0, 5, (800, 8))
    member = all_members(8)
    with torch.no_grad():
        network(state, action)
        start = time.process_time()
        values_by_passes(network, state, action, member)
        by_passes = time.process_time() - start
        start = time.process_time()
        for _ in range(5):
            network(state, action)
        at_once = (time.process_time() - start) / 5
    assert by_passes > 10 * at_once

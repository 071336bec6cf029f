"""The induced coalition structure and what coalitions achieved, against loops over sets."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs.structure import structure_as_coalitions, structure_from_participants
from nucleolus_lib.games.coalitions import check_partition, member_matrix
from nucleolus_lib.markov.ec_pomdp import induced_structure
from nucleolus_lib.markov.own_reward import coalition_rewards


@st.composite
def steps(draw):
    """Participants (B, M, N), which subtasks count (M,), requirement and rewards (B, M)."""
    batch, m, n = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    participants = torch.rand(batch, m, n, generator=generator) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    forms = torch.rand(m, generator=generator) < 0.7
    requirement = torch.randint(1, n + 1, (batch, m), generator=generator)
    rewards = torch.randint(-3, 8, (batch, m), generator=generator).float()
    return participants, forms, requirement, rewards


@given(steps())
@settings(max_examples=100, deadline=None)
def test_structure_is_the_one_of_the_markov_layer(step):
    participants, forms, _, _ = step
    n = participants.shape[-1]
    for row, structure in zip(participants, structure_from_participants(participants, forms), strict=True):
        groups = [
            sum(1 << i for i in range(n) if group[i])
            for group, counts in zip(row.tolist(), forms.tolist(), strict=True)
            if counts
        ]
        coalitions = structure_as_coalitions(structure)
        assert coalitions == induced_structure(groups, n)
        assert check_partition(coalitions, n) == coalitions


def test_long_chains_are_one_coalition():
    chain = torch.zeros(1, 7, 8, dtype=torch.bool)
    for k in range(7):
        chain[0, k, k : k + 2] = True
    assert structure_from_participants(chain).tolist() == [[0] * 8]
    broken = chain.clone()
    broken[0, 3] = False
    assert structure_from_participants(broken).tolist() == [[0] * 4 + [4] * 4]


def test_nobody_at_work_is_the_grand_coalition():
    assert structure_from_participants(torch.zeros(2, 3, 4, dtype=torch.bool)).tolist() == [[0] * 4] * 2


@given(steps())
@settings(max_examples=60, deadline=None)
def test_own_reward_counts_own_participants(step):
    participants, _, requirement, rewards = step
    batch, m, n = participants.shape
    found = coalition_rewards(rewards, participants, requirement, torch.as_tensor(member_matrix(n)))
    for b in range(batch):
        for coalition in range(1 << n):
            expected = 0.0
            for k in range(m):
                own = sum(1 for i in range(n) if coalition >> i & 1 and participants[b, k, i])
                expected += float(rewards[b, k]) if own >= requirement[b, k] else 0.0
            assert float(found[b, coalition]) == expected

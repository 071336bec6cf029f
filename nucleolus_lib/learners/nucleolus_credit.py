"""Exact shares of the learned games (register, row I8).

For a game v with v(empty) = 0 and 2**n coalitions in the order of their bitmasks:

"nucleolus"   the payoff x with x(N) = v(N) whose sorted excesses are lexicographically smallest. Individual
              rationality is not asked for (this is the prenucleolus), because the games of arbitrary joint actions
              often have no imputation; where the core is not empty it is the nucleolus.
"shapley"     phi_i = sum over C without i of |C|! (n - |C| - 1)! / n! * [v(C + i) - v(C)]: a fixed linear map.

On a CPU the games go through the compiled solver, on a GPU through the lockstep solver with a fixed number of
rounds, so that nothing is read back. A game that holds a number that is not finite, or was not solved in these
rounds, is marked as not solved, and its share is 0; the learner gives it no weight.

The nucleolus attains the least-core value eps* = min over efficient x of max over proper C of e(C, x), and the core is
empty exactly where eps* > 0: both can be read off the excesses at the share.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.games.literal_tensor import literal_tensor
from nucleolus_lib.games.lockstep import solve_lockstep
from nucleolus_lib.learners.compiled_threads import threads_of_torch
from nucleolus_lib.learners.nucleolus_coalitions import all_members, proper
from nucleolus_lib.learners.nucleolus_config import CreditRule
from nucleolus_lib.learners.nucleolus_excess import excesses, largest_excess

MAX_EXACT_AGENTS = 10
"""The batched solver's limit."""
LOCKSTEP_ROUNDS = {2: 8, 3: 8, 4: 12, 5: 16, 6: 20, 7: 26, 8: 32, 9: 44, 10: 60}
"""Rounds of the lockstep solver on a GPU by number of agents: more than random, smooth and subtask games needed."""


class Shares(NamedTuple):
    """Exact shares of G games."""

    payoff: Tensor
    """(G, n), 0 where a game was not solved."""
    is_solved: Tensor
    """(G,) bool."""


def exact_shares(games: Tensor, rule: CreditRule) -> Shares:
    """The shares of games (G, 2**n) with ``games[:, 0] == 0``; no gradient goes through them."""
    games = games.detach()
    is_finite = games.isfinite().all(1)
    games = torch.where(is_finite[:, None], games, 0.0).to(torch.float64)
    if rule == "shapley":
        payoff, is_solved = games @ shapley_matrix(games.shape[1].bit_length() - 1, games.device), is_finite
    else:
        payoff, is_solved = _prenucleolus(games)
        is_solved = is_solved & is_finite
    return Shares(torch.where(is_solved[:, None], payoff, 0.0).to(torch.float32), is_solved)


def shapley_matrix(n_agents: int, device: torch.device | str = "cpu") -> Tensor:
    """(2**n, n) float64: v @ matrix is the Shapley value."""
    member = all_members(n_agents, device).to(torch.float64)
    size = member.sum(1).long()
    weight = [math.factorial(k) * math.factorial(n_agents - k - 1) / math.factorial(n_agents) for k in range(n_agents)]
    table = literal_tensor([0.0, *weight, 0.0], device)
    # A member of C gains v(C) with the weight of |C| - 1 before it; who is outside loses it with that of |C|.
    return member * table[size][:, None] - (1.0 - member) * table[size + 1][:, None]


def least_core_values(games: Tensor, nucleolus: Tensor) -> Tensor:
    """eps* of every game, (G,), from games (G, 2**n) and their prenucleoli (G, n)."""
    member = all_members(nucleolus.shape[1], games.device)
    return largest_excess(excesses(games, nucleolus, member), proper(games.shape[1], games.device))


def _prenucleolus(games: Tensor) -> tuple[Tensor, Tensor]:
    if games.is_cuda:
        rounds = LOCKSTEP_ROUNDS[games.shape[1].bit_length() - 1]
        record = solve_lockstep(games, individually_rational=False, fixed_rounds=rounds)
        return record.payoff, record.status == 0
    # Imported here, since it compiles at its first call.
    from nucleolus_lib.games.nucleolus_kernel import solve_batch_payoffs

    with threads_of_torch():
        payoff, status = solve_batch_payoffs(games.numpy(), False)
    return torch.from_numpy(payoff), torch.from_numpy(status) == 0

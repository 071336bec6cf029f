"""H_lambda of the paper's equation 18, one state, one joint action and one coalition at a time."""

from __future__ import annotations


def operator_by_loops(transition, reward, gamma, games, weights, idle, q, multiplier, target):
    """(H_lambda Q)[s][j][i] from nested lists; ``target[s][j]`` is what the largest excess is compared with."""
    n_states, n_joint, n_agents = len(q), len(q[0]), len(q[0][0])
    answer = []
    for s in range(n_states):
        rows = []
        for j in range(n_joint):
            payoff = [q[s][j][i] - idle[s] / n_agents for i in range(n_agents)]
            proper = range(1, 2**n_agents - 1)
            worst = max(games[s][j][c] - sum(payoff[i] for i in range(n_agents) if c >> i & 1) for c in proper)
            following = sum(transition[s][j][t] * max(sum(row) for row in q[t]) for t in range(n_states))
            total = reward[s][j] - multiplier * (worst - target[s][j]) + gamma * following
            rows.append([weights[s][j][i] * total for i in range(n_agents)])
        answer.append(rows)
    return answer

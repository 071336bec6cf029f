"""The nucleolus as its textbook definition reads: one dense linear programme per level, HiGHS, small n.

A level's optimum is found first. A coalition is then fixed when its excess cannot be made smaller
than the level's without making another one larger: one more programme per coalition. Nothing is
shared with the library but the numbering of coalitions.
"""

import numpy as np
from scipy.optimize import linprog


def nucleolus_by_linprog(values, individually_rational=True, tolerance=1e-8):
    """Payoff (n,) of the nucleolus, or None if no imputation exists."""
    values = np.asarray(values, dtype=float)
    n = len(values).bit_length() - 1
    member = np.array([[s >> i & 1 for i in range(n)] for s in range(1 << n)], dtype=float)
    bounds = [(values[1 << i] if individually_rational else None, None) for i in range(n)]
    equations, totals = [member[-1]], [values[-1]]
    free = list(range(1, (1 << n) - 1))
    while np.linalg.matrix_rank(np.array(equations)) < n:
        rank = np.linalg.matrix_rank(np.array(equations))
        free = [s for s in free if np.linalg.matrix_rank(np.array([*equations, member[s]])) > rank]
        t = _least_largest_excess(values, member, free, equations, totals, bounds)
        if t is None:
            return None
        for s in free:
            rows = [-np.append(member[r], 1.0) for r in free if r != s]
            caps = [-values[r] for r in free if r != s]
            # Minimise the excess of s while no other free coalition passes t.
            answer = linprog(
                np.append(-member[s], 0.0),
                A_ub=np.array(rows) if rows else None,
                b_ub=caps if rows else None,
                A_eq=np.column_stack([equations, np.zeros(len(equations))]),
                b_eq=totals,
                bounds=[*bounds, (t, t)],
            )
            if values[s] + answer.fun > t - tolerance:
                equations.append(member[s])
                totals.append(values[s] - t)
    return np.linalg.lstsq(np.array(equations), np.array(totals), rcond=None)[0]


def _least_largest_excess(values, member, free, equations, totals, bounds):
    n = member.shape[1]
    answer = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=np.array([-np.append(member[s], 1.0) for s in free]),
        b_ub=[-values[s] for s in free],
        A_eq=np.column_stack([equations, np.zeros(len(equations))]),
        b_eq=totals,
        bounds=[*bounds, (None, None)],
    )
    return answer.fun if answer.status == 0 else None

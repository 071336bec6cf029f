"""The statistics of runs, written as slowly and plainly as their definitions."""

from itertools import product


def interquartile_mean(rows):
    """``rows`` is a list of runs, each a list of one score per task."""
    values = sorted(value for row in rows for value in row)
    for _ in range(len(values) // 4):
        values = values[1:-1]
    return sum(values) / len(values)


def performance_profile(rows, thresholds):
    """The share of scores above each threshold, task by task."""
    shares = []
    for tau in thresholds:
        tasks = []
        for m in range(len(rows[0])):
            above = sum(1 for row in rows if row[m] > tau)
            tasks.append(above / len(rows))
        shares.append(sum(tasks) / len(tasks))
    return shares


def probability_of_improvement(first, second):
    """Every pair of runs of every task, a tie worth one half."""
    tasks = []
    for m in range(len(first[0])):
        points = 0.0
        for mine, other in product(first, second):
            points += 1.0 if mine[m] > other[m] else 0.5 if mine[m] == other[m] else 0.0
        tasks.append(points / (len(first) * len(second)))
    return sum(tasks) / len(tasks)


def percentile(values, share):
    """The ``share`` quantile with linear interpolation between neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def smallest_reaching(values, share):
    """The smallest value that at least ``share`` of the values do not exceed."""
    for value in sorted(values):
        if sum(1 for other in values if other <= value) >= share * len(values):
            return value
    return max(values)


def resample(rows, indices):
    """The rows that one table of indices (runs by tasks) picks."""
    return [[rows[r][m] for m, r in enumerate(picked)] for picked in indices]

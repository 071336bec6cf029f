"""Statistics of fixed scores as rliable computes them: ``python tests/report/rliable_reference.py FILE.json``.

It needs rliable, hence an older pandas than the project (``pip install -e .[stats]`` in an environment of its own).
The scores have one decimal, so that some are tied. The intervals are over resamples drawn by numpy's old
generator from the seed that is stored with them; whoever draws the same resamples must get the same intervals.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

SHAPES = ((3, 1), (5, 2), (8, 3), (11, 4))
N_RESAMPLES = 200
THRESHOLDS = [round(0.5 * k, 1) for k in range(-4, 9)]


def reference() -> dict[str, object]:
    """Every case with its scores and rliable's statistics of them."""
    from rliable import library, metrics

    rng = np.random.default_rng(11)
    cases = []
    for seed, (n_runs, n_tasks) in enumerate(SHAPES):
        x = np.round(rng.normal(1.0, 1.5, (n_runs, n_tasks)), 1)
        y = np.round(rng.normal(0.5, 1.5, (n_runs + 1, n_tasks)), 1)

        def iqm(scores):
            return np.array([metrics.aggregate_iqm(scores)])

        def improvement(first, second):
            return np.array([metrics.probability_of_improvement(first, second)])

        np.random.seed(seed)  # noqa: NPY002 - the generator that rliable draws from
        _, iqm_interval = library.get_interval_estimates({"x": x}, iqm, reps=N_RESAMPLES)
        np.random.seed(seed)  # noqa: NPY002
        _, improvement_interval = library.get_interval_estimates({"xy": [x, y]}, improvement, reps=N_RESAMPLES)
        np.random.seed(seed)  # noqa: NPY002
        profile, profile_interval = library.create_performance_profile({"x": x}, THRESHOLDS, reps=N_RESAMPLES)
        cases.append(
            {
                "seed": seed,
                "x": x.tolist(),
                "y": y.tolist(),
                "iqm": float(metrics.aggregate_iqm(x)),
                "iqm_interval": iqm_interval["x"].ravel().tolist(),
                "improvement": float(metrics.probability_of_improvement(x, y)),
                "improvement_interval": improvement_interval["xy"].ravel().tolist(),
                "profile": np.asarray(profile["x"]).tolist(),
                "profile_interval": np.asarray(profile_interval["x"]).tolist(),
            }
        )
    packages = {name: version(name) for name in ("rliable", "arch", "numpy", "scipy", "pandas")}
    return {
        "computed_by": packages | {"python": platform.python_version()},
        "n_resamples": N_RESAMPLES,
        "thresholds": THRESHOLDS,
        "cases": cases,
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(reference(), indent=1) + "\n", encoding="utf-8")

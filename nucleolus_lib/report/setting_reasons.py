"""Why a setting of this project is not that of PyMARL2, and what the settings amount to per environment step.

The reasons are for ``pp-8v4`` and ``pp-8v4-progress``, whose settings are in
:mod:`nucleolus_lib.experiments.presets`. A setting that equals PyMARL2's needs none. The learning rate was swept with
every method (``data/runs/pp-tuning``), some others were tried with VDN alone (``data/runs/pp-settings``), one seed
each; where nothing was tried, the reason is an argument and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nucleolus_lib.report.errors import StoredRunError
from nucleolus_lib.report.reference_settings import COMMON, ReferenceSetting, config_value, shown_setting

if TYPE_CHECKING:
    import pandas as pd

REASONS: Mapping[str, str] = {
    "updates_per_rollout": "with 1, a run of 300,000 steps would make 375 gradient steps; "
    "VDN with 8 was better still, at twice the cost",
    "batch_size": "four gradient steps on 8 see a quarter of the episodes of one on 128; "
    "VDN with 16 was better, at twice the cost",
    "buffer_size": "50,000 environment steps, a sixth of a run, so that old policies leave it; nothing else was tried",
    "exploration_anneal_steps": "a sixth of a run of 300,000 steps, and the authors' value; nothing else was tried",
    "learner.target_period": "the same 200 episodes, with four gradient steps per 8 episodes",
    "learner.shapley_learning_rate": "the authors' value for predator-prey; nothing else was tried",
}
"""By the path of a setting in a run's config."""
KEPT = {
    "reward_scale": "PyMARL2's; VDN with 0.1 was worse",
    "learner.agent": "PyMARL2's; a feed-forward one was tried with VDN",
    "learner.discount": "PyMARL2's; VDN with 0.95 was not worse",
    "learner.learning_rate": "PyMARL2's; beside it half and twice of it were tried with every method",
    "learner.squared_error_factor": "PyMARL2's for VDN and QMIX; for all, so that the losses have one scale",
    "learner.td_lambda": "PyMARL2's; its 0.5 is for the grid",
    "learner.optimistic_weight": "PyMARL2's, and the authors' for predator-prey",
}
"""What to say of settings that equal PyMARL2's, where there is more to say."""
PYMARL2 = {"n_worlds": 8, "updates_per_rollout": 1, "batch_size": 128, "target_episodes": 200, "exploration": 100_000}
AUTHORS = {"n_worlds": 1, "updates_per_rollout": 1, "batch_size": 32, "target_episodes": 200, "exploration": 50_000}
"""Of the schedules that count episodes; WQMIX's and SHAQ's settings files (SHAQ explores for 1M steps here)."""


def deviations_table(config: Mapping[str, Any], settings: Sequence[ReferenceSetting] = COMMON) -> pd.DataFrame:
    """Every setting beside PyMARL2's and the authors', and why it is what it is.

    Parameters
    ----------
    config
        A run's config as plain values.
    settings
        The rows.

    Returns
    -------
    DataFrame
        ``setting``, ``here``, ``PyMARL2``, ``authors``, ``why``.

    Raises
    ------
    StoredRunError
        A setting differs from PyMARL2's, or from the authors' where PyMARL2 has none, and no reason is written down.
    """
    import pandas as pd

    rows = []
    for setting in settings:
        here = shown_setting(config_value(config, setting.path))
        rows.append(
            {
                "setting": setting.what,
                "here": here,
                "PyMARL2": setting.pymarl2,
                "authors": setting.authors,
                "why": _reason(setting, here),
            }
        )
    return pd.DataFrame(rows)


def schedule_table(config: Mapping[str, Any], horizon: int, total_steps: int) -> pd.DataFrame:
    """What a schedule amounts to, in environment steps, when every episode is ``horizon`` steps long.

    Returns
    -------
    DataFrame
        ``per run of ... steps``, ``here``, ``PyMARL2``, ``authors``: numbers.
    """
    import pandas as pd

    here = {name: config_value(config, name) for name in ("n_worlds", "updates_per_rollout", "batch_size")}
    rollouts_per_copy = config_value(config, "learner.target_period") / here["updates_per_rollout"]
    here["target_episodes"] = rollouts_per_copy * here["n_worlds"]
    here["exploration"] = config_value(config, "exploration_anneal_steps")
    columns = {
        heading: _schedule(schedule, horizon, total_steps)
        for heading, schedule in (("here", here), ("PyMARL2", PYMARL2), ("authors", AUTHORS))
    }
    return pd.DataFrame(columns).rename_axis("what").reset_index()


def _schedule(schedule: Mapping[str, float], horizon: int, total_steps: int) -> dict[str, float]:
    rollouts = total_steps / (schedule["n_worlds"] * horizon)
    updates = rollouts * schedule["updates_per_rollout"]
    episodes = total_steps / horizon
    return {
        "gradient steps": updates,
        "gradient steps per 1,000 environment steps": 1000 * updates / total_steps,
        "times that an episode is learned from": updates * schedule["batch_size"] / episodes,
        "target copies": episodes / schedule["target_episodes"],
        "share of the run in which exploration falls": min(1.0, schedule["exploration"] / total_steps),
    }


def _reason(setting: ReferenceSetting, here: str) -> str:
    lead = _lead(setting.pymarl2)
    if here == lead:
        return KEPT.get(setting.path, "PyMARL2's")
    if lead == "no SHAQ" and here == _lead(setting.authors):
        return "the authors'"
    if setting.path not in REASONS:
        raise StoredRunError(
            f"{setting.path} is {here} here and {setting.pymarl2} in PyMARL2, and no reason is written down; "
            "add one to REASONS in nucleolus_lib/report/setting_reasons.py"
        )
    return REASONS[setting.path]


def _lead(text: str) -> str:
    """The value that a text such as ``0.6 (predator-prey: 0.5)`` begins with, as :func:`shown_setting` writes it."""
    return text.split(" (")[0].split(", ")[0]

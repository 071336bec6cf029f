"""What others set: PyMARL2's settings and those of the methods' authors, beside a run's own.

PyMARL2 is ``hijkzzz/pymarl2`` at commit 8ccac7c (vdn.yaml, qmix.yaml, ow_qmix.yaml, and qmix_predator_prey.yaml where
named); *authors* are the repositories of the methods that are not PyMARL2's own, ``oxwhirl/wqmix`` at 350e989 and
``hsvgbkhgbv/shapley-q-learning`` at 6648f4a, which agree where one entry stands. The paper derives its baselines from
PyMARL2, which has no SHAQ; its own settings are in an appendix that is not in the text available to us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nucleolus_lib.report.errors import StoredRunError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ReferenceSetting:
    """One setting: its path in a run's config, what it is, and what others set."""

    path: str
    what: str
    pymarl2: str
    authors: str


COMMON = (
    ReferenceSetting("n_worlds", "episodes per rollout", "8", "1"),
    ReferenceSetting("updates_per_rollout", "gradient steps per rollout", "1", "1"),
    ReferenceSetting("batch_size", "episodes per gradient step", "128", "32"),
    ReferenceSetting("buffer_size", "episodes in the replay", "5000 (predator-prey: 1000)", "5000"),
    ReferenceSetting("reward_scale", "factor on the rewards", "1", "1"),
    ReferenceSetting("exploration_start", "exploration rate at the start", "1", "1"),
    ReferenceSetting("exploration_finish", "exploration rate at the end", "0.05", "0.05"),
    ReferenceSetting(
        "exploration_anneal_steps", "environment steps in between", "100,000", "50,000 (SHAQ, predator-prey: 1M)"
    ),
    ReferenceSetting("evaluation_interval", "environment steps between evaluations", "10,000", "10,000"),
    ReferenceSetting("evaluation_episodes", "greedy episodes per evaluation", "32 (its grid: 16)", "32"),
    ReferenceSetting("learner.agent", "individual network", "recurrent", "recurrent"),
    ReferenceSetting("learner.hidden_size", "its hidden units", "64", "64"),
    ReferenceSetting("learner.use_agent_id", "sees its own index", "True (its grid: False)", "True"),
    ReferenceSetting("learner.use_last_action", "sees its last action", "True", "True"),
    ReferenceSetting("learner.discount", "discount", "0.99", "0.99"),
    ReferenceSetting("learner.td_lambda", "lambda of the return", "0.6 (predator-prey: 0.5)", "0, one step"),
    ReferenceSetting("learner.squared_error_factor", "factor of the squared error", "0.5 (OW-QMIX: 1)", "1"),
    ReferenceSetting(
        "learner.target_period",
        "gradient steps between target copies",
        "25 (every 200 episodes)",
        "200 (every 200 episodes)",
    ),
    ReferenceSetting("learner.optimiser", "optimiser", "adam", "rmsprop"),
    ReferenceSetting("learner.learning_rate", "learning rate", "0.001", "0.0005"),
    ReferenceSetting("learner.gradient_clip", "largest gradient norm", "10", "10"),
)
"""What all methods share."""

MIXING = (
    ReferenceSetting("learner.mixing_embed", "QMIX, OW-QMIX, SHAQ: mixing width", "32", "32"),
    ReferenceSetting("learner.hypernet_embed", "the same: hypernetwork width", "64", "64"),
    ReferenceSetting("learner.positive_function", "QMIX, OW-QMIX: what makes weights positive", "abs", "abs"),
    ReferenceSetting("learner.weighting", "OW-QMIX: weighting", "optimistic", "optimistic"),
    ReferenceSetting(
        "learner.optimistic_weight", "OW-QMIX: weight of overestimates", "0.1", "0.1 (its SMAC example: 0.5)"
    ),
    ReferenceSetting("learner.central_embed", "OW-QMIX: width of the central network", "256", "256"),
    ReferenceSetting("learner.central_loss_factor", "OW-QMIX: factor of the central error", "0.5", "1"),
    ReferenceSetting("learner.shapley_samples", "SHAQ: orders per step", "no SHAQ", "10"),
    ReferenceSetting(
        "learner.shapley_learning_rate",
        "SHAQ: learning rate of the weights",
        "no SHAQ",
        "0.001 (predator-prey: 0.0001)",
    ),
    ReferenceSetting("learner.shapley_weight", "SHAQ: constant weight instead", "no SHAQ", "None"),
)
"""What only some methods read."""

OTHER_DIFFERENCES = (
    ("target copy", "counted in gradient steps", "counted in episodes", "counted in episodes"),
    (
        "episode cut off by the clock before the longest of its batch",
        "bootstraps from the moment after its last step",
        "carries the value of a padded moment",
        "one-step target, bootstraps",
    ),
    ("unavailable actions in the target", "minus infinity", "-9,999,999", "-9,999,999"),
    ("SHAQ: hypernetworks", "once per state", "no SHAQ", "once per order and agent, with the same numbers"),
    ("SHAQ: device", "any", "no SHAQ", "CUDA only"),
    ("SHAQ: optimisers", "one, with two learning rates and two clips", "no SHAQ", "two"),
    ("OW-QMIX: factors of the two errors", "0.5 and 0.5", "1 and 0.5", "1 and 1"),
)
"""(what, here, PyMARL2, authors): differences of code rather than of a setting, and one that several settings make."""


def settings_table(
    configs: Mapping[str, Mapping[str, Any]], settings: Sequence[ReferenceSetting] = COMMON
) -> pd.DataFrame:
    """Settings of runs beside those of PyMARL2 and of the authors.

    Parameters
    ----------
    configs
        By heading, a run's config as plain values (``RunConfig.to_dict()``, or ``config`` of a stored record).
    settings
        The rows.

    Returns
    -------
    DataFrame
        ``setting``, one column per config, ``PyMARL2``, ``authors``.
    """
    import pandas as pd

    rows = []
    for setting in settings:
        here = {heading: shown_setting(config_value(config, setting.path)) for heading, config in configs.items()}
        rows.append({"setting": setting.what, **here, "PyMARL2": setting.pymarl2, "authors": setting.authors})
    return pd.DataFrame(rows)


def shared_settings_table(
    configs: Mapping[str, Mapping[str, Any]], settings: Sequence[ReferenceSetting] = COMMON
) -> pd.DataFrame:
    """As :func:`settings_table`, with one column ``here`` for all configs.

    It has the value they share, or, where they differ, each value with the headings of the configs that have it.
    """
    import pandas as pd

    rows = []
    for setting in settings:
        by_value: dict[str, list[str]] = {}
        for heading, config in configs.items():
            by_value.setdefault(shown_setting(config_value(config, setting.path)), []).append(heading)
        here = [f"{value} ({', '.join(headings)})" for value, headings in by_value.items()]
        rows.append(
            {
                "setting": setting.what,
                "here": next(iter(by_value)) if len(by_value) == 1 else "; ".join(here),
                "PyMARL2": setting.pymarl2,
                "authors": setting.authors,
            }
        )
    return pd.DataFrame(rows)


def differences_table() -> pd.DataFrame:
    """:data:`OTHER_DIFFERENCES` as a table."""
    import pandas as pd

    return pd.DataFrame(OTHER_DIFFERENCES, columns=["what", "here", "PyMARL2", "authors"])


def common_config(configs: Sequence[Mapping[str, Any]], settings: Sequence[ReferenceSetting] = COMMON) -> list[str]:
    """The paths of ``settings`` in which ``configs`` differ; empty if all runs share them."""
    return [
        setting.path
        for setting in settings
        if len({shown_setting(config_value(config, setting.path)) for config in configs}) > 1
    ]


def config_value(config: Mapping[str, Any], path: str) -> Any:
    """The value at ``learner.td_lambda`` of nested dictionaries.

    Raises
    ------
    StoredRunError
        If there is none: the config is of another version of the project.
    """
    value: Any = config
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise StoredRunError(f"the run's settings have no {path!r}; they are of another version of the project")
        value = value[part]
    return value


def shown_setting(value: Any) -> str:
    """A value as the tables write it: ``50,000``, ``0.001``, ``recurrent``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else f"{value:g}"

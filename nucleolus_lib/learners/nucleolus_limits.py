"""How many agents the settings of nucleolus Q-learning can carry: 2**n coalitions grow fast."""

from __future__ import annotations

from nucleolus_lib.learners.nucleolus_config import MAX_ALL_COALITIONS_AGENTS, NucleolusConfig
from nucleolus_lib.learners.nucleolus_credit import MAX_EXACT_AGENTS
from nucleolus_lib.learners.nucleolus_errors import NucleolusConfigError


def takes_all(n_agents: int, options: NucleolusConfig) -> bool:
    """Row I3: whether every coalition enters the loss."""
    return options.coalitions == "all" or (options.coalitions == "auto" and n_agents <= MAX_ALL_COALITIONS_AGENTS)


def check_agents(n_agents: int, options: NucleolusConfig) -> None:
    """Refuse a number of agents for which the settings ask too much.

    Raises
    ------
    NucleolusConfigError
        Naming the settings, what they would cost and what to take instead.
    """
    if n_agents < 2:
        raise NucleolusConfigError(
            f"nucleolus needs at least 2 agents, or there is no proper coalition; the world has {n_agents}. Use vdn"
        )
    if n_agents <= MAX_EXACT_AGENTS:
        return
    is_lagrangian = options.credit in ("lagrangian", "pull")
    settings = (
        ('coalitions="all" (take "sampled")', is_lagrangian and takes_all(n_agents, options)),
        (
            f'constraint_target="{options.constraint_target}" (take "zero")',
            is_lagrangian and options.constraint_target != "zero",
        ),
        (f'credit="{options.credit}" (take "lagrangian")', options.credit != "lagrangian"),
    )
    asked = [text for text, is_asked in settings if is_asked]
    if asked:
        raise NucleolusConfigError(
            f"{n_agents} agents have 2**{n_agents} = {1 << n_agents:,} coalitions, "
            f"{(1 << n_agents) * 4 / 2**20:,.1f} MiB of values per step, and exact solutions go up to "
            f"{MAX_EXACT_AGENTS} agents. Not possible here: {'; '.join(asked)}"
        )

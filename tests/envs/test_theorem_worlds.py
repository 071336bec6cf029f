"""The claims on the named worlds, against what is proved about them."""

import pandas as pd
import pytest

from nucleolus_lib.envs.theorem_worlds import claim_rows, named_worlds
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.nucleolus_q import cohesion_gain


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.DataFrame(claim_rows(0.9))


def test_two_agents_never_break_the_first_half(rows: pd.DataFrame) -> None:
    two_agents = rows[rows["world"].str.startswith("split") & (rows["condition"] == "any")]
    first_half = two_agents[two_agents["claim"].str.startswith("1(1)")]
    assert len(first_half) == 6
    assert (first_half["holds"] == first_half["cases"]).all()


def test_the_bellman_half_holds_exactly_where_a_state_game_is_cohesive(rows: pd.DataFrame) -> None:
    counted = rows[(rows["claim"] == "1(2) bellman") & (rows["condition"] == "any")].set_index("world")["holds"]
    for name, world in named_worlds(0.9):
        gain = cohesion_gain(coalition_values(world, 1e-9))
        assert counted[name] == (gain < 1e-6).sum() < world.n_states


def test_a_non_empty_core_holds_the_nucleolus_of_the_same_game(rows: pd.DataFrame) -> None:
    per_action = rows[(rows["claim"] == "core, per action") & (rows["condition"] == "balanced")]
    assert (per_action["cases"] > 0).all()
    assert (per_action["holds"] == per_action["cases"]).all()

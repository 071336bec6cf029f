"""Named games: one family per module, each with its definition and source.

If any number given is a :class:`fractions.Fraction` the game is exact; otherwise its values are float64.
Players can be named with ``players=``. Parameters out of range raise
:class:`~nucleolus_lib.games.errors.CatalogueParameterError`.
"""

from nucleolus_lib.games.catalogue.airport import (
    airport_cost_game,
    airport_game,
    airport_shapley_value,
    littlechild_nucleolus,
)
from nucleolus_lib.games.catalogue.assignment import assignment_game
from nucleolus_lib.games.catalogue.bankruptcy import bankruptcy_game, constrained_equal_awards, talmud_rule
from nucleolus_lib.games.catalogue.bfn import bfn_game
from nucleolus_lib.games.catalogue.glove import glove_game, glove_market_game
from nucleolus_lib.games.catalogue.linear_production import linear_production_game, owen_payoff
from nucleolus_lib.games.catalogue.projective import fano_game, projective_game, projective_lines
from nucleolus_lib.games.catalogue.random_games import (
    random_convex_game,
    random_monotone_game,
    random_superadditive_game,
)
from nucleolus_lib.games.catalogue.spanning_tree import bird_allocation, spanning_tree_cost_game, spanning_tree_game
from nucleolus_lib.games.catalogue.unanimity import (
    game_from_dividends,
    game_from_terms,
    harsanyi_dividends,
    unanimity_game,
)
from nucleolus_lib.games.catalogue.voting import apex_game, intersection_game, union_game, weighted_voting_game

__all__ = [
    "airport_cost_game",
    "airport_game",
    "airport_shapley_value",
    "apex_game",
    "assignment_game",
    "bankruptcy_game",
    "bfn_game",
    "bird_allocation",
    "constrained_equal_awards",
    "fano_game",
    "game_from_dividends",
    "game_from_terms",
    "glove_game",
    "glove_market_game",
    "harsanyi_dividends",
    "intersection_game",
    "linear_production_game",
    "littlechild_nucleolus",
    "owen_payoff",
    "projective_game",
    "projective_lines",
    "random_convex_game",
    "random_monotone_game",
    "random_superadditive_game",
    "spanning_tree_cost_game",
    "spanning_tree_game",
    "talmud_rule",
    "unanimity_game",
    "union_game",
    "weighted_voting_game",
]

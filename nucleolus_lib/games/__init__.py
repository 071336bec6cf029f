"""Static cooperative games, exact: excess, core, nucleolus, Shapley value, coalition structures.

Coalitions are bitmasks (player i = bit i) and arrays over coalitions have length 2**n. Named games are in
:mod:`nucleolus_lib.games.catalogue`, real ones in :mod:`nucleolus_lib.games.datasets`, many small games at
once in :mod:`nucleolus_lib.games.batched`.
"""

from nucleolus_lib.games.certificate import Certificate, CertificateCheck
from nucleolus_lib.games.coalition_structure import optimal_coalition_structure
from nucleolus_lib.games.core import (
    balancing_weights,
    is_core_empty,
    is_in_core,
    is_in_cs_core,
    least_core,
)
from nucleolus_lib.games.excess import excesses, theta
from nucleolus_lib.games.kohlberg import is_nucleolus, is_prenucleolus
from nucleolus_lib.games.nucleolus import Level, NucleolusResult, cs_nucleolus, nucleolus, prenucleolus
from nucleolus_lib.games.properties import is_balanced, is_convex, is_monotone, is_superadditive
from nucleolus_lib.games.shapley import sampled_shapley_value, shapley_value
from nucleolus_lib.games.transforms import dual, reduced_game, subgame, zero_normalize
from nucleolus_lib.games.tu_game import TUGame

__all__ = [
    "Certificate",
    "CertificateCheck",
    "Level",
    "NucleolusResult",
    "TUGame",
    "balancing_weights",
    "cs_nucleolus",
    "dual",
    "excesses",
    "is_balanced",
    "is_convex",
    "is_core_empty",
    "is_in_core",
    "is_in_cs_core",
    "is_monotone",
    "is_nucleolus",
    "is_prenucleolus",
    "is_superadditive",
    "least_core",
    "nucleolus",
    "optimal_coalition_structure",
    "prenucleolus",
    "reduced_game",
    "sampled_shapley_value",
    "shapley_value",
    "subgame",
    "theta",
    "zero_normalize",
]

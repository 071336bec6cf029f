"""Games for hypothesis to draw: small, with whole or rational values, so that ties are common."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from nucleolus_lib.games.tu_game import TUGame


@st.composite
def games(draw: st.DrawFn, min_players: int = 1, max_players: int = 4, exact: bool | None = None) -> TUGame:
    """A game with values k / d, |k| <= 9 and d <= 3; exact, in floats, or either."""
    n = draw(st.integers(min_players, max_players))
    numerators = draw(st.lists(st.integers(-9, 9), min_size=(1 << n) - 1, max_size=(1 << n) - 1))
    denominator = draw(st.integers(1, 3))
    is_exact = draw(st.booleans()) if exact is None else exact
    values = [Fraction(0), *(Fraction(k, denominator) for k in numerators)]
    game = TUGame(np.array(values, dtype=object))
    return game if is_exact else game.to_float()

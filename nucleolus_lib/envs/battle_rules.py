"""What differs between rulesets beside the numbers of the units (:mod:`~nucleolus_lib.envs.battle_units`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ruleset:
    """What differs between rulesets beside the rows.

    Parameters
    ----------
    name
        As in the module's docstring.
    least_damage
        What a hit that reaches the health takes from it at least, whatever the armour.
    keeps_remainder
        Whether a period begins at the fraction of a loop at which the weapon was ready, not at the whole loop.
    slows_at_goal
        Whether a unit stops at its goal; otherwise it always walks at full speed, and beyond.
    shoots_the_dead
        Whether an ordered attack goes on against a target that has died during the step.
    beam_needs_centre
        Whether a beam hits only units with their centre within half its diagonal from the target.
    finds_ways
        Whether units walk round walls; otherwise they always walk straight at their goal.
    foresight
        None, or a number of loops: so slowly does a unit close in on a wall, or on a unit nearby, that it would not
        touch it within so many loops. None: it walks up to it.
    """

    name: str
    least_damage: float = 0.5
    keeps_remainder: bool = True
    slows_at_goal: bool = True
    shoots_the_dead: bool = False
    beam_needs_centre: bool = False
    finds_ways: bool = True
    foresight: float | None = None


RULESETS: dict[str, Ruleset] = {
    "liberty": Ruleset("liberty"),
    "lotv": Ruleset("lotv"),
    "smaclite": Ruleset(
        "smaclite",
        least_damage=0.0,
        keeps_remainder=False,
        slows_at_goal=False,
        shoots_the_dead=True,
        beam_needs_centre=True,
        finds_ways=False,
        foresight=16.0,
    ),
}
"""Name to ruleset."""

"""What runs in a process that plays one battle after the other.

The process makes an object with the methods of SMAC's ``StarCraft2Env`` and answers requests on a pipe:

===================  ============================================
request              answer
===================  ============================================
``("reset",)``       :class:`Look`
``("step", list)``   :class:`Played`
``("close",)``       none; the process ends
===================  ============================================

Once started it sends a :class:`Ready`. An exception is answered by :class:`Failed`, and the process ends.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MakeBattle = Callable[[str, int, dict[str, Any]], Any]
"""From map name, seed and options to an object with SMAC's methods; can be sent to another process."""


class Look(NamedTuple):
    """What there is to see at one moment."""

    observation: NDArray[np.float32]
    """(N, F)"""
    state: NDArray[np.float32]
    """(D,)"""
    available: NDArray[np.bool_]
    """(N, A)"""


class Ready(NamedTuple):
    """The battle's ``get_env_info``, and the first look at it."""

    env_info: dict[str, Any]
    look: Look


class Played(NamedTuple):
    """The result of a step."""

    look: Look
    reward: float
    over: bool
    info: dict[str, Any]


class Failed(NamedTuple):
    """The traceback of an exception."""

    text: str


def play_battles(pipe: Connection, make: MakeBattle, map_name: str, seed: int, options: dict[str, Any]) -> None:
    """Serve requests until told to close, or the other end is gone."""
    battle = None
    try:
        battle = make(map_name, seed, options)
        battle.reset()
        pipe.send(Ready(battle.get_env_info(), _look(battle)))
        # The first reset tells the sizes; the episode it started is the first one that is asked for.
        fresh = True
        while True:
            request = pipe.recv()
            if request[0] == "close":
                return
            if request[0] == "reset":
                if not fresh:
                    battle.reset()
                fresh = False
                pipe.send(_look(battle))
            else:
                reward, over, info = battle.step(request[1])
                pipe.send(Played(_look(battle), float(reward), bool(over), dict(info)))
    except (EOFError, KeyboardInterrupt):
        return
    except Exception:
        pipe.send(Failed(traceback.format_exc()))
    finally:
        if battle is not None:
            battle.close()


def _look(battle: Any) -> Look:
    return Look(
        observation=np.asarray(battle.get_obs(), dtype=np.float32),
        state=np.asarray(battle.get_state(), dtype=np.float32),
        available=np.asarray(battle.get_avail_actions(), dtype=bool),
    )

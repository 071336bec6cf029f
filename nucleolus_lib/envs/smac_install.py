"""Is the real SMAC installed? And one battle of it.

Three things are needed: the package of oxwhirl/smac, the game StarCraft II, and SMAC's maps in the game's
folder ``Maps``. :func:`check_smac` looks for them in this order and says what is missing and where to get
it. The package must come from its repository,

    pip install git+https://github.com/oxwhirl/smac.git

because the package called ``smac`` on PyPI is another program, an optimiser of hyperparameters.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from nucleolus_lib.envs.errors import SmacMissingError

INSTALL = "pip install git+https://github.com/oxwhirl/smac.git"
DOWNLOAD = "https://github.com/Blizzard/s2client-proto#downloads"
MAPS = "https://github.com/oxwhirl/smac/releases/download/v0.1-beta1/SMAC_Maps.zip"


def smac_battle(map_name: str, seed: int, options: dict[str, Any]) -> Any:
    """One battle of the real SMAC, a ``StarCraft2Env``.

    Raises
    ------
    SmacMissingError
    """
    check_smac(map_name)
    from smac.env import StarCraft2Env  # type: ignore[import-not-found, unused-ignore]

    return StarCraft2Env(map_name=map_name, seed=seed, **options)


def check_smac(map_name: str | None = None) -> None:
    """Raise if a battle of the real SMAC could not be started here.

    Parameters
    ----------
    map_name
        Also look for this map's file.

    Raises
    ------
    SmacMissingError
        With what is missing and how to get it.
    """
    _check_package()
    folder = game_folder()
    if folder is None:
        # Only the game's own library knows where other systems keep it.
        return
    if not (folder / "Versions").is_dir():
        said = "SC2PATH" if "SC2PATH" in os.environ else "the default, as SC2PATH is not set"
        raise SmacMissingError(
            f"StarCraft II is not in {folder} ({said}): it has no folder Versions. Get the Linux package from "
            f"{DOWNLOAD}, unpack it, and set SC2PATH to the folder StarCraftII"
        )
    maps = folder / "Maps"
    if map_name is not None and not list(maps.glob(f"**/{map_name}.SC2Map")):
        raise SmacMissingError(f"{maps} has no map {map_name}.SC2Map; unpack SMAC's maps there, from {MAPS}")


def game_folder() -> Path | None:
    """Where StarCraft II is expected, or None where that cannot be told (outside Linux, without SC2PATH)."""
    if "SC2PATH" in os.environ:
        return Path(os.environ["SC2PATH"]).expanduser()
    return Path("~/StarCraftII").expanduser() if sys.platform.startswith("linux") else None


def _check_package() -> None:
    found = importlib.util.find_spec("smac")
    if found is None:
        raise SmacMissingError(
            f"the package of oxwhirl/smac is not installed: {INSTALL} (the package smac on PyPI is another program)"
        )
    try:
        right = importlib.util.find_spec("smac.env.starcraft2") is not None
    except ModuleNotFoundError:
        right = False
    if not right:
        raise SmacMissingError(
            f"the package smac installed here ({found.origin}) is another program, the one that PyPI has under this "
            f"name; the StarCraft challenge is only in its repository. pip uninstall smac, then {INSTALL}"
        )

"""Real games from the literature and from law, each with its source and what was checked about it.

A data set is one JSON file in ``data/games``. A *cost game* gives every coalition S the cost c(S) of serving
its members alone. Its *savings game*

    v(S) = sum over i in S of c({i})  -  c(S)

is what the solvers take; a payoff x of the savings game charges player i

    y_i = c({i}) - x_i                                                     (:meth:`Dataset.cost_shares`).

The nucleolus and the Shapley value of the savings game, turned into charges this way, are those of the cost game.

Loaders: :func:`tennessee_valley`, :func:`skane_water`, :func:`birmingham_airport`, :func:`un_security_council`,
:func:`eu_council`. ``data/README.md`` tells where every figure comes from and what could not be confirmed.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nucleolus_lib.games.airport_types import AirportTypes
from nucleolus_lib.games.coalitions import coalition_of, subset_sums
from nucleolus_lib.games.errors import CatalogueParameterError, DataFileError, DataFolderError
from nucleolus_lib.games.tu_game import TUGame, check_payoff
from nucleolus_lib.games.voting_rule import Condition, VotingRule

DATA_FOLDER_VARIABLE = "NUCLEOLUS_DATA"
"""Environment variable that names the ``data`` folder when it is not beside the package."""

EU_POPULATIONS = ("eurostat_2025", "council_2025")
"""Population figures that :func:`eu_council` knows."""


@dataclass(frozen=True)
class Confirmation:
    """One thing that was checked about a data set, or that could not be."""

    what: str
    confirmed: bool
    by: str


@dataclass(frozen=True)
class PublishedSolution:
    """A solution that a publication states for the data set."""

    shares: tuple[Fraction, ...]
    """(n,) in the data set's units: charges for a cost game (per movement for an airport), payoffs for a vote."""
    printed_to: Fraction
    """Unit of the last printed digit; 0 if the figures are exact."""
    source: str
    confirmed: bool
    """Whether the printed figures were seen, rather than recalled."""
    confirmed_by: str
    reproduced: bool
    """Whether the library gets the same figures, to the printed digits, from the data."""
    note: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """A game with its provenance."""

    name: str
    title: str
    players: tuple[str, ...]
    """Names in bit order; for an airport its types."""
    game: TUGame | None
    """Savings game or simple game; ``None`` where its table would be too large and ``rule`` stands for it."""
    cost: NDArray[Any] | None
    """c(S) by bitmask, shape (2**n,), for a cost game; else ``None``."""
    rule: AirportTypes | VotingRule | None
    """The game in compact form, if it has one; ``rule.to_game()`` makes the table."""
    units: str
    source: str
    licence: str
    status: str
    confirmations: tuple[Confirmation, ...]
    published: Mapping[str, PublishedSolution]
    notes: tuple[str, ...]
    columns: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    """Further figures, one per player: fees, populations."""

    def cost_shares(self, payoff: ArrayLike) -> NDArray[Any]:
        """y_i = c({i}) - x_i, what a payoff of the savings game charges each player, shape (n,).

        Raises
        ------
        CatalogueParameterError
            If the data set has no cost table.
        PayoffShapeError
        """
        if self.cost is None or self.game is None:
            raise CatalogueParameterError(f"{self.name} has no cost table, so a payoff cannot be turned into charges")
        alone = self.cost[1 << np.arange(len(self.players))]
        return np.asarray(alone - check_payoff(self.game, payoff))


def tennessee_valley(exact: bool = False) -> Dataset:
    """Joint cost of the Tennessee Valley Authority's dams (Straffin and Heaney 1981): 3 players.

    Parameters
    ----------
    exact
        True gives costs and savings as fractions.
    """
    return _cost_dataset("tennessee_valley", exact)


def skane_water(exact: bool = False) -> Dataset:
    """Water supply of six groups of Swedish municipalities (Young, Okada and Hashimoto 1982): 6 players.

    Parameters
    ----------
    exact
        True gives costs and savings as fractions of the printed decimals.
    """
    return _cost_dataset("skane_water", exact)


def birmingham_airport() -> Dataset:
    """Runway costs at Birmingham, 1968-69 (Littlechild and Thompson 1977): 13572 movements of 11 types.

    ``game`` is ``None``; ``rule`` is an :class:`~nucleolus_lib.games.airport_types.AirportTypes` with the closed
    forms of both solutions. ``columns`` has the maintenance cost and the fee actually charged per movement.
    """
    record = _read("birmingham_airport")
    types = record["types"]
    rule = AirportTypes(
        names=tuple(row["name"] for row in types),
        costs=tuple(Fraction(row["capital_cost"]) for row in types),
        counts=tuple(int(row["movements"]) for row in types),
    )
    columns = {key: tuple(Fraction(row[key]) for row in types) for key in ("maintenance", "actual_fee")}
    return _dataset(record, rule.names, rule=rule, columns=columns)


def un_security_council() -> Dataset:
    """The Security Council's vote [39; five times 7, ten times 1] (UN Charter, Article 27(3)): 15 players."""
    record = _read("un_security_council")
    players = tuple(player["name"] for player in record["players"])
    conditions = tuple(
        Condition(row["name"], tuple(int(weight) for weight in row["weights"]), int(row["quota"]))
        for row in record["criteria"]
    )
    rule = VotingRule(players, conditions)
    return _dataset(record, players, game=rule.to_game(), rule=rule)


def eu_council(population: str = "eurostat_2025") -> Dataset:
    """Qualified majority in the Council of the European Union (Treaty on European Union, Article 16(4)): 27 players.

    A coalition wins with at least 15 members and at least 65 % of the population, or with at least 24
    members, since fewer than four cannot block. ``game`` is ``None``: its table has 2**27 values, 1 GiB,
    and twice that while ``rule.to_game()`` builds it. ``rule.wins(coalitions)`` needs no table.

    Parameters
    ----------
    population
        ``"eurostat_2025"``: persons on 1 January 2025; ``"council_2025"``: the shares that the Council used
        in 2025, known to 0.01 per cent only.

    Raises
    ------
    CatalogueParameterError
        If ``population`` is neither.
    """
    if population not in EU_POPULATIONS:
        raise CatalogueParameterError(f"population must be one of {EU_POPULATIONS}; got {population!r}")
    record = _read("eu_council")
    rows = record["players"]
    players = tuple(row["name"] for row in rows)
    columns = {key: tuple(Fraction(row[key]) for row in rows) for key in ("population_2025", "council_share_2025")}
    percent = Fraction(record["population_quota_percent"])
    if population == "eurostat_2025":
        weights = [int(persons) for persons in columns["population_2025"]]
        quota = math.ceil(percent * sum(weights) / 100)
    else:
        weights = [int(100 * share) for share in columns["council_share_2025"]]
        quota = int(100 * percent)
    conditions = (
        Condition("members", (1,) * len(players), int(record["members_quota"])),
        Condition("population", tuple(weights), quota),
    )
    rule = VotingRule(players, conditions, sure_size=len(players) + 1 - int(record["blocking_minority_members"]))
    return _dataset(record, players, rule=rule, columns=columns)


def data_folder() -> Path:
    """The ``data`` folder: ``$NUCLEOLUS_DATA`` if set, else ``data`` beside the package in the checkout.

    Raises
    ------
    DataFolderError
        If it is not there.
    """
    named = os.environ.get(DATA_FOLDER_VARIABLE)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    if not (folder / "games").is_dir():
        raise DataFolderError(
            f"no folder 'games' in {folder}; run from a checkout of the repository, "
            f"or set {DATA_FOLDER_VARIABLE} to its 'data' folder"
        )
    return folder


def _read(name: str) -> dict[str, Any]:
    path = data_folder() / "games" / f"{name}.json"
    try:
        # Decimals are kept as printed, so that exact games are exact.
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError as error:
        raise DataFolderError(f"{path} is missing; restore it with 'git checkout -- data'") from error
    except json.JSONDecodeError as error:
        raise DataFileError(f"{path} is not valid JSON ({error}); restore it with 'git checkout -- data'") from error
    return record


def _cost_dataset(name: str, exact: bool) -> Dataset:
    record = _read(name)
    keys = [player["key"] for player in record["players"]]
    players = tuple(player["name"] for player in record["players"])
    table: list[Any] = [None] * (1 << len(keys))
    table[0] = Fraction(0)
    for letters, cost in record["costs"].items():
        if len(set(letters)) != len(letters) or not set(letters) <= set(keys):
            raise DataFileError(f"{name}.json: coalition {letters!r} must name each of the players {keys} at most once")
        table[coalition_of(keys.index(letter) for letter in letters)] = Fraction(cost)
    missing = sum(cost is None for cost in table)
    if missing:
        raise DataFileError(f"{name}.json: {missing} of {len(table) - 1} coalitions have no cost")
    cost = np.empty(len(table), dtype=object)
    cost[:] = table
    savings = subset_sums(cost[1 << np.arange(len(keys))]) - cost
    if not exact:
        cost, savings = cost.astype(np.float64), savings.astype(np.float64)
    cost.setflags(write=False)
    return _dataset(record, players, game=TUGame(savings, players), cost=cost)


def _dataset(record: Mapping[str, Any], players: tuple[str, ...], **fields: Any) -> Dataset:
    published = {
        key: PublishedSolution(
            shares=tuple(Fraction(share) for share in row["shares"]),
            printed_to=Fraction(row["printed_to"]),
            source=row["source"],
            confirmed=row["confirmed"],
            confirmed_by=row["confirmed_by"],
            reproduced=row["reproduced"],
            note=row["note"],
        )
        for key, row in record["published"].items()
    }
    columns: Mapping[str, tuple[Fraction, ...]] = fields.pop("columns", {})
    return Dataset(
        name=record["name"],
        title=record["title"],
        players=players,
        game=fields.get("game"),
        cost=fields.get("cost"),
        rule=fields.get("rule"),
        units=record["units"],
        source=record["source"],
        licence=record["licence"],
        status=record["status"],
        confirmations=tuple(Confirmation(**row) for row in record["confirmations"]),
        published=MappingProxyType(published),
        notes=tuple(record["notes"]),
        columns=MappingProxyType(dict(columns)),
    )

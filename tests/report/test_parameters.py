"""A chapter's parameters: what is allowed passes, what is not stops with a message that names it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nucleolus_lib.report.errors import (
    MissingParameterError,
    ParameterRangeError,
    ParameterTypeError,
    UnknownParameterError,
)
from nucleolus_lib.report.parameters import (
    Choice,
    Flag,
    Integer,
    Number,
    check_names,
    check_parameters,
    injected_names,
)

DECLARED = {
    "n_players": Integer(2, 10),
    "discount": Number(0, 1),
    "rule": Choice("nucleolus", "shapley"),
    "exact": Flag(),
}
VALUES = {"n_players": 3, "discount": 0.9, "rule": "shapley", "exact": True}


def test_allowed_values_come_back_in_order() -> None:
    checked = check_parameters(VALUES | {"other": 5}, **DECLARED)
    assert checked == VALUES
    assert list(checked) == list(DECLARED)


def test_whole_numbers_become_numbers() -> None:
    assert check_parameters({"x": 1}, x=Number(0, 2)) == {"x": 1.0}
    assert isinstance(check_parameters({"x": 1}, x=Number(0, 2))["x"], float)


@pytest.mark.parametrize(
    ("name", "value", "error", "told"),
    [
        ("n_players", 1, ParameterRangeError, "from 2 to 10; got 1"),
        ("n_players", 11, ParameterRangeError, "from 2 to 10; got 11"),
        ("n_players", 2.5, ParameterTypeError, "2.5 (float)"),
        ("n_players", True, ParameterTypeError, "True (bool)"),
        ("n_players", "three", ParameterTypeError, "'three' (str)"),
        ("discount", 1.5, ParameterRangeError, "from 0 to 1; got 1.5"),
        ("discount", math.nan, ParameterTypeError, "finite"),
        ("discount", math.inf, ParameterTypeError, "finite"),
        ("rule", "core", ParameterRangeError, "one of 'nucleolus', 'shapley'"),
        ("exact", 1, ParameterTypeError, "True or False"),
    ],
)
def test_other_values_are_refused(name: str, value: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=name) as raised:
        check_parameters(VALUES | {name: value}, **DECLARED)
    assert told in str(raised.value)


def test_open_ends() -> None:
    assert check_parameters({"seed": 10**9}, seed=Integer(0)) == {"seed": 10**9}
    with pytest.raises(ParameterRangeError, match="at least 0"):
        check_parameters({"seed": -1}, seed=Integer(0))
    with pytest.raises(ParameterRangeError, match="at most 5"):
        check_parameters({"seed": 6}, seed=Integer(None, 5))


def test_a_declared_parameter_without_value_is_named() -> None:
    with pytest.raises(MissingParameterError, match="n_players"):
        check_parameters({}, n_players=Integer(2, 10))


def test_an_unknown_name_is_named_with_the_known_ones() -> None:
    check_names(["n_players"], DECLARED)
    with pytest.raises(UnknownParameterError, match="'n_plyers'") as raised:
        check_names(["n_players", "n_plyers"], DECLARED)
    assert "n_players (from 2 to 10)" in str(raised.value)


def test_injected_names_are_those_of_papermills_last_cell() -> None:
    cells = ["n_players = 3", "# Parameters\nn_players = 6\nseed = 1\n", "x = 1", "# Parameters\nseed = 2\n", "y = 2"]
    assert injected_names(cells) == ("seed",)
    assert injected_names(cells[:3]) == ("n_players", "seed")
    assert injected_names(["n_players = 3"]) == ()

"""The parameters of a chapter, declared once and checked at its top.

A chapter has one cell tagged ``parameters`` that assigns each parameter its default. Papermill puts a
second cell after it with the values given by ``-p name value``. The next cell calls
:func:`check_parameters`, which raises when

* a value is outside the declared range or of another kind;
* papermill was given a name that is not declared. Papermill itself only warns, and the run would
  go on with the default: a mistyped name would silently change nothing.

Papermill's cell begins with the comment ``# Parameters``. It is found among the cells that this
kernel has executed, so the check needs nothing but the kernel, and other variables of the notebook
cannot be mistaken for parameters when a reader runs the cell again.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

from nucleolus_lib.report.errors import (
    MissingParameterError,
    ParameterRangeError,
    ParameterTypeError,
    UnknownParameterError,
)

PAPERMILL_COMMENT = "# Parameters"


class Declaration(Protocol):
    """What a parameter may be."""

    def check(self, name: str, value: Any) -> Any:
        """``value`` as the chapter should use it; raises when it is not allowed."""
        ...


@dataclass(frozen=True)
class Integer:
    """A whole number with ``low <= value <= high``; ``None`` leaves a side open."""

    low: int | None = None
    high: int | None = None

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ParameterTypeError(f"parameter {name!r} must be a whole number {self}; got {_shown(value)}")
        return int(_check_range(name, int(value), self))

    def __str__(self) -> str:
        return _range_text(self.low, self.high)


@dataclass(frozen=True)
class Number:
    """A finite real number with ``low <= value <= high``; ``None`` leaves a side open."""

    low: float | None = None
    high: float | None = None

    def check(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            raise ParameterTypeError(f"parameter {name!r} must be a finite number {self}; got {_shown(value)}")
        return float(_check_range(name, float(value), self))

    def __str__(self) -> str:
        return _range_text(self.low, self.high)


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        object.__setattr__(self, "options", options)

    def check(self, name: str, value: Any) -> Any:
        for option in self.options:
            if type(value) is type(option) and value == option:
                return option
        raise ParameterRangeError(f"parameter {name!r} must be {self}; got {_shown(value)}")

    def __str__(self) -> str:
        return "one of " + ", ".join(repr(option) for option in self.options)


@dataclass(frozen=True)
class Flag:
    """``True`` or ``False``."""

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ParameterTypeError(f"parameter {name!r} must be {self}; got {_shown(value)}")
        return value

    def __str__(self) -> str:
        return "True or False"


def check_parameters(namespace: Mapping[str, Any], **declared: Declaration) -> dict[str, Any]:
    """Check the chapter's parameters; call it in the cell after the one tagged ``parameters``.

    Parameters
    ----------
    namespace
        The notebook's variables: pass ``globals()``.
    **declared
        One declaration per parameter, such as ``n_players=Integer(2, 10)``.

    Returns
    -------
    dict
        The checked values by name, in the order declared.

    Raises
    ------
    UnknownParameterError
        Papermill was given a name that is not declared.
    MissingParameterError
        A declared parameter has no value in ``namespace``.
    ParameterTypeError, ParameterRangeError
        A value is of another kind, or outside its range.
    """
    check_names(injected_names(executed_cells()), declared)
    missing = [name for name in declared if name not in namespace]
    if missing:
        raise MissingParameterError(
            f"parameter {missing[0]!r} is declared but has no value; assign its default in the cell tagged 'parameters'"
        )
    return {name: declaration.check(name, namespace[name]) for name, declaration in declared.items()}


def check_names(names: Sequence[str], declared: Mapping[str, Declaration]) -> None:
    """Raise :class:`UnknownParameterError` for the first of ``names`` that is not declared."""
    for name in names:
        if name not in declared:
            known = "; ".join(f"{known} ({declared[known]})" for known in declared) or "none"
            raise UnknownParameterError(f"there is no parameter {name!r} in this chapter; it has: {known}")


def injected_names(cells: Sequence[str]) -> tuple[str, ...]:
    """The names assigned by the last of ``cells`` that papermill wrote, in order."""
    for source in reversed(cells):
        if source.lstrip().startswith(PAPERMILL_COMMENT):
            assigned = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
            return tuple(target.id for node in assigned for target in node.targets if isinstance(target, ast.Name))
    return ()


def executed_cells() -> tuple[str, ...]:
    """The sources of the cells this kernel has executed, oldest first; none outside of a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return ()
    shell = get_ipython()
    return () if shell is None else tuple(shell.history_manager.input_hist_raw)


def _check_range(name: str, value: Any, allowed: Integer | Number) -> Any:
    too_low = allowed.low is not None and value < allowed.low
    too_high = allowed.high is not None and value > allowed.high
    if too_low or too_high:
        raise ParameterRangeError(f"parameter {name!r} must be {allowed}; got {value}")
    return value


def _range_text(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "of any size"
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _shown(value: Any) -> str:
    return f"{value!r} ({type(value).__name__})"

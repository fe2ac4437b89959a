"""The parameters of a function as the options of what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, get_type_hints

import attrs

from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import UsageError

__all__ = ["options_of", "return_type"]

SKIPPED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

UNKNOWN: Any = object()
"""Stands for an annotation that is missing or cannot be resolved."""


def options_of(function: Callable[..., Any], owner: str) -> type[object]:
    """Return an options class with a field for each parameter of a function.

    A parameter without an annotation has the type of its default. Without a default too, it is a text. ``owner`` names the function in errors. Raises
    UsageError if a parameter cannot be given by name.
    """
    fields: dict[str, Any] = {}
    for name, parameter in _parameters(function, owner).items():
        if parameter.kind in SKIPPED:
            continue
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise UsageError(f"{owner} takes {name!r} by position only, so it cannot be set by name. Remove the slash.")
        has_default = parameter.default is not inspect.Parameter.empty
        default = parameter.default if has_default else attrs.NOTHING
        fields[name] = attrs.field(default=default, type=_type_of(function, parameter))
    made: type[object] = attrs.make_class("Parameters", fields, frozen=True, kw_only=True)
    return made


def return_type(function: Callable[..., Any]) -> Any:
    """Return the type that a function is annotated to return, without its type arguments, or None if it is not known."""
    hint = _resolved(function, getattr(function, "__annotations__", {}).get("return", inspect.Parameter.empty))
    return None if hint is UNKNOWN or hint is Any else getattr(hint, "__origin__", hint)


def _parameters(function: Callable[..., Any], owner: str) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise UsageError(f"The parameters of {owner} are not known: {describe(error)}.") from error


def _type_of(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    hint = _resolved(function, parameter.annotation)
    if hint is not UNKNOWN:
        return hint
    default = parameter.default
    return str if default is parameter.empty or default is None else type(default)


def _resolved(function: Callable[..., Any], annotation: Any) -> Any:
    """Return one annotation as a type. It is resolved alone, because other annotations may name what is imported for type checkers only."""
    if annotation is inspect.Parameter.empty:
        return UNKNOWN
    names = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return get_type_hints(SimpleNamespace(__annotations__={"it": annotation}), globalns=names)["it"]
    except Exception:  # noqa: BLE001 - evaluating an annotation may raise anything
        return UNKNOWN

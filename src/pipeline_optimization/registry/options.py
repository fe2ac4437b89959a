"""Option classes: values from strings, checks, and help; and a component that was chosen with its options.

A ``Choice`` is picklable, so that workers can build it too.
"""

from __future__ import annotations

import math
import os
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import OptionError, PluginError
from pipeline_optimization.foreign_code import call_component
from pipeline_optimization.kinds import MEMBERS, Kind
from pipeline_optimization.sizes import parse_size
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types import Component

__all__ = ["Choice", "OptionHelp", "argument_name", "describe_options", "make_options"]

OptionsT = TypeVar("OptionsT")

TRUE, FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@frozen(kw_only=True)
class OptionHelp:
    """What a user must know of one option."""

    name: str
    type: str
    default: object
    help: str
    is_required: bool = False


def make_options(options: type[OptionsT], values: Mapping[str, object], owner: str) -> OptionsT:
    """Build an options object; strings are converted to the fields' types, other values are checked.

    ``owner`` names the component in errors. Raises OptionError for an unknown name or a wrong value.
    """
    fields = attrs.fields_dict(options)  # type: ignore[arg-type]  # it is an attrs class, which Component has checked
    hints = _types(options)
    converted: dict[str, object] = {}
    for name, value in values.items():
        key = name.replace("-", "_")
        if key not in fields:
            raise OptionError(_unknown(name, list(fields), owner))
        what = f"Option {name!r} of {owner}"
        converted[key] = _convert(_in_units(value, fields[key].metadata.get("size_unit"), what), hints[key], what)
        _check_bounds(converted[key], fields[key].metadata, what)
    for name, field in fields.items():
        if field.default is attrs.NOTHING and name not in converted:
            raise OptionError(f"{_subject(owner)} needs its option {name!r} ({_type_name(hints[name])}).")
    try:
        return options(**converted)
    except (TypeError, ValueError) as error:
        raise OptionError(f"Options of {owner}: {error}.") from error


def _in_units(value: object, unit: int | None, what: str) -> object:
    """Return a size with a unit of its own as a number of an option's units; any other value as it is."""
    if unit is None or not isinstance(value, str) or not value.strip()[-1:].isalpha() or value.lower() == "none":
        return value
    try:
        return -(-parse_size(value) // unit)
    except ValueError as error:
        raise OptionError(f"{what}: {error}.") from error


def describe_options(options: type[object]) -> list[OptionHelp]:
    """Return the options of a class in their order."""
    hints = _types(options)
    return [
        OptionHelp(
            name=name,
            type=_type_name(hints[name]),
            default=_default(field.default),
            is_required=field.default is attrs.NOTHING,
            help=str(field.metadata.get("help", "")) + _most(field.metadata),
        )
        for name, field in attrs.fields_dict(options).items()  # type: ignore[arg-type]  # as above
    ]


def _most(metadata: Mapping[str, Any]) -> str:
    at_most = metadata.get("at_most")
    return "" if at_most is None else f"; at most {at_most:,}"


def _types(options: type[object]) -> Mapping[str, Any]:
    """Return the types of the options. Raises PluginError where they cannot be resolved, at run time."""
    try:
        return get_type_hints(options)
    except Exception as error:
        raise PluginError(
            f"The types of the options {options.__qualname__} cannot be resolved: {describe(error)}. Import what they name "
            f"outside of TYPE_CHECKING, in {options.__module__}.",
            plugin=options.__module__,
        ) from error


def argument_name(options: type[object]) -> str | None:
    """Return the option that ``NAME:VALUE`` sets, or None."""
    fields = attrs.fields_dict(options)  # type: ignore[arg-type]  # as above
    return next((name for name, field in fields.items() if field.metadata.get("is_argument")), None)


def _default(default: object) -> object:
    """Return a default as plain data: None where there is none, and what a factory makes."""
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class that the stubs call a function
        return None if default.takes_self else default.factory()  # type: ignore[attr-defined]  # as above
    return default


def _unknown(name: str, known: list[str], owner: str) -> str:
    if not known:
        return f"{_subject(owner)} has no options, so {name!r} cannot be set."
    return (
        f"{_subject(owner)} has no option {name!r}.{did_you_mean(name, known)} Its options: {', '.join(sorted(known))}."
    )


def _subject(owner: str) -> str:
    return owner[:1].upper() + owner[1:]


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _literals(member: Any) -> tuple[Any, ...]:
    """Return the values of a ``Literal``; of any other type none."""
    return get_args(member) if get_origin(member) is Literal else ()


TYPE_NAMES: Mapping[Any, str] = {
    types.NoneType: "none",
    int: "integer",
    float: "number",
    bool: "true|false",
    str: "text",
    Path: "path",
}


def _type_name(hint: Any) -> str:
    return " or ".join(
        "|".join(map(str, _literals(member))) or TYPE_NAMES.get(member) or _name_of(member) for member in _members(hint)
    )


def _name_of(kind: Any) -> str:
    return kind.__qualname__ if isinstance(kind, type) and not get_args(kind) else str(kind)


def _convert(value: object, hint: Any, what: str) -> object:
    for member in _members(hint):
        try:
            return _convert_to(value, member)
        except (TypeError, ValueError):
            continue
    raise OptionError(f"{what} must be {_type_name(hint)}, not {value!r}.")


def _convert_to(value: object, member: Any) -> object:
    """Return the value as one member of a union; raises ValueError where it does not fit."""
    if member is type(None):
        _refuse_unless(value is None or str(value).lower() == "none", value)
        return None
    if literals := _literals(member):
        return next(_matching(value, literals))
    if member is bool:
        return _to_bool(value)
    if member in (int, float):
        return _to_number(value, member)
    if member is Path and isinstance(value, str | os.PathLike):
        return Path(value)
    if isinstance(value, member):
        return value
    raise ValueError(value)


def _refuse_unless(fits: bool, value: object) -> None:  # noqa: FBT001 - reads as a sentence
    if not fits:
        raise ValueError(value)


def _matching(value: object, literals: tuple[object, ...]) -> Iterator[object]:
    """Yield the literal that the value spells, and raise ValueError if asked for more."""
    yield from (literal for literal in literals if str(value) == str(literal))
    raise ValueError(value)


def _to_bool(value: object) -> bool:
    word = str(value).lower()
    _refuse_unless(word in TRUE | FALSE, value)
    return word in TRUE


def _to_number(value: object, kind: type[int | float]) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    _refuse_unless(not (kind is int and isinstance(value, float)), value)
    number = kind(value)
    _refuse_unless(not math.isnan(number), value)
    return number


def _check_bounds(value: object, metadata: Mapping[str, Any], what: str) -> None:
    at_least, at_most = metadata.get("at_least"), metadata.get("at_most")
    if not isinstance(value, int | float):
        return
    if at_least is not None and value < at_least:
        raise OptionError(f"{what} must be at least {at_least:g}, not {value!r}.")
    if at_most is not None and value > at_most:
        raise OptionError(f"{what} must be at most {at_most:,}, not {value!r}.")


T_co = TypeVar("T_co", covariant=True)


@frozen
class Choice(Generic[T_co]):
    """A component and the options to build it with; ``label`` is what the user called it.

    Pickled by reference to the component's factory: both must be importable by name in the worker.
    """

    label: str
    component: Component[Any, T_co]
    options: object
    kind: Kind | None = None

    def build(self) -> T_co:
        """Build the component.

        Raises the AnagramError that its factory raises, and PluginError for any other exception and for what is no
        component of its kind.
        """
        noun = "component" if self.kind is None else self.kind.replace("_", " ")
        what = f"the {noun} {self.label!r}"
        built = call_component(f"Building {what}", self.label, self.component.factory, self.options)
        lacking = [name for name in MEMBERS.get(self.kind or "", ()) if not _has(built, name)]
        if lacking:
            raise PluginError(
                f"T{what[1:]} is {_shown(built)}, which lacks {', '.join(lacking)}. Its factory must return the {noun}.",
                plugin=self.label,
            )
        return built


def _has(built: object, name: str) -> bool:
    """Return whether an object has an attribute, without computing a property."""
    if name == "__call__":
        return callable(built)  # every class has that name, for its instances to be made
    return hasattr(type(built), name) or name in getattr(built, "__dict__", ()) or hasattr(built, name)


def _shown(built: object) -> str:
    return "None" if built is None else f"an object of {type(built).__qualname__}"

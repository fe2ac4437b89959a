"""The options of components: their values from strings, their checks, and their help. And the choice of a component with its options."""

from __future__ import annotations

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
    """What the help says of one option. ``type`` and ``help`` are texts for people."""

    name: str
    type: str
    default: object
    help: str
    is_required: bool = False


def make_options(options: type[OptionsT], values: Mapping[str, object], owner: str) -> OptionsT:
    """Build an object of an options class.

    Args:
        options: The attrs class.
        values: The values by the name of the option, in which hyphens count as underscores. A string is converted to the type of the field; any
            other value must be of this type.
        owner: The name of the component, for errors.

    Raises:
        OptionError: If a name is unknown, a value is wrong, or a required option is missing.
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
    """Convert a size such as "2 MB" to the unit of its option, rounded up. Return any other value as it is."""
    if unit is None or not isinstance(value, str) or not value.strip()[-1:].isalpha() or value.lower() == "none":
        return value
    try:
        return -(-parse_size(value) // unit)  # the negative of a floor rounds up
    except ValueError as error:
        raise OptionError(f"{what}: {error}.") from error


def describe_options(options: type[object]) -> list[OptionHelp]:
    """Return the help of all options of a class, in their order."""
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
    """Return the types of the options. Raises PluginError if their annotations cannot be evaluated."""
    try:
        return get_type_hints(options)
    except Exception as error:
        raise PluginError(
            f"The types of the options {options.__qualname__} cannot be resolved: {describe(error)}. Import what they name "
            f"outside of TYPE_CHECKING, in {options.__module__}.",
            plugin=options.__module__,
        ) from error


def argument_name(options: type[object]) -> str | None:
    """Return the name of the option that VALUE sets in ``NAME:VALUE``; None if the class has none."""
    fields = attrs.fields_dict(options)  # type: ignore[arg-type]  # as above
    return next((name for name, field in fields.items() if field.metadata.get("is_argument")), None)


def _default(default: object) -> object:
    """Return the default of an option; None if it has none. If a factory makes the default, call it."""
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
    """Return the values of a ``Literal``; an empty tuple for any other type."""
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
    # The first type of a union that fits wins: "3" becomes a number under ``int | str``, and stays a text under ``str | int``.
    for member in _members(hint):
        try:
            return _convert_to(value, member)
        except (TypeError, ValueError):
            continue
    raise OptionError(f"{what} must be {_type_name(hint)}, not {value!r}.")


def _convert_to(value: object, member: Any) -> object:
    """Convert a value to one member of a union. Raises ValueError or TypeError if it does not fit."""
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
    """Yield the literals that the value spells, then raise ValueError. So ``next`` raises it if there is none."""
    yield from (literal for literal in literals if str(value) == str(literal))
    raise ValueError(value)


def _to_bool(value: object) -> bool:
    word = str(value).lower()
    _refuse_unless(word in TRUE | FALSE, value)
    return word in TRUE


def _to_number(value: object, kind: type[int | float]) -> int | float:
    # For Python, True is a number. As the value of a number it is a mistake.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    # ``int(2.7)`` would drop the fraction without a word.
    _refuse_unless(not (kind is int and isinstance(value, float)), value)
    try:
        number = kind(value)
    except OverflowError:  # Python has larger whole numbers
        raise ValueError(value) from None
    _refuse_unless(number == number, value)  # noqa: PLR0124 - which nan is not; math.isnan takes no large whole number
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
    """A component that was chosen, with its options. It is picklable, so that workers can build the component too.

    The factory and the options class are pickled by name. So a worker must be able to import both.

    Attributes:
        label: What the user wrote, as ``NAME`` or ``NAME:VALUE``.
        component: The component.
        options: An object of its options class.
        kind: Its kind; None if nobody knows it.
    """

    label: str
    component: Component[Any, T_co]
    options: object
    kind: Kind | None = None

    def build(self) -> T_co:
        """Build the component.

        Raises:
            AnagramError: If the factory raises one.
            PluginError: If the factory raises anything else, or returns an object that lacks a member of its kind.
        """
        noun = "component" if self.kind is None else self.kind.replace("_", " ")
        what = f"the {noun} {self.label!r}"
        built = call_component(f"Building {what}", self.label, self.component.factory, self.options)
        # A wrong object fails here, where the plugin can be named, and not in the middle of a run.
        lacking = [name for name in MEMBERS.get(self.kind or "", ()) if not _has(built, name)]
        if lacking:
            raise PluginError(
                f"T{what[1:]} is {_shown(built)}, which lacks {', '.join(lacking)}. Its factory must return the {noun}.",
                plugin=self.label,
            )
        return built


def _has(built: object, name: str) -> bool:
    """Return whether an object has an attribute. It looks at the class first, since to look at the object would compute a property."""
    if name == "__call__":
        return callable(built)  # ``hasattr`` of the class is True for any class, as calling a class makes an object
    return hasattr(type(built), name) or name in getattr(built, "__dict__", ()) or hasattr(built, name)


def _shown(built: object) -> str:
    return "None" if built is None else f"an object of {type(built).__qualname__}"

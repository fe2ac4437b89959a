"""Elements and totals as bytes: pickled on their way between processes, as plain data in a checkpoint.

Bytes from a disk are never unpickled, because that could run anything. Plain data are JSON. A value for which JSON has no form becomes a list of its
type's name and its parts, and a list becomes one that begins with "list". An object of JSON is a dictionary whose keys are texts and whose values all
have a form in JSON, as rows often are. That form is by far the quickest to write and to read.
"""

from __future__ import annotations

import json
import math
import pickle
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any, Protocol

from pipeline_optimization.pipeline.model.by_value import dumps_by_value

__all__ = ["BY_VALUE", "PICKLED", "PLAIN", "Codec", "pickled"]


class Codec(Protocol):
    """Makes bytes of values, and values of these bytes."""

    def encode(self, value: Any) -> bytes:
        """Return a value as bytes. Raises an exception of any type if that is impossible."""
        ...

    def decode(self, data: bytes) -> Any:
        """Return the value. If the bytes were on a disk and ``encode`` did not make them, it raises ValueError or LookupError."""
        ...


class _Pickled:
    # A text makes pickle name the constant of this module. So a codec that reaches a worker is the same object as the worker's, as ``subtotal`` asks.
    def __reduce__(self) -> str:
        return "PICKLED"

    def encode(self, value: Any) -> bytes:
        # Counter(a=2, b=1) travels as the text "a\nb" and the list [2, 1].
        if (text := _joined(value)) is not None:
            value = _Counts(text, list(value.values()))
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    def decode(self, data: bytes) -> Any:
        return pickle.loads(data)


class _Counts:
    """Counts by text, which are pickled as one text and a list of numbers. That takes a third of the time, and less room."""

    def __init__(self, text: str, numbers: list[Any]) -> None:
        self.parts = text, numbers

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, list[int]]]:
        return _counts_of, self.parts


def _joined(value: Any) -> str | None:
    """Return the keys of a counter as the lines of one text. Return None if a key is no text or has several lines."""
    if type(value) is not Counter or set(map(type, value)) != TEXT:
        return None
    text = "\n".join(value)
    # A key with a line feed would make more lines than there are keys.
    return text if text.count("\n") == len(value) - 1 else None


def _counts_of(text: str, numbers: list[Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    # ``Counter.update`` would count the pairs instead of storing them.
    dict.update(counts, zip(text.split("\n"), numbers, strict=True))
    return counts


class _ByValue(_Pickled):
    """Pickles what the program itself has defined together with its classes, because other processes do not find them by name."""

    def __reduce__(self) -> str:
        return "BY_VALUE"

    def encode(self, value: Any) -> bytes:
        try:
            return super().encode(value)
        except Exception:  # noqa: BLE001 - of what cannot be sent by value either, that says why
            return dumps_by_value(value)


class _Plain:
    def __reduce__(self) -> str:
        return "PLAIN"

    def encode(self, value: Any) -> bytes:
        return json.dumps(_to_json(value)).encode()

    def decode(self, data: bytes) -> Any:
        return _of_json(json.loads(data))


SCALARS = frozenset({type(None), bool, int, float, str})
"""Types for whose values JSON has a form, except for floats such as NaN and infinity."""

WRITTEN = {
    "datetime.date": "fromisoformat",
    "datetime.datetime": "fromisoformat",
    "datetime.time": "fromisoformat",
    "decimal.Decimal": None,
    "uuid.UUID": None,
}
"""Types whose values are written as their ``str``, and what reads them: the name of a class method, or None for the class itself."""

MOST_BITS = 2048
"""Bits of the largest integer that is written in decimal digits. Python limits those to 4,300 digits, or to as few as 640. Larger integers are
written in hexadecimal digits, which have no limit."""

TEXT = {str}
INTEGER = {int}
LISTS = frozenset({list, dict})

PICKLED: Codec = _Pickled()
PLAIN: Codec = _Plain()
BY_VALUE: Codec = _ByValue()


def pickled(value: object) -> bytes:
    """Return a value of the parent as bytes for a worker.

    If it belongs to ``__main__``, it is pickled by value, provided that cloudpickle is installed.
    """
    data = PICKLED.encode(value)
    # Pickle writes classes and functions as the names of their modules. A text that has this name by chance only takes the slower way.
    if b"__main__" not in data:
        return data
    try:
        return dumps_by_value(value)
    except ImportError:
        return data


def _to_json(value: Any) -> object:
    kind = type(value)
    if kind in SCALARS:
        if kind is int and value.bit_length() > MOST_BITS:
            return ["int", hex(value)]
        return value if kind is not float or math.isfinite(value) else ["float", repr(value)]
    # Checking the types of all members at once takes a tenth of the time of checking each.
    if kind in {dict, Counter}:
        return _mapping_to_json(value)
    if kind in {list, tuple}:
        return [kind.__name__, *(value if _are_scalars(value) else map(_to_json, value))]
    # Members are sorted because the order of a set of texts differs between processes. So equal sets have equal bytes.
    if kind in {set, frozenset}:
        return [kind.__name__, *sorted(map(_to_json, value), key=json.dumps)]
    return _written(value)


def _mapping_to_json(value: dict[Any, Any]) -> object:
    if (
        # ["Counts", "a\nb", 2, 1] stands for Counter(a=2, b=1).
        (text := _joined(value)) is not None
        and set(map(type, value.values())) == INTEGER
        and _are_short(value.values())
    ):
        return ["Counts", text, *value.values()]
    if type(value) is dict and TEXT.issuperset(map(type, value)) and _are_scalars(value.values()):
        return value
    # ["dict", [key, value], ...], as the keys of an object of JSON can only be texts.
    return [type(value).__name__, *([_to_json(key), _to_json(part)] for key, part in value.items())]


def _written(value: Any) -> object:
    kind = type(value)
    if kind is bytes:
        return ["bytes", b64encode(value).decode()]
    name = f"{kind.__module__}.{kind.__qualname__}"
    # The text has the offset at one moment only. The name of a time zone says more, so such times are refused.
    if name in WRITTEN and (getattr(value, "tzinfo", None) is None or type(value.tzinfo).__name__ == "timezone"):
        # The text does not say which of two equal readings of a clock is meant, when clocks are set back.
        return [name, str(value), *([1] if getattr(value, "fold", 0) else [])]
    raise TypeError(
        "a checkpoint keeps numbers, texts, bytes, None, dates, times of fixed offsets, decimals, UUIDs, and lists, tuples, sets and dictionaries of "
        f"them, not {kind.__qualname__}"
    )


def _are_scalars(values: Collection[Any]) -> bool:
    kinds = set(map(type, values))
    if not kinds <= SCALARS:
        return False
    if int in kinds and not _are_short(values if len(kinds) == 1 else [one for one in values if type(one) is int]):
        return False
    return float not in kinds or all(math.isfinite(one) for one in values if type(one) is float)


def _are_short(numbers: Collection[int]) -> bool:
    return max(map(int.bit_length, numbers)) <= MOST_BITS


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "float": float,
    "int": lambda digits: int(digits, 16),
    "bytes": b64decode,
    "list": lambda *parts: list(parts),
    "tuple": lambda *parts: parts,
    "set": lambda *parts: set(parts),
    "frozenset": lambda *parts: frozenset(parts),
}


def _read(name: str, text: str, fold: int = 0) -> Any:
    module, _, kind = name.partition(".")
    # Only names in ``WRITTEN`` come here, so a damaged file cannot have anything else imported.
    made, reader = getattr(import_module(module), kind), WRITTEN[name]
    value = (made if reader is None else getattr(made, reader))(text)
    return value.replace(fold=fold) if fold else value


def _of_json(found: Any) -> Any:
    # ``_mapping_to_json`` writes an object only if all of its values are scalars.
    if type(found) is dict:
        if not LISTS.isdisjoint(map(type, found.values())):
            raise ValueError("it has an object of JSON with others in it")
        return found
    if type(found) is not list:
        return found
    name, *parts = found
    # A quicker way for tuples of scalars, whose members need no look.
    if name == "tuple" and LISTS.isdisjoint(map(type, parts)):
        return tuple(parts)
    if name == "Counts" and parts and type(parts[0]) is str and set(map(type, parts[1:])) == INTEGER:
        return _counts_of(parts[0], parts[1:])
    if name in {"dict", "Counter"}:
        pairs = {_of_json(key): _of_json(part) for key, part in parts}
        return Counter(pairs) if name == "Counter" else pairs
    try:
        return _read(name, *parts) if name in WRITTEN else _MAKERS[name](*map(_of_json, parts))
    except (TypeError, ArithmeticError, AttributeError) as error:  # an unhashable member, too many parts, no decimal
        raise ValueError(str(error)) from error

"""How elements and totals become bytes: pickled on their way between processes, as plain data where a checkpoint keeps them.

What was on disk is never unpickled, as that could run anything. Plain data are JSON in which each value that JSON has no form for stands as a
list of its type's name and its parts, and each list as one that begins with "list".
"""

from __future__ import annotations

import json
import math
import pickle
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

__all__ = ["BY_VALUE", "PICKLED", "PLAIN", "Codec", "pickled"]


class Codec(Protocol):
    """Makes bytes of values, and values of these bytes."""

    def encode(self, value: Any) -> bytes:
        """Return a value as bytes. Raises an exception of any type where that cannot be."""
        ...

    def decode(self, data: bytes) -> Any:
        """Return the value. Raises ValueError or LookupError for bytes that ``encode`` did not make, where they were on disk."""
        ...


class _Pickled:
    def __reduce__(self) -> str:
        return "PICKLED"

    def encode(self, value: Any) -> bytes:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    def decode(self, data: bytes) -> Any:
        return pickle.loads(data)


class _ByValue(_Pickled):
    """Pickles with their classes what the program itself has defined, which other processes do not find by name."""

    def __reduce__(self) -> str:
        return "BY_VALUE"

    def encode(self, value: Any) -> bytes:
        try:
            return super().encode(value)
        except Exception:  # noqa: BLE001 - of what cannot be sent by value either, that says why
            data: bytes = import_module("cloudpickle").dumps(value)
            return data


class _Plain:
    def __reduce__(self) -> str:
        return "PLAIN"

    def encode(self, value: Any) -> bytes:
        return json.dumps(_to_json(value)).encode()

    def decode(self, data: bytes) -> Any:
        return _of_json(json.loads(data))


PICKLED: Codec = _Pickled()
PLAIN: Codec = _Plain()
BY_VALUE: Codec = _ByValue()


def pickled(value: object) -> bytes:
    """Return a value of the parent's for a worker: by value where it is of the program itself, ``__main__``, and that can be."""
    data = PICKLED.encode(value)
    if b"__main__" not in data:
        return data
    try:
        by_value: bytes = import_module("cloudpickle").dumps(value)
    except ImportError:
        return data
    return by_value


def _to_json(value: Any) -> object:
    kind = type(value)
    if value is None or kind in {bool, int, str}:
        return value
    if kind is float:
        return value if math.isfinite(value) else ["float", repr(value)]
    if kind in {dict, Counter}:
        return [kind.__name__, *([_to_json(key), _to_json(part)] for key, part in value.items())]
    if kind in {list, tuple}:
        return [kind.__name__, *map(_to_json, value)]
    if kind in {set, frozenset}:
        return [kind.__name__, *sorted(map(_to_json, value), key=json.dumps)]
    if kind is bytes:
        return ["bytes", b64encode(value).decode()]
    raise TypeError(
        f"a checkpoint keeps numbers, texts, bytes, None, and lists, tuples, sets and dictionaries of them, not {kind.__qualname__}"
    )


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "float": float,
    "bytes": b64decode,
    "list": lambda *parts: list(parts),
    "tuple": lambda *parts: parts,
    "set": lambda *parts: set(parts),
    "frozenset": lambda *parts: frozenset(parts),
}


def _of_json(found: Any) -> Any:
    if not isinstance(found, list):
        if isinstance(found, dict):
            raise ValueError("it has an object of JSON")
        return found
    name, *parts = found
    if name in {"dict", "Counter"}:
        pairs = {_of_json(key): _of_json(part) for key, part in parts}
        return Counter(pairs) if name == "Counter" else pairs
    try:
        return _MAKERS[name](*map(_of_json, parts))
    except TypeError as error:  # unhashable members of a set, say, or the wrong number of parts
        raise ValueError(str(error)) from error

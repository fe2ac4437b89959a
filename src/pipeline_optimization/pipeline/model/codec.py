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
from typing import Any, Protocol

__all__ = ["PICKLED", "PLAIN", "Codec"]


class Codec(Protocol):
    """Makes bytes of values, and values of these bytes."""

    def encode(self, value: Any) -> bytes:
        """Return a value as bytes. Raises an exception of any type where that cannot be."""
        ...

    def decode(self, data: bytes) -> Any:
        """Return the value. Raises ValueError or LookupError for bytes that ``encode`` did not make, where they were on disk."""
        ...


class _Pickled:
    def encode(self, value: Any) -> bytes:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    def decode(self, data: bytes) -> Any:
        return pickle.loads(data)


class _Plain:
    def encode(self, value: Any) -> bytes:
        return json.dumps(_to_json(value)).encode()

    def decode(self, data: bytes) -> Any:
        return _of_json(json.loads(data))


PICKLED: Codec = _Pickled()
PLAIN: Codec = _Plain()


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

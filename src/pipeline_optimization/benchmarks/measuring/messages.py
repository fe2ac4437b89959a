"""Checks the reports of a subject. Its process runs code of strangers, so no report is trusted to have the right form."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, cast

from pipeline_optimization.benchmarks.subject.contending import LONGEST_BODY
from pipeline_optimization.printable import printable

__all__ = ["Event", "GarbledError", "ReportBuffer"]

LONGEST_LINE = 1 << 16
LONGEST_TEXT = 500


class GarbledError(Exception):
    """Something that is no report came through the subject's pipe. The message shows it."""


class Event(TypedDict, total=False):
    """A report of a subject. ``event`` says which one it is, and thereby which other keys it has."""

    event: str
    step: str
    type: str
    message: str
    place: str
    is_missing: bool
    length: int
    answer: Any
    reported_ms: float
    startup_ms: float | None


_FACTS: Mapping[str, tuple[type, ...]] = {"type": (str,), "message": (str,), "place": (str,), "is_missing": (bool,)}
_NUMBER = (int, float)

_SHAPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "loading": {},
    "import": {},
    "setup": {},
    "teardown": {},
    "failed": {"step": (str,), **_FACTS},
    "isolated": {"message": (str,)},
    "armed": {},
    "forked": {},
    "result": {"length": (int,), "reported_ms": _NUMBER},
    "misshapen": {"message": (str,)},
    "raised": _FACTS,
    "told": {"startup_ms": (*_NUMBER, type(None))},
    "ending": {},
}
"""The keys that each event must have, and the types of their values."""


class ReportBuffer:
    """Cuts what comes through the pipe into reports. ``read_answer`` makes an answer of its bytes, or raises GarbledError."""

    def __init__(self, read_answer: Callable[[bytes], object]) -> None:
        self._data = bytearray()
        self._read_answer = read_answer

    def __len__(self) -> int:
        return len(self._data)

    def add(self, data: bytes) -> None:
        self._data += data

    def next(self) -> Event | None:
        """Return the next report, or None if it is not complete yet. Raises GarbledError."""
        end = self._data.find(b"\n")
        if end < 0:
            if len(self._data) > LONGEST_LINE:
                raise GarbledError("a line without end")
            return None
        event = _read_event(bytes(self._data[:end]))
        length = end + 1 + _body_length(event)
        if len(self._data) < length:
            return None
        if event["event"] == "result":
            event["answer"] = self._read_answer(bytes(self._data[end + 1 : length]))
        del self._data[:length]
        return event


def _read_event(line: bytes) -> Event:
    """Return a report without its body. Raises GarbledError if it is no report."""
    try:
        message = json.loads(line)
        shape = _SHAPES[message["event"]]
        is_whole = all(_has_type(message[key], kinds) for key, kinds in shape.items())
    except (ValueError, KeyError, TypeError, RecursionError):
        raise GarbledError(_excerpt(line)) from None
    if not is_whole:
        raise GarbledError(_excerpt(line))
    known = {key: value for key, value in message.items() if key in Event.__annotations__ and key != "answer"}
    texts = {key: printable(value)[:LONGEST_TEXT] for key, value in known.items() if isinstance(value, str)}
    return cast("Event", known | texts)


def _body_length(event: Event) -> int:
    """Return how many bytes follow a report. Raises GarbledError if that number is impossible."""
    if event["event"] != "result":
        return 0
    length = event["length"]
    if not 0 <= length <= LONGEST_BODY:
        raise GarbledError(f"an answer of {length} bytes")
    return length


def _has_type(value: object, kinds: tuple[type, ...]) -> bool:
    if type(value) not in kinds:
        return False
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return False
        return math.isfinite(number) and abs(number) < 1e18
    return True


def _excerpt(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace"))

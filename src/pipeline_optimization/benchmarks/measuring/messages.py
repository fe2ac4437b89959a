"""What a subject reports, checked: its process runs code of strangers, so nothing is believed to have the right form."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Mapping
from typing import TypedDict, cast

from pipeline_optimization.benchmarks.reports.printable import printable

__all__ = ["Event", "GarbledError", "ReportBuffer"]

LONGEST_LINE = 1 << 16
LONGEST_BODY = 1 << 27
"""The words of a language and their numbers take some 10 MiB; the harness holds an answer in memory."""

LONGEST_TEXT = 500


class GarbledError(Exception):
    """What came on the subject's pipe is no report; the message shows it."""


class Event(TypedDict, total=False):
    """What a subject reports; ``event`` says which, and thereby which other keys there are."""

    event: str
    ns: int
    threads: int
    step: str
    type: str
    message: str
    place: str
    is_missing: bool
    words: int
    numbers: int
    counts: Mapping[str, int]
    reported_ms: float
    startup_ms: float | None


_FACTS: Mapping[str, tuple[type, ...]] = {"type": (str,), "message": (str,), "place": (str,), "is_missing": (bool,)}
_NUMBER = (int, float)

_SHAPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "import": {"ns": (int,)},
    "setup": {"ns": (int,)},
    "teardown": {"ns": (int,)},
    "failed": {"step": (str,), **_FACTS},
    "isolated": {"message": (str,)},
    "armed": {},
    "forked": {},
    "result": {"words": (int,), "numbers": (int,), "reported_ms": _NUMBER},
    "misshapen": {"message": (str,)},
    "raised": _FACTS,
    "told": {"threads": (int,), "startup_ms": (*_NUMBER, type(None))},
    "ending": {"threads": (int,)},
}
"""The keys that each event must have, and the types of their values."""


class ReportBuffer:
    """Cuts what comes on the pipe into reports."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def add(self, data: bytes) -> None:
        self._data += data

    def next(self) -> Event | None:
        """Return the next report, or None where it is not whole yet. Raises GarbledError."""
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
            event["counts"] = _read_counts(event, bytes(self._data[end + 1 : length]))
        del self._data[:length]
        return event


def _read_event(line: bytes) -> Event:
    """Return a report without its body. Raises GarbledError where it is none."""
    try:
        message = json.loads(line)
        shape = _SHAPES[message["event"]]
        is_whole = all(_has_type(message[key], kinds) for key, kinds in shape.items())
    except (ValueError, KeyError, TypeError, RecursionError):
        raise GarbledError(_excerpt(line)) from None
    if not is_whole:
        raise GarbledError(_excerpt(line))
    known = {key: value for key, value in message.items() if key in Event.__annotations__ and key != "counts"}
    texts = {key: printable(value)[:LONGEST_TEXT] for key, value in known.items() if isinstance(value, str)}
    return cast("Event", known | texts)


def _body_length(event: Event) -> int:
    """Return how many bytes follow a report. Raises GarbledError where that cannot be."""
    if event["event"] != "result":
        return 0
    words, numbers = event["words"], event["numbers"]
    if words < 0 or numbers < 0 or numbers % 8 or words + numbers > LONGEST_BODY:
        raise GarbledError(f"an answer of {words} and {numbers} bytes")
    return words + numbers


def _read_counts(event: Event, body: bytes) -> Mapping[str, int]:
    """Return the counts that follow a result. Raises GarbledError where they are no words with a number each."""
    numbers = array("q", body[event["words"] :])
    try:
        words = body[: event["words"]].decode("utf-8", "surrogatepass").split("\n") if numbers else []
    except UnicodeDecodeError:
        raise GarbledError("words that are no text") from None
    if len(words) != len(numbers):
        raise GarbledError(f"{len(words)} words with {len(numbers)} numbers")
    return dict(zip(words, numbers, strict=True))


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

"""Reads the events of a run back from a file, which may be cut off. Whatever is in the file is taken as data only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from os import PathLike, fspath
from types import NoneType, UnionType
from typing import Any, BinaryIO, Literal, NamedTuple, TypeGuard, Union, cast, get_args, get_origin, get_type_hints

from pipeline_optimization.errors import InputError
from pipeline_optimization.observing.lines import FORMAT, KINDS, VERSION
from pipeline_optimization.observing.resources import ResourcesSampled
from pipeline_optimization.observing.sampling import Segment
from pipeline_optimization.types import ErrorRecord, TaskTotals, TimeAccount
from pipeline_optimization.types.critical_path import CriticalPath, PathStep
from pipeline_optimization.types.events import AttemptEnded, RunEvent
from pipeline_optimization.types.step_time import StepTime
from pipeline_optimization.types.task_quota import TaskQuota

__all__ = ["EventReader", "Line", "is_of_events"]

LONGEST = 16 << 20
"""Bytes of the longest line. The first event of a run with a thousand inputs has some hundred kilobytes."""

LONGEST_START = 4096
"""Bytes of the longest first line, even if another program has written it again."""

SECOND = 1_000_000_000

CLASSES: Mapping[str, type] = {name: kind for kind, name in KINDS.items()}
HINTS: Mapping[type, Mapping[str, Any]] = {
    kind: get_type_hints(kind)
    for kind in (*KINDS, Segment, TaskTotals, ErrorRecord, TimeAccount, CriticalPath, PathStep, StepTime, TaskQuota)
}


ATTEMPT = KINDS[AttemptEnded]

MEMBERS = tuple((name, AttemptEnded._field_defaults.get(name)) for name in AttemptEnded._fields)
"""The members of an attempt, each with its value if a line does not have it."""


def is_of_events(path: str) -> bool:
    """Return whether a file can be read and begins like a file of events, whatever its version."""
    try:
        with open(path, "rb") as stream:
            first = json.loads(stream.readline(LONGEST_START))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("kind") == "stream" and first.get("format") == FORMAT


LEAST, LARGEST = 1 - (1 << 64), (1 << 64) - 1
"""The bounds of whole numbers in events. Only a seed may be larger, because nothing is computed with it."""

LATEST = 253_402_214_400
"""Seconds from 1970 to the last day of the year 9999, at which calendars end."""


class Line(NamedTuple):
    """An event with its number in the file. ``stands_for`` is how many attempts the line represents, if only a share was written."""

    seq: int
    event: RunEvent | Segment | ResourcesSampled
    stands_for: int


class EventReader:
    """Iterates over the lines of a file of events, once. Lines of unknown kinds are skipped and counted.

    Raises InputError if the file cannot be read, is no file of events, has a newer version, or has a line that no run wrote.

    Attributes:
        run_id: The run's identity.
        lines: How many whole lines were read.
        is_cut: Whether the file ends before its run did, as after a SIGKILL.
        missing: How many lines could not be written. It is exact if the file is not cut.
        told: How many attempts ended, by outcome. It is exact if the file is not cut.
        unknown: How many lines of each unknown kind there were.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = fspath(path)
        self.run_id = ""
        self.lines = 0
        self.is_cut = True
        self.missing = 0
        self.told: Mapping[str, int] = {}
        self.unknown: Counter[str] = Counter()
        self._fitting: dict[tuple[object, ...], Callable[[tuple[object, ...]], tuple[Any, ...]]] = {}

    def __iter__(self) -> Iterator[Line]:
        try:
            with open(self.path, "rb") as stream:
                yield from self._read(stream)
        except OSError as error:
            raise InputError(f"Cannot read the events {self.path!r}: {error.strerror}.", source=self.path) from error

    @property
    def cut(self) -> str:
        """Return, for people, where the file was cut off, or an empty text if it is whole."""
        if not self.is_cut:
            return ""
        return f"{self.path!r} was cut off after line {self.lines}: its run was killed, or goes on."

    def _read(self, stream: BinaryIO) -> Iterator[Line]:
        while (data := stream.readline(LONGEST)) and data.endswith(b"\n"):
            line = self.line_of(data)
            if line is not None:
                yield line
        if len(data) >= LONGEST:
            raise self.too_long()
        if not self.lines and not data:
            raise InputError(
                f"The file of events {self.path!r} is empty: its run was killed before it wrote, or has just begun.",
                source=self.path,
            )
        if not self.lines:
            self._check_version(self._parse(data))

    def line_of(self, data: bytes) -> Line | None:
        """Return the next line of the file. Return None for its first line and for a line of an unknown kind. Raises InputError."""
        self.lines += 1
        if data == b"\n":
            return None  # it follows a line that was torn in a pipe
        facts = self._parse(data)
        if self.lines == 1:
            self._check_version(facts)
            return None
        return self._line(facts)

    def _parse(self, data: bytes) -> dict[str, Any]:
        try:
            facts = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._broken("it is not JSON") from error
        if not isinstance(facts, dict):
            raise self._broken("it is no object")
        return facts

    def _check_version(self, facts: Mapping[str, Any]) -> None:
        version = facts.get("version")
        if facts.get("kind") != "stream" or facts.get("format") != FORMAT or not isinstance(version, int):
            raise InputError(
                f"{self.path!r} is no file of events: its first line does not say so. Such files are written with --events.",
                source=self.path,
            )
        if version > VERSION:
            raise InputError(
                f"The events {self.path!r} have version {version}; this program reads versions up to {VERSION}. Read them with the "
                "version of pipeline-optimization that wrote them, or a later one.",
                source=self.path,
            )

    def _line(self, facts: dict[str, Any]) -> Line | None:
        seq, kind = facts.get("seq"), facts.get("kind")
        if not _is_whole(seq) or not isinstance(kind, str):
            raise self._broken("it has no number or no kind")
        if kind == "sampled":
            return Line(seq, self._made(Segment, facts), 1)
        if kind not in CLASSES:
            self.unknown[kind] += 1
            return None
        if kind == "run_started":
            self.run_id = str(facts.get("run_id"))
        stands_for = facts.get("stands_for", 1)
        if not _is_whole(stands_for) or not _is_whole(facts.get("time_ns")):
            raise self._broken("it has no time")
        if kind == "run_finished":
            self.is_cut = False
            self.missing = facts["missing_lines"] if _is_whole(facts.get("missing_lines")) else 0
            told = facts.get("attempts_told")
            self.told = told if isinstance(told, dict) and _fits(told, Mapping[str, int]) else {}
        given = {**facts, "run_id": self.run_id, "time": facts["time_ns"] / SECOND, "came_back_ns": facts["time_ns"]}
        if kind == ATTEMPT and "error" not in facts and "steps" not in facts:
            return Line(seq, self._attempt(given), stands_for)
        return Line(seq, self._made(CLASSES[kind], {"error": None, **given}), stands_for)

    def _attempt(self, facts: Mapping[str, Any]) -> AttemptEnded:
        """Return an attempt of one step without an error. A file may have millions of these, so each is checked with as little work as possible.

        Whether a member fits depends on its type only, except for two members that are one of a few words, and for numbers that are too large. So the
        types and these two words are checked once for each combination, and the size of numbers each time.
        """
        values = tuple([facts.get(name, default) for name, default in MEMBERS])
        outcome, status = facts.get("outcome"), facts.get("status")
        if not isinstance(outcome, str) or not isinstance(status, str):
            return cast("AttemptEnded", self._made(AttemptEnded, {"error": None, **facts}))
        key = (outcome, status, *map(type, values))
        numbers_of = self._fitting.get(key)
        if numbers_of is None:
            self._made(AttemptEnded, {"error": None, **facts})
            at = [number for number, value in enumerate(values) if type(value) is int]
            numbers_of = self._fitting[key] = itemgetter(*at)
        numbers = numbers_of(values)
        if max(numbers) > LARGEST or min(numbers) < LEAST:
            self._made(AttemptEnded, {"error": None, **facts})  # this raises
        return tuple.__new__(AttemptEnded, values)

    def _made(self, kind: type, facts: Mapping[str, Any]) -> Any:
        """Return a record of a kind, made of the members that it has."""
        hints = HINTS[kind]
        always = set(AttemptEnded._fields) - set(AttemptEnded._field_defaults) if kind is AttemptEnded else set()
        names = [one for one in hints if one in facts or one in always]
        values = {name: self._value(facts.get(name), hints[name]) for name in names}
        try:
            made = kind(**values)
        except TypeError as error:
            raise self._broken(f"it lacks members ({error})") from error
        for name, value in values.items():
            if not _fits(value, hints[name]) and not (name == "seed" and type(value) is int):
                raise self._broken(f"its member {name!r} is of the wrong type or too large")
            if name == "wall" and not 0 <= value <= LATEST:
                raise self._broken("its member 'wall' is no time of the calendar")
        return made

    def _value(self, value: Any, hint: Any) -> Any:
        kind = next((one for one in get_args(hint) if one in HINTS), None)
        if kind is not None and get_origin(hint) is Sequence and isinstance(value, list):
            return tuple(self._made(kind, one if isinstance(one, dict) else {}) for one in value)
        if kind is not None and get_origin(hint) is Mapping and isinstance(value, dict):
            return {name: self._made(kind, one if isinstance(one, dict) else {}) for name, one in value.items()}
        if kind is not None and isinstance(value, dict):
            return self._made(kind, value)
        return tuple(value) if isinstance(value, list) else value

    def too_long(self) -> InputError:
        """Return the error of a line that does not end within the longest line."""
        return InputError(
            f"Line {self.lines + 1} of the events {self.path!r} cannot be used: it is too long.", source=self.path
        )

    def _broken(self, what: str) -> InputError:
        line = max(1, self.lines)
        return InputError(f"Line {line} of the events {self.path!r} cannot be used: {what}.", source=self.path)


def _fits(value: object, hint: Any) -> bool:
    """Return whether a value is of a type, for the types that events have."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is not None:
        values = tuple(value.values()) if issubclass(origin, Mapping) and isinstance(value, dict) else value
        return isinstance(values, tuple) and all(_fits(one, inner[-1]) for one in values)
    kind = NoneType if hint is None else hint
    if kind in {int, float}:
        if isinstance(value, float):
            return kind is float and isfinite(value)
        return _is_whole(value)
    return isinstance(value, kind)


def _is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number within the bounds of events."""
    return type(value) is int and LEAST <= value <= LARGEST

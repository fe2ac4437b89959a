"""The outcome of an attempt at a bundle or an element, as a worker tells its parent."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from attrs import astuple, define, field, fields

from pipeline_optimization.engine.stage import Bundled
from pipeline_optimization.engine.wire import Done
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.types import ErrorRecord

__all__ = ["Failed", "Outcome", "Remembered", "Waiting"]


class Failed(NamedTuple):
    """An element that failed at a step while others ran with it.

    Attributes:
        step: The number of the step.
        path: The element's path.
        data: The element as bytes, to try it again. It is empty if it cannot be sent.
        shown: The element's value for people.
        error: The error.
    """

    step: int
    path: ElementPath
    data: bytes
    shown: str
    error: ErrorRecord


class Waiting(NamedTuple):
    """An element that goes on alone from step number ``step``. Its fields are those of ``Failed``."""

    step: int
    path: ElementPath
    data: bytes
    shown: str


@define(eq=False, repr=False)
class Remembered:
    """The work of caches: how many results they had, by step, and what went wrong with their files."""

    hits: Counter[str] = field(factory=Counter)
    problems: list[str] = field(factory=list)

    def add(self, other: Remembered) -> None:
        self.hits.update(other.hits)
        self.problems += [problem for problem in other.problems if problem not in self.problems]


@define(eq=False, repr=False)
class Outcome:
    """The outcome of a bundle or of an element.

    Attributes:
        failed: The elements that failed.
        waiting: The elements that go on alone.
        total: The total of the pipeline's end, if an element reached it.
        elements: How many elements of the input were run.
        unreadable: The source that could not be read, and why.
        invalid_bytes: How many sequences of bytes became U+FFFD.
        looks: What a text with such bytes looks like.
        rest: The place of the first element for which there was no time.
        seconds: How long the attempt took.
        done: For each task, how many elements it was done for.
        remembered: What the worker's caches did since its last outcome.
    """

    failed: list[Failed] = field(factory=list)
    waiting: list[Waiting] = field(factory=list)
    total: bytes | None = None
    elements: int = 0
    unreadable: tuple[str, str] | None = None
    invalid_bytes: int = 0
    looks: str = ""
    rest: int | None = None
    seconds: float = 0.0
    done: dict[str, Done] = field(factory=dict)
    remembered: Remembered | None = None

    def enter(self, task: str, number: int, positions: int) -> None:
        """Note elements that a task was done for. ``positions`` is the sum of their positions."""
        before = self.done.get(task)
        if before is not None:
            number, positions = number + before.number, positions + before.positions
        self.done[task] = Done(task, number, positions)

    def take_back(self, task: str, at: int) -> None:
        """Note that a task was not done for the element with position ``at``, after all."""
        before = self.done[task]
        if before.number == 1:
            del self.done[task]
        else:
            self.done[task] = Done(task, before.number - 1, before.positions - at)

    def to_bundled(self) -> Bundled:
        """Return the outcome as bytes, and the tasks that were done. The bytes are plain data, so a checkpoint can keep them."""
        # JSON has no bytes, so the head has their lengths only, and they come after it in the same order.
        failed = [(one.step, one.path, len(one.data), one.shown, astuple(one.error)) for one in self.failed]
        waiting = [(one.step, one.path, len(one.data), one.shown) for one in self.waiting]
        total = None if self.total is None else len(self.total)
        facts = (self.elements, self.unreadable, self.invalid_bytes, self.looks, self.rest, self.seconds)
        memory = None if self.remembered is None else (self.remembered.hits, self.remembered.problems)
        head = json.dumps((failed, waiting, total, facts, memory)).encode()
        data = [one.data for one in self.failed] + [one.data for one in self.waiting]
        return Bundled(
            b"".join([len(head).to_bytes(LENGTH_BYTES, "big"), head, *data, self.total or b""]),
            list(self.done.values()),
            self.elements or 1,
        )

    @staticmethod
    def from_bytes(data: bytes) -> Outcome:
        """Return the outcome. Raises ValueError or LookupError if ``to_bundled`` did not make the bytes."""
        at = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")

        def take(size: int) -> bytes:
            nonlocal at
            at += size
            return data[at - size : at]

        try:
            failed, waiting, total, facts, memory = json.loads(data[LENGTH_BYTES:at])
            elements, unreadable, invalid_bytes, looks, rest, seconds = facts
            found = Outcome(
                failed=[
                    Failed(step, tuple(path), take(size), shown, ErrorRecord(**dict(zip(_ERROR, error, strict=True))))
                    for step, path, size, shown, error in failed
                ],
                waiting=[Waiting(step, tuple(path), take(size), shown) for step, path, size, shown in waiting],
                total=None if total is None else take(total),
                elements=elements,
                unreadable=None if unreadable is None else tuple(unreadable),
                invalid_bytes=invalid_bytes,
                looks=looks,
                rest=rest,
                seconds=seconds,
                remembered=None if memory is None else Remembered(Counter(memory[0]), list(memory[1])),
            )
        except TypeError as error:
            raise ValueError(str(error)) from error
        if at != len(data):
            raise ValueError(f"it has {len(data):,} bytes and not {at:,}")
        return found


LENGTH_BYTES = 4

_ERROR = [field.name for field in fields(ErrorRecord)]

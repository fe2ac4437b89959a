"""What a worker does with a bundle: it calls each function for each element, and keeps those apart that fail.

A bundle is a part of the input, or one element on its way. An element that fails in company is reported with its error, and the parent
has it tried again alone, from the step that failed; one that is alone fails its attempt, as any task does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import astuple, define, field, fields, frozen

from pipeline_optimization.engine.cutting import CutShort, cutting_point
from pipeline_optimization.engine.wire import Done
from pipeline_optimization.engine.worker import Bundled, Stage, describe_error
from pipeline_optimization.errors import InputError, UnsendableError
from pipeline_optimization.pipeline.model.codec import PICKLED, PLAIN, Codec
from pipeline_optimization.pipeline.model.elements import ElementPath, child, position
from pipeline_optimization.pipeline.model.parts import decode_contents
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step
from pipeline_optimization.types import ErrorRecord

__all__ = ["Failed", "Outcome", "Waiting", "build_stages"]

SHOWN = 200
"""Characters of an element that a report shows."""

LOOK = 256
"""Calls between two questions whether the run is over."""


@frozen
class Failed:
    """An element that failed at a step, in company: ``data`` is what to try again with, ``shown`` what people see of it."""

    step: int
    path: ElementPath
    data: bytes = field(repr=False)
    shown: str
    error: ErrorRecord


@frozen
class Waiting:
    """An element that goes on alone, from a step."""

    step: int
    path: ElementPath
    data: bytes = field(repr=False)
    shown: str


@define
class Outcome:
    """What came of a bundle. ``total`` is what the end adds up to, if anything reached it.

    ``unreadable`` is the source that could not be read, and why. ``invalid_bytes`` and ``looks`` are as in ``Read``.
    """

    failed: list[Failed] = field(factory=list)
    waiting: list[Waiting] = field(factory=list)
    total: bytes | None = None
    elements: int = 0
    unreadable: tuple[str, str] | None = None
    invalid_bytes: int = 0
    looks: str = ""
    done: list[Done] = field(factory=list)

    def to_bundled(self) -> Bundled:
        """Return the outcome as bytes, with what was done beside them. All that is in it is plain, so it may be kept."""
        failed = [(*astuple(one, recurse=False)[:-1], astuple(one.error)) for one in self.failed]
        waiting = [astuple(one, recurse=False) for one in self.waiting]
        parts = (failed, waiting, self.total, self.elements, self.unreadable, self.invalid_bytes, self.looks)
        return Bundled(PLAIN.encode(parts), self.done)

    @staticmethod
    def from_bytes(data: bytes) -> Outcome:
        """Return the outcome. Raises ValueError or LookupError for bytes that are none."""
        try:
            failed, waiting, total, elements, unreadable, invalid_bytes, looks = PLAIN.decode(data)
            return Outcome(
                failed=[
                    Failed(step, path, data, shown, ErrorRecord(**dict(zip(_ERROR, error, strict=True))))
                    for step, path, data, shown, error in failed
                ],
                waiting=[Waiting(*facts) for facts in waiting],
                total=total,
                elements=elements,
                unreadable=unreadable,
                invalid_bytes=invalid_bytes,
                looks=looks,
            )
        except TypeError as error:
            raise ValueError(str(error)) from error


_ERROR = [field.name for field in fields(ErrorRecord)]


def build_stages(pipeline: CompletePipeline[Any, Any], alone: frozenset[int], codec: Codec) -> Mapping[str, Stage]:
    """Return what runs in a worker, by task name: the input's, and each step's.

    Elements enter the steps ``alone`` one by one. ``codec`` is that of elements on their way, and of totals.
    """
    runner = _Runner(pipeline, alone, codec)
    stages: dict[str, Stage] = {pipeline.input.task: runner.run_part}
    for index, step in enumerate(pipeline.steps):
        spec = step.spec
        stages[step.name] = (
            _AsyncFrom(runner, index, spec.permanent, spec.timeout)
            if step.is_async
            else _From(runner, index, spec.permanent)
        )
    return stages


@frozen
class _From:
    """Runs one element from a step on."""

    runner: _Runner
    index: int
    permanent: tuple[type[BaseException], ...]

    def __call__(self, data: bytes) -> Bundled:
        return self.runner.run([self.runner.codec.decode(data)], self.index, is_alone=True).to_bundled()


@frozen
class _AsyncFrom(_From):
    """Does the same where the step's function is a coroutine function: in an event loop, or in a loop of its own.

    A loop of its own has nobody who would cancel a coroutine that takes longer than ``timeout`` seconds, so it does so itself. An
    attempt that took longer has timed out, whatever it raised.
    """

    timeout: float | None

    def __call__(self, data: bytes) -> Bundled:
        from asyncio import run, wait_for  # noqa: PLC0415 - 50 ms that only such pipelines should take

        return run(wait_for(self.run_async(data), self.timeout))

    async def run_async(self, data: bytes) -> Bundled:
        path, value = self.runner.codec.decode(data)
        step = self.runner.pipeline.steps[self.index]
        passed = _placed(step, path, value, await step.plain(value))
        return self.runner.run(passed, self.index + 1, is_alone=False).to_bundled()


@define(eq=False)
class _Runner:
    pipeline: CompletePipeline[Any, Any]
    alone: frozenset[int]
    codec: Codec

    def run_part(self, data: bytes) -> Bundled:
        try:
            read = decode_contents(data).read()
            elements = list(read.elements)
        except InputError as error:
            return Outcome(unreadable=(error.source, str(error))).to_bundled()
        outcome = self.run(elements, 0, is_alone=False)
        outcome.elements = len(elements)
        outcome.invalid_bytes, outcome.looks = read.invalid_bytes, read.looks
        return outcome.to_bundled()

    def run(self, elements: Sequence[tuple[ElementPath, Any]], first: int, *, is_alone: bool) -> Outcome:
        """Run elements from a step to the end, or to a step that they enter alone.

        ``is_alone``: the only element fails its attempt if it fails at the first step, and the engine enters that attempt.
        """
        outcome = Outcome()
        for index in range(first, len(self.pipeline.steps)):
            if not elements:
                return outcome
            is_first = is_alone and index == first
            if index in self.alone and not is_first:
                self._wait(outcome, elements, index)
                return outcome
            elements = self._run_step(outcome, elements, index, is_first=is_first)
        self._end(outcome, elements)
        return outcome

    def _run_step(
        self, outcome: Outcome, elements: Sequence[tuple[ElementPath, Any]], index: int, *, is_first: bool
    ) -> Sequence[tuple[ElementPath, Any]]:
        """Return the outputs of a step. Raises what its function raises for the only element of an attempt."""
        step = self.pipeline.steps[index]
        look = cutting_point()
        passed: list[tuple[ElementPath, Any]] = []
        number = positions = 0
        for at, (path, value) in enumerate(elements):
            if not at % LOOK:
                look()
            try:
                passed += _apply(step, path, value)
            except (KeyboardInterrupt, CutShort):
                raise
            except BaseException as error:
                if is_first:
                    raise
                self._fail(outcome, index, path, value, error)
            else:
                number += 1
                positions += position(path)
        if number and not is_first:
            outcome.done.append(Done(step.name, number, positions))
        return passed

    def _end(self, outcome: Outcome, elements: Sequence[tuple[ElementPath, Any]]) -> None:
        end = self.pipeline.end
        try:
            outcome.total = self.codec.encode(end.add(end.zero(), elements))
        except (KeyboardInterrupt, CutShort):
            raise
        except BaseException as error:
            if len(elements) < 2:
                if not elements:
                    raise
                ((path, value),) = elements
                outcome.failed.append(self._endless(path, value, error))
                return
            # One of them is the cause, which the others must not pay for.
            total = end.zero()
            for element in elements:
                alone = Outcome()
                self._end(alone, [element])
                outcome.failed += alone.failed
                if alone.total is not None:
                    total = end.merge(total, self.codec.decode(alone.total))
            outcome.total = self.codec.encode(total)

    def _endless(self, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of an element that the end could not add, at the step that made it."""
        index = len(self.pipeline.steps)
        if not index:
            raise error
        if isinstance(error, Exception) and self._is_unsendable(value):
            return self._unsendable(index, path, value, error)
        return Failed(index - 1, path, b"", _shown(value), describe_error(error, is_permanent=True))

    def _is_unsendable(self, value: Any) -> bool:
        try:
            self.codec.encode(value)
        except Exception:  # noqa: BLE001 - a user's object may raise anything when it is pickled
            return True
        return False

    def _wait(self, outcome: Outcome, elements: Iterable[tuple[ElementPath, Any]], index: int) -> None:
        for path, value in elements:
            try:
                outcome.waiting.append(Waiting(index, path, self.codec.encode((path, value)), _shown(value)))
            except Exception as error:  # noqa: BLE001 - a user's object may raise anything when it is pickled
                outcome.failed.append(self._unsendable(index, path, value, error))

    def _fail(self, outcome: Outcome, index: int, path: ElementPath, value: Any, error: BaseException) -> None:
        is_permanent = isinstance(error, self.pipeline.steps[index].spec.permanent)
        try:
            data = self.codec.encode((path, value))
        except Exception:  # noqa: BLE001 - as above
            data, is_permanent = b"", True  # nobody can try again with what cannot be sent
        record = describe_error(error, is_permanent=is_permanent)
        outcome.failed.append(Failed(index, path, data, _shown(value), record))

    @property
    def _use(self) -> str:
        return "sent to another process" if self.codec is PICKLED else "kept in a checkpoint"

    def _unsendable(self, index: int, path: ElementPath, value: Any, error: Exception) -> Failed:
        """Return the failure of the step before ``index``, which returned what no other process can be sent."""
        maker = max(0, index - 1)
        function = self.pipeline.steps[maker].plain
        problem = UnsendableError(
            f"{_where(function)} returned {_shown(value)}, which cannot be {self._use} ({error}). Return plain data."
            if index
            else f"{_shown(value)} cannot be {self._use} ({error})."
        )
        return Failed(maker, path, b"", _shown(value), describe_error(problem, is_permanent=True))


def _apply(step: Step, path: ElementPath, value: Any) -> list[tuple[ElementPath, Any]]:
    return _placed(step, path, value, step.plain(value))


def _placed(step: Step, path: ElementPath, value: Any, result: Any) -> list[tuple[ElementPath, Any]]:
    """Return the elements that a step makes of one, given what its function returned."""
    if step.kind == "map":
        return [(path, result)]
    if step.kind == "filter":
        return [(path, value)] if result else []
    return [(child(path, number), one) for number, one in enumerate(result)]


def _where(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return name if code is None else f"{name} ({code.co_filename}, line {code.co_firstlineno})"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken __repr__ costs its own words only
        text = f"an object of type {type(value).__qualname__}"
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

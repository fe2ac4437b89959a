"""Contenders that count a text, in the measured process: a file's class, or an installed orchestrator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast, runtime_checkable

from pipeline_optimization.benchmarks.anagrams.answering import encode_answer
from pipeline_optimization.benchmarks.subject.awaiting import Loop
from pipeline_optimization.benchmarks.subject.contending import LoadedContender, LoadOrder, NoContenderError
from pipeline_optimization.file_module import import_file

__all__ = ["load"]


@runtime_checkable
class _Counting(Protocol):
    """What a contender's class must offer. The method may be asynchronous."""

    def process_text(self, text: str) -> object: ...


def load(order: LoadOrder) -> Callable[[], LoadedContender]:
    """Import a contender and return a function that makes an instance of it.

    ``text`` is the content of a file when the comparison began, so changes since then have no effect. ``options`` are those of a plugin's
    orchestrator, ``arguments`` further ones of ``TaskOrchestrator``.

    Raises NoContenderError, and whatever importing the file raises.
    """
    source = order["source"]
    make: Callable[..., object]
    if order["kind"] == "plugin":
        from pipeline_optimization.orchestrator import TaskOrchestrator  # noqa: PLC0415 - it is what is measured here

        options, arguments = order["options"], cast("dict[str, Any]", order["arguments"])
        return lambda: _Held(TaskOrchestrator(source, options=options, **arguments))
    make = _class_of(import_file(Path(source), order["text"].encode("latin-1")), source)
    return lambda: _Held(_usable(make()))


def _class_of(module: ModuleType, source: str) -> Callable[[], object]:
    found = getattr(module, "TaskOrchestrator", None)
    if not isinstance(found, type):
        raise NoContenderError(
            f"{source} defines no class TaskOrchestrator. If it has a pipeline, name it with --pipeline."
        )
    return found


def _usable(contender: object) -> _Counting:
    if not isinstance(contender, _Counting):
        raise NoContenderError("TaskOrchestrator has no method process_text(text).")
    return contender


class _Held:
    """A contender, with an event loop for it."""

    def __init__(self, contender: _Counting) -> None:
        self._contender = contender
        self._loop = Loop(contender.process_text)

    def answer(self, data: bytes) -> tuple[float, bytes]:
        text = data.decode("utf-8", "surrogatepass")
        return encode_answer(self._loop.plain(self._contender.process_text(text)))

    @property
    def startup_ms(self) -> object:
        return getattr(self._contender, "startup_ms", None)

    def close(self) -> None:
        close = getattr(self._contender, "close", None)
        if callable(close):
            self._loop.plain(close())
        self._loop.close()

"""Serves the harness: load, execute texts one by one, end.

Each message is a line of JSON. The clock is taken before anything of the contender's is imported, so that a contender
that replaces the functions of ``time`` does not move it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from time import perf_counter_ns, sleep
from typing import IO, TypedDict, TypeVar, cast

from pipeline_optimization.benchmarks.subject.awaiting import Loop
from pipeline_optimization.benchmarks.subject.loading import Contender, NoOrchestratorError, build, load

__all__ = ["serve"]

T = TypeVar("T")

THREAD_PATIENCE = 1.0
"""Seconds that threads get to end once the contender is gone."""


def serve(commands: int, reports: int) -> None:
    """Obey the commands on one pipe and report on the other until told to end."""
    sys.path.append("")  # the working directory: last, so that nothing there takes the place of another module
    for handle in (commands, reports):
        os.set_inheritable(handle, False)  # noqa: FBT003 - its only argument
    with os.fdopen(commands, "rb") as stream:
        _Server(stream, reports).run()


class _Order(TypedDict, total=False):
    """What the harness says: first what to load, then ``execute``, ``go`` and ``tell`` by turns, at last ``end``."""

    order: str
    kind: str
    source: str
    options: dict[str, object]
    text: str


class _Server:
    def __init__(self, commands: IO[bytes], reports: int) -> None:
        self._commands = commands
        self._reports = reports
        self._clock = perf_counter_ns
        self._write = os.write

    def run(self) -> None:
        order = self._next()
        threads_before = _threads()
        make = self._step("import", lambda: load(order["kind"], order["source"], order["options"]))
        held = None if make is None else self._step("setup", lambda: _Held(build(make)))
        if held is None:
            return
        while (order := self._next())["order"] == "execute":
            self._execute(held, order["text"])
        self._step("teardown", held.close)
        del held
        gc.collect()
        self._report({"event": "ending", "threads": _await_threads(threads_before)})

    def _execute(self, held: _Held, text: str) -> None:
        gc.collect()
        self._report({"event": "armed"})
        self._next()
        outcome: object = None
        counts: dict[object, object] | None = None
        error: BaseException | None = None
        begin = self._clock()
        try:
            outcome = held.process(text)
            # Within the time, so that a lazy mapping does its work here.
            counts = dict(cast("Mapping[str, Mapping[object, object]]", outcome)["anagram_counts"])
        except BaseException as caught:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are faults like any other
            error = caught
        taken = self._clock() - begin
        self._report({"event": "done", "ns": taken, "threads": len(_threads())})
        # The harness reads the CPU clocks now, before the answer is written.
        self._next()
        result = _result(outcome, counts, error)
        if result["event"] == "result":
            result["startup_ms"] = _number(held.startup_ms)
        self._report(result)

    def _step(self, name: str, action: Callable[[], T]) -> T | None:
        """Time an action and report it; return its result, or None where it raised."""
        begin = self._clock()
        try:
            result = action()
        except BaseException as error:  # noqa: BLE001 - as above
            self._report({"event": "failed", "step": name, **_facts(error)})
            return None
        self._report({"event": name, "ns": self._clock() - begin})
        return result

    def _report(self, message: Mapping[str, object]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[self._write(self._reports, data) :]

    def _next(self) -> _Order:
        line = self._commands.readline()
        if not line:
            sys.exit("the harness has gone")
        message: _Order = json.loads(line)
        return message


class _Held:
    """A contender, with a loop for it."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender
        self._loop = Loop(contender.process_text)

    def process(self, text: str) -> object:
        return self._loop.plain(self._contender.process_text(text))

    @property
    def startup_ms(self) -> object:
        """Return what the contender says of the last text: how long its workers took to be ready."""
        return getattr(self._contender, "startup_ms", None)

    def close(self) -> None:
        close = getattr(self._contender, "close", None)
        if callable(close):
            self._loop.plain(close())
        self._loop.close()


def _result(outcome: object, counts: dict[object, object] | None, error: BaseException | None) -> dict[str, object]:
    if error is not None and outcome is None:
        return {"event": "raised", **_facts(error)}
    is_shaped = counts is not None and all(
        isinstance(word, str) and isinstance(number, int) and not isinstance(number, bool)
        for word, number in counts.items()
    )
    if error is not None or not is_shaped:
        return {"event": "misshapen", "type": type(outcome).__name__, "message": str(error or "")[:200]}
    reported = outcome.get("runtime") if isinstance(outcome, dict) else None
    return {"event": "result", "counts": counts, "reported_ms": _number(reported)}


def _number(value: object) -> float | None:
    """Return a finite number as it is, None for all else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return cast("float", value) if is_number else None


def _facts(error: BaseException) -> dict[str, object]:
    kind = type(error)
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not cost the report
        message = "(its message cannot be shown)"
    trace = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(trace[-1].filename)}:{trace[-1].lineno}" if trace else ""
    return {
        "type": kind.__qualname__,
        "message": message[:500],
        "place": place,
        "is_missing": isinstance(error, NoOrchestratorError),
    }


def _threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def _await_threads(before: set[threading.Thread]) -> int:
    """Return how many threads of the contender's are left after a while."""
    for _ in range(int(THREAD_PATIENCE / 0.02)):
        if not _threads() - before:
            break
        sleep(0.02)
    return len(_threads() - before)

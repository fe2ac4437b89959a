"""Serves the harness: load a contender, execute inputs one by one, end.

Each message is a line of JSON. The bytes of an input or of an answer follow their line. The clock that counts is the harness's: it starts when the
harness sends an input, which this process does not have before, and stops when the harness has the whole answer.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import IO, TypeVar, cast

from pipeline_optimization.benchmarks.subject.contending import (
    CLOSED_PIPE,
    LONGEST_BODY,
    BadResultError,
    LoadedContender,
    LoadOrder,
    loader_of,
)
from pipeline_optimization.benchmarks.subject.facts import facts_of
from pipeline_optimization.benchmarks.subject.isolating import isolate

__all__ = ["serve"]

T = TypeVar("T")


def serve(commands: int, reports: int) -> None:
    """Obey the commands from one pipe and report to the other until told to end."""
    sys.path.append("")  # the working directory comes last, so that nothing there replaces another module
    for handle in (commands, reports):
        os.set_inheritable(handle, False)  # noqa: FBT003 - its only argument
    try:
        with os.fdopen(commands, "rb") as stream:
            _Server(stream, reports).run()
    except OSError as error:
        if error.errno == errno.EBADF:  # standard error may be closed, too, so a traceback might not be seen
            os._exit(CLOSED_PIPE)
        raise


class _Order(LoadOrder, total=False):
    """An order of the harness.

    The orders come in this turn: ``isolate``, ``load``, ``import``, ``setup``; ``prepare``, ``execute`` and ``tell`` for each input; ``teardown``, ``leave``.
    """

    order: str
    area: str
    trees: list[str]
    mounted: list[list[str]]
    hidden: list[str]
    protected: list[str]
    most_bytes: int
    length: int


class _Server:
    def __init__(self, commands: IO[bytes], reports: int) -> None:
        self._commands = commands
        self._reports = reports
        self._process = os.getpid()

    def run(self) -> None:
        order = self._next()
        trees = dict(zip(order["trees"], order["mounted"], strict=True))
        reason = isolate(
            Path(order["area"]), trees, order["hidden"], order["protected"], most_bytes=order["most_bytes"]
        )
        self._report({"event": "isolated", "message": reason})
        order = self._next()
        load = loader_of(order["module"])  # our own module, so its import does not count as the contender's time
        self._report({"event": "loading"})
        self._next()
        make = self._step("import", lambda: load(order))
        if make is None:
            return
        self._next()
        contender = self._step("setup", make)
        if contender is None:
            return
        del make
        while self._next()["order"] == "prepare":
            self._execute(contender)
        self._step("teardown", contender.close)
        del contender
        gc.collect()
        self._report({"event": "ending"})
        self._next()  # the harness looks at the threads that are left
        # Otherwise Python would look for garbage among all modules again at its end, which takes as long as all of this.
        gc.freeze()

    def _execute(self, contender: LoadedContender) -> None:
        gc.collect()
        self._report({"event": "armed"})
        data = self._commands.read(self._next()["length"])
        body = b""
        head: Mapping[str, object]
        try:
            reported, body = contender.answer(data)
            if len(body) > LONGEST_BODY:
                raise BadResultError(
                    f"Its result takes {len(body):,} bytes; the harness takes {LONGEST_BODY:,} at most."
                )
            head = {"event": "result", "length": len(body), "reported_ms": reported}
        except BadResultError as error:
            head, body = {"event": "misshapen", "message": str(error)}, b""
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are faults like any other
            head = {"event": "raised", **facts_of(error)}
        self._report(head, body)
        self._next()
        self._report({"event": "told", **_startup(contender)})

    def _step(self, name: str, action: Callable[[], T]) -> T | None:
        """Do something and report it. Return its result, or None if it raised. The harness takes the time."""
        try:
            result = action()
        except BaseException as error:  # noqa: BLE001 - as above
            self._report({"event": "failed", "step": name, **facts_of(error)})
            return None
        self._report({"event": name})
        return result

    def _report(self, head: Mapping[str, object], body: bytes = b"") -> None:
        is_forked_child = os.getpid() != self._process
        if is_forked_child:
            # The contender forked, and the child came back here, as if it were its parent.
            head, body = {"event": "forked"}, b""
        data = json.dumps(head).encode() + b"\n" + body
        while data:
            data = data[os.write(self._reports, data) :]
        if is_forked_child:
            os._exit(0)

    def _next(self) -> _Order:
        line = self._commands.readline()
        if not line:
            sys.exit(CLOSED_PIPE)  # or else the harness has gone, and nobody reads it
        message: _Order = json.loads(line)
        return message


def _startup(contender: LoadedContender) -> dict[str, object]:
    try:
        value = contender.startup_ms
        # A class may claim to be a number's.
        is_number = issubclass(type(value), int | float) and not isinstance(value, bool)
        number = float(cast("float", value)) if is_number else inf
    except OverflowError:
        number = inf
    except BaseException as error:  # noqa: BLE001 - it is a property of the contender's
        return {"startup_ms": None, **facts_of(error)}
    return {"startup_ms": number if abs(number) < 1e12 else None}

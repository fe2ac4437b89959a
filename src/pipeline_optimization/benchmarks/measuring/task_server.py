"""Answers the calls of tasks that measured processes make: it draws faults for them, lets them wait, and records them.

It runs in the harness's own process, between looks at the subject, so a contender cannot reach it. It knows tasks and their arguments, and not what
they mean. The other side is ``pipeline_optimization.engine.task_client``.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from heapq import heappop, heappush
from pathlib import Path
from secrets import token_hex

from attrs import define, field, frozen

from pipeline_optimization.benchmarks.measuring.handles import most_connections
from pipeline_optimization.engine.faults import Draw, FaultPlan
from pipeline_optimization.engine.journal import CallOutcome, CallRecord
from pipeline_optimization.printable import printable

__all__ = ["TaskServer"]

BLOCK = 1 << 16
LONGEST_LINE = 1 << 12
LONGEST_NAME = 1000
"""The most characters of a task, its argument's key (64 at most, ``fault_key``) and a policy's label together."""

MOST_WAITING = 1 << 18
"""A process that has more calls than this at once, and asks for more, is cut off. No real work needs so many."""

LONGEST_UNREAD = 1 << 24
ACCEPTED_AT_ONCE = 256


@define(eq=False)
class _Connection:
    socket: socket.socket
    rest: bytes = b""
    outgoing: bytearray = field(factory=bytearray)
    is_blocked: bool = False


@define
class _Execution:
    """The calls since a text was sent. ``answered`` has, for each item, the highest number of its calls that have ended."""

    plan: FaultPlan
    answered: Counter[tuple[str, str]] = field(factory=Counter)
    copies: Counter[tuple[str, str, int]] = field(factory=Counter)
    calls: list[CallRecord] = field(factory=list)


@frozen
class _Waiting:
    id: int
    connection: _Connection
    execution: _Execution
    task: str
    key: str
    number: int
    drawn: Draw
    began: float
    policy: str


class TaskServer:
    """Listens at ``address``. ``serve`` handles what has come. ``fileno()`` is readable when something has come."""

    def __init__(self, plan: FaultPlan, directory: Path) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        name = f"anagram-{token_hex(16)}"
        if sys.platform == "linux":  # a name that is in no directory cannot be deleted
            self.address = f"@{name}"
            self._listener.bind(f"\0{name}")
        else:
            self.address = str(directory / name)
            self._listener.bind(self.address)
        self._listener.listen(4096)
        self._listener.setblocking(False)  # noqa: FBT003 - its only argument
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._most_connections = most_connections()
        self._is_full = False
        self._plan = plan
        self._execution = _Execution(plan)
        self._waiting: list[tuple[float, int, _Waiting]] = []
        self._position = 0

    def fileno(self) -> int:
        return self._selector.fileno()

    def begin(self) -> None:
        """Start an execution: calls are numbered from 1 again, and recorded for ``calls``."""
        self._execution = _Execution(self._plan)

    def calls(self) -> Sequence[CallRecord]:
        """Return the calls of this execution that have ended."""
        return tuple(self._execution.calls)

    @property
    def due(self) -> float:
        """Return the moment (monotonic) at which the next call has waited long enough, or infinity if none waits."""
        return self._waiting[0][0] if self._waiting else float("inf")

    def serve(self) -> None:
        """Read what has come, and answer the calls that are due. It never blocks, and never raises because of what came."""
        for key, events in self._selector.select(0):
            if key.fileobj is self._listener:
                self._accept()
                continue
            connection: _Connection = key.data
            if events & selectors.EVENT_READ:
                self._read(connection)
            if events & selectors.EVENT_WRITE and connection.is_blocked:
                self._write(connection)
        now = time.monotonic()
        touched: dict[int, _Connection] = {}
        while self._waiting and self._waiting[0][0] <= now:
            _, _, waiting = heappop(self._waiting)
            self._answer(waiting)
            touched[id(waiting.connection)] = waiting.connection
        for connection in touched.values():
            self._write(connection)

    def close(self) -> None:
        self._listener.close()
        for key in list(self._selector.get_map().values()):
            with suppress(OSError):
                key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if len(self._selector.get_map()) > self._most_connections:
                # The others wait. The listener would be readable all the time.
                self._selector.unregister(self._listener)
                self._is_full = True
                return
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # nobody waits
                return
            accepted.setblocking(False)  # noqa: FBT003 - its only argument
            self._selector.register(accepted, selectors.EVENT_READ, _Connection(accepted))

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, connection.rest = (connection.rest + data).split(b"\n")
        if not data or len(connection.rest) > LONGEST_LINE or len(self._waiting) > MOST_WAITING:
            self._drop(connection)
            return
        now = time.monotonic()
        for line in lines:
            try:
                id_, task, key, number, policy = json.loads(line)
                request = int(id_), str(task), str(key), int(number), printable(str(policy))
                is_call = len(request[1]) + len(request[2]) + len(request[4]) <= LONGEST_NAME
            except (ValueError, TypeError, OverflowError, RecursionError):
                is_call = False
            if not is_call:
                self._drop(connection)
                return
            self._begin_call(connection, now, request)

    def _begin_call(self, connection: _Connection, now: float, request: tuple[int, str, str, int, str]) -> None:
        id_, task, key, number, policy = request
        execution, item = self._execution, (task, key)
        # Attempt n comes after attempt n-1 was answered. So a contender that asks for several at once gets copies of the same one. Otherwise it could
        # take the first that succeeds.
        due = execution.answered[item] + 1
        if not 0 < number <= due:
            number = due
        copy = execution.copies[task, key, number]
        execution.copies[task, key, number] += 1
        drawn = execution.plan.draw(task, key, number, copy)
        self._position += 1
        waiting = _Waiting(id_, connection, execution, task, key, number, drawn, now, policy)
        heappush(self._waiting, (now + drawn.latency, self._position, waiting))

    def _answer(self, waiting: _Waiting) -> None:
        execution, drawn = waiting.execution, waiting.drawn
        item = (waiting.task, waiting.key)
        execution.answered[item] = max(execution.answered[item], waiting.number)
        if waiting.task in execution.plan.tasks:
            began, ended = int(waiting.began * 1e9), time.monotonic_ns()
            outcome: CallOutcome = "injected" if drawn.fails else "ok"
            execution.calls.append(
                CallRecord(*item, waiting.number, outcome, drawn.latency, began, ended, waiting.policy)
            )
        fails = "true" if drawn.fails else "false"  # json.dumps would take three times as long
        more = f", {drawn.compute!r}, {json.dumps(drawn.error)}" if drawn.compute or drawn.error else ""
        waiting.connection.outgoing += f"[{waiting.id}, {fails}, {drawn.latency!r}{more}]\n".encode()

    def _write(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(connection)
            return
        del connection.outgoing[:sent]
        if len(connection.outgoing) > LONGEST_UNREAD:
            self._drop(connection)
            return
        is_blocked = bool(connection.outgoing)
        if is_blocked != connection.is_blocked:
            connection.is_blocked = is_blocked
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_blocked else 0)
            self._selector.modify(connection.socket, events, connection)

    def _drop(self, connection: _Connection) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
        if self._is_full:
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._is_full = False

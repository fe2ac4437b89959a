"""The client of the comparison harness in a process that the harness measures.

For each call of a task, the process asks the harness. The harness draws the faults, waits the latency, records the call, and then answers
whether the call goes on or fails. So the measured process has no seed, no draw, no clock and no record that it could change.

The environment variable ``ANAGRAM_TASK_SERVER`` names the harness's Unix socket. A name that begins with ``@`` is an abstract one, which is
in no directory. A request is a line of JSON ``[id, task, key, number, policy]``, and an answer ``[id, fails, latency]``, or
``[id, fails, latency, compute, error]`` if the call must compute or the failure stands for an exception. Answers come in the order in which the latencies end.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from functools import cache
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakKeyDictionary, finalize

from pipeline_optimization.engine.faults import TASK_SERVER, Draw
from pipeline_optimization.errors import OptionError

if TYPE_CHECKING:
    import asyncio

__all__ = ["TaskClient", "client_of"]

BLOCK = 1 << 16
"""How many bytes are read from the socket at once."""


class TaskClient:
    """Asks the harness, from any thread and any event loop.

    A thread has one connection, and one call at a time. An event loop has one connection for all its calls. A process that was forked makes
    connections of its own: two processes on one connection would read each other's answers.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._threads = threading.local()
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopConnection] = WeakKeyDictionary()

    def look(self) -> None:
        """Raise OptionError if nobody is at the address."""
        _connect(self._address).close()

    def call(self, task: str, key: str, *, number: int = 0, policy: str = "") -> Draw:
        """Block the thread until the latency of the call has passed, and return what was drawn for it.

        Args:
            task: The name of the task.
            key: What faults are drawn for.
            number: The number of the attempt; 0 if the caller does not count them, so that the harness does.
            policy: The label of the retry policy of the call.

        Raises:
            OptionError: If the harness does not answer.
        """
        connection: _ThreadConnection | None = getattr(self._threads, "connection", None)
        # A forked process has inherited the connection of its parent, and must not use it.
        if connection is None or connection.is_over or connection.process != os.getpid():
            connection = self._threads.connection = _ThreadConnection(self._address)
        return connection.call(task, key, number, policy)

    async def call_async(self, task: str, key: str, *, number: int = 0, policy: str = "") -> Draw:
        """Do what ``call`` does, while the event loop serves others. Raises OptionError as ``call`` does."""
        import asyncio  # noqa: PLC0415 - slow to import, and only event loops need it

        loop = asyncio.get_running_loop()
        connection = self._loops.get(loop)
        if connection is None or connection.is_over or connection.process != os.getpid():
            connection = self._loops[loop] = _LoopConnection(self._address, loop)
        return await connection.call(loop, task, key, number, policy)

    def draw(self, task: str, key: str, *, number: int, policy: str) -> Draw:
        """Do what ``call`` does. If the harness does not answer, return a draw that lets the call fail with the error.

        So an attempt has an answer in any case. An error that was raised before its task began would end its worker.
        """
        try:
            return self.call(task, key, number=number, policy=policy)
        except OptionError as error:
            return _Unanswered.of(error)

    async def draw_async(self, task: str, key: str, *, number: int, policy: str) -> Draw:
        """Do what ``draw`` does, while the event loop serves others."""
        try:
            return await self.call_async(task, key, number=number, policy=policy)
        except OptionError as error:
            return _Unanswered.of(error)


class _Unanswered(Draw):
    """Stands for the draw of a call that the harness has not answered. The call fails with ``error_raised``, which is not simulated."""

    error_raised: OptionError

    @classmethod
    def of(cls, error: OptionError) -> _Unanswered:
        draw = cls(fails=True, latency=0.0)
        draw.error_raised = error
        return draw

    def raise_if_fails(self, task: str, attempt: int = 0) -> NoReturn:
        raise self.error_raised


class _ThreadConnection:
    """The connection of a thread. Once the harness has gone away, ``is_over`` is True, and the connection takes no more calls."""

    def __init__(self, address: str) -> None:
        self.process = os.getpid()
        self.is_over = False
        self._socket = _connect(address)
        finalize(self, self._socket.close)  # when its thread has ended
        self._rest = b""
        self._id = 0

    def call(self, task: str, key: str, number: int, policy: str) -> Draw:
        self._id += 1
        try:
            self._socket.sendall(_request(self._id, task, key, number, policy))
            while True:
                line, newline, rest = self._rest.partition(b"\n")
                if not newline:
                    data = self._socket.recv(BLOCK)
                    if not data:
                        raise ConnectionResetError
                    self._rest += data
                    continue
                self._rest = rest
                answered, *drawn = json.loads(line)
                # Other ids are those of calls that a signal interrupted while they waited for their answers. Nobody waits for these any more.
                if answered == self._id:
                    return Draw(*drawn)
        except OSError as error:
            self.is_over = True
            raise _no_answer() from error


class _LoopConnection:
    """The connection of an event loop. It holds no reference to the loop, so that both can be garbage when nobody uses the loop.

    Once the harness has gone away, ``is_over`` is True, and the connection takes no more calls.
    """

    def __init__(self, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.process = os.getpid()
        self.is_over = False
        self._socket = _connect(address)
        self._socket.setblocking(False)  # noqa: FBT003 - its only argument
        finalize(self, self._socket.close)
        self._waiting: dict[int, asyncio.Future[Draw]] = {}
        self._outgoing = bytearray()
        self._rest = b""
        self._id = 0
        loop.add_reader(self._socket, self._read, loop)

    async def call(self, loop: asyncio.AbstractEventLoop, task: str, key: str, number: int, policy: str) -> Draw:
        self._id += 1
        ours = self._id
        future: asyncio.Future[Draw] = loop.create_future()
        self._waiting[ours] = future
        # All requests of one turn of the loop are sent together. If something is outgoing already, ``_write`` is scheduled, or it waits for the
        # socket as its writer. Either way it sends this request, too.
        if not self._outgoing:
            loop.call_soon(self._write, loop)
        self._outgoing += _request(ours, task, key, number, policy)
        try:
            return await future
        finally:
            self._waiting.pop(ours, None)

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.is_over:
            return
        try:
            sent = self._socket.send(self._outgoing)
        except BlockingIOError:  # the socket takes no more for now
            sent = 0
        except OSError as error:
            self._fail(loop, error)
            return
        del self._outgoing[:sent]
        if self._outgoing:
            loop.add_writer(self._socket, self._write, loop)
        else:
            loop.remove_writer(self._socket)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            data = self._socket.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(loop, error)
            return
        if not data:
            self._fail(loop, ConnectionResetError())
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            answered, *drawn = json.loads(line)
            future = self._waiting.get(answered)
            if future is not None and not future.done():
                future.set_result(Draw(*drawn))

    def _fail(self, loop: asyncio.AbstractEventLoop, error: OSError) -> None:
        self.is_over = True
        # A socket at its end is always ready to be read. The loop would call ``_read`` again and again.
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        self._socket.close()
        for future in self._waiting.values():
            if not future.done():
                no_answer = _no_answer()
                no_answer.__cause__ = error
                future.set_exception(no_answer)


@cache
def client_of(address: str) -> TaskClient:
    """Return the client for the harness at an address. All callers of one process share it."""
    return TaskClient(address)


def _connect(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        connection.close()
        raise _no_answer() from error
    return connection


def _request(id_: int, task: str, key: str, number: int, policy: str) -> bytes:
    return json.dumps([id_, task, key, number, policy]).encode() + b"\n"


def _no_answer() -> OptionError:
    return OptionError(f"Nobody answers calls of tasks at {TASK_SERVER}; only a harness sets this variable. Unset it.")

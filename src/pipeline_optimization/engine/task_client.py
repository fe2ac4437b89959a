"""Asks the harness for each call of a task: the harness draws, waits, records, and then lets the call go on or fail.

So a measured process holds no seed, no draw, no wait and no record that it could change. The environment variable
``ANAGRAM_TASK_SERVER`` names the harness's socket, ``@`` in front of a name that is in no directory. A request is a line of
JSON ``[id, task, key, number, policy]``, an answer ``[id, fails, latency]``. Answers come in the order in which calls end.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, finalize

from pipeline_optimization.engine.faults import TASK_SERVER, Draw
from pipeline_optimization.errors import OptionError

if TYPE_CHECKING:
    import asyncio

__all__ = ["TaskClient", "client_of"]

BLOCK = 1 << 16


class TaskClient:
    """One thread has one connection and one call at a time; one event loop has one connection for any number of calls.

    Safe to use from any thread, and in processes that were forked from one that used it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._threads = threading.local()
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopConnection] = WeakKeyDictionary()

    def call(self, task: str, key: str, *, number: int = 0, policy: str = "") -> Draw:
        """Block the thread until the call may go on, and return what was drawn for it.

        ``number`` is that of an attempt whose caller counts them; 0 lets the harness count.
        Raises OptionError where the harness does not answer.
        """
        connection: _ThreadConnection | None = getattr(self._threads, "connection", None)
        if connection is None or connection.process != os.getpid():
            connection = self._threads.connection = _ThreadConnection(self._address)
        return connection.call(task, key, number, policy)

    async def call_async(self, task: str, key: str, *, number: int = 0, policy: str = "") -> Draw:
        """Do the same while an event loop serves others."""
        import asyncio  # noqa: PLC0415 - 50 ms of start-up that only event loops should pay

        loop = asyncio.get_running_loop()
        connection = self._loops.get(loop)
        if connection is None or connection.process != os.getpid():
            connection = self._loops[loop] = _LoopConnection(self._address, loop)
        return await connection.call(loop, task, key, number, policy)


class _ThreadConnection:
    def __init__(self, address: str) -> None:
        self.process = os.getpid()
        self._socket = _connect(address)
        finalize(self, self._socket.close)
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
                # Others are answers to calls that were interrupted while they waited.
                if answered == self._id:
                    return Draw(*drawn)
        except OSError as error:
            raise _silence() from error


class _LoopConnection:
    """Holds no reference to its loop, so that it goes when the loop does."""

    def __init__(self, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.process = os.getpid()
        self._socket = _connect(address)
        self._socket.setblocking(False)  # noqa: FBT003 - its only argument
        finalize(self, self._socket.close)
        self._waiting: dict[int, asyncio.Future[Draw]] = {}
        self._outgoing = bytearray()
        self._rest = b""
        self._id = 0
        loop.add_reader(self._socket, self._read)

    async def call(self, loop: asyncio.AbstractEventLoop, task: str, key: str, number: int, policy: str) -> Draw:
        self._id += 1
        ours = self._id
        future: asyncio.Future[Draw] = loop.create_future()
        self._waiting[ours] = future
        if not self._outgoing:
            # What is asked for in one turn of the loop goes out together.
            loop.call_soon(self._write, loop)
        self._outgoing += _request(ours, task, key, number, policy)
        try:
            return await future
        finally:
            self._waiting.pop(ours, None)

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            sent = self._socket.send(self._outgoing)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(error)
            return
        del self._outgoing[:sent]
        if self._outgoing:
            loop.add_writer(self._socket, self._write, loop)
        else:
            loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            data = self._socket.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)
            return
        if not data:
            self._fail(ConnectionResetError())
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            answered, *drawn = json.loads(line)
            future = self._waiting.get(answered)
            if future is not None and not future.done():
                future.set_result(Draw(*drawn))

    def _fail(self, error: OSError) -> None:
        self._outgoing.clear()
        for future in self._waiting.values():
            if not future.done():
                silence = _silence()
                silence.__cause__ = error
                future.set_exception(silence)


@cache
def client_of(address: str) -> TaskClient:
    """Return this process's client of the harness at an address."""
    return TaskClient(address)


def _connect(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        connection.close()
        raise _silence() from error
    return connection


def _request(id_: int, task: str, key: str, number: int, policy: str) -> bytes:
    return json.dumps([id_, task, key, number, policy]).encode() + b"\n"


def _silence() -> OptionError:
    return OptionError(f"Nobody answers calls of tasks at {TASK_SERVER}; only a harness sets this variable. Unset it.")

"""The fork server: it imports what all contenders need, and then makes a copy of its process for each sample.

So a subject is as fresh as a program of its own, except for the modules that it has: those of the project, and the standard library's for
concurrency. No index, no component and no thread is made before the fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

__all__ = ["HANDLES", "MODULES", "serve_forks"]

MODULES = (
    "asyncio",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "multiprocessing.pool",
    "pipeline_optimization.builtin.plugin",
    "pipeline_optimization.builtin.retry_policies",
    "pipeline_optimization.tasks",
    "pipeline_optimization.tasks.retry_task",
)
"""The modules that are imported before any contender comes, besides those that the work of the comparison needs (``Work.modules``)."""

HANDLES = 4
"""The number of handles in a request: the subject's commands, reports, standard output and standard error."""


def serve_forks(handle: int, modules: Sequence[str], serve: Callable[[int, int], None]) -> None:
    """Fork at each request on a socket until it is closed. ``serve(commands, reports)`` runs in the child.

    A request is its length in four bytes, with four handles, and the subject's environment as JSON. The answer is the child's pid in four bytes. The
    child's parent has ended by then, so the child belongs to the harness (a subreaper).
    """
    for name in (*MODULES, *modules):
        importlib.import_module(name)
    gc.enable()
    with socket.socket(fileno=handle) as harness:
        while True:
            head, handles, _, _ = socket.recv_fds(harness, 4, HANDLES)
            if not head:
                return
            environment = json.loads(_read(harness, int.from_bytes(head, "big")))
            pid = _fork_orphan()
            if not pid:
                harness.close()
                break
            for one in handles:
                os.close(one)
            harness.sendall(pid.to_bytes(4, "big"))
    commands, reports, stdout, stderr = handles
    os.environ.clear()
    os.environ.update(environment)
    os.setsid()
    for own, standard in ((stdout, 1), (stderr, 2)):
        os.dup2(own, standard)
        os.close(own)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(commands, reports)


def _read(harness: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = harness.recv(length - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def _fork_orphan() -> int:
    """Return the pid of a new process whose parent has ended, and 0 in that process."""
    read, write = os.pipe()
    parent = os.fork()
    if parent:
        os.close(write)
        os.waitpid(parent, 0)
        pid = int.from_bytes(os.read(read, 4), "big")
        os.close(read)
        return pid
    os.close(read)
    child = os.fork()
    if child:
        os.write(write, child.to_bytes(4, "big"))
        os._exit(0)
    os.close(write)
    return 0

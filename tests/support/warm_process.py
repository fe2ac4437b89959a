"""Starts the command line without waiting for Python and for imports: a process that has imported it forks for each command.

What is forked is a process like any other, with streams, directory, environment and exit code of its own, and runs
``python -m pipeline_optimization`` from its first line. Only its imports are there already. Tests of a process's start, and of what
is imported when, start Python itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from project_files import ROOT

__all__ = ["WarmProcess"]

AT_START = ("LANG", "LC_", "LD_", "OPENBLAS_", "PYTHON")
"""Beginnings of the names of variables that Python or a library reads when it starts: for other ones it has to start anew."""

LIGHT = (
    "platform",
    "rich.table",
    "sqlite3",
    *(
        f"pipeline_optimization.{name}"
        for name in (
            *("printable", "builtin.retry_policies", "builtin.sequential", "builtin.sinks"),
            *("cli.console", "cli.main", "cli.plugins.command", "cli.run.command", "cli.run.retry", "cli.run.tables"),
            "counting.kernel",
        )
    ),
)
HEAVY = frozenset({"benchmark", "compare", "report"})
REQUEST_BYTES = 1 << 20


class WarmProcess:
    """The process that forks. One command runs at a time."""

    def __init__(self, environment: Mapping[str, str], weight: str) -> None:
        self._at_start = at_start(environment)
        self._lock = threading.Lock()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", __file__, str(theirs.fileno()), weight],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            # One thread: a process with more should not fork, and linear algebra starts one for each processor.
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        )
        theirs.close()
        atexit.register(self.close)

    @classmethod
    def of(cls, arguments: Sequence[str]) -> WarmProcess:
        """Return the one of this process for a command: a second one has all that comparisons import."""
        return cls._shared("heavy" if HEAVY.intersection(arguments[:1]) else "light")

    @classmethod
    @cache
    def _shared(cls, weight: str) -> WarmProcess:
        return cls(os.environ, weight)

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Tell whether Python would start in the same way with these variables."""
        return at_start(environment) == self._at_start

    def run(
        self,
        arguments: Sequence[str],
        *,
        opened: IO[bytes] | None,
        given: bytes,
        cwd: Path | None,
        environment: Mapping[str, str],
        timeout: float,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end, and to that of all that holds its streams. Raises TimeoutExpired as ``subprocess.run`` does."""
        request = {"arguments": arguments, "cwd": os.fspath(cwd or Path.cwd()), "environment": dict(environment)}
        source, feed = os.pipe()
        pipes = [os.pipe(), os.pipe()]
        handles = [source if opened is None else opened.fileno(), *(write for _, write in pipes)]
        with self._lock, ThreadPoolExecutor(3) as threads:
            socket.send_fds(self._ours, [json.dumps(request).encode()], handles)
            for handle in (source, *handles[1:]):
                os.close(handle)
            pid = int(self._ours.recv(REQUEST_BYTES))
            threads.submit(write_all, feed, given)
            output, errors = (threads.submit(read_all, read) for read, _ in pipes)
            self._ours.settimeout(timeout)
            try:
                code = int(self._ours.recv(REQUEST_BYTES))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                self._ours.settimeout(None)
                self._ours.recv(REQUEST_BYTES)
                raise subprocess.TimeoutExpired(list(arguments), timeout) from None
            return subprocess.CompletedProcess(list(arguments), code, output.result(timeout), errors.result(timeout))

    def close(self) -> None:
        self._ours.close()
        self._process.wait()


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}


def write_all(handle: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(handle, "wb") as stream:
        stream.write(data)


def read_all(handle: int) -> bytes:
    with open(handle, "rb") as stream:
        return stream.read()


def serve(control: socket.socket) -> Sequence[str]:
    """Fork for each request, and return the arguments of a command in the process that shall run it."""
    while True:
        data, handles, _, _ = socket.recv_fds(control, REQUEST_BYTES, 3)
        if not data:
            control.close()
            sys.exit()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # whoever forks with threads; there are none
            pid = os.fork()
        if pid == 0:
            control.close()
            return become(json.loads(data), handles)
        for handle in handles:
            os.close(handle)
        control.send(str(pid).encode())
        control.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def become(request: Mapping[str, Any], handles: Sequence[int]) -> Sequence[str]:
    """Take on what makes one process differ from another."""
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        new = open(  # noqa: SIM115 - until the process ends
            number,
            "w" if number else "r",
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
            buffering=1 if name == "stderr" else -1,
        )
        new.buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["cwd"]
    random.seed()
    arguments: Sequence[str] = request["arguments"]
    return arguments


def import_light() -> None:
    """Import what most runs need, tables and installed plugins included: that takes longer than the rest of such a run."""
    from pipeline_optimization import cli
    from pipeline_optimization.registry import Registry

    function = cli.main
    for name in LIGHT:
        import_module(name)
    cli.main = function  # the import has put its module there
    Registry.load()


def import_heavy() -> None:
    """Import what comparisons need besides, and read the words that they draw texts of."""
    import scipy.stats  # noqa: F401

    import pipeline_optimization.cli.compare.benchmark
    import pipeline_optimization.cli.compare.command
    import pipeline_optimization.cli.observe.report  # noqa: F401
    from pipeline_optimization.benchmarks.anagrams import oracle

    oracle.groups()


if __name__ == "__main__":
    import_light()
    if sys.argv[2] == "heavy":
        import_heavy()
    gc.freeze()
    sys.argv[1:] = serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("pipeline_optimization", run_name="__main__", alter_sys=True)

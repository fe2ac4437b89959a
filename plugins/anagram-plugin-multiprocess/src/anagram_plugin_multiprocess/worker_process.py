"""What runs in a worker process, and the parent's handle on it."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

import pipeline_optimization
from anagram_plugin_multiprocess.safe_path import forget_safe_path, safe_path
from anagram_plugin_multiprocess.start_method import unguarded
from anagram_plugin_multiprocess.starting import UNGUARDED, WORKER, start
from anagram_plugin_multiprocess.stop_signals import live_on_until_told
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.signal_mask import stop_signals_blocked
from pipeline_optimization.types import Attempt, Completion

__all__ = ["DEATH_PATIENCE", "WorkerProcess", "serve"]

PR_SET_PDEATHSIG = 1
DEATH_PATIENCE = 5.0
"""Seconds that a killed process, or one that has closed its pipe, may take to be gone."""

READY = b"ready"
STOP = b""


def serve(connection: Connection, worker_init: bytes, parent: int | None, code: str) -> None:
    """Answer attempts until the parent says stop or is gone. Ctrl-C and SIGTERM are the parent's to handle.

    ``parent`` is the pid of the process that this one must not outlive, None under forkserver. ``code`` is the core's file
    in the parent.
    """
    if pipeline_optimization.__file__ != code:
        _serve_by_the_parents_code(connection, worker_init, parent)
        return
    live_on_until_told()
    forget_safe_path()
    if sys.platform == "linux":
        # The kernel ends this process with its parent. Under forkserver that is the server, which ends when ours does;
        # elsewhere the closed pipe tells.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        return  # it died before it could be asked for; under fork no pipe would ever tell, as we hold copies of its ends
    gc.freeze()  # what a forked process has of its parent's is not its own to collect, nor to move in memory
    worker = Worker(worker_init)
    try:
        connection.send_bytes(READY)
        while (payload := connection.recv_bytes()) != STOP:
            connection.send_bytes(worker.run_attempt(payload))
    except (EOFError, OSError):
        return
    finally:
        worker.close()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.current_thread()):
        # Left behind by a task. Python would wait for them, and the parent for this process.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(0)


def _serve_by_the_parents_code(connection: Connection, worker_init: bytes, parent: int | None) -> None:
    """Do the same after importing what the parent has: ``sys.path`` leads to it by now, but did not when the server began."""
    for name in list(sys.modules):
        if name.partition(".")[0] in {"pipeline_optimization", __package__}:
            del sys.modules[name]
    again = import_module(__name__)
    again.serve(connection, worker_init, parent, again.pipeline_optimization.__file__)


class WorkerProcess:
    """One worker with a pipe of its own, so that a death is the death of exactly one attempt."""

    def __init__(self, context: BaseContext, worker_init: bytes, *, with_main: bool) -> None:
        self.connection, theirs = context.Pipe()
        parent = None if context.get_start_method() == "forkserver" else os.getpid()
        self.process = context.Process(  # type: ignore[attr-defined]  # every concrete context has it
            target=serve,
            args=(theirs, worker_init, parent, pipeline_optimization.__file__),
            name=WORKER,
            daemon=True,
        )
        try:
            # A terminal and a service manager send them to all processes of a run: one that is hit in its start dies of it.
            with stop_signals_blocked(), safe_path():
                start(self.process, with_main=with_main)
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()
        self.attempt: Attempt | None = None
        self.is_ready = False

    @property
    def is_idle(self) -> bool:
        return self.is_ready and self.attempt is None

    def send(self, attempt: Attempt) -> None:
        """Hand an attempt to the idle worker; if it has died, ``receive`` will tell."""
        self.attempt = attempt
        try:
            self.connection.send_bytes(attempt.payload)
        except OSError:
            return

    def receive(self) -> Completion | None:
        """Read what the worker sent: None for its first sign of life, else a completion. Raises EOFError if it died."""
        try:
            answer = self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            if self._met_a_missing_guard():
                raise unguarded() from None
            raise EOFError from error
        if not self.is_ready:
            self.is_ready = True
            return None
        attempt, self.attempt = self.attempt, None
        assert attempt is not None, "a worker answered without an attempt"
        return Completion(id=attempt.id, status="done", payload=answer, worker=str(self.process.pid))

    def _met_a_missing_guard(self) -> bool:
        """Return whether the worker died because the parent's script counts while it is imported."""
        self.process.join(DEATH_PATIENCE)
        return self.process.exitcode == UNGUARDED and not self.is_ready

    def ask_to_end(self) -> None:
        """Tell the idle worker that there is nothing more to do."""
        # A closed pipe would not do under fork: workers that started later hold copies of this end.
        with suppress(OSError):
            self.connection.send_bytes(STOP)

    def kill(self) -> None:
        """Let the system end the process, whatever it does."""
        self.process.kill()

    def end(self, *, patience: float = DEATH_PATIENCE) -> str:
        """Let go of the process, which was asked to end or killed, and return how it ended; wait at most ``patience`` seconds for that."""
        self.connection.close()
        self.process.join(patience)
        code = self.process.exitcode
        name = self.process.name
        with suppress(ValueError):  # it lives on in a call that the system does not interrupt; nobody can end it
            self.process.close()
        return (
            f"{name} was ended by {signal.Signals(-code).name}" if code and code < 0 else f"{name} exited with {code}"
        )

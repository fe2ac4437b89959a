"""What runs in a worker process, and the parent's handle on it."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

import pipeline_optimization
from anagram_plugin_multiprocess.safe_path import forget_safe_path, safe_path
from anagram_plugin_multiprocess.start_method import unguarded
from anagram_plugin_multiprocess.starting import UNGUARDED, WORKER, start
from anagram_plugin_multiprocess.stop_signals import leave_stop_signals_to_parent
from pipeline_optimization.engine.late_closing import tell_parent
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.signal_mask import stop_signals_blocked
from pipeline_optimization.types import Attempt, Completion

__all__ = ["DEATH_PATIENCE", "WorkerProcess", "serve"]

PR_SET_PDEATHSIG = 1
DEATH_PATIENCE = 5.0
"""Seconds that a process may take to end after it was killed or has closed its pipe."""

READY = b"ready"
STOP = b""


def serve(connection: Connection, worker_init: bytes, parent: int | None, code: str) -> None:
    """Answer attempts until the parent says stop or is gone. Ctrl-C and SIGTERM are the parent's to handle.

    ``parent`` is the pid of the process that this one must not outlive, None under forkserver. ``code`` is the path of the core in
    the parent.
    """
    if pipeline_optimization.__file__ != code:
        _serve_by_the_parents_code(connection, worker_init, parent)
        return
    leave_stop_signals_to_parent()
    forget_safe_path()
    if sys.platform == "linux":
        # The kernel ends this process with its parent. Under forkserver that is the server, which ends when our parent does. On
        # other systems the closed pipe tells that the parent is gone.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        return  # the parent died before the call above. Under fork no pipe would ever tell: this process has copies of its ends
    gc.freeze()  # a forked process must not collect objects of its parent: that might close or remove something
    worker = Worker(worker_init)
    try:
        connection.send_bytes(READY)
        while (payload := connection.recv_bytes()) != STOP:
            connection.send_bytes(worker.run_attempt(payload))
    except (EOFError, OSError):
        return
    finally:
        tell_parent.set(partial(_tell, connection))
        worker.close()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.current_thread()):
        # Left behind by a task. Python would wait for them, and the parent for this process.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(0)


def _tell(connection: Connection, what: str) -> None:
    """Tell the parent what is being closed. It reads that if this process does not end."""
    with suppress(OSError):
        connection.send_bytes(what.encode("utf-8", "replace"))


def _serve_by_the_parents_code(connection: Connection, worker_init: bytes, parent: int | None) -> None:
    """Do the same with the parent's code. ``sys.path`` leads to it now, and did not yet when the server imported another core."""
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
            # A terminal and a service manager send these signals to all processes of a run. A process that is just starting would die.
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
        """Send an attempt to the idle worker. If the worker has died, ``receive`` will tell."""
        self.attempt = attempt
        try:
            self.connection.send_bytes(attempt.payload)
        except OSError:
            return

    def receive(self) -> Completion | None:
        """Read what the worker sent, and return the completion, None for its first sign of life. Raises EOFError if it died."""
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
        """Return whether the worker died because the parent's script starts a run while it is imported."""
        self.process.join(DEATH_PATIENCE)
        return self.process.exitcode == UNGUARDED and not self.is_ready

    def ask_to_end(self) -> None:
        """Tell the idle worker that there is nothing more to do."""
        # Under fork a closed pipe would not tell it, since workers that started later have copies of this end.
        with suppress(OSError):
            self.connection.send_bytes(STOP)

    def unclosed(self) -> str:
        """Return what the worker is closing, if it takes long, and otherwise an empty text. It was asked to end, so it sends nothing else."""
        try:
            return self.connection.recv_bytes().decode() if self.connection.poll() else ""
        except (EOFError, OSError):
            return ""

    def kill(self) -> None:
        """Kill the process, whatever it does."""
        self.process.kill()

    def end(self, *, patience: float = DEATH_PATIENCE) -> str:
        """Wait at most ``patience`` seconds for the end of a process that was asked to end or killed. Release it, and return how it ended."""
        self.connection.close()
        self.process.join(patience)
        code = self.process.exitcode
        name = self.process.name
        with suppress(ValueError):  # it is in a call that the system does not interrupt, so that nobody can end it
            self.process.close()
        return (
            f"{name} was ended by {signal.Signals(-code).name}" if code and code < 0 else f"{name} exited with {code}"
        )

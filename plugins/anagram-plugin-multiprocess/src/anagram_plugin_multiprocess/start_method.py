"""How worker processes start here, and whether they can."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from multiprocessing import forkserver, get_all_start_methods, get_context, resource_tracker
from multiprocessing.context import BaseContext

from anagram_plugin_multiprocess.forking import is_single_threaded
from anagram_plugin_multiprocess.safe_path import safe_path
from anagram_plugin_multiprocess.starting import UNGUARDED, is_importing_main
from pipeline_optimization.engine.worker_setup import WorkerSetup
from pipeline_optimization.errors import WorkerStartError
from pipeline_optimization.signal_mask import stop_signals_blocked

__all__ = ["StartMethod", "unguarded"]

AS_THEY_ARE = " With cloudpickle, functions of pipelines can be sent as they are: pip install cloudpickle"
"""What helps if cloudpickle is missing."""

SERVED = "anagram_plugin_multiprocess.worker_process"
"""The module that a fork server imports for its workers, besides those of their set-up."""


class StartMethod:
    """How the workers of one run start.

    With ``may_fork``, the workers of ``auto`` are copies of this process as long as it has one thread. A copy is there in milliseconds, while a
    fork server has to import first. Threads are looked for before each start, since one may have come after the last. The orchestrator
    looks whether something was opened.
    """

    def __init__(self, name: str, worker_init: bytes, *, may_fork: bool = False) -> None:
        if is_importing_main():
            # A message would come from every worker. The parent knows this exit code and has a message; a fork server would turn
            # SystemExit into another code.
            os._exit(UNGUARDED)
        self._name = name
        self._init = worker_init
        self._may_fork = may_fork and name == "auto"
        self._by_name: tuple[BaseContext, bool] | None = None

    def next(self) -> tuple[BaseContext, bool]:
        """Return the context that starts the next worker, and whether that worker imports the caller's program.

        Raises WorkerStartError if the method that was asked for does not work, or workers cannot import what they need.
        """
        if self._may_fork and is_single_threaded():
            return get_context("fork"), False
        if self._by_name is None:
            self._by_name = self._prepared()
        return self._by_name

    def forgo_forks(self) -> bool:
        """Stop forking this process, since the system refused it or it would be unsafe. Return whether it was forked until now.

        A system that promises no more memory than it has may refuse to copy a process that holds much of it. A small fork server
        can still be copied.
        """
        had_other, self._may_fork = self._may_fork, False
        return had_other

    def _prepared(self) -> tuple[BaseContext, bool]:
        context = _context_of(self._name)
        with_main = _needs_main(self._init, context)
        if context.get_start_method() != "fork" and os.name == "posix":
            # Before any worker, since starting the tracker would unblock SIGINT in the middle of a worker's start.
            with stop_signals_blocked(), safe_path():
                resource_tracker.ensure_running()
        if context.get_start_method() == "forkserver":
            # The server imports once what each worker would import. If a server runs already, it does not.
            context.set_forkserver_preload([SERVED, *WorkerSetup.from_bytes(self._init).modules])
        return context, with_main


def _context_of(start: str) -> BaseContext:
    has_server = "forkserver" in get_all_start_methods()
    if start == "auto":
        return get_context("forkserver" if has_server and not _is_server_the_parents() else "spawn")
    if start == "forkserver" and has_server and _is_server_the_parents():
        raise WorkerStartError(
            "This process was forked from one that uses multiprocessing's fork server, which cannot be shared. "
            "Let workers start in another way: -o start=spawn."
        )
    return get_context(start)


def _is_server_the_parents() -> bool:
    """Return whether this process was forked while a fork server ran. Then it knows the server and cannot use it."""
    pid = getattr(getattr(forkserver, "_forkserver", None), "_forkserver_pid", None)
    if pid is None or not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _needs_main(worker_init: bytes, context: BaseContext) -> bool:
    """Return whether workers must import the caller's program, since a component is defined in it.

    Raises WorkerStartError if they cannot.
    """
    if context.get_start_method() == "fork":
        return False  # they are copies of it
    names = WorkerSetup.names_from_main(worker_init)
    if names and not _is_main_importable():
        raise WorkerStartError(
            f"Worker processes need {names[0]!r}, which is defined in the program itself (__main__). They cannot import that: "
            "it is no file, but was typed in or read from standard input. Define it in a module of its own, or use an "
            f"orchestrator without processes, such as threaded.{'' if find_spec('cloudpickle') else AS_THEY_ARE}"
        )
    return bool(names)


def _is_main_importable() -> bool:
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is not None:
        return True
    file = getattr(main, "__file__", None)
    return file is not None and os.path.isfile(file)


def unguarded() -> WorkerStartError:
    """Return the error of a script that counts again in each worker which imports it."""
    return WorkerStartError(
        "Worker processes import this script, since a component of the run is defined in it, and it counts again in each "
        "of them. Count under: if __name__ == '__main__': ... Or define the component in a module of its own."
    )

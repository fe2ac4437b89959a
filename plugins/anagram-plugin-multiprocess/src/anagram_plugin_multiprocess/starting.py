"""Starts worker processes wherever the caller is: in a script without a guard, on standard input, in a daemonic process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import current_process, spawn
from multiprocessing.process import BaseProcess

__all__ = ["UNGUARDED", "WORKER", "is_importing_main", "start"]

WORKER = "anagram-worker"
"""The name of every worker process."""

UNGUARDED = 71
"""The exit code of a worker that was to start a run while it imported the parent's program."""

_START = threading.RLock()
"""A forked worker is born while this is held. Its only thread is the holder then, so that it can start workers itself."""


def start(process: BaseProcess, *, with_main: bool) -> None:
    """Start a worker. It imports the parent's program (``__main__``) only ``with_main``."""
    with ExitStack() as stack:
        stack.enter_context(_START)
        stack.enter_context(_as_parent())
        if not with_main:
            stack.enter_context(_without_main())
        process.start()


def is_importing_main() -> bool:
    """Return whether this process is a worker that is just importing its parent's program."""
    process = current_process()
    return process.name == WORKER and getattr(process, "_inheriting", False)


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep multiprocessing from telling workers to import the parent's program.

    Workers hardly ever need that program. To import it would run a script without a guard again in each of them, and is impossible
    if the program was read from standard input. multiprocessing has no switch for it. Processes that other threads start meanwhile
    are not affected.
    """
    original = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, object]:
        data = original(name)
        if name == WORKER:
            for key in ("init_main_from_name", "init_main_from_path"):
                data.pop(key, None)
        return data

    spawn.get_preparation_data = get_preparation_data
    try:
        yield
    finally:
        spawn.get_preparation_data = original


@contextmanager
def _as_parent() -> Iterator[None]:
    """Let a daemonic process, such as a worker of ``multiprocessing.Pool``, have children.

    multiprocessing forbids it, since children would be left behind when the process is terminated. Our workers end with their
    parent, whatever ends that.
    """
    config: dict[str, object] = getattr(current_process(), "_config", {})
    if not config.get("daemon"):
        yield
        return
    config["daemon"] = False
    try:
        yield
    finally:
        config["daemon"] = True

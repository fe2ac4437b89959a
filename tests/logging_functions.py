"""Functions of pipelines that log, as users' code does. Workers import them from here."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path

log = logging.getLogger("user.tasks")


class Unsendable:
    """What no other process can be sent."""

    def __reduce__(self) -> str:
        raise TypeError("no pickling")

    def __repr__(self) -> str:
        return "an object"


def levels(number: int) -> tuple[bool, bool]:
    """Log at three levels; return which of two others are worth making a record for."""
    log.debug("debug %d", number)
    log.info("info %d", number)
    log.warning("warning %d", number)
    return log.isEnabledFor(logging.DEBUG), log.isEnabledFor(logging.INFO)


def one_warning(number: int) -> int:
    log.warning("number %d", number)
    return number


def fails(number: int) -> int:
    log.warning("before the failure of %d", number)
    raise ValueError(number)


def odd_records(number: int) -> int:
    """Log what is hard to send."""
    log.warning("%s", Unsendable(), extra={"item": "my own", "thing": Unsendable()})
    try:
        raise LookupError(f"no {number}")
    except LookupError:
        log.exception("caught", stack_info=True)
    return number


def bad_arguments(number: int) -> int:
    log.warning("wants %d", "no number")
    return number


def floods(number: int) -> int:
    for at in range(number):
        log.warning("flood %d", at)
    return number


def in_a_thread(number: int) -> int:
    thread = threading.Thread(target=log.warning, args=("from a thread %d", number))
    thread.start()
    thread.join()
    return number


def dies_once(marker: str) -> str:
    """Kill the process of the worker at the first call."""
    log.warning("about to die")
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


async def awaited(number: int) -> int:
    log.warning("number %d", number)
    return number

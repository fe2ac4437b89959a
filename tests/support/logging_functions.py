"""Functions of pipelines that log, as users' code does. Workers import them from here."""

from __future__ import annotations

import logging
import os
import signal
import threading
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

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


def odd_types(number: int) -> int:
    """Log values and names of classes that no other process knows."""

    class Code(IntEnum):
        OK = 200
        NOTICE = 25

    class Word(StrEnum):
        FIRST = "first"

    class Share(float):
        pass

    class Text(str):
        __slots__ = ()

        def __str__(self) -> str:
            return self

    extra = {"code": Code.OK, "word": Word.FIRST, "share": Share(0.5), "empty": "", Word.FIRST: Text("own")}
    log.log(Code.NOTICE if log.isEnabledFor(Code.NOTICE) else logging.WARNING, Text("odd"), extra=extra)
    return number


def numbered_extra(value: int) -> int:
    """Log with an extra whose key is no text. Python allows it, as for counts by the code of a response."""
    extra: Any = {404: value}
    log.warning("answers", extra=extra)
    return value


def fails_in_a_class_of_its_own(number: int) -> int:
    class Text(str):
        __slots__ = ()

        def __str__(self) -> str:
            return self

    raise ValueError(Text("odd"))


def empty_message(number: int) -> int:
    log.warning("")
    return number


def of_a_child(number: int) -> int:
    log.warning("of the logger itself")
    log.getChild("child").warning("of its child")
    return number


def tells_secrets(value: str) -> str:
    log.warning("about to fail: %s", value, exc_info=ValueError(value))
    raise ValueError(value)


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

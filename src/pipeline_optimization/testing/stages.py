"""What the kit's attempts do in workers. The functions are found by name, so that they can be sent anywhere."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from pipeline_optimization.engine.worker import Stage

__all__ = ["build_kit_stages"]

PATIENCE = 20.0
"""Seconds for which an attempt waits for another one that should run beside it."""


def build_kit_stages(argument: object) -> Mapping[str, Stage]:
    """Return the stages by name. The argument is not used."""
    return {
        "die_once": _die_once,
        "echo": _echo,
        "fail": _fail,
        "hang": _hang,
        "hold": _Hold(),
        "meet": _meet,
        "pid": _pid,
        "span": _span,
        "wait": _echo,  # the fault plan makes it wait
    }


def _echo(data: bytes) -> bytes:
    return data


def _pid(data: bytes) -> bytes:
    return b"%d" % os.getpid()


def _fail(data: bytes) -> bytes:
    raise ValueError(data.decode())


def _span(data: bytes) -> bytes:
    """Return when the attempt began and ended, in nanoseconds of the machine's clock."""
    began = time.monotonic_ns()
    time.sleep(0.02)
    return json.dumps([began, time.monotonic_ns()]).encode()


def _hang(data: bytes) -> bytes:
    """Tell that it has begun, and end only with its worker."""
    Path(data.decode()).touch()
    time.sleep(3600.0)
    return b""


def _meet(data: bytes) -> bytes:
    """Return whether the other attempt ran at the same time."""
    own, other = (Path(name) for name in json.loads(data))
    own.touch()
    until = time.monotonic() + PATIENCE
    while not other.exists() and time.monotonic() < until:
        time.sleep(0.005)
    return b"met" if other.exists() else b"alone"


class _Hold:
    """Holds something that must be closed with the worker. Files in a directory tell when it was opened and closed."""

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._home: Path | None = None

    def __call__(self, data: bytes) -> bytes:
        self._home = Path(data.decode())
        (self._home / f"{self._name}.opened").touch()
        return b""

    def close(self) -> None:
        if self._home is not None:
            (self._home / f"{self._name}.closed").touch()

    async def close_async(self) -> None:
        self.close()

    def close_thread(self) -> None:
        """Close nothing, because other threads use it too."""


def _die_once(data: bytes) -> bytes:
    """Kill the worker, but not a second time."""
    marker = Path(data.decode())
    if marker.exists():
        return b"alive"
    marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return b""

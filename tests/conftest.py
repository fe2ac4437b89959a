"""What the core's tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from pipeline_optimization.signal_mask import STOP_SIGNALS


@pytest.fixture(autouse=True)
def _signal_handlers() -> Iterator[None]:
    """Put back the handlers that the command line leaves to the system when it ends, since the tests go on."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)

"""The kinds of reasons for which a run ends before all its work is done."""

from __future__ import annotations

from typing import Literal

__all__ = ["SIGNALS", "StopKind"]

StopKind = Literal[
    "interrupted", "terminated", "hung_up", "cancelled", "deadline", "failure", "circuit_breaker", "abandoned"
]
"""What stopped a run:

- ``interrupted``: a Ctrl-C
- ``terminated``: a SIGTERM
- ``hung_up``: a terminal that was closed
- ``cancelled``: the calling program
- ``deadline``: the deadline of the run
- ``failure``: an item that failed for good
- ``circuit_breaker``: a task of which all attempts fail
- ``abandoned``: workers, or calls of a task, that all hang and cannot be ended
"""

SIGNALS = frozenset[StopKind]({"interrupted", "terminated", "hung_up"})
"""The kinds for which a signal is the reason."""

"""What servers may do to a run that is told to them, and what must stay the same: for plugins that tell servers of runs."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from command import anagram
from pipeline_optimization import Registry, RunReport, count_anagrams

__all__ = [
    "TROUBLES",
    "UNREACHABLE",
    "check_end_of_command",
    "count_with_faults",
    "over",
    "refused_address",
    "status_in",
]

TROUBLES = ("dead", "slow", "busy", "silent")
"""What a server may be: nobody listens, it answers after five seconds, it refuses everything, or it never answers."""

UNREACHABLE = "http://127.0.0.1:9"
"""Where nobody listens; the port is reserved for what discards all that it gets."""


def count_with_faults(*, attempts: int = 30, registry: Registry | None = None) -> RunReport:
    """Count in several chunks with calls that fail. All items succeed in 30 attempts, and some fail for good in 3."""
    return count_anagrams(
        "cat dog post stop " * 20,
        chunk_size=30,
        faults="heavy",
        latency_scale=0.0,
        seed=3,
        retry_options={"attempts": attempts, "base": 0.0},
        registry=registry,
    )


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set when the test is over. Whoever waits for it in another thread waits longer than the test."""
    event = threading.Event()
    yield event
    event.set()


@contextmanager
def refused_address() -> Iterator[str]:
    """Give ``HOST:PORT`` at which nobody listens, and nobody else can begin to."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{nobody.getsockname()[1]}"


def status_in(trouble: str, over: threading.Event) -> int:
    """Return the status that a server answers in one of the ``TROUBLES``, when it does; a silent one does when the test is ``over``."""
    if trouble in {"slow", "silent"}:
        over.wait(5.0 if trouble == "slow" else None)
    return 503 if trouble == "busy" else 200


def check_end_of_command(told: Mapping[str, str], untold: Mapping[str, str]) -> None:
    """Compare a command that tells a server in trouble with one that tells nobody, by the variables of each.

    Exit code, counts and tasks must be the same, and standard error has one line more. A command that waits for a silent server
    does not end in time.
    """
    arguments = (
        *("run", "--test-case", "large", "--faults", "heavy", "--latency-scale", "0"),
        *("--seed", "3", "--format", "json"),
    )
    found, plain = anagram(*arguments, env=told), anagram(*arguments, env=untold)
    assert found.returncode == plain.returncode == 0
    seen, expected = json.loads(found.stdout), json.loads(plain.stdout)
    assert (seen["anagram_counts"], seen["tasks"]) == (expected["anagram_counts"], expected["tasks"])
    assert len(found.stderr.splitlines()) == len(plain.stderr.splitlines()) + 1

"""Whatever a collector does, a run's result is the same, its end is hardly later, and what did not arrive is counted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from anagram_plugin_opentelemetry import export
from anagram_plugin_opentelemetry.collector import Answer
from anagram_plugin_opentelemetry.delivery import Delivery, Losses, Parcel
from pipeline_optimization import count_anagrams
from pipeline_optimization.types import AttemptEnded, RunFinished, RunStarted
from server_troubles import TROUBLES, UNREACHABLE, check_end_of_command, count_with_faults, refused_address, status_in


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs wait for less time at their end."""
    monkeypatch.setattr(export, "PATIENCE", 0.05)


def test_a_dead_collector(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody listens, the run is the same, one line says what was not sent, and the end does not wait for another try.

    The password of the address is not in the line.
    """
    expected = count_with_faults()
    with refused_address() as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://ann:sesame@{address}")
        found = count_with_faults()
    assert (found.anagram_counts, found.ledger_digest) == (expected.anagram_counts, expected.ledger_digest)
    assert not found.warnings
    (line,) = capsys.readouterr().err.splitlines()
    spans = found.attempts + sum(stats.items for stats in found.tasks.values()) + 1
    assert line.startswith(f"opentelemetry: {spans} of {spans} spans, {found.retries} of {found.retries} log records, ")
    assert "have reached http://ann:***@127.0.0.1:" in line
    assert "Connection refused" in line


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [429, 503])
def test_a_collector_that_is_busy(receiver: Any, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """One that refuses everything changes nothing, and the line says what it answered."""
    receiver.answer = lambda path: (status, {"Retry-After": "30"}, b"")
    found = count_with_faults()
    assert found.is_complete
    assert not found.warnings
    (line,) = capsys.readouterr().err.splitlines()
    assert f": it answered {status} " in line


def test_a_collector_that_is_busy_once(receiver: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What it refused is sent again when it asks for that, and arrives once."""
    answers = iter([503, 429])
    receiver.answer = lambda path: (next(answers, 200), {"Retry-After": "0"}, b"")
    found = count_with_faults()
    assert len(receiver.spans) == found.attempts + sum(stats.items for stats in found.tasks.values()) + 1
    assert not capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
def test_a_collector_that_does_not_answer(
    receiver: Any, over: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends without it: this test would not end, and no thread is left that waits for it."""
    receiver.answer = lambda path: (status_in("silent", over), {}, b"")
    assert count_with_faults().is_complete
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("it did not answer in time.")
    (left,) = [one for one in threading.enumerate() if one.name == "opentelemetry export"] or [None]
    if left is not None:
        left.join()


def test_a_collector_that_takes_a_part(receiver: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What it says that it did not take is counted, with its reason in a line, without what is secret in it, and not without end."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTracePartialSuccess,
        ExportTraceServiceResponse,
    )

    message = "too large\nfor http://ann:sesame@store " + "x" * 1000
    part = ExportTracePartialSuccess(rejected_spans=2, error_message=message)
    answer = ExportTraceServiceResponse(partial_success=part).SerializeToString()
    receiver.answer = lambda path: (200, {}, answer if path == "/v1/traces" else b"")
    count_anagrams("cat")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("opentelemetry: 2 of ")
    assert ": too large for http://ann:***@store xxx" in line
    assert len(line) < 700


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_collector_that_refuses_for_good(receiver: Any, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """What it does not want is not sent again."""
    asked: list[str] = []
    receiver.answer = lambda path: asked.append(path) or (status, {}, b"<html>no</html>")
    count_anagrams("cat")
    assert sorted(asked) == ["/v1/metrics", "/v1/traces"]
    assert f"it answered {status}" in capsys.readouterr().err


class Clock:
    """A time that goes on only where a test lets it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def parcel(number: int = 1, size: int = 1) -> Parcel:
    return Parcel(signal="traces", body=b"x" * size, count=number)


def delivery(post: Callable[[Parcel], Answer], **options: Any) -> Delivery:
    return Delivery(
        **{"most_bytes": 1 << 20, **options},
        post=post,
        abort=lambda: None,
        close=lambda: None,
        count_rejected=lambda one, answer: (0, ""),
        timeout=10.0,
    )


def test_what_waits_is_bounded(over: threading.Event) -> None:
    """While nothing arrives, so many bytes wait; what is beyond them is counted at once, and nobody waits for room."""
    begun = threading.Event()

    def post(one: Parcel) -> Answer:
        begun.set()
        over.wait()
        return Answer()

    full = delivery(post, most_bytes=100)
    full.put(parcel(size=60))
    begun.wait()
    full.put(parcel(size=40))
    for _ in range(1000):
        full.put(parcel(3, size=1))
    assert full._bytes == 100
    losses = full.finish(0.01)
    assert losses.lost == {"traces": 3002}
    assert losses.sent == {"traces": 3002}


def test_a_message_is_given_up_in_time() -> None:
    """One that is refused again and again is dropped when its time is over, and the next has its own."""
    clock, tried = Clock(), []

    def post(one: Parcel) -> Answer:
        tried.append(clock.now)
        clock.now += 4.0
        return Answer(problem="busy", is_retryable=True, retry_after=0.0)

    failing = delivery(post, now=clock)
    failing.put(parcel(5))
    failing.put(parcel(6))
    while len(tried) < 6:
        time.sleep(0.001)
    assert failing.finish(0.0) == Losses(lost={"traces": 11}, sent={"traces": 11}, reason="busy")
    assert tried[:6] == [0.0, 4.0, 8.0, 12.0, 16.0, 20.0]


def test_pauses_become_longer() -> None:
    """A collector that does not say when is asked after half a second, and then half as often each time."""
    waits: list[float] = []
    clock = Clock()

    class Waiting(Delivery):
        def _pause(self, seconds: float, given_up: float, *, is_unreachable: bool) -> bool:
            waits.append(seconds)
            return len(waits) < 7

    patient = Waiting(
        post=lambda one: Answer(problem="busy", is_retryable=True),
        abort=lambda: None,
        close=lambda: None,
        count_rejected=lambda one, answer: (0, ""),
        timeout=10.0,
        most_bytes=1 << 20,
        now=clock,
    )
    patient.put(parcel())
    assert patient.finish(60.0).lost == {"traces": 1}
    for wait, middle in zip(waits, [0.5, 1, 2, 4, 8, 8, 8], strict=True):
        assert 0.8 * middle <= wait <= 1.2 * middle


@pytest.mark.slow
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_end_of_a_command(receiver: Any, over: threading.Event, trouble: str) -> None:
    """Whatever the collector does, output and exit code are those of a run without one; the process does not wait for one that never answers."""
    receiver.answer = lambda path: (status_in(trouble, over), {}, b"")
    url = UNREACHABLE if trouble == "dead" else receiver.url
    check_end_of_command({"OTEL_EXPORTER_OTLP_ENDPOINT": url}, {"OTEL_SDK_DISABLED": "true"})


@pytest.mark.slow
def test_memory_does_not_grow_with_the_items(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once as much waits as may wait, more items take no more memory, however many nobody fetches."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", UNREACHABLE)
    monkeypatch.setattr(export, "MOST_BYTES", 2 << 20)
    exported = export.begin(
        RunStarted(run_id="r", time=0.0, orchestrator="sequential", slots=1, seed=1), dict(os.environ)
    )
    assert exported is not None
    sizes = []
    for number in range(45_000):
        exported.attempt_ended(attempt_of(number))
        if number % 15_000 == 14_999:
            sizes.append(psutil.Process().memory_info().rss)
    assert sizes[-1] - sizes[0] < 10 << 20, sizes
    exported.finish(RunFinished(run_id="r", time=1.0, is_complete=True, is_interrupted=False))
    assert " of 90,001 spans" in capsys.readouterr().err


def attempt_of(number: int) -> AttemptEnded:
    """Return the only attempt of an item, which succeeded."""
    time_ns = number * 1000
    return AttemptEnded(
        run_id="r",
        item=f"words:{number}",
        task="words",
        attempt=1,
        outcome="ok",
        error=None,
        status="done",
        worker="w",
        slot=1,
        handed_out_ns=time_ns,
        began_ns=time_ns + 1,
        ended_ns=time_ns + 2,
        came_back_ns=time_ns + 3,
        latency_ns=0,
        bytes_in=1,
        bytes_out=1,
        elements=1,
    )

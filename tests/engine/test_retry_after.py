"""Errors that ask for a delay are tried again once it is over: what a function raises on purpose, and what HTTP clients raise."""

from __future__ import annotations

import pickle
import time
import urllib.error
from collections import Counter
from collections.abc import Mapping
from email.message import Message
from email.utils import formatdate
from typing import Any

import httpx
import pytest
import requests

import policy_functions as f
from pipeline_optimization import Limits, Pipeline, RetryAfter, run, task
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.engine.stage import describe_error
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import PluginError

VALUES = Pipeline("p").values(int)


def busy(seconds: float, *, refusals: int = 1, **arguments: Any) -> Any:
    """Return a task that refuses each value so often, and asks for so many seconds each time."""
    refused: Counter[int] = Counter()

    def ask(value: int) -> int:
        refused[value] += 1
        if refused[value] <= refusals:
            raise RetryAfter(seconds)
        return value

    decorator: Any = task
    return decorator(**arguments)(ask)


@pytest.mark.parametrize("policy", [("fixed", {"delay": 2.0}), "exponential", FixedPolicy(FixedOptions(delay=2.0))])
@pytest.mark.parametrize(("asked", "waited"), [(30.0, 30.0), (600.0, 60.0)])
def test_the_delay_is_kept_up_to_the_cap(policy: Any, asked: float, waited: float) -> None:
    """The next attempt begins when the delay is over, or that of a minute if it asks for more."""
    orchestrator = VirtualOrchestrator(2)
    report = run(VALUES.map(busy(asked, retry=policy)).sum(), [1, 2], orchestrator=orchestrator)
    assert report.result == 3
    assert orchestrator.clock.now() == waited


@pytest.mark.parametrize(
    ("options", "waited"), [({"delay": 40.0}, 40.0), ({"retry_after_cap": 5.0}, 5.0), ({"retry_after_cap": 0}, 0.1)]
)
def test_the_policy_has_the_last_word(options: Mapping[str, object], waited: float) -> None:
    """A longer delay of its own counts, and a cap of its own: with 0, what errors ask for is not heard."""
    orchestrator = VirtualOrchestrator(2)
    run(VALUES.map(busy(30.0)).sum(), [1], orchestrator=orchestrator, retry="fixed", retry_options=options)
    assert orchestrator.clock.now() == waited


@pytest.mark.parametrize("options", [{"deadline": 20.0}, {"attempts": 1}, {"budget": 0}])
def test_what_comes_too_late_has_failed(options: Mapping[str, object]) -> None:
    """Behind the policy's deadline there is no further attempt, and nobody waits for none; its other bounds count as well."""
    orchestrator = VirtualOrchestrator(2)
    report = run(VALUES.map(busy(30.0)).sum(), [1], orchestrator=orchestrator, retry="fixed", retry_options=options)
    assert report.failures == {("ask", "RetryAfter"): 1}
    assert report.failed_items[0].error.message == "try again in 30 s"
    assert orchestrator.clock.now() == 0


def test_it_is_real_time_in_a_simulation_too() -> None:
    """The latency scale shortens what is simulated. The service was really called, and its clock does not run faster."""
    orchestrator = VirtualOrchestrator(2)
    pipeline = VALUES.map(busy(30.0, sleep_time=100.0)).sum()
    run(pipeline, [1], orchestrator=orchestrator, faults="latency", latency_scale=0.01, seed=1, retry="fixed")
    assert orchestrator.clock.now() == 30.0 + 2 * 1.0


def test_busy_services_are_no_outage() -> None:
    """However many calls in a row are told to come back later, the circuit breaker stays closed."""
    orchestrator = VirtualOrchestrator(None)
    report = run(
        VALUES.map(busy(9.0, refusals=3)).sum(), range(200), orchestrator=orchestrator, limits=Limits(breaker=5)
    )
    assert (report.stop, report.result) == (None, sum(range(200)))
    assert orchestrator.clock.now() == 27.0


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_it_travels_as_data(orchestrator: str) -> None:
    """From workers of any kind, and out of bundles and alone."""
    pipeline = VALUES.map(f.refuses).sum()
    report = run(pipeline, [1, 2], orchestrator=orchestrator)
    assert [failed.error.retry_after for failed in report.failed_items] == [30.0, 30.0]
    assert {failed.error.message for failed in report.failed_items} == {"come back"}


def test_the_error_can_be_pickled() -> None:
    """So that functions may hand it from one process to another."""
    copy = pickle.loads(pickle.dumps(RetryAfter(7, "later")))
    assert (copy.seconds, str(copy)) == (7.0, "later")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "7", None])
def test_what_is_no_delay_is_refused(seconds: Any) -> None:
    """With the value, where it is raised."""
    with pytest.raises(ValueError, match="a number of seconds of at least 0, not"):
        RetryAfter(seconds)


def test_a_policy_with_a_broken_cap_is_named() -> None:
    """It is a mistake of the policy, and not of the element."""

    class Broken(FixedPolicy):
        @property
        def retry_after_cap(self) -> float:
            return float("nan")

    policy = Broken(FixedOptions())
    with pytest.raises(PluginError, match="retry_after_cap of nan"):
        run(VALUES.map(busy(1.0, retry=policy)).sum(), [1])


def of_httpx(headers: Mapping[str, str]) -> Exception:
    request = httpx.Request("GET", "http://localhost")
    return httpx.HTTPStatusError("busy", request=request, response=httpx.Response(429, headers=headers))


def of_requests(headers: Mapping[str, str]) -> Exception:
    response = requests.Response()
    response.headers.update(headers)
    return requests.HTTPError("busy", response=response)


def of_urllib(headers: Mapping[str, str]) -> Exception:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return urllib.error.HTTPError("http://localhost", 429, "busy", message, None)


CLIENTS = pytest.mark.parametrize("client", [of_httpx, of_requests, of_urllib])
DATE = "Fri, 27 Nov 2026 12:00:00 GMT"


@CLIENTS
@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "Fri, 27 Nov 2026 12:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry-After": "Fri, 27 Nov 2026 11:00:00 GMT", "Date": DATE}, 0.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon", "Date": DATE}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_clients_are_understood(client: Any, headers: Mapping[str, str], asked: float | None) -> None:
    """Seconds, and a date against the server's own; what is neither asks for nothing."""
    assert describe_error(client(headers)).retry_after == asked


@CLIENTS
@pytest.mark.parametrize("date", [{}, {"Date": "nonsense"}])
def test_a_date_without_the_servers_clock(client: Any, date: Mapping[str, str]) -> None:
    """It is held against our own."""
    asked = describe_error(client({"Retry-After": formatdate(4_000_000_000, usegmt=True), **date})).retry_after
    assert asked is not None
    assert 0 < asked < 4_000_000_000


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process cannot be set here")
@pytest.mark.parametrize("asked", ["Fri Nov 27 12:00:30 2026", "Fri, 27 Nov 2026 12:00:30 -0000"])
def test_a_date_without_a_time_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    """HTTP knows no other zone. One of its forms of a date, that of C's asctime, names none."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert describe_error(of_httpx({"Retry-After": asked, "Date": DATE})).retry_after == 30.0
        assert (
            describe_error(of_httpx({"Retry-After": DATE, "Date": asked.replace("00:30", "00:00")})).retry_after == 0.0
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_cause_is_heard() -> None:
    """A program may wrap what its client raised."""
    error = LookupError("no page")
    error.__cause__ = of_httpx({"Retry-After": "8"})
    assert describe_error(error).retry_after == 8.0


@pytest.mark.parametrize(("is_hidden", "asked"), [(False, 8.0), (True, None)])
def test_the_error_that_was_being_handled_is_heard(*, is_hidden: bool, asked: float | None) -> None:
    """A program may raise an error of its own without ``from``. With ``from None`` it says that the first one does not matter."""
    error = LookupError("no page")
    error.__context__ = of_httpx({"Retry-After": "8"})
    error.__suppress_context__ = is_hidden
    assert describe_error(error).retry_after == asked


def test_an_error_in_a_group_is_heard() -> None:
    """A coroutine that makes several calls in an ``asyncio.TaskGroup`` raises a group of their errors. The first one that asks counts."""
    inner = ExceptionGroup("two calls", [ValueError("no"), of_httpx({"Retry-After": "8"})])
    group = ExceptionGroup("a call, and two more", [OSError("away"), inner, RetryAfter(9)])
    assert describe_error(inner).retry_after == 8
    assert describe_error(group).retry_after == 9  # those of one group come before those of a group inside it
    error = ValueError("no text")
    error.__cause__ = inner
    assert describe_error(error).retry_after == 8


def test_what_only_looks_like_a_client_does_no_harm() -> None:
    """An error whose attributes raise, or are something else, is an error like others; causes may be a ring."""

    class OddError(Exception):
        @property
        def headers(self) -> object:
            raise RuntimeError("none of your business")

    class PlainError(Exception):
        headers = 7
        response = None

    odd, plain = OddError("odd"), PlainError("plain")
    odd.__cause__, plain.__cause__ = plain, odd
    assert describe_error(odd).retry_after is None


def test_an_error_that_is_empty_is_heard_too() -> None:
    """An exception may have a length, such as the number of its parts, and be false for that."""

    class EmptyError(RetryAfter):
        def __len__(self) -> int:
            return 0

    error = LookupError("no page")
    error.__cause__ = EmptyError(8)
    assert describe_error(error).retry_after == 8.0


def test_a_class_of_a_user_may_be_unfinished() -> None:
    """Neither a cause whose length raises nor a RetryAfter without seconds makes the description of the error fail."""

    class UnfinishedError(RetryAfter):
        def __init__(self) -> None:
            """Do not call the constructor of the class above."""

        def __len__(self) -> int:
            raise RuntimeError("not yet")

    error = LookupError("no page")
    error.__cause__ = UnfinishedError()
    assert describe_error(error).traceback.startswith("Traceback")
    assert describe_error(error).retry_after is None

"""Each attempt of a run is a span in the run's trace, once, whoever ran it."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from otlp_receiver import facts
from pipeline_optimization import Limits, Pipeline, Registry, count_anagrams, run
from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import AttemptEnded

ERROR, UNSET = Status.STATUS_CODE_ERROR, Status.STATUS_CODE_UNSET
FAULTS = {"faults": "heavy", "latency_scale": 0.0, "retry_options": {"attempts": 30, "base": 0.0}, "seed": 3}


class Heard:
    """Keeps what another observer is told."""

    def __init__(self) -> None:
        self.attempts: list[AttemptEnded] = []

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self.attempts.append(event)


def attempts_in(spans: list[Span]) -> list[Span]:
    return [span for span in spans if "anagram.attempt" in facts(span)]


def items_in(spans: list[Span]) -> list[Span]:
    return [span for span in spans if "anagram.item.status" in facts(span)]


def run_in(spans: list[Span]) -> Span:
    (found,) = [span for span in spans if "cicd.pipeline.run.id" in facts(span)]
    return found


@pytest.mark.parametrize(
    "orchestrator",
    [
        *("sequential", "threaded", "asyncio", "multiprocess", "virtual"),
        pytest.param("dask", marks=pytest.mark.cluster),
    ],
)
def test_every_attempt_is_there_once(receiver: Any, orchestrator: str) -> None:
    """Under faults, with the right parents and times, and as failed as it was; what is between is nothing else."""
    registry, heard = Registry.load(), Heard()
    registry.register(heard, "heard")
    report = count_anagrams(
        load_cases()["large"].text,
        orchestrator=VirtualOrchestrator(3) if orchestrator == "virtual" else orchestrator,
        registry=registry,
        chunk_size=100,
        **FAULTS,
    )
    assert not report.warnings
    spans = receiver.spans
    attempts, items, run = attempts_in(spans), items_in(spans), run_in(spans)
    assert len(spans) == len(attempts) + len(items) + 1
    assert len({span.span_id for span in spans}) == len(spans)
    assert {span.trace_id for span in spans} == {run.trace_id}

    told = Counter((one.item, one.attempt, one.outcome, one.error and one.error.type) for one in heard.attempts)
    found = Counter(
        (one["anagram.item"], one["anagram.attempt"], one["anagram.outcome"], one.get("error.type"))
        for one in map(facts, attempts)
    )
    assert found == told
    assert len(attempts) == report.attempts > len(items)

    by_id = {span.span_id: span for span in spans}
    for one in attempts:
        item = by_id[one.parent_span_id]
        assert facts(item)["anagram.item"] == facts(one)["anagram.item"]
        assert item.start_time_unix_nano <= one.start_time_unix_nano <= one.end_time_unix_nano
        assert one.end_time_unix_nano <= item.end_time_unix_nano
        assert (one.status.code == ERROR) == (facts(one)["anagram.outcome"] != "ok")
    for item in items:
        assert item.parent_span_id == run.span_id
        assert facts(item)["anagram.item.status"] == "done"
        assert item.status.code == UNSET, "errors that were retried are not the item's"
        own = [one for one in attempts if one.parent_span_id == item.span_id]
        assert facts(item)["anagram.item.attempts"] == len(own)
        assert run.start_time_unix_nano <= item.start_time_unix_nano <= item.end_time_unix_nano
        assert item.end_time_unix_nano <= run.end_time_unix_nano
    assert run.status.code == UNSET
    assert not run.parent_span_id
    assert facts(run)["cicd.pipeline.result"] == "success"
    assert {one.name for one in attempts} == {f"{name} attempt" for name in report.tasks}, "names are few"


def test_items_that_fail_for_good(receiver: Any) -> None:
    """Their spans carry the error of their last attempt, and the run's says that it failed."""
    report = count_anagrams("cat dog " * 20, chunk_size=20, **{**FAULTS, "retry_options": {"attempts": 1}})
    failed = [span for span in items_in(receiver.spans) if span.status.code == ERROR]
    assert len(failed) == sum(stats.failures for stats in report.tasks.values()) > 0
    assert {facts(span)["error.type"] for span in failed} == {"InjectedFault"}
    run = run_in(receiver.spans)
    assert run.status.code == ERROR
    assert facts(run)["cicd.pipeline.result"] == "failure"
    assert facts(run)["error.type"] == "failed_items"


def test_a_run_that_is_stopped(receiver: Any) -> None:
    """The spans of what did not end are there, without an error, and the run's result is that of its stop."""
    asked = itertools.count()
    numbers = Pipeline("numbers").values(int).map(refuses).count()
    report = run(numbers, range(1000), chunk_size=10, should_stop=lambda: next(asked) > 5, **FAULTS)
    assert not report.is_complete
    assert facts(run_in(receiver.spans))["cicd.pipeline.result"] == "cancellation"
    parents = {span.parent_span_id for span in attempts_in(receiver.spans)}
    assert parents <= {span.span_id for span in items_in(receiver.spans)}
    for item in items_in(receiver.spans):
        assert (facts(item)["anagram.item.status"], item.status.code) in {("done", UNSET), ("unfinished", UNSET)}


def refuses(number: int) -> int:
    if number % 5 == 3:
        raise ValueError("no")
    return number


def test_elements_that_fail_in_a_bundle(receiver: Any) -> None:
    """Their attempts stand once, under spans of their own, and none is a child of the bundle's."""
    values = Pipeline("picky").values(int).map(refuses).count()
    run(values, range(10), retry_options={"attempts": 2, "base": 0.0})
    spans = receiver.spans
    attempts = [facts(span) for span in attempts_in(spans)]
    inside = [one for one in attempts if one.get("anagram.in_bundle")]
    assert len(inside) == 2
    assert {one["error.type"] for one in inside} == {"ValueError"}
    again = [one for one in attempts if one["anagram.item"] in {one["anagram.item"] for one in inside}]
    assert Counter(one["anagram.attempt"] for one in again) == {1: 2, 2: 2}
    assert {span.parent_span_id for span in items_in(spans)} == {run_in(spans).span_id}
    linked = {link.span_id for span in attempts_in(spans) for link in span.links}
    assert sum(len(span.links) for span in attempts_in(spans)) == 2
    bundles = [facts(span)["anagram.item"] for span in items_in(spans) if span.span_id in linked]
    assert bundles == ["values:0:0"]


TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def test_the_caller_s_trace(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRACEPARENT makes the run a child of a remote span, with its state."""
    monkeypatch.setenv("TRACEPARENT", f"00-{TRACE}-{SPAN}-01")
    monkeypatch.setenv("TRACESTATE", "vendor=value")
    count_anagrams("cat")
    run = run_in(receiver.spans)
    assert (run.trace_id.hex(), run.parent_span_id.hex(), run.trace_state) == (TRACE, SPAN, "vendor=value")
    assert run.flags & 0x300 == 0x300, "the parent is known to be remote"


def test_the_program_s_own_span(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A span that is current in the program is the parent, whatever TRACEPARENT says."""
    monkeypatch.setenv("TRACEPARENT", f"00-{'1' * 32}-{SPAN}-01")
    current = NonRecordingSpan(SpanContext(int(TRACE, 16), int(SPAN, 16), False, TraceFlags(1)))
    with trace.use_span(current):
        count_anagrams("cat")
    run = run_in(receiver.spans)
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == (TRACE, SPAN)
    assert run.flags & 0x300 == 0x100


@pytest.mark.parametrize("value", ["", "00-zz-yy-01", f"00-{'0' * 32}-{SPAN}-01", "nonsense"])
def test_no_trace_parent(receiver: Any, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """One that is empty or wrong is none: the run begins a trace."""
    monkeypatch.setenv("TRACEPARENT", value)
    count_anagrams("cat")
    assert not run_in(receiver.spans).parent_span_id


@pytest.mark.parametrize(
    ("variables", "is_sampled"),
    [
        ({}, True),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, False),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, False),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.0"}, True),
        ({"TRACEPARENT": f"00-{TRACE}-{SPAN}-00"}, False),
        ({"TRACEPARENT": f"00-{TRACE}-{SPAN}-00", "OTEL_TRACES_SAMPLER": "always_on"}, True),
        ({"TRACEPARENT": f"00-{TRACE}-{SPAN}-01", "OTEL_TRACES_SAMPLER": "parentbased_always_off"}, True),
    ],
)
def test_samplers(receiver: Any, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_sampled: bool) -> None:
    """They decide for a whole run; metrics come all the same."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    count_anagrams("cat dog " * 5, chunk_size=20, **FAULTS)
    assert bool(receiver.spans) == is_sampled
    assert "anagram.attempts" in receiver.metrics


def test_texts_that_cannot_be_encoded(receiver: Any) -> None:
    """Names with bytes that are no UTF-8 and endless messages arrive as far as they can."""

    def fails(text: str) -> int:
        raise ValueError("\udcff" + "x" * 100_000)

    values = Pipeline("odd\udcff").values(str).map(fails).count()
    report = run(values, ["a"], retry_options={"attempts": 1})
    assert not report.warnings
    failed = next(span for span in items_in(receiver.spans) if span.status.code == ERROR)
    assert failed.status.message.startswith("\\udcff")
    assert len(failed.status.message) < 5000


def test_a_seed_of_many_bits(receiver: Any) -> None:
    """It is sent as text: OTLP has no such numbers."""
    report = count_anagrams("cat", seed=10**30)
    assert not report.warnings
    (whole,) = [one for one in map(facts, receiver.spans) if "anagram.seed" in one]
    assert whole["anagram.seed"] == str(10**30)


def test_limits_are_kept_apart(receiver: Any) -> None:
    """An attempt that takes too long has the outcome ``timeout``, and no length that nobody measured."""
    count_anagrams(
        "cat dog " * 5,
        chunk_size=20,
        orchestrator=VirtualOrchestrator(2),
        faults="heavy",
        latency_scale=1000.0,
        retry_options={"attempts": 2, "base": 0.0},
        limits=Limits(item_timeout=0.5),
        seed=1,
    )
    outcomes = Counter(facts(span)["anagram.outcome"] for span in attempts_in(receiver.spans))
    assert outcomes["timeout"] > 0

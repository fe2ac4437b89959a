"""Metrics add up to what the report says, without a label for each item; each failure is a log record."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest

from anagram_plugin_opentelemetry import metrics
from logging_functions import one_warning
from otlp_receiver import facts
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import AttemptEnded
from server_troubles import count_with_faults


def by_labels(points: Any, value: str) -> dict[tuple[str, ...], int]:
    return {tuple(facts(point).values()): getattr(point, value) for point in points}


def test_metrics(receiver: Any) -> None:
    """Attempts by task and outcome, items by task and status, retries by task: those of the report."""
    report = count_with_faults(attempts=3)
    found = receiver.metrics
    attempts, durations = found["anagram.attempts"].sum, found["anagram.attempt.duration"].histogram
    tasks = report.tasks
    assert sum(point.as_int for point in attempts.data_points) == report.attempts
    counted: Counter[tuple[str, str]] = Counter()
    for point in attempts.data_points:
        labels = facts(point)
        assert ("error.type" in labels) == (labels["anagram.outcome"] != "ok")
        counted[labels["anagram.task"], labels["anagram.outcome"]] += point.as_int
    assert by_labels(durations.data_points, "count") == counted
    for point in durations.data_points:
        assert sum(point.bucket_counts) == point.count
        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
        assert point.min * point.count <= point.sum * 1.000001
        assert point.sum <= point.max * point.count * 1.000001
    items = by_labels(found["anagram.items"].sum.data_points, "as_int")
    assert items == {
        key: number
        for name, stats in tasks.items()
        for key, number in (((name, "done"), stats.items - stats.failures), ((name, "failed"), stats.failures))
        if number
    }
    retries = by_labels(found["anagram.retries"].sum.data_points, "as_int")
    assert retries == {(name,): stats.retries for name, stats in tasks.items() if stats.retries}
    assert attempts.is_monotonic
    assert attempts.aggregation_temporality == 2
    (slots,) = found["anagram.slots"].gauge.data_points
    assert slots.as_int == 1
    (duration,) = found["cicd.pipeline.run.duration"].histogram.data_points
    assert (duration.count, facts(duration)["cicd.pipeline.result"]) == (1, "failure")
    assert "words:" not in str(found), "an item's name is no label"


def test_series_are_bounded(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of label sets, the rest is added up in one series, so that totals stay exact."""
    monkeypatch.setattr(metrics, "MOST_SERIES", 2)
    report = count_with_faults(attempts=3)
    points = receiver.metrics["anagram.attempts"].sum.data_points
    assert len(points) == 2
    assert facts(points[1]) == {"otel.metric.overflow": "true"}
    assert sum(point.as_int for point in points) == report.attempts
    durations = receiver.metrics["anagram.attempt.duration"].histogram.data_points
    assert sum(point.count for point in durations) == report.attempts


class Heard:
    def __init__(self) -> None:
        self.failed: list[AttemptEnded] = []

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        if event.outcome != "ok":
            self.failed.append(event)


def test_logs(receiver: Any) -> None:
    """Each failed attempt is a record within its span; it is an error where its item failed for good; the run has one."""
    registry, heard = Registry.load(), Heard()
    registry.register(heard, "heard")
    count_with_faults(attempts=3, registry=registry)
    *records, last = sorted(receiver.records, key=lambda one: "cicd.pipeline.result" in facts(one))
    assert facts(last)["cicd.pipeline.result"] == "failure"
    assert "items failed for good" in last.body.string_value
    told = Counter((one.item, one.attempt, bool(one.status)) for one in heard.failed)
    found = Counter(
        (facts(one)["anagram.item"], facts(one)["anagram.attempt"], one.severity_text == "ERROR") for one in records
    )
    assert found == told
    assert {facts(one)["exception.type"] for one in records} == {"InjectedFault"}
    spans = {span.span_id: facts(span) for span in receiver.spans}
    for one in records:
        span = spans[one.span_id]
        assert (span["anagram.item"], span["anagram.attempt"]) == (
            facts(one)["anagram.item"],
            facts(one)["anagram.attempt"],
        )
        assert one.body.string_value.startswith(f"Attempt {span['anagram.attempt']} of {span['anagram.item']} failed: ")


@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_what_tasks_log(receiver: Any, orchestrator: str) -> None:
    """Each record is there once, within the span of the item that the attempt was of, with the element where there is one."""
    numbers = Pipeline("numbers").values(int).map(one_warning).sum()
    run(numbers, range(1, 5), orchestrator=orchestrator)
    records = [one for one in receiver.records if "anagram.logger" in facts(one)]
    assert sorted((one.body.string_value, facts(one)["anagram.item"]) for one in records) == [
        (f"number {number}", f"one_warning:0:{number - 1}") for number in range(1, 5)
    ]
    spans = {span.span_id: facts(span) for span in receiver.spans}
    for one in records:
        assert spans[one.span_id]["anagram.item"] == facts(one)["anagram.bundle"]
        assert (one.severity_text, facts(one)["anagram.attempt"]) == ("WARN", 1)
        assert facts(one)["anagram.worker"]


def refused(value: str) -> str:
    logging.getLogger("user.tasks").warning("trying %s", value)
    raise ValueError(f"{value} refused")


def test_nothing_secret_is_sent(receiver: Any) -> None:
    """Of a URL with a password in an error or a log record, collectors get the rest."""
    run(Pipeline("p").values(str).map(refused).count(), ["postgresql://ann:geheim@host/db"], retry="none")
    sent = f"{receiver.records} {receiver.spans} {receiver.metrics}"
    assert "geheim" not in sent
    assert "trying postgresql://ann:***@host/db" in sent
    assert "postgresql://ann:***@host/db refused" in sent


def fail(value: int) -> int:
    raise ValueError(value)


def test_one_failed_item(receiver: Any) -> None:
    """One item is not called items."""
    run(Pipeline("p").values(int).map(fail).count(), [1], retry="none")
    (last,) = [one for one in receiver.records if "cicd.pipeline.result" in facts(one)]
    assert last.body.string_value.endswith("is not complete: 1 item failed for good")


def test_metrics_come_while_a_run_goes_on(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as the variable says, and each message has the totals so far."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "0.001")
    count_with_faults(attempts=3)
    assert sum(path == "/v1/metrics" for path, _, _ in receiver.messages) > 2

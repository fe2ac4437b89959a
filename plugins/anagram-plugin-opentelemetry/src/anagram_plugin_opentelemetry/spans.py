"""Makes spans of a run, its items and their attempts, once it is known how they ended.

Nothing of it happens in workers: a forked process would lose what it has not sent. An attempt's span is a child of its item's, and that
of the run's.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random, SystemRandom

from attrs import define
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from anagram_plugin_opentelemetry.attributes import attribute, attributes, clean, common_attribute
from anagram_plugin_opentelemetry.identity import TraceIdentity
from anagram_plugin_opentelemetry.outcomes import error_of, result_of, run_name
from pipeline_optimization.types import AttemptEnded, RunFinished, RunStarted

__all__ = ["Spans"]

MOST_OPEN = 100_000
"""Items under way that are remembered. The engine has fewer, but for bundles that were split, which never end."""

INTERNAL = Span.SPAN_KIND_INTERNAL
ERROR = Status.STATUS_CODE_ERROR
SAMPLED, KNOWS_IF_REMOTE, IS_REMOTE = 0x1, 0x100, 0x200


@define
class _Open:
    """An item under way: its task, when its first attempt was handed out, and how many have ended."""

    task: str
    start: int
    attempts: int = 0


class Spans:
    """Collects spans until somebody takes them.

    ``unix`` turns nanoseconds of the engine's clock into nanoseconds since 1970.
    """

    def __init__(self, identity: TraceIdentity, started: RunStarted, unix: Callable[[int], int]) -> None:
        self._identity = identity
        self._started = started
        self._unix = unix
        self._ids = Random(SystemRandom().getrandbits(64))  # noqa: S311 - ids, no secrets
        self._open: dict[str, _Open] = {}
        self._made: list[Span] = []

    def __len__(self) -> int:
        return len(self._made)

    def take(self) -> list[Span]:
        """Return the spans that were made since the last time."""
        made, self._made = self._made, []
        return made

    def attempt_ended(self, event: AttemptEnded) -> bytes:
        """Add the attempt's span, and the item's if it was the last one. Return the id of the attempt's."""
        span_id = self._ids.randrange(1, 1 << 64).to_bytes(8)
        if self._identity.is_sampled:
            self._made.append(self._attempt(event, span_id))
            self._follow_item(event)
        return span_id

    def run_finished(self, event: RunFinished) -> None:
        """Add the spans of items that did not end, and the run's."""
        if not self._identity.is_sampled:
            return
        end = round(event.time * 1e9)
        for item, opened in self._open.items():
            self._made.append(self._item(item, opened, end, "unfinished"))
        self._open.clear()
        self._made.append(self._run(event, end))

    def _attempt(self, event: AttemptEnded, span_id: bytes) -> Span:
        began, ended = event.began_ns, event.ended_ns
        if began is None or ended is None:
            began, ended = _start(event), event.came_back_ns
        span = Span(
            trace_id=self._identity.trace_id,
            span_id=span_id,
            parent_span_id=self._identity.item_span_id(event.item),
            flags=KNOWS_IF_REMOTE | SAMPLED,
            name=f"{clean(event.task)} attempt",
            kind=INTERNAL,
            start_time_unix_nano=self._unix(began),
            end_time_unix_nano=self._unix(ended),
        )
        span.attributes.extend(_facts(event))
        if event.outcome != "ok":
            span.attributes.append(common_attribute("error.type", error_of(event)))
            span.status.code = ERROR
            span.status.message = clean(event.error.message) if event.error is not None else event.outcome
        return span

    def _follow_item(self, event: AttemptEnded) -> None:
        opened = self._open.pop(event.item, None) or _Open(event.task, _start(event))
        opened.attempts += 1
        if event.status:
            span = self._item(event.item, opened, event.came_back_ns, event.status)
            if event.status != "done":
                span.attributes.append(common_attribute("error.type", error_of(event)))
                span.status.code = ERROR
                span.status.message = clean(event.error.message) if event.error is not None else event.outcome
            self._made.append(span)
            return
        self._open[event.item] = opened
        if len(self._open) > MOST_OPEN:
            item = next(iter(self._open))
            self._made.append(self._item(item, self._open.pop(item), event.came_back_ns, "unfinished"))

    def _item(self, item: str, opened: _Open, end: int, status: str) -> Span:
        span = Span(
            trace_id=self._identity.trace_id,
            span_id=self._identity.item_span_id(item),
            parent_span_id=self._identity.run_span_id,
            flags=KNOWS_IF_REMOTE | SAMPLED,
            name=clean(opened.task),
            kind=INTERNAL,
            start_time_unix_nano=self._unix(opened.start),
            end_time_unix_nano=self._unix(end),
        )
        span.attributes.extend(
            (
                attribute("anagram.item", item),
                common_attribute("anagram.task", opened.task),
                common_attribute("anagram.item.attempts", opened.attempts),
                common_attribute("anagram.item.status", status),
            )
        )
        return span

    def _run(self, event: RunFinished, end: int) -> Span:
        identity, started = self._identity, self._started
        span = Span(
            trace_id=identity.trace_id,
            span_id=identity.run_span_id,
            parent_span_id=identity.parent_span_id,
            flags=KNOWS_IF_REMOTE | SAMPLED | (IS_REMOTE if identity.is_parent_remote else 0),
            trace_state=identity.trace_state,
            name=clean(run_name(started)),
            kind=INTERNAL,
            start_time_unix_nano=self._unix(round(started.time * 1e9)),
            end_time_unix_nano=self._unix(end),
            attributes=_run_facts(started, event),
        )
        result, error_type = result_of(event)
        if result != "success":
            span.attributes.append(attribute("error.type", error_type))
            span.status.code = ERROR
            span.status.message = clean(event.error.message if event.error is not None else event.reason)
        return span


def _start(event: AttemptEnded) -> int:
    """Return when an attempt was handed out; one that was made in that of a bundle is known from its end on."""
    return event.came_back_ns if event.handed_out_ns is None else event.handed_out_ns


def _facts(event: AttemptEnded) -> list[KeyValue]:
    facts = [
        attribute("anagram.item", event.item),
        common_attribute("anagram.task", event.task),
        common_attribute("anagram.attempt", event.attempt),
        common_attribute("anagram.outcome", event.outcome),
        attribute("anagram.bytes_in", event.bytes_in),
        attribute("anagram.bytes_out", event.bytes_out),
    ]
    if event.worker:
        facts += [common_attribute("anagram.worker", event.worker), common_attribute("anagram.slot", event.slot)]
    if event.handed_out_ns is None:
        facts.append(common_attribute("anagram.in_bundle", "true"))
    elif event.began_ns is not None:
        facts.append(attribute("anagram.queued", (event.began_ns - event.handed_out_ns) / 1e9))
    if event.latency_ns:
        facts.append(attribute("anagram.simulated_latency", event.latency_ns / 1e9))
    if event.elements != 1:
        facts.append(common_attribute("anagram.elements", event.elements))
    if event.error is not None and event.error.injected:
        facts.append(common_attribute("anagram.injected", "true"))
    return facts


def _run_facts(started: RunStarted, event: RunFinished) -> list[KeyValue]:
    totals = event.tasks.values()
    return attributes(
        {
            "cicd.pipeline.name": started.pipeline or "anagrams",
            "cicd.pipeline.run.id": started.run_id,
            "cicd.pipeline.result": result_of(event)[0],
            "anagram.orchestrator": started.orchestrator,
            "anagram.slots": started.slots,
            "anagram.seed": started.seed,
            "anagram.retry": started.retry,
            "anagram.faults": started.faults,
            "anagram.latency_scale": started.latency_scale,
            "anagram.chunk_size": started.chunk_size,
            "anagram.inputs": [clean(name) for name in started.inputs[:100]],
            "anagram.resumed_from": started.resumed_from,
            "anagram.resumed_items": event.resumed_items,
            "anagram.items": sum(one.items for one in totals),
            "anagram.attempts": sum(one.attempts for one in totals),
            "anagram.retries": sum(one.retries for one in totals),
            "anagram.failures": sum(one.failures for one in totals),
            "anagram.bytes_read": event.bytes_read,
            "anagram.ledger_digest": event.ledger_digest,
            "process.command_args": [clean(argument) for argument in started.command[:100]],
        }
    )

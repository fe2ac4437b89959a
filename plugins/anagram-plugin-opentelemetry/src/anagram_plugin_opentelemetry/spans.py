"""Makes the spans of a run, its items and their attempts, each when it has ended.

They are made in the parent and not in workers, since a forked process would lose what it has not sent. An attempt's span is a child of its
item's, and an item's span is a child of the run's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random, SystemRandom

from attrs import define
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from anagram_plugin_opentelemetry.attributes import attribute, attributes, clean, common_attribute
from anagram_plugin_opentelemetry.collecting import Collecting
from anagram_plugin_opentelemetry.identity import TraceIdentity
from anagram_plugin_opentelemetry.outcomes import error_of, result_of, run_name
from pipeline_optimization.types import AttemptEnded, RunFinished, RunStarted

__all__ = ["Spans"]

MOST_OPEN = 100_000
"""The most items under way that are remembered. The engine has fewer at a time, but bundles that were split never end."""

MOST_PATTERNS = 4096
"""The most kinds of attempts whose common part is remembered."""

INTERNAL = Span.SPAN_KIND_INTERNAL
ERROR = Status.STATUS_CODE_ERROR
SAMPLED, KNOWS_IF_REMOTE, IS_REMOTE = 0x1, 0x100, 0x200


_AttemptKind = tuple[str, str, int, str, int, int, bool]
"""Task, outcome, number, worker, slot, elements, and whether it was made inside that of a bundle."""


@define
class _Open:
    """An item under way: its task, when its first attempt was handed out, and how many have ended."""

    task: str
    start: int
    attempts: int = 0


class Spans(Collecting[Span]):
    """Collects the spans of a run."""

    def __init__(self, identity: TraceIdentity, started: RunStarted, unix: Callable[[int], int]) -> None:
        super().__init__(identity, started, unix)
        self._ids = Random(SystemRandom().getrandbits(64))  # noqa: S311 - ids, no secrets
        self._open: dict[str, _Open] = {}
        self._patterns: dict[_AttemptKind, Span] = {}

    def attempt_ended(self, event: AttemptEnded) -> bytes:
        """Add the attempt's span, and the item's if it was the last one. Return the id of the attempt's."""
        span_id = (self._ids.getrandbits(64) or 1).to_bytes(8)
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
        handed_out, began, ended = event.handed_out_ns, event.began_ns, event.ended_ns
        span = self._like(
            (event.task, event.outcome, event.attempt, event.worker, event.slot, event.elements, handed_out is None)
        )
        if began is None or ended is None:
            began, ended = _start(event), event.came_back_ns
        elif handed_out is not None:
            span.attributes.append(attribute("anagram.queued", (began - handed_out) / 1e9))
        span.span_id = span_id
        span.parent_span_id = self._identity.item_span_id(event.item)
        span.start_time_unix_nano = self._unix(began)
        span.end_time_unix_nano = self._unix(ended)
        span.attributes.append(attribute("anagram.item", event.item))
        span.attributes.append(attribute("anagram.bytes_in", event.bytes_in))
        span.attributes.append(attribute("anagram.bytes_out", event.bytes_out))
        if event.bundle:
            # A bundle is no parent: it succeeded, and its elements have attempts that are not its own.
            span.links.add(trace_id=self._identity.trace_id, span_id=self._identity.item_span_id(event.bundle))
        if event.latency_ns:
            span.attributes.append(attribute("anagram.simulated_latency", event.latency_ns / 1e9))
        if event.outcome != "ok":
            _mark_failed(span, event)
            if event.error is not None and event.error.injected:
                span.attributes.append(attribute("anagram.injected", value=True))
        return span

    def _like(self, kind: _AttemptKind) -> Span:
        """Return a span with what all attempts of a kind have in common. To copy it takes much less time than to make it."""
        pattern = self._patterns.get(kind)
        if pattern is None:
            if len(self._patterns) >= MOST_PATTERNS:
                self._patterns.clear()
            pattern = self._patterns[kind] = self._new_span(f"{clean(kind[0])} attempt", _facts(kind))
        span = Span()
        span.CopyFrom(pattern)
        return span

    def _follow_item(self, event: AttemptEnded) -> None:
        opened = self._open.pop(event.item, None) or _Open(event.task, _start(event))
        opened.attempts += 1
        if event.status:
            span = self._item(event.item, opened, event.came_back_ns, event.status)
            if event.status != "done":
                _mark_failed(span, event)
            self._made.append(span)
            return
        self._open[event.item] = opened
        if len(self._open) > MOST_OPEN:
            item = next(iter(self._open))
            self._made.append(self._item(item, self._open.pop(item), event.came_back_ns, "unfinished"))

    def _item(self, item: str, opened: _Open, end: int, status: str) -> Span:
        facts = (
            attribute("anagram.item", item),
            common_attribute("anagram.task", opened.task),
            common_attribute("anagram.item.attempts", opened.attempts),
            common_attribute("anagram.item.status", status),
        )
        span = self._new_span(clean(opened.task), facts)
        span.span_id = self._identity.item_span_id(item)
        span.parent_span_id = self._identity.run_span_id
        span.start_time_unix_nano = self._unix(opened.start)
        span.end_time_unix_nano = self._unix(end)
        return span

    def _new_span(self, name: str, facts: Iterable[KeyValue]) -> Span:
        return Span(
            trace_id=self._identity.trace_id,
            flags=KNOWS_IF_REMOTE | SAMPLED,
            name=name,
            kind=INTERNAL,
            attributes=facts,
        )

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
    """Return when an attempt was handed out. Of an attempt that was made inside a bundle's, only the end is known."""
    return event.came_back_ns if event.handed_out_ns is None else event.handed_out_ns


def _mark_failed(span: Span, event: AttemptEnded) -> None:
    span.attributes.append(common_attribute("error.type", error_of(event)))
    span.status.code = ERROR
    span.status.message = clean(event.error.message) if event.error is not None else event.outcome


def _facts(kind: _AttemptKind) -> Iterator[KeyValue]:
    task, outcome, attempt, worker, slot, elements, is_in_bundle = kind
    yield attribute("anagram.task", task)
    yield attribute("anagram.attempt", attempt)
    yield attribute("anagram.outcome", outcome)
    if worker:
        yield attribute("anagram.worker", worker)
        yield attribute("anagram.slot", slot)
    if elements != 1:
        yield attribute("anagram.elements", elements)
    if is_in_bundle:
        yield attribute("anagram.in_bundle", value=True)


def _run_facts(started: RunStarted, event: RunFinished) -> list[KeyValue]:
    totals = event.tasks.values()
    return attributes(
        {
            "cicd.pipeline.name": started.name,
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

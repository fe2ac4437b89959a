"""A run's events as a trace for Perfetto and Chrome's viewer.

The format is the array of "Trace Event Format" (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU). Slices of one
thread must nest. So a thread of the trace is a slot, because attempts of one slot never overlap. The array need not have an end, so a trace that was
cut off opens too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from pipeline_optimization.types.events import AttemptEnded, RunEvent, RunFinished, RunStarted, WorkerLost

__all__ = ["Trace"]

PID = 0
"""The number of the run's process. Perfetto takes a thread with this number for the main thread, and slots begin at 1."""

_encode = json.JSONEncoder(separators=(",", ":")).encode
"""``json.dumps`` makes an encoder for each call, which takes as long as encoding."""

WAIT = "wait"
"""The name of a wait's slice. A simulated latency comes first in an attempt. Of awaited time only the length is known."""


@define
class Trace:
    """Turns events into the lines of a trace, in bounded memory: it remembers only the items that are under way.

    Write ``first_line``, then the lines that ``lines`` yields for each event, then ``last_line``.
    """

    first_line = '[{"ph":"M","pid":0,"name":"process_name","args":{"name":"pipeline-optimization"}}'
    last_line = "]\n"
    _origin: int = 0
    _arrows: int = 0
    _slots: set[int] = field(factory=set)
    _failed: dict[str, tuple[int, int]] = field(factory=dict)
    """By item: the slot of its last attempt, which failed, and the time at which that began."""
    _last: AttemptEnded | None = None
    """The attempt with a slot that came back last. If it was a bundle, its elements that failed in it follow at once."""

    def lines(self, event: RunEvent) -> Iterator[str]:
        """Yield the lines of an event. Each must follow another line."""
        for one in self._events(event):
            yield ",\n" + _encode({"pid": PID, **one})

    def _events(self, event: RunEvent) -> Iterator[dict[str, Any]]:
        if isinstance(event, AttemptEnded):
            yield from self._attempt(event)
        elif isinstance(event, RunStarted):
            self._origin = round(event.time * 1e9)
            name = f"{event.name} ({event.orchestrator}), run {event.run_id}"
            yield {"ph": "M", "name": "process_name", "args": {"name": name}}
        elif isinstance(event, WorkerLost):
            yield self._mark("worker lost", round(event.time * 1e9), {"worker": event.worker, "detail": event.detail})
        elif isinstance(event, RunFinished):
            facts = {"complete": event.is_complete, "stopped": event.stopped or "no"}
            yield self._mark("run finished", round(event.time * 1e9), facts)

    def _attempt(self, event: AttemptEnded) -> Iterator[dict[str, Any]]:
        if event.bundle and self._last is not None and self._last.item == event.bundle:
            yield from self._failed_in_bundle(event, self._last)
            return
        if event.began_ns is None or event.ended_ns is None or not event.slot:
            if event.outcome != "ok" and event.handed_out_ns is not None:
                facts = {"item": event.item, "attempt": event.attempt, "worker": event.worker}
                yield self._mark(f"{event.task}: {event.outcome}", event.came_back_ns, facts)
            return
        self._last = event
        slot, began, took = event.slot, event.began_ns, max(0, event.ended_ns - event.began_ns)
        if slot not in self._slots:
            self._slots.add(slot)
            yield {"ph": "M", "tid": slot, "name": "thread_name", "args": {"name": f"slot {slot}"}}
            yield {"ph": "M", "tid": slot, "name": "thread_sort_index", "args": {"sort_index": slot}}
        place = {"tid": slot, "ts": self._at(began)}
        yield {"ph": "X", **place, "dur": took / 1000, "name": event.task, "cat": event.outcome, "args": _facts(event)}
        before = self._failed.pop(event.item, None)
        if before is not None:
            self._arrows += 1
            # A number, since Perfetto leaves out arrows whose id is a text.
            flow = {"name": "retry", "cat": "retry", "id": self._arrows}
            yield {"ph": "s", "tid": before[0], "ts": self._at(before[1]), **flow}
            yield {"ph": "f", "bp": "e", **place, **flow}
        # A nanosecond later, since arrows end at the innermost slice of their moment, which shall be the attempt.
        if event.waited_ns and took > 1:
            inner = {"tid": slot, "ts": self._at(began + 1), "dur": min(took - 1, event.waited_ns) / 1000}
            yield {"ph": "X", **inner, "name": WAIT, "cat": "wait"}
        if event.outcome != "ok" and not event.status:
            self._failed[event.item] = slot, began

    def _failed_in_bundle(self, event: AttemptEnded, bundle: AttemptEnded) -> Iterator[dict[str, Any]]:
        """Yield a mark at the end of the bundle in which an element failed, and let the arrow of its retry begin there."""
        assert bundle.began_ns is not None
        assert bundle.ended_ns is not None
        facts: dict[str, Any] = {"item": event.item, "attempt": event.attempt, **_error_in(event)}
        yield self._mark(f"{event.task}: {event.outcome}", bundle.ended_ns, facts, slot=bundle.slot)
        if not event.status:
            self._failed[event.item] = bundle.slot, bundle.began_ns

    def _mark(self, name: str, time: int, facts: dict[str, Any], *, slot: int = 0) -> dict[str, Any]:
        """Return a mark on a slot's row; without a slot, on the row of the process."""
        scope = "t" if slot else "p"
        return {"ph": "i", "s": scope, "tid": slot, "ts": self._at(time), "name": name, "args": facts}

    def _at(self, time: int) -> float:
        """Return microseconds since the run's start."""
        return (time - self._origin) / 1000


def _facts(event: AttemptEnded) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "item": event.item,
        "attempt": event.attempt,
        "outcome": event.outcome,
        "worker": event.worker,
        "elements": event.elements,
    }
    if event.handed_out_ns is not None and event.began_ns is not None:
        facts["queued_ms"] = round((event.began_ns - event.handed_out_ns) / 1e6, 3)
    return {**facts, **_error_in(event)}


def _error_in(event: AttemptEnded) -> dict[str, str]:
    return {} if event.error is None else {"error": f"{event.error.type}: {event.error.message}"[:500]}

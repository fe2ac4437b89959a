"""The report page of one run: first where the time went, then what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files

from pipeline_optimization.observing.advice import advice_for
from pipeline_optimization.observing.digest import MOST_SLOTS, Digest
from pipeline_optimization.observing.page.charts import durations_chart, progress_chart, timeline_chart
from pipeline_optimization.observing.page.critical import critical_path
from pipeline_optimization.observing.page.drawing import (
    CELL,
    LONGEST,
    bar_of_shares,
    clock,
    counted,
    counted_slots,
    number,
    shown,
    table,
)
from pipeline_optimization.observing.page.tasks import MOST_TASKS, tasks_shown
from pipeline_optimization.observing.page.usage_charts import usage_section

__all__ = ["page_of"]


def page_of(digest: Digest, account: Sequence[tuple[str, float]], *, notes: Sequence[str] = ()) -> str:
    """Return the report as an HTML document that loads nothing from elsewhere.

    Args:
        digest: What the run's events add up to.
        account: Where the time of all slots went, as names with seconds.
        notes: What a reader must know of the record, such as that it was cut off.

    Returns:
        The document.
    """
    name = digest.name or "a run"
    style = (files("pipeline_optimization.observing.page") / "style.css").read_text("utf-8")
    body = "\n".join([*_head(digest, name, notes), *_time(digest, account), *_happenings(digest), *_facts(digest)])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{shown(name)}</title><style>{style}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def _head(digest: Digest, name: str, notes: Sequence[str]) -> Iterator[str]:
    started, finished = digest.started, digest.finished
    yield f"<h1>{shown(name)}</h1>"
    how = f"{started.orchestrator}, {counted_slots(started.slots)}" if started is not None else ""
    when = f"{datetime.fromtimestamp(started.wall, UTC):%Y-%m-%d %H:%M:%S} UTC" if started is not None else ""
    yield f'<p class="dim">{shown(how)} · {shown(when)} · {clock(digest.seconds)} · {counted(digest.attempts, "attempt")}</p>'
    if finished is None:
        yield '<p class="bad-text">The record has no end: the run was killed, or is still under way.</p>'
    elif finished.is_complete:
        yield "<p>The result is complete.</p>"
    else:
        failed = sum(totals.failures for totals in finished.tasks.values())
        why = f" {finished.reason or finished.stopped}" if finished.stopped else ""
        yield f'<p class="bad-text">The result is incomplete: {counted(failed, "item")} failed for good.{shown(why)}</p>'
    for note in notes:
        yield f'<p class="bad-text">{shown(note)}</p>'


def _time(digest: Digest, account: Sequence[tuple[str, float]]) -> Iterator[str]:
    whole = sum(amount for _, amount in account)
    yield "<h2>Where the time went</h2>"
    if whole:
        yield f"<p>{_whole(digest)}{shown(advice_for(dict(account)))}</p>"
        yield bar_of_shares(account, whole)
    yield "<h2>What each slot did</h2>"
    more = "" if len(digest.busy) < MOST_SLOTS else f" The first {MOST_SLOTS} slots are drawn."
    if digest.slices is not None:
        keys = "".join(
            f'<li><i class="{kind}"></i>{shown(task, CELL)}</li>' for task, _, kind in tasks_shown(digest.tasks)
        )
        yield f"<p>Each box is an attempt; its pale part is a wait. Point at it for its item.{more}</p>"
        yield f'<ul class="legend">{keys}<li><i class="bad"></i>failed or lost</li></ul>'
    else:
        yield f"<p>The run has too many attempts to draw each: the darker, the busier the slot was.{more}</p>"
    yield timeline_chart(digest)
    yield "<h2>Elements a second</h2>"
    yield progress_chart(digest.done, digest.seconds)
    yield from usage_section(digest)


def _whole(digest: Digest) -> str:
    """Return the time and the number of slots that the account divides."""
    account = digest.finished.account if digest.finished is not None else None
    if account is None:
        return ""
    return f"{clock(account.wall)} of {counted_slots(account.slots)}. "


def _happenings(digest: Digest) -> Iterator[str]:
    yield from critical_path(digest)
    yield "<h2>Tasks</h2>"
    if len(digest.tasks) > MOST_TASKS:
        yield f"<p>The {MOST_TASKS} tasks that took most of the time are listed. The last row sums up the others.</p>"
    yield table(
        ["task", "attempts", "failed", "lost", "retries", "mean", "half below", "95 % below", "longest", "in all"],
        [
            [
                name,
                number(task.outcomes.total()),
                number(task.outcomes["error"] + task.outcomes["timeout"]),
                number(task.outcomes["lost"] + task.outcomes["abandoned"]),
                number(task.retries),
                clock(task.seconds / task.measured if task.measured else 0),
                clock(task.quantile(0.5)),
                clock(task.quantile(0.95)),
                clock(task.longest),
                clock(task.seconds),
            ]
            for name, task, _ in tasks_shown(digest.tasks)
        ],
        numbers=frozenset(range(1, 10)),
    )
    yield durations_chart(digest)
    if digest.failures:
        yield "<h2>Failures</h2>"
        ordered = sorted(digest.failures.items(), key=lambda one: -one[1].attempts)
        yield table(
            ["task", "error", "attempts", "for example", "message"],
            [[task, kind, number(one.attempts), one.item, one.error.message] for (task, kind), one in ordered],
            numbers=frozenset({2}),
        )
        if digest.other_failures:
            yield f"<p>Not listed: {counted(digest.other_failures, 'failure')} of other kinds.</p>"
    if digest.lost:
        yield "<h2>Workers that died</h2>"
        yield table(
            ["after", "worker", "what is known"], [[clock(at), one.worker, one.detail] for at, one in digest.lost]
        )
        if digest.other_lost:
            yield f"<p>Not listed: {counted(digest.other_lost, 'death')}.</p>"
    if digest.slowest:
        yield "<h2>The slowest attempts</h2>"
        yield table(
            ["item", "attempt", "outcome", "took", "waited", "began after"],
            [
                [one.item, str(one.attempt), one.outcome, clock(one.seconds), clock(one.waited), clock(one.began)]
                for one in sorted(digest.slowest, reverse=True)
            ],
            numbers=frozenset({1, 3, 4, 5}),
        )


def _facts(digest: Digest) -> Iterator[str]:
    started, finished = digest.started, digest.finished
    yield "<h2>The run</h2>"
    rows: list[list[str]] = []
    if started is not None:
        rows += [
            ["run", started.run_id],
            ["command", " ".join(started.command)],
            ["input", ", ".join(started.inputs)],
            ["host", f"{started.host}, process {started.pid}"],
            ["seed", f"{started.seed} (faults {started.faults}, latency scale {started.latency_scale:g})"],
            ["retry policy", started.retry],
            ["goes on with", started.resumed_from],
            ["versions", ", ".join(f"{name} {version}" for name, version in started.versions.items())],
        ]
    if finished is not None:
        rows += [["bytes read", number(finished.bytes_read)], ["ledger", finished.ledger_digest]]
    yield table(["fact", "value"], [row for row in rows if row[1]], most=LONGEST)
    if digest.is_sampled:
        yield '<p class="dim">The record holds a sample of the attempts; figures are scaled up by its shares, and totals at its end are exact.</p>'
